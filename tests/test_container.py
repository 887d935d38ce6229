"""The Dockerfile, checked without Docker: what it copies is there, and what it starts answers."""

import fnmatch
import json
import os
import re
import shlex
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from benchmarks.servers import PATIENCE_SECONDS

ROOT = Path(__file__).parent.parent
TEXT = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text("utf-8"), flags=re.M)
STEPS = [tuple(line.split(None, 1)) for line in TEXT.replace("\\\n", " ").splitlines() if line]
FINAL = STEPS[max(i for i, (name, _) in enumerate(STEPS) if name == "FROM") :]


def arguments(name: str) -> list[str]:
    """The arguments of every instruction of one kind in the image that is kept."""
    return [text for step, text in FINAL if step == name]


def settings() -> dict[str, str]:
    return dict(word.split("=", 1) for text in arguments("ENV") for word in shlex.split(text))


def is_sent(path: str) -> bool:
    """Whether .dockerignore lets a path into the build."""
    kept = True
    for pattern in (ROOT / ".dockerignore").read_text("utf-8").splitlines():
        name = pattern.removeprefix("!").removeprefix("**/")
        parts = path.split("/")
        found = fnmatch.fnmatch(parts[0], name) or ("**/" in pattern and name in parts)
        if found and not pattern.startswith("#"):
            kept = pattern.startswith("!")
    return kept


def test_what_is_copied_is_there_and_sent():
    copied = [text.split()[0] for text in arguments("COPY")]
    assert copied == ["requirements-serve.txt"]
    assert ("COPY", ". /source") in STEPS  # of the first stage: the wheel's source
    hatch = (ROOT / "pyproject.toml").read_text("utf-8")
    packed = re.findall(r'"([\w.]+)"', re.search(r"^only-include = \[(.*)\]", hatch, re.M)[1])
    assert len(packed) > 3
    for path in (*copied, *packed, "pyproject.toml", "README.md", "LICENSE"):
        assert (ROOT / path).exists()
        assert is_sent(path)
    assert is_sent("model/pretrained/cnn/model.tflite")
    for path in (".venv", ".git", "tests", "report-out", "model/__pycache__/errors.pyc"):
        assert not is_sent(path)


def test_it_installs_what_serving_needs_and_no_more():
    installs = [re.sub(r"--mount=\S+ +|--no-cache-dir ", "", text) for text in arguments("RUN")]
    assert [text for text in installs if text.startswith("pip install")] == [
        "pip install -r /tmp/requirements-serve.txt",
        "pip install --no-deps /wheels/*.whl",
    ]


def test_it_runs_as_a_user_without_rights():
    (user,) = arguments("USER")
    assert any(f"useradd --create-home --uid 10001 {user} " in text for text in arguments("RUN"))
    after = FINAL[FINAL.index(("USER", user)) :]
    assert not {"RUN", "COPY"} & {name for name, _ in after}
    assert "ENTRYPOINT" in {name for name, _ in after}


@pytest.fixture
def container(tmp_path):
    """The image's environment on this machine: its settings, `python` and `digits`, a free port."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, script in (("python", ""), ("digits", f"{ROOT / 'digits.py'} ")):
        (programs / name).write_text(f'#!/bin/sh\nexec {sys.executable} {script}"$@"\n')
        (programs / name).chmod(0o755)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = str(probe.getsockname()[1])
    home = {"HOME": str(tmp_path), "PATH": f"{programs}:{os.environ['PATH']}"}
    return settings() | home | {"PORT": port, "GRADIO_SERVER_NAME": "127.0.0.1"}


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="the image is Linux: its commands want a POSIX shell")
@pytest.mark.parametrize("options", [[], ["--auth", "visitor:secret", "--root-path", "/digits"]])
def test_it_starts_and_its_health_check_holds(container, tmp_path, options):
    (start,) = map(json.loads, arguments("ENTRYPOINT"))
    check = json.loads(arguments("HEALTHCHECK")[0].partition(" CMD ")[2])
    place = {"cwd": tmp_path, "env": container}
    assert subprocess.run(check, **place, capture_output=True).returncode == 1  # none serves yet
    demo = subprocess.Popen([*start, *options], **place, stdout=subprocess.PIPE, text=True)
    try:
        assert f"http://127.0.0.1:{container['PORT']}" in demo.stdout.readline()
        assert subprocess.run(check, **place).returncode == 0
        answer = httpx.get(f"http://127.0.0.1:{container['PORT']}/api/health")
        assert answer.status_code == (401 if options else 200)
        demo.terminate()
        assert demo.wait(PATIENCE_SECONDS) == 0
    finally:
        demo.kill()
        demo.communicate()
    assert settings()["GRADIO_SERVER_NAME"] == "0.0.0.0"
    assert arguments("EXPOSE") == [settings()["PORT"]]
