"""The networks: their files, preprocessing, inference, page reading, data and training.

`from model import Network, load_data, train` is the Python interface; nothing heavy is imported
until it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from model.api import Network as Network
    from model.api import load_data as load_data
    from model.api import train as train


def __getattr__(name: str) -> Any:
    if name in ("Network", "load_data", "train"):
        from model import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
