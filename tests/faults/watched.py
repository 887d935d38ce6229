"""A training run whose cache is copied before every change of it, and which is killed at its end.

`python -m tests.faults.watched COPIES train …`: each copy, COPIES/0000 and so on, is what kill -9
would have left at that moment. When the finished bundle is about to be moved, it kills itself.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path

from model.__main__ import main
from tests.faults.kills import changes

CACHE, COPIES = Path(os.environ["DIGITS_CACHE"]), Path(sys.argv[1])
is_copying = False


def watch(event: str, args: tuple) -> None:
    global is_copying
    if is_copying or not changes(event, args, str(CACHE)):
        return
    is_copying = True
    shutil.copytree(CACHE, COPIES / f"{len(os.listdir(COPIES)):04d}")
    is_copying = False
    if event == "os.rename" and str(args[1]).endswith("bundles/mine"):
        os.kill(os.getpid(), signal.SIGKILL)


CACHE.mkdir()
COPIES.mkdir()
sys.addaudithook(watch)
sys.exit(main(sys.argv[2:]))
