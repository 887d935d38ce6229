"""Options that several commands take, and the saving of a picture."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from model.errors import InputError
from model.files.writing import atomic_path

if TYPE_CHECKING:
    from PIL.Image import Image


def add_reading(command: argparse.ArgumentParser, run):
    """Add the options of all reading commands; return the group of output formats."""
    add_bundle(command)
    add_strict(command)
    command.set_defaults(run=run)
    formats = command.add_mutually_exclusive_group()
    formats.add_argument("--json", action="store_true", help="print JSON")
    return formats


def add_strict(command: argparse.ArgumentParser) -> None:
    command.add_argument("--strict", action="store_true",
                         help="stop at the first picture that cannot be read")  # fmt: skip


def add_bundle(command: argparse.ArgumentParser) -> None:
    command.add_argument("--bundle", default="cnn", metavar="NAME|DIR",
                         help="the network (default: cnn)")  # fmt: skip


def save_picture(picture: Image, out: Path) -> None:
    """Save a picture in the format that its name ends in. Raises InputError."""
    try:
        with atomic_path(out) as temporary:
            picture.save(temporary)
    except ValueError:  # Pillow knows no such format
        raise InputError(f"'{out}' cannot be written: give a name that ends in .png") from None
    except OSError as error:
        raise InputError(f"{out} cannot be written: {error.strerror or error}") from None
