"""A demo that is killed leaves what visitors sent; the next one deletes it."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from tests.faults.conftest import ROOT
from webapp.uploads import own_uploads

RUN = """
import time
from webapp.uploads import own_uploads
with own_uploads() as uploads:
    sent = uploads.folder / "hash" / "seven.png"
    sent.parent.mkdir()
    sent.write_bytes(b"a visitor's")
    print(sent, flush=True)
    time.sleep(60)
"""


@contextmanager
def running():
    """A run in a process of its own, and the file that a visitor sent it."""
    call = [sys.executable, "-c", RUN]
    with subprocess.Popen(call, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process, Path(process.stdout.readline().strip())
        finally:
            process.kill()


def test_what_a_killed_demo_left_is_deleted_by_the_next_and_no_other_s(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    others = tmp_path / "digits-of-somebody-else" / "thesis.txt"
    others.parent.mkdir()
    others.write_text("years of work")
    with running() as (_, kept), running() as (killed, left):
        assert kept.exists()
        killed.kill()
        killed.wait()
        assert left.exists()
        with own_uploads():
            assert not left.parents[1].exists()
            assert kept.exists()
    assert others.exists()
