"""Made-up reports, as the report's own tests make them."""

from tests.report.conftest import summarise_made_up

__all__ = ["summarise_made_up"]
