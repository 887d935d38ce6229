"""Reads tables from CSV, JSON lines, NPZ and Parquet files, only the columns asked for."""

from __future__ import annotations

import csv
import json
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np

from model.errors import InputError
from model.files.arrays import npz_names, read_npz
from report.evaluation.columns import (
    Choose,
    Table,
    Texts,
    Wanted,
    as_text,
    factorised,
    numeric,
    refusing,
)
from report.evaluation.parquet import read_parquet

CHUNK_ROWS = 50_000  # of text, which takes more memory than the numbers it is turned into
SEPARATORS = (",", ";", "\t")


def read_table(path: Path, choose: Choose) -> Table:
    """Read a table; `choose` is given the names of its columns, and says which to read.

    Raises InputError, which names the file, when it is missing, damaged, of another kind, or
    holds what is no number where numbers are wanted; for Parquet also where pyarrow is missing.
    """
    read = READERS.get(path.suffix.lower())
    if read is None:
        raise InputError(f"{path}: give a file that ends in {', '.join(READERS)}")
    if not path.is_file():
        found = "is a folder or a device; give a file" if path.exists() else "there is no such file"
        raise InputError(f"{path}: {found}")
    table = read(path, choose)
    lengths = {len(column) for column in table.numbers.values()}
    lengths |= {len(column.places) for column in table.texts.values()}
    if lengths == {0}:
        raise InputError(f"{path}: holds no rows; give one row a prediction")
    return table


class _Gathered:
    """The columns of a table that is read in parts."""

    def __init__(self, path: Path, wanted: Wanted):
        self.path, self.wanted, self.rows = path, wanted, 0
        self.numbers: dict[str, list[np.ndarray]] = {name: [] for name in wanted.numbers}
        self.places: dict[str, list[np.ndarray]] = {name: [] for name in wanted.texts}
        self.seen: dict[str, dict[str, int]] = {name: {} for name in wanted.texts}

    def add(self, part: Mapping[str, Sequence[Any]], length: int) -> None:
        """Add the next rows: what each wanted column holds of them. Raises InputError."""
        for name, numbers in self.numbers.items():
            numbers.append(self._as_numbers(name, part[name]))
        for name, found in self.places.items():
            seen = self.seen[name]
            texts = (self._as_text(name, row, value) for row, value in enumerate(part[name]))
            places = [seen.setdefault(text, len(seen)) for text in texts]
            found.append(np.array(places, np.int64))
        self.rows += length

    def _as_numbers(self, name: str, values: Sequence[Any]) -> np.ndarray:
        numbers: list[float] = []
        try:
            for value in values:
                numbers.append(float(value))
        except (TypeError, ValueError, OverflowError):
            what, row = "no number", len(numbers)
            if "," in str(values[row]):
                what += " (write 0.5 with a point, and no commas between thousands)"
            raise self._fault(name, row, values[row], what) from None
        return np.array(numbers)

    def _as_text(self, name: str, row: int, value: Any) -> str:
        if value is None or value == "" or isinstance(value, list | dict):
            raise self._fault(name, row, value, "no label" if value else "empty")
        return as_text(value)

    def _fault(self, name: str, row: int, value: Any, what: str) -> InputError:
        place = f"{self.path}: row {self.rows + row} (counted from 0)"
        return InputError(
            f"{place}: {name} is {what}" + (f": {str(value)[:60]!r}" if value else "")
        )

    def table(self) -> Table:
        """The table of all rows added."""
        empty = [np.zeros(0)]
        return Table(
            {name: np.concatenate(parts or empty) for name, parts in self.numbers.items()},
            {
                name: Texts(tuple(self.seen[name]), np.concatenate(parts or empty).astype(np.int64))
                for name, parts in self.places.items()
            },
        )


def _read_csv(path: Path, choose: Choose) -> Table:
    """Read text with a separator; the first line names the columns."""
    with (
        refusing(path, "CSV file", (csv.Error, OSError, MemoryError)),
        path.open(encoding=_encoding(path), newline="") as file,
    ):
        head = next(filter(str.strip, file), "")
        if "\0" in head:
            raise InputError(f"{path}: is no text, but another kind of file; save it as CSV")
        file.seek(0)
        separator = _separator(head)
        rows = csv.reader(file, delimiter=separator, strict=True)
        full = (row for row in rows if any(map(str.strip, row)))
        names = [name.strip() for name in next(full, [])]
        if len(set(names)) != len(names):
            raise InputError(f"{path}: two columns have one name; give each its own")
        gathered = _Gathered(path, choose(names))
        wanted = gathered.numbers.keys() | gathered.places.keys()
        places = {name: place for place, name in enumerate(names) if name in wanted}
        while part := list(islice(full, CHUNK_ROWS)):
            short = next((k for k, row in enumerate(part) if len(row) != len(names)), None)
            if short is not None:
                raise InputError(
                    f"{path}: row {gathered.rows + short} (counted from 0) has "
                    f"{len(part[short])} values; there are {len(names)} columns"
                )
            columns = {name: [row[k].strip() for row in part] for name, k in places.items()}
            if separator != ",":  # then a comma is a decimal point
                for name in gathered.numbers:
                    columns[name] = [value.replace(",", ".") for value in columns[name]]
            gathered.add(columns, len(part))
    return gathered.table()


def _encoding(path: Path) -> str:
    """UTF-8, but for UTF-16 that says so, as spreadsheets write it."""
    with path.open("rb") as file:
        return "utf-16" if file.read(2) in (BOM_UTF16_LE, BOM_UTF16_BE) else "utf-8-sig"


def _read_json_lines(path: Path, choose: Choose) -> Table:
    """Read one object a line; what the first holds are the columns."""
    with (
        refusing(path, "JSON lines file", (OSError, MemoryError)),
        path.open(encoding=_encoding(path)) as file,
    ):
        records = _records(path, file)
        first = next(records, {})
        gathered = _Gathered(path, choose(list(first)))
        wanted = (*gathered.numbers, *gathered.places)
        records = chain([first] if first else [], records)
        known = set(first)
        while part := list(islice(records, CHUNK_ROWS)):
            for row, record in enumerate(part, gathered.rows):
                if new := record.keys() - known:  # which does no harm if it is not read
                    if choose([*first, *new]) != gathered.wanted:
                        raise InputError(
                            f"{path}: row {row} (counted from 0) has {min(new)[:60]!r}, which the "
                            "first row has not; give every row the same columns"
                        )
                    known |= new
            gathered.add({name: [r.get(name) for r in part] for name in wanted}, len(part))
    return gathered.table()


def _separator(head: str) -> str:
    """What separates the columns: with it there is a column y_true, or there are most of them."""
    names = {x: [name.strip(' "\r\n') for name in head.split(x)] for x in SEPARATORS}
    return max(SEPARATORS, key=lambda x: ("y_true" in names[x], len(names[x])))


def _records(path: Path, lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Each line's object; probabilities in a list or an object become columns of their own."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            raise InputError(f"{path}: line {number} is not JSON; give one object a line") from None
        if not isinstance(record, dict):
            raise InputError(f"{path}: line {number} is no object; give one a line")
        for name, value in list(record.items()):
            if isinstance(value, dict):
                record |= {f"{name}_{key}": item for key, item in record.pop(name).items()}
            elif isinstance(value, list):
                record |= {f"{name}_{place}": item for place, item in enumerate(record.pop(name))}
        yield record


def _read_arrays(path: Path, choose: Choose) -> Table:
    """Read an .npz: arrays with one row each, and `classes`, which names the classes."""
    wanted = choose(npz_names(path))
    arrays = read_npz(path, (*wanted.numbers, *wanted.texts))
    return Table(
        {name: numeric(path, name, arrays[name]) for name in wanted.numbers},
        {name: factorised(path, name, arrays[name]) for name in wanted.texts},
    )


READERS: Mapping[str, Callable[[Path, Choose], Table]] = {
    ".csv": _read_csv,
    ".tsv": _read_csv,
    ".jsonl": _read_json_lines,
    ".ndjson": _read_json_lines,
    ".npz": _read_arrays,
    ".parquet": read_parquet,
}
