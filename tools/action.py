"""Run the steps of action.yml on this machine: what CI would say of a change, before it is pushed.

python -m tools.action --build "--bundle linear" --check "--min accuracy=0.9" --baseline old.json
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from model.errors import CommandParser

ROOT = Path(__file__).resolve().parents[1]
EXPRESSION = re.compile(r"\$\{\{ inputs\.(\w+) \}\}")
NOT_HERE = ("Install",)  # the project is installed


def main(argv: Sequence[str] | None = None) -> int:
    """Run every step that is a script; the exit code is that of the first one that fails."""
    action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    inputs = _inputs(action, argv)
    for step in action["runs"]["steps"]:
        if "run" not in step or step["name"] in NOT_HERE:
            print(f"-- {step['name']}: not here", flush=True)
            continue
        print(f"-- {step['name']}", flush=True)
        code = subprocess.call(
            ["bash", "-euo", "pipefail", "-c", step["run"]], env=_variables(step, inputs)
        )
        if code:
            return code
    return 0


def _inputs(action: Mapping[str, Any], argv: Sequence[str] | None) -> dict[str, str]:
    parser = CommandParser(prog="python -m tools.action", description=action["description"])
    for name, options in action["inputs"].items():
        default = options.get("default", "")
        parser.add_argument(
            f"--{name}", default="" if "${{" in default else default,
            required=options.get("required", False), help=options["description"],
        )  # fmt: skip
    return vars(parser.parse_args(argv))


def _variables(step: Mapping[str, Any], inputs: Mapping[str, str]) -> dict[str, str]:
    """The environment of a step: ours, what GitHub sets, and what the step is given."""
    here = {
        "GITHUB_ACTION_PATH": str(ROOT),
        "GITHUB_EVENT_NAME": "",
        "GITHUB_REPOSITORY": "",
        "GITHUB_WORKFLOW_REF": "",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
    }
    given = {
        name: EXPRESSION.sub(lambda found: inputs[found[1]], value)
        for name, value in step.get("env", {}).items()
    }
    kept = {name: value for name, value in os.environ.items() if name.startswith("GITHUB_")}
    return {**os.environ, **here, **kept, **given}


if __name__ == "__main__":
    sys.exit(main())
