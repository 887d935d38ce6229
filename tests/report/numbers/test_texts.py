"""Text files that users give."""

from __future__ import annotations

import pytest

from model.errors import InputError
from report.format.reading import read_report
from report.numbers.classes import read_names
from report.numbers.settings import Settings


@pytest.mark.parametrize("read", [read_report, read_names, lambda path: Settings(costs=path)])
def test_a_file_that_is_too_large_or_has_no_end_is_refused(tmp_path, read):
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(2**26 + 1)  # a hole, which takes no room
    with pytest.raises(InputError, match="large: is over 64 MB; give a "):
        read(path)
