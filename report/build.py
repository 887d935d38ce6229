"""Build a report from top to bottom; the only place that writes files."""

from __future__ import annotations

import json
import os
import platform
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from errno import EISDIR
from importlib.metadata import version
from pathlib import Path

from model import InputError
from report.check import Threshold
from report.comparison import Snapshot, read_snapshot
from report.document import render_html
from report.evaluation import Evaluation, evaluate, parse_extras
from report.summary import Summary, summarise, with_verdicts

HTML_NAME, JSON_NAME = "report.html", "report.json"
LIBRARIES = ("ai-edge-litert", "numpy", "matplotlib", "seaborn", "jinja2")


def build(
    bundle: str | Path,
    out: Path,
    data: Path | None = None,
    dataset: str | None = None,
    extra: Sequence[str] = (),
    previous: Path | None = None,
    thresholds: Sequence[Threshold] = (),
    say: Callable[[str], None] = lambda line: None,
) -> list[Path]:
    """Evaluate `bundle` and write its report into the folder `out`; return the files written.

    Each `extra` names one more labelled set, as NAME=PATH; `previous` is the report.json to compare
    with, and the report says which `thresholds` hold. Raises InputError, and writes nothing,
    when the input can't be used or `out` can't be written.
    """
    sources = parse_extras(extra)
    check_writable(out)
    before = previous and read_snapshot(previous)
    evaluation = evaluate(bundle, data, dataset, sources, say)
    return _finish(evaluation, out, before, thresholds, say)


def build_keras(
    network: Path,
    data: Path,
    classes: Path,
    out: Path,
    previous: Path | None = None,
    thresholds: Sequence[Threshold] = (),
    say: Callable[[str], None] = lambda line: None,
) -> list[Path]:
    """The same for any Keras classifier, on the arrays in `data`, its classes named in `classes`.

    Raises InputError, and writes nothing, as `build` does.
    """
    from report.keras_evaluation import evaluate_keras

    check_writable(out)
    before = previous and read_snapshot(previous)
    evaluation = evaluate_keras(network, data, classes, say)
    return _finish(evaluation, out, before, thresholds, say)


def _finish(
    evaluation: Evaluation,
    out: Path,
    before: Snapshot | None,
    thresholds: Sequence[Threshold],
    say: Callable[[str], None],
) -> list[Path]:
    """From answers to files."""
    summary = with_verdicts(summarise(evaluation, environment(), before), thresholds)
    say("drawing and writing")
    return write_files(out, documents(summary))


def documents(summary: Summary) -> dict[str, bytes]:
    """Every document by its file name."""
    numbers = json.dumps(
        summary.to_json(), ensure_ascii=False, allow_nan=False, separators=(",", ":")
    )
    texts = {HTML_NAME: render_html(summary), JSON_NAME: f"{numbers}\n"}
    # A file's name may hold bytes that are no text at all: those become question marks.
    return {name: text.encode("utf-8", "replace") for name, text in texts.items()}


def environment() -> dict[str, str]:
    """When and by what the report is made; SOURCE_DATE_EPOCH sets the time, for equal bytes."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    try:
        moment = datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise InputError(f"SOURCE_DATE_EPOCH is “{epoch}”; give seconds since 1970") from error
    return {
        "created_at": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        **{library: version(library) for library in LIBRARIES},
    }


def check_writable(out: Path) -> None:
    """Find out before the work whether `out` will take the files. Raises InputError."""
    try:
        nearest = next(folder for folder in (out, *out.absolute().parents) if folder.exists())
        tempfile.TemporaryFile(dir=nearest).close()
        for name in (HTML_NAME, JSON_NAME):
            if (out / name).is_dir():
                raise IsADirectoryError(EISDIR, f"{name} is a folder there")
    except OSError as error:
        raise _unwritable(out, error) from error


def _unwritable(out: Path, error: OSError) -> InputError:
    return InputError(f"{out}: can't be written ({error.strerror}); choose another --out")


def write_files(out: Path, contents: Mapping[str, bytes]) -> list[Path]:
    """Write all files or none: each beside its place first, then moved there. Raises InputError."""
    written: dict[Path, Path] = {}
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            written[_write_temporary(out, name, content)] = out / name
        for temporary, final in written.items():
            os.replace(temporary, final)
    except OSError as error:
        raise _unwritable(out, error) from error
    finally:
        for temporary in written:
            temporary.unlink(missing_ok=True)
    return list(written.values())


def _write_temporary(folder: Path, name: str, content: bytes) -> Path:
    """Write a file under a name that no one looks for, readable as files usually are."""
    handle, path = tempfile.mkstemp(dir=folder, prefix=f".{name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(path, 0o666 & ~_umask())
    except BaseException:
        with suppress(OSError):
            os.unlink(path)
        raise
    return Path(path)


def _umask() -> int:
    """The process's file mode mask, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
