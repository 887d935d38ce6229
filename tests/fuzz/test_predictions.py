"""Tables of predictions from strangers: a report's numbers, or one line."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.errors import InputError
from report.evaluation.predictions import PredictionsFile
from report.numbers.summary import summarise
from tests.fuzz.damage import EDITS, damaged
from tests.fuzz.effort import tries
from tests.fuzz.refusals import outcome

LABELS = np.arange(12) % 3
COLUMNS = {
    "y_true": LABELS,
    **{f"y_prob_{c}": np.where(c == LABELS, 0.5, 0.25) for c in range(3)},
    "weight": np.linspace(0, 2, 12),
    "group": LABELS // 2,
}
ROWS = list(zip(*(column.tolist() for column in COLUMNS.values()), strict=True))


def files() -> list[tuple[str, bytes]]:
    """The same table in every kind of file there is a library for."""
    lines = [",".join(COLUMNS), *(",".join(map(str, row)) for row in ROWS)]
    records = (json.dumps(dict(zip(COLUMNS, row, strict=True))) for row in ROWS)
    archive = io.BytesIO()
    np.savez(archive, **COLUMNS)
    found = [
        ("p.csv", "\n".join(lines).encode()),
        ("p.jsonl", "\n".join(records).encode()),
        ("p.npz", archive.getvalue()),
    ]
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow.parquet import write_table

    sink = pyarrow.BufferOutputStream()
    write_table(pyarrow.table(COLUMNS), sink)
    return [*found, ("p.parquet", sink.getvalue().to_pybytes())]


FILES = files()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("predictions")


@tries(300)
@given(which=st.sampled_from(FILES), edits=EDITS)
def test_a_damaged_table_is_read_or_refused(which, edits, folder):
    name, data = which
    (folder / name).write_bytes(damaged(data, edits))
    found, words = outcome(InputError, PredictionsFile(folder / name).evaluate)
    if words is None:
        summary = summarise(found, {"created_at": "2024-01-02T03:04:05Z"})
        json.dumps(summary.to_json(), allow_nan=False)
    else:
        assert name in words
