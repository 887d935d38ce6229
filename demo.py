"""The demo: `python demo.py` serves a page that reads handwritten digits (see `webapp`)."""

import sys

from webapp.app import build_demo, main

__all__ = ["build_demo", "main"]

if __name__ == "__main__":
    sys.exit(main())
