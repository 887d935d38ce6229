"""kill -9 before every change on the disk, and in the middle of every write."""

from __future__ import annotations

import json
import os
import sys
from hashlib import sha256

import pytest

from tests.faults.server import PAYLOAD, serving

if sys.platform == "win32":
    pytest.skip("kill -9 is for systems that have it", allow_module_level=True)

MOMENTS = {"bundle_made": 12, "bundle_replaced": 15, "epoch_kept": 10, "report_written": 15,
           "correction_kept": 6, "picture_saved": 6, "mnist_fetched": 8}  # fmt: skip


@pytest.fixture(scope="module")
def played(run, tmp_path_factory):
    """All scenes played: by name, how often each was killed, or what did not hold."""
    with serving() as server:
        served = {"SERVED_AT": server.address, "SERVED_SHA256": sha256(PAYLOAD).hexdigest()}
        folder = tmp_path_factory.mktemp("scenes")
        ran = run("tests.faults.scenes", folder, env=os.environ | served, timeout=120)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


@pytest.mark.parametrize("scene", MOMENTS)
def test_whatever_moment_it_is_killed_at_all_that_is_found_is_whole(played, scene):
    """What each scene holds after every kill is said in `scenes.py`."""
    assert isinstance(played[scene], int), played[scene]
    assert played[scene] >= MOMENTS[scene]
