"""The home folder of the user, below which caches are kept."""

from __future__ import annotations

from pathlib import Path

from model.errors import InputError


def home_folder() -> Path:
    """Return the user's home folder. Raises InputError where none is known."""
    try:
        return Path.home()
    except RuntimeError:  # neither $HOME nor an entry for this user, as in a container
        raise InputError("no home folder is known for this user: set $HOME") from None
