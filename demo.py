"""The demo: `python demo.py` serves a page that reads handwritten digits (see `webapp`)."""

import sys

from webapp.__main__ import main
from webapp.page import build_demo

__all__ = ["build_demo", "main"]

if __name__ == "__main__":
    sys.exit(main(prog="demo.py"))
