"""Shards of a batch job: what a worker reads at a time, the answers to it, and what was counted."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from model.answers import predict_all
from model.bundles.store import Bundle
from model.calibration import DIGIT_CLASSES
from model.data.own_files import PICTURE_SUFFIXES, load_labelled
from model.data.sources import files_at
from model.errors import InputError
from model.files.pictures import load_image
from model.files.writing import PREFIX, atomic_path
from model.inference.predictor import Predictor
from model.inference.scoring import AccuracyCounts
from model.pages.reader import read_page
from model.records import answer_record, page_record

TASKS = PREDICT, EVALUATE, READ = ("predict", "evaluate", "read")


@dataclass(frozen=True)
class Shard:
    """One .npz or some pictures. `fingerprint` is of all that decides the answers to them."""

    name: str
    paths: tuple[str, ...]
    fingerprint: str


@dataclass(frozen=True)
class Tally:
    """Counts over a shard: images (or pages), those that could not be read, and the score."""

    count: int
    failed: int
    score: AccuracyCounts

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.count + other.count, self.failed + other.failed, self.score + other.score)

    @classmethod
    def of(cls, records: Sequence[dict]) -> Tally:
        """Count the records of a shard; only labelled ones count for the score."""
        labelled = [r for r in records if "label" in r and "error" not in r]
        columns = ([r[key] for r in labelled] for key in ("digit", "accepted", "label"))
        digits, accepted, labels = map(np.array, columns, (int, bool, int))
        failed = sum("error" in record for record in records)
        return cls(len(records), failed, AccuracyCounts.of(digits, accepted, labels))


def find_shards(paths: Sequence[str | Path], size: int, task: str, bundle: Bundle) -> list[Shard]:
    """Divide the input into shards: one for each .npz, and one for every `size` pictures.

    Raises InputError when there is nothing at a path or the task cannot read it.
    """
    sets, pictures = [], []
    kinds, lack = (".npz", *PICTURE_SUFFIXES), "neither .npz files nor pictures"
    for file in (file for path in map(Path, paths) for file in files_at(path, kinds, lack)):
        (sets if file.suffix.lower() == ".npz" else pictures).append(file)
    if sets and task == READ:
        raise InputError(f"{sets[0]}: pages are pictures; an .npz holds digits")
    parts = [[file] for file in sets]
    parts += [pictures[start : start + size] for start in range(0, len(pictures), size)]
    return [_shard(part, task, bundle) for part in parts]


def _shard(files: Sequence[Path], task: str, bundle: Bundle) -> Shard:
    try:
        stats = [(str(file), (stat := _stat(file)).st_size, stat.st_mtime_ns) for file in files]
    except OSError as error:
        raise InputError(f"{error.filename}: {error.strerror}") from None
    names = [name for name, *_ in stats]
    place = _digest(names)[:12]
    return Shard(f"{files[0].stem}-{place}", tuple(names), _digest([task, bundle.metadata, stats]))


def _stat(file: Path) -> os.stat_result:
    """Tell a file's size and age; of a link that leads nowhere, which can't be read, its own."""
    return file.stat() if file.exists() else file.lstat()


def _digest(value) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def tally_of(shard: Shard, out: Path) -> Tally | None:
    """Counts of a shard that was read before and has not changed since, else None."""
    try:
        about = json.loads((out / f"{shard.name}.done").read_text("utf-8"))
        if about["fingerprint"] != shard.fingerprint or not _answers(shard, out).is_file():
            return None
        counts = about["score"]
        score = AccuracyCounts(**counts | {"confusion": np.array(counts["confusion"])})
        return Tally(about["count"], about["failed"], score)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _answers(shard: Shard, out: Path) -> Path:
    return out / f"{shard.name}.jsonl"


class Reader:
    """Reads shards with one network: made once a worker."""

    def __init__(self, bundle: str, task: str, out: str, folder: str, threads: int | None = None):
        """Load the bundle. Shards' paths are looked for from `folder` on. Raises BundleError."""
        self.predictor = Predictor.load(bundle, threads)
        self.records = {PREDICT: self._predict, EVALUATE: self._evaluate, READ: self._read}[task]
        self.out = Path(out)
        self.folder = Path(folder)

    def __call__(self, shard: dict) -> dict:
        """Read a shard (as a dict) and keep its answers, then its counts; what was counted."""
        shard = Shard(shard["name"], tuple(shard["paths"]), shard["fingerprint"])
        records = [record for path in shard.paths for record in self._records(path)]
        lines = (json.dumps(record) + "\n" for record in records)
        write(_answers(shard, self.out), lines)
        tally = Tally.of(records)
        score = asdict(tally.score)
        score |= {"confusion": score["confusion"].tolist()}
        about = {"fingerprint": shard.fingerprint, **asdict(tally), "score": score}
        write(self.out / f"{shard.name}.done", [json.dumps(about)])  # makes the answers count
        return {"count": tally.count}

    def _records(self, path: str) -> Iterator[dict]:
        """The records of one file; where it cannot be read, one that says why."""
        try:
            yield from self.records(path)
        except InputError as error:
            yield {"source": path, "index": None, "error": str(error)}

    def _predict(self, path: str) -> Iterator[dict]:
        for _, index, answer in predict_all([self.folder / path], self.predictor):
            if isinstance(answer, InputError):
                yield {"source": path, "index": index, "error": str(answer)}
            else:
                yield answer_record(path, index, answer)

    def _evaluate(self, path: str) -> Iterator[dict]:
        """Read as `_predict` does, with the label: `y` of an .npz, or the picture's folder."""
        if path.lower().endswith(".npz"):
            labels = load_labelled(self.folder / path).labels.tolist()
        else:
            name = Path(path).parent.name
            if name not in map(str, range(DIGIT_CLASSES)):
                raise InputError(f"{path}: its folder should be its label, 0 to 9")
            labels = [int(name)]
        for label, record in zip(labels, self._predict(path), strict=True):
            yield record | {"label": label}

    def _read(self, path: str) -> Iterator[dict]:
        yield page_record(path, read_page(load_image(self.folder / path), self.predictor))


def write(path: Path, lines: Iterable[str]) -> None:
    """Write a file atomically, flushed to the disk before it gets its name."""
    with atomic_path(path) as temporary, open(temporary, "x", encoding="utf-8") as file:
        file.writelines(lines)
        file.flush()
        os.fsync(file.fileno())


def sweep(out: Path) -> None:
    """Remove what a job that was killed left half-written."""
    for temporary in out.glob(f"{PREFIX}*"):
        temporary.unlink(missing_ok=True)
