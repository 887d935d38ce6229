"""Columns of a Parquet file as arrays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from model.errors import InputError, how_to_install
from report.evaluation.columns import Choose, Table, Texts, as_text, numeric, refusing


def read_parquet(path: Path, choose: Choose) -> Table:
    """Read a Parquet file, one column at a time."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise InputError(f"{path}: Parquet takes pyarrow: {how_to_install('parquet')}") from None
    faults = (pyarrow.ArrowException, OSError, MemoryError, ValueError, TypeError, KeyError)
    with (
        refusing(path, "Parquet file", faults),
        pyarrow.parquet.ParquetFile(path) as file,
    ):
        wanted = choose(file.schema_arrow.names)

        def column(name: str) -> Any:
            found = file.read(columns=[name]).column(name).combine_chunks()
            if found.null_count:
                row = found.is_null().to_pylist().index(True)
                raise InputError(f"{path}: row {row} (counted from 0): {name} is empty")
            return found

        numbers = {name: _arrow_numbers(path, name, column(name)) for name in wanted.numbers}
        return Table(
            numbers, {name: _arrow_texts(path, name, column(name)) for name in wanted.texts}
        )


def _arrow_numbers(path: Path, name: str, column: Any) -> np.ndarray:
    """A column of numbers, or of lists of one length, as an array."""
    from pyarrow.compute import list_value_length

    if "list" in str(column.type):
        flat = column.flatten().to_numpy(zero_copy_only=False)
        lengths = list_value_length(column).to_numpy(zero_copy_only=False)
        if np.unique(lengths).size != 1:
            raise InputError(f"{path}: the lists of {name} are not of one length")
        return numeric(path, name, flat.reshape(len(column), -1))
    if "decimal" in str(column.type):
        column = column.cast("float64")
    return numeric(path, name, column.to_numpy(zero_copy_only=False))


def _arrow_texts(path: Path, name: str, column: Any) -> Texts:
    from pyarrow.types import is_nested

    if is_nested(column.type):
        raise InputError(f"{path}: {name} holds {column.type}; give one value a prediction")
    encoded = column if "dictionary" in str(column.type) else column.dictionary_encode()
    values = encoded.dictionary.to_pylist()
    places = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return Texts(tuple(map(as_text, values)), places)
