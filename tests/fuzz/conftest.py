"""Made-up reports, as the report's own tests make and draw them."""

from tests.drawing import drawn_once
from tests.report.conftest import summarise_made_up

__all__ = ["drawn_once", "summarise_made_up"]
