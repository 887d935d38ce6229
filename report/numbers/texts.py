"""Reads the text files that users give."""

from __future__ import annotations

from pathlib import Path

from model.errors import InputError

MOST_BYTES = 2**26  # several times the largest report.json; a device may have no end


def read_text(path: Path, kind: str) -> str:
    """Read UTF-8 text, with a byte order mark or without; `kind` says what the file should be.

    Raises InputError, which names the file, where it can't be read or is over 64 MB.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise InputError(f"{path}: is over 64 MB; give {kind}")
        return data.decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: can't be read ({error.strerror}); give {kind}") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: is not UTF-8 text; give {kind}") from None
