"""The command that serves the demo: wrong calls, help, and a server that stops when told."""

import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.damaged import damaged_copy, without_weights
from webapp.__main__ import main
from webapp.language import words_of

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--bundle", "nonesuch"], "no bundle 'nonesuch'"),
        (["--auth", "nobody"], "USER:PASSWORD"),
        (["--auth", ":secret"], "USER:PASSWORD"),
        (["--auth", "somebody:"], "USER:PASSWORD"),
        (["--port", "99999"], "--port wants 1 to 65535"),
        (["--host", "256.0.0.1"], "cannot serve on 256.0.0.1"),
    ],
)
def test_a_wrong_call_gets_one_line_and_status_2(capsys, arguments, complaint):
    assert main(arguments) == 2
    stdout, stderr = capsys.readouterr()
    assert complaint in stderr
    assert stderr.count("\n") == 1
    assert not stdout


def test_a_network_that_ends_what_runs_it_is_not_served(capsys, tmp_path):
    assert main(["--bundle", str(damaged_copy(tmp_path / "stranger", without_weights))]) == 2
    stdout, stderr = capsys.readouterr()
    assert "ends the program that runs it" in stderr
    assert (stderr.count("\n"), stdout) == (1, "")


def test_a_port_in_use_is_named(capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["--port", str(port)]) == 2
    assert f"port {port}" in capsys.readouterr().err


def test_help_loads_no_heavy_library():
    code = (
        "import sys, demo\n"
        "try: demo.main(['--help'])\n"
        "except SystemExit as stop: assert stop.code == 0\n"
        "assert not {'gradio', 'tensorflow', 'keras'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True)


def test_it_serves_without_tensorflow_and_stops_when_told():
    code = (
        "import sys, demo\n"
        f"status = demo.main(['--port', '{free_port()}', '--bundle', 'cnn'])\n"
        "print(status, sorted({'tensorflow', 'keras'} & set(sys.modules)))"
    )
    server = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        address = re.search(r"http://\S+", server.stdout.readline())[0]
        html = urllib.request.urlopen(address, timeout=10).read().decode()
        assert words_of("en")["title"] in html
        assert "fonts.googleapis" not in html
        started = time.monotonic()
        server.send_signal(signal.SIGTERM)
        assert server.communicate(timeout=20)[0].splitlines()[-1] == "0 []"
        assert time.monotonic() - started < 10
    finally:
        server.kill()
        server.wait()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]
