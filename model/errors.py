"""Errors shown to users as one line, and the exit codes of the command lines."""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn
from unicodedata import category

MAX_MESSAGE_CHARACTERS = 1000
# What stands around the cause in messages of TensorFlow, Keras and ONNX Runtime.
_CAUSE = re.compile(
    r"Exception encountered(?:: | when calling .+\n+)(.+)|^(.+)\n\s*\[\[\{\{node", re.MULTILINE
)
_AROUND = re.compile(
    r"\x1b\[[0-9;]*m|^\[ONNXRuntimeError\] : \d+ : \w+ : (?:.*?(?:failed:|Status Message: ))?"
    r"(?:/\S+:\d+ .*?\) (?=[A-Z]))?"
)


def is_printable(text: str) -> bool:
    """Return whether text is one line without control characters; any width of space may occur.

    Joiners, which Indic and Arabic scripts and emoji need between letters, may as well.
    """
    return all(x.isprintable() or category(x) == "Zs" or x in "\u200c\u200d" for x in text)


def printable(text: str) -> str:
    """Make untrusted text, such as a file's name, safe to print: shortened, on one line.

    Control characters, which could steer a terminal, become U+FFFD.
    """
    return "".join(x if is_printable(x) else "\ufffd" for x in text[:MAX_MESSAGE_CHARACTERS])


def first_line(error: Exception) -> str:
    """Return the most telling line of an error's message, at most 200 characters of it.

    That is the first, unless a library has wrapped the cause in lines of its own.
    """
    text = _AROUND.sub("", str(error)).strip() or type(error).__name__
    if causes := [*_CAUSE.finditer(text)]:  # the last is the innermost
        text = next(filter(None, causes[-1].groups()))
    return text.strip().splitlines()[0][:200]


class InputError(ValueError):
    """The call or its input was wrong; the message is one line: what is wrong and what to do."""

    def __init__(self, message: str):
        super().__init__(printable(message))


class Unavailable(InputError):
    """Data is neither on this machine nor can it be downloaded; the message names alternatives."""


class Batch:
    """Counts what a command reads, and prints what it cannot read as it comes.

    One bad picture does not keep the others from being read, unless the batch is `strict`: then
    `fail` raises the error it is given.
    """

    def __init__(self, as_json: bool = False, strict: bool = False):
        self.as_json, self.strict = as_json, strict
        self.read = self.failed = 0

    def fail(self, source: str, index: int | None, error: InputError) -> None:
        """Print why a picture, or the row `index` of an .npz, could not be read."""
        place = source if index is None else f"{source}: row {index}"
        text = str(error) if printable(source) in str(error) else f"{place}: {error}"
        if self.strict:
            raise InputError(text) from None
        self.failed += 1
        if self.as_json:
            print(json.dumps({"source": source, "index": index, "error": str(error)}))
        else:
            print(f"error: {printable(text)}", file=sys.stderr)

    def exit_code(self) -> int:
        """Print how many could not be read; 0 if all could, 1 if some could, 2 if none could."""
        if not self.failed:
            return 0
        count = self.read + self.failed
        if count > 1 or self.as_json:
            print(f"error: {self.failed:,} of {count:,} could not be read", file=sys.stderr)
        return 1 if self.read else 2


class CommandParser(argparse.ArgumentParser):
    """A parser that says in one line what is wrong with a call; exit code 2.

    An empty path is wrong: `Path("")` would be the current folder.
    """

    def __init__(self, *args: Any, **settings: Any):
        super().__init__(*args, **settings)
        self.register("type", Path, _path)

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {printable(message)}; see {self.prog} --help\n")


def _path(text: str) -> Path:
    if not text:
        raise argparse.ArgumentTypeError("an empty path: name a file or folder")
    return Path(text)


def run_command(
    command: Callable[[], int | None],
    prefix: str = "error",
    interrupted: str = "interrupted",
    extras: Mapping[str, str] | None = None,
) -> int:
    """Run a command and return its exit code, 0 for None; an error is one line, `prefix` first.

    2 for InputError, OSError and a package that is not installed, 130 for Ctrl-C. `extras`
    gives, by a package's name, the extra that installs it; "train" installs all others.
    """
    _open_output()
    code = 0
    try:
        code = command() or 0
        sys.stdout.flush()  # a full disk is noticed here
        return code
    except BrokenPipeError:  # the reader of our output, such as `head`, has ended
        _discard_output()
        return code
    except KeyboardInterrupt:
        message, code = interrupted, 130
    except InputError as error:
        message, code = f"{prefix}: {error}", 2
    except ModuleNotFoundError as error:
        extra = (extras or {}).get(error.name or "", "train")
        message, code = f"{prefix}: this needs {error.name}: {how_to_install(extra)}", 2
    except ImportError as error:
        if not isinstance(error.__cause__, KeyboardInterrupt):  # within a library written in C++
            raise
        message, code = interrupted, 130
    except OSError as error:
        _discard_output()
        message, code = f"{prefix}: {error}", 2
    with contextlib.suppress(OSError):  # there may be no room for that either
        print(message, file=sys.stderr)
    return code


def how_to_install(extra: str) -> str:
    """Return the command that adds an extra to this installation, from where it was installed."""
    from importlib.metadata import PackageNotFoundError, distribution  # slow to import

    try:
        source = json.loads(distribution("digits").read_text("direct_url.json") or "{}")
    except PackageNotFoundError:  # copied, not installed
        source = {}
    if "url" not in source or source.get("dir_info", {}).get("editable"):
        return f'pip install -e ".[{extra}]"'
    kind = f"{source['vcs_info']['vcs']}+" if "vcs_info" in source else ""
    return f'pip install "digits[{extra}] @ {kind}{source["url"]}"'


def _open_output() -> None:
    """Let any text be printed: letters that the encoding lacks are escaped."""
    if sys.stdout is None:  # closed by whoever started us
        _discard_output()
    elif isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _discard_output() -> None:
    """Drop what is still buffered: Python would try to write it at exit, and fail again."""
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115
