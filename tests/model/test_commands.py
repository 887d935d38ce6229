"""The `python -m model` commands as they are called."""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from model.__main__ import _parser, main
from model.bundles.store import load_bundle
from model.files.pictures import load_image
from model.training.curves import CURVES_FILE


def test_predict_imports_no_tensorflow(seven_file):
    code = (
        "import sys; from model.__main__ import main; assert main(sys.argv[1:]) == 0; "
        "loaded = {'tensorflow', 'keras', 'sklearn', 'scipy'} & set(sys.modules); "
        "assert not loaded, loaded"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, "predict", seven_file], capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith(f"{seven_file}: 7 (")
    assert result.stderr == ""


def test_help_loads_nothing_heavy():
    code = (
        "import sys; from model.__main__ import main\n"
        "try: main(['train', '--help'])\n"
        "except SystemExit as done: assert done.code == 0\n"
        "assert not {'tensorflow', 'numpy', 'PIL'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_what_cannot_be_learnt_from_is_said_before_tensorflow_is_loaded(tmp_path):
    code = (
        "import sys; from model.__main__ import main\n"
        "assert main(['train', '--dataset', 'digits', '--corrections', sys.argv[1]]) == 2\n"
        "assert not {'tensorflow', 'keras'} & set(sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert "holds no corrections" in ran.stderr


def test_predict_json_has_one_object_a_line_in_input_order(seven_file, tmp_path, digits, capsys):
    npz = tmp_path / "some.npz"
    np.savez(npz, x=digits.test.images[:3])
    folder = tmp_path / "folder"
    folder.mkdir()
    for name in ("b.png", "a.jpg"):
        Image.open(seven_file).save(folder / name)
    assert main(["predict", str(npz), str(folder), str(seven_file), "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["source"], row["index"]) for row in rows] == [
        (str(npz), 0), (str(npz), 1), (str(npz), 2),
        (str(folder / "a.jpg"), None), (str(folder / "b.png"), None), (str(seven_file), None),
    ]  # fmt: skip
    for row in rows:
        assert set(row) == {"source", "index", "digit", "confidence", "probabilities",
                            "digit_probability", "accepted"}  # fmt: skip
        assert len(row["probabilities"]) == 10
        assert sum(row["probabilities"]) == pytest.approx(1, abs=1e-5)
    assert rows[-1]["digit"] == 7


def test_predict_says_when_it_is_no_digit(canvas, tmp_path, capsys):
    drawing = canvas([(70, 220), (70, 60), (140, 150), (210, 60), (210, 220)])
    Image.fromarray(drawing).save(tmp_path / "m.png")
    assert main(["predict", str(tmp_path / "m.png")]) == 0
    assert "does not look like a digit" in capsys.readouterr().out


def test_predict_and_the_page_say_the_same_of_a_doubt(canvas, tmp_path, capsys):
    from model.inference.predictor import Predictor
    from model.pages.one_digit import find_digit
    from webapp.answers import describe
    from webapp.language import Words

    reader = Predictor.load("cnn")
    said = {"sure": "", "unsure": "not sure", "no-digit": "does not look like a digit"}
    for row, end in enumerate(range(60, 260, 20)):  # from a tick to a proper seven
        drawing = Image.fromarray(canvas([(80, 70), (190, 70), (190 - end // 3, 70 + end // 2)]))
        drawing.save(tmp_path / f"{row}.png")
        assert main(["predict", str(tmp_path / f"{row}.png")]) == 0
        state = describe(reader, drawing, find_digit(drawing, reader), Words())["state"]
        assert said[state] in capsys.readouterr().out


@pytest.mark.parametrize("name", ["linear", "cnn"])
def test_evaluate_counts_right_answers(name, digits, tmp_path, capsys):
    path = tmp_path / "digits.npz"
    np.savez(path, x=digits.test.images, y=digits.test.labels)
    assert main(["evaluate", str(path), "--bundle", name, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert main(["predict", str(path), "--bundle", name, "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    right = np.array([row["digit"] for row in rows]) == digits.test.labels
    accepted = np.array([row["accepted"] for row in rows])
    assert result["count"] == len(rows)
    assert result["accuracy"] == pytest.approx(right.mean())
    assert result["accepted_fraction"] == pytest.approx(accepted.mean())
    assert result["accuracy_when_accepted"] == pytest.approx(right[accepted].mean())
    low, high = result["accuracy_interval"]
    assert low < result["accuracy"] < high
    assert sum(row["count"] for row in result["per_class"]) == len(rows)
    assert main(["evaluate", str(path), "--bundle", name]) == 0
    out = capsys.readouterr().out
    assert f"{result['accuracy']:.2%}" in out
    pair = result["most_confused"][0]
    assert f"  {pair['digit']} read as {pair['read_as']}  {pair['count']}\n" in out
    row = result["confusion_matrix"][pair["digit"]]
    assert [str(count or ".") for count in row] in [line.split()[1:] for line in out.splitlines()]


def test_train_keeps_a_bundle_and_list_shows_it(capsys):
    words = ["train", "--arch", "linear", "--dataset", "digits", "--epochs", "1", "--name", "mine"]
    assert main(words) == 0
    made = load_bundle("mine")
    assert made.metadata["config"]["epochs"] == 1
    drawn = (made.path / CURVES_FILE).read_text("utf-8")
    assert drawn.startswith("<?xml")
    assert str(made.path / CURVES_FILE) in capsys.readouterr().out
    assert main(["list"]) == 0
    out = capsys.readouterr().out
    assert re.search("^mine .* digits, 1 epoch  ", out, re.M)
    assert "cnn " in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["train", "--arch", "resnet"], "linear, mlp100, mlp128, cnn_small, cnn"),
        (["train", "--dataset", "cifar"], "mnist, digits"),
        (["train", "--data", "/none/such"], "there is no"),
        (["train", "--dataset", "digits", "--arch", "linear", "--name", "a\\b"], "a plain word"),
        (["train", "--dataset", "digits", "--arch", "linear", "--epochs", "1", "--out",
          f"{__file__}/none/here"], "cannot be written"),
        (["predict", "none.png"], "none.png"),
        (["predict", "x.png", "--bundle", "nonsense"], "mlp128"),
        (["predict", "x.png", "--bundle", ""], "'' is no bundle"),
        (["data", "digits", "--out", "digits.txt"], "ends in .png"),
        (["data", "digits", "--out", "."], "ends in .png"),
        (["evaluate", "none.npz"], "none.npz"),
        (["evaluate", "none.npz", "--dataset", "digits"], "not both"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line_and_exit_2(words, said, capsys):
    assert main(words) == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("error: ")
    assert said in error


def test_a_blank_picture_in_a_set_is_named(tmp_path, capsys):
    np.savez(tmp_path / "set.npz", x=np.zeros((3, 40, 40), np.uint8))
    assert main(["predict", str(tmp_path / "set.npz")]) == 2
    assert "set.npz: row 0: no ink" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="Windows does not tell a closed pipe from other errors")
def test_output_cut_short_is_no_failure(digits, tmp_path):
    np.savez(tmp_path / "digits.npz", x=digits.test.images)  # more answers than a pipe holds
    words = [sys.executable, "-m", "model", "predict", str(tmp_path / "digits.npz"), "--json"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_two_may_write_one_picture_at_once(seven_file, tmp_path):
    out = tmp_path / "boxes.png"
    words = [sys.executable, "-m", "model", "read", str(seven_file), "--out", str(out)]
    both = [subprocess.Popen(words, stderr=subprocess.PIPE) for _ in range(2)]
    assert [process.communicate()[1] for process in both] == [b"", b""]
    assert [process.returncode for process in both] == [0, 0]
    assert np.asarray(load_image(out)).shape == (280, 280, 3)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["boxes.png", "seven.png"]


@pytest.mark.parametrize(
    "words", [["predict", "7.png", "--nonsense"], ["predict"], [], ["guess"],
              ["train", "--epochs", "a\nb"]]
)  # fmt: skip
def test_a_wrong_call_is_one_line_and_exit_2(words, capsys):
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("python -m model")
    assert said.endswith(" --help\n")
    assert said.count("\n") == 1


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows cannot send Ctrl-C to one process alone")
def test_ctrl_c_in_training_exits_130_and_leaves_no_bundle(fork, tmp_path):
    words = ["train", "--arch", "linear", "--dataset", "digits", "--epochs", "3000",
             "--name", "long"]  # fmt: skip
    training = fork(heed_ctrl_c, words, DIGITS_CACHE=str(tmp_path))
    deadline = time.time() + 300
    while time.time() < deadline and not list(tmp_path.glob("training/*/epoch-*.json")):
        time.sleep(0.2)
    os.kill(training.process.pid, signal.SIGINT)
    assert training.wait() == 130, training.err
    assert "Traceback" not in training.err
    assert not (tmp_path / "bundles/long").exists()
    kept = max(tmp_path.glob("training/*/epoch-*.json"))
    assert len(json.loads(kept.read_text())) >= 1


def heed_ctrl_c(words):
    """Run a command with Python's own handler, whatever the tests were started with."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    return main(words)


def test_what_serving_does_not_install_is_asked_for():
    code = (
        "import sys; sys.modules['sklearn'] = None; from model.__main__ import main; "
        "sys.exit(main(['train', '--dataset', 'digits']))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 2
    assert result.stderr.startswith("error: this needs sklearn")
    assert result.stderr.endswith('pip install -e ".[train]"\n')
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("command", ["train", "list", "predict", "read", "evaluate", "export"])
def test_every_option_says_what_it_does(command, capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    assert command in capsys.readouterr().out
    parser = _parser()
    (commands,) = (a for a in parser._actions if isinstance(a, argparse._SubParsersAction))
    options = [a for a in commands.choices[command]._actions if a.option_strings]
    assert [a.option_strings for a in options if not a.help] == []
    assert "exit code" not in parser.format_help()
