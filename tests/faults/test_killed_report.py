"""A build of a report that is killed as it draws, or whose drawing process is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from report.documents.files import NAMES
from tests.faults.conftest import ROOT

RECORDED = ROOT / "model" / "pretrained" / "linear" / "evaluation.json"
CHILDREN = "/proc/{0}/task/{0}/children"

if not os.path.exists(CHILDREN.format(os.getpid())):
    pytest.skip("this system does not list a process's children", allow_module_level=True)


def drawing_process(parent: int) -> int | None:
    for child in Path(CHILDREN.format(parent)).read_text().split():
        if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes():
            return int(child)
    return None


def is_running(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_for(what):
    """Wait until a function says something else than None or False, and give that."""
    latest = time.monotonic() + 30
    while not (found := what()):
        assert time.monotonic() < latest
        time.sleep(0.02)
    return found


@contextmanager
def building(out: Path):
    """A build under way, and its drawing process."""
    call = [sys.executable, "-m", "report", "build", "--from", str(RECORDED), "--out", str(out)]
    with subprocess.Popen(call, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process, wait_for(lambda: drawing_process(process.pid))
        finally:
            process.kill()


@pytest.fixture
def old(tmp_path):
    """A folder with a report of before."""
    for name in NAMES:
        (tmp_path / name).write_text(f"the old {name}")
    return tmp_path


def is_old(folder: Path) -> bool:
    found = {path.name: path.read_text() for path in folder.iterdir()}
    return found == {name: f"the old {name}" for name in NAMES}


def test_a_build_that_is_killed_leaves_the_old_report_and_no_process(old):
    with building(old) as (process, drawing):
        process.kill()
        wait_for(lambda: not is_running(drawing))
    assert is_old(old)


def test_a_drawing_process_that_is_killed_is_told_in_one_line(old):
    with building(old) as (process, drawing):
        os.kill(drawing, signal.SIGKILL)
        said = process.communicate(timeout=30)[1].splitlines()
    assert process.returncode == 2
    assert said[-1].startswith("report: a process that draws the report was killed")
    assert len(said) == 2
    assert is_old(old)
