"""The command `digits`: the demo, the commands of `model` and those of `report` under one name.

Nothing is imported before it is known which command is asked for, so that help is quick.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

USAGE = """usage: digits COMMAND [OPTIONS]

Reads handwritten digits, and reports honestly how well.

  demo       draw or upload digits in the browser and have them read
  predict    read pictures of one digit each
  read       read photographs of several digits each
  evaluate   score a labelled set
  list       show the networks there are
  data       show what a labelled set holds
  train      train a network and keep it (needs the extra "train")
  export     write a network for other servers (needs the extra "export")
  report     build, check or compare reports on a network

`digits COMMAND --help` describes the options of a command, `digits --version` says which version
this is.
"""
MODEL_COMMANDS = ("predict", "read", "evaluate", "list", "data", "train", "export")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; 2 when there is no such command."""
    name, *rest = list(sys.argv[1:] if argv is None else argv) or [""]
    if name in MODEL_COMMANDS:
        from model.__main__ import main as model_main

        return model_main([name, *rest], prog="digits")
    if name == "report":
        from report.__main__ import main as report_main

        return report_main(rest, prog="digits report")
    if name == "demo":
        from webapp.__main__ import main as demo_main

        return demo_main(rest, prog="digits demo")
    if name in ("-h", "--help"):
        print(USAGE, end="")
        return 0
    if name == "--version":
        from webapp.api import project_version

        print("digits", project_version())
        return 0
    complaint = f"there is no command {name!r}" if name else "a command is missing"
    print(f"digits: {complaint}; see digits --help", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
