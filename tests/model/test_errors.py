"""How all command lines end: exit codes, and errors as one line on standard error."""

from __future__ import annotations

import io
import sys
from importlib import metadata

import pytest

from model.__main__ import main as model
from model.errors import Batch, InputError, first_line, how_to_install, run_command
from report.__main__ import main as report


def _interrupted_import() -> ImportError:
    error = ImportError("initialization failed")
    error.__cause__ = KeyboardInterrupt()
    return error


ENDS = {
    "wrong input": (InputError("no such file"), 2, "digits: no such file"),
    "Ctrl-C": (KeyboardInterrupt(), 130, "stopped"),
    "a full disk": (OSError(28, "No space left on device"), 2,
                    "digits: [Errno 28] No space left on device"),
    "a missing package": (ModuleNotFoundError("", name="ray"), 2,
                          'digits: this needs ray: pip install -e ".[batch]"'),
    "another missing package": (ModuleNotFoundError("", name="keras"), 2,
                                'digits: this needs keras: pip install -e ".[train]"'),
    "Ctrl-C while a library in C++ is loaded": (_interrupted_import(), 130, "stopped"),
}  # fmt: skip


@pytest.mark.parametrize("what", ENDS)
def test_an_error_ends_as_a_code_and_one_line(what, capsys):
    error, code, line = ENDS[what]

    def fail() -> int:
        raise error

    output = sys.stdout
    extras = {"ray": "batch"}
    assert run_command(fail, "digits", "stopped", extras) == code
    assert capsys.readouterr().err == f"{line}\n"
    if sys.stdout is not output:  # replaced by the null device
        sys.stdout.close()


@pytest.mark.parametrize("code", [0, 1])
def test_a_command_that_ends_gives_its_own_code(code, capsys):
    assert run_command(lambda: code) == code
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("code", [0, 1])
def test_a_reader_that_has_ended_is_no_error(code, monkeypatch, capsys):
    class Closed:
        def flush(self):
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stdout", Closed())
    assert run_command(lambda: code) == code
    assert capsys.readouterr().err == ""
    sys.stdout.close()
    monkeypatch.undo()


def test_a_name_with_control_characters_is_said_once(capsys):
    Batch().fail("a\n\udcfc.png", None, InputError("cannot read a\n\udcfc.png: no such file"))
    assert capsys.readouterr().err == "error: cannot read a\ufffd\ufffd.png: no such file\n"


def test_letters_that_the_output_lacks_are_printed_as_codes(monkeypatch):
    output = io.TextIOWrapper(io.BytesIO(), "ascii")
    monkeypatch.setattr(sys, "stdout", output)
    assert run_command(lambda: print("\u4e03 \udcff") or 0) == 0
    assert output.buffer.getvalue().strip() == rb"\u4e03 \udcff"


def test_a_closed_output_is_no_error(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    assert run_command(lambda: print("read by nobody") or 0) == 0
    sys.stdout.close()


def test_an_error_that_cannot_be_printed_keeps_its_code(monkeypatch):
    class Full:
        def write(self, text):
            raise OSError(28, "No space left on device")

    def fail() -> int:
        raise InputError("no such file")

    monkeypatch.setattr(sys, "stderr", Full())
    assert run_command(fail) == 2


def test_a_fault_of_the_program_is_not_hidden():
    with pytest.raises(ZeroDivisionError):
        run_command(lambda: 1 // 0)


@pytest.mark.parametrize(
    ("source", "command"),
    [
        ('{"url": "file:///a", "dir_info": {"editable": true}}', 'pip install -e ".[train]"'),
        ('{"url": "file:///a", "dir_info": {}}', 'pip install "digits[train] @ file:///a"'),
        (
            '{"url": "https://b/c.git", "vcs_info": {"vcs": "git", "commit_id": "0"}}',
            'pip install "digits[train] @ git+https://b/c.git"',
        ),
        (None, 'pip install -e ".[train]"'),
    ],
)
def test_an_extra_is_added_from_where_the_installation_came_from(source, command, monkeypatch):
    class Installed:
        def read_text(self, name):
            return source if name == "direct_url.json" else None

    monkeypatch.setattr(metadata, "distribution", lambda name: Installed())
    assert how_to_install("train") == command


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("it failed\nat a place", "it failed"),
        ("Graph execution error:\n\nDetected at node a/b defined at\n  File x\nindices = 36 is not "
         "in [0, 10)\n\t [[{{node a/b}}]] [Op:f]", "indices = 36 is not in [0, 10)"),
        ("Exception encountered when calling Dense.call().\n\n\x1b[1mIts size\x1b[0m\n\nArguments",
         "Its size"),
        ("[ONNXRuntimeError] : 1 : FAIL : Load model from m.onnx failed:/src/model.cc:25 void "
         "Model(const Path&) Unsupported version: 99", "Unsupported version: 99"),
        ("[ONNXRuntimeError] : 1 : FAIL : Fatal error: no such op", "Fatal error: no such op"),
        ("<class> could not be deserialized\n\nException encountered: <class> could not\n\n"
         "Exception encountered: no such layer", "no such layer"),
    ],
)  # fmt: skip
def test_of_a_long_message_the_line_that_says_most_is_shown(message, line):
    assert first_line(ValueError(message)) == line


@pytest.mark.parametrize(
    ("main", "call"),
    [
        (model, ("predict",)),
        (model, ("read", "7.png", "--out")),
        (model, ("data", "digits", "--out")),
        (model, ("evaluate",)),
        (model, ("train", "--data")),
        (report, ("build", "--out")),
        (report, ("build", "--previous")),
        (report, ("check",)),
    ],
)
def test_an_empty_path_is_not_the_current_folder(main, call, capsys):
    with pytest.raises(SystemExit) as left:
        main([*call, ""])
    assert left.value.code == 2
    assert "an empty path: name a file or folder" in capsys.readouterr().err
