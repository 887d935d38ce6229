"""From a bundle to files on disk: all or nothing, the same bytes again, exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from model.bundles.store import shipped_bundles
from model.errors import Batch, InputError
from model.inference.predictor import Predictor
from report import build as building
from report.__main__ import _parser, main
from report.commands.build import _recorded
from report.documents.files import NAMES
from report.evaluation.bundles import BundleTest
from report.numbers.summary import Summary

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def made_up(monkeypatch, evaluation):
    """Put the made-up evaluation in the place of a real one, and fix the time."""
    monkeypatch.setattr(BundleTest, "evaluate", lambda self: evaluation)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_same_test_asked_for_twice_is_equal():
    assert BundleTest("cnn") == BundleTest("cnn") != BundleTest("linear")


def test_it_writes_every_file_and_nothing_else(made_up, tmp_path):
    written = building.build(BundleTest("cnn"), tmp_path / "new" / "folder")
    assert {path.name for path in written} == set(NAMES)
    assert set(files_in(tmp_path / "new" / "folder")) == set(NAMES)


def test_the_json_holds_the_whole_summary(made_up, tmp_path, summary):
    building.build(BundleTest("cnn"), tmp_path)
    record = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    found = Summary.from_json(record)
    assert found.metrics == summary.metrics
    assert found.predictions == summary.predictions
    assert record["environment"]["created_at"] == "2023-11-14T22:13:20Z"


def test_same_input_same_bytes_also_in_another_process(made_up, tmp_path):
    building.build(BundleTest("cnn"), tmp_path / "a")
    code = (
        "import sys; sys.path[:0] = ['.', 'tests/report']\n"
        "import conftest\n"
        "from pathlib import Path\n"
        "from report import build as b\n"
        "from report.evaluation.bundles import BundleTest\n"
        "BundleTest.evaluate = lambda self: conftest.make_evaluation()\n"
        f"b.build(BundleTest('cnn'), Path({str(tmp_path / 'b')!r}))\n"
    )
    environment = os.environ | {"PYTHONHASHSEED": "1"}
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, check=True)
    assert files_in(tmp_path / "a") == files_in(tmp_path / "b")


def test_files_are_readable_as_usual(made_up, tmp_path):
    ordinary = tmp_path / "ordinary"
    ordinary.touch()
    for path in building.build(BundleTest("cnn"), tmp_path / "out"):
        assert path.stat().st_mode == ordinary.stat().st_mode


def test_a_failed_write_leaves_the_old_files_and_no_scraps(made_up, tmp_path, monkeypatch):
    building.build(BundleTest("cnn"), tmp_path)
    before = files_in(tmp_path)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1800000000")

    write = Path.write_bytes

    def fill_up(path, content):
        write(path, content[:100])
        if path.name.endswith(NAMES[-1]):  # the others are written by then
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fill_up)
    with pytest.raises(InputError, match="No space left"):
        building.build(BundleTest("cnn"), tmp_path)
    assert files_in(tmp_path) == before


def test_a_name_that_is_no_text_is_written_all_the_same(summarise_made_up):
    summary = summarise_made_up(20)
    summary.dataset["name"] = "odd\udcff"
    documents = building.documents(summary)
    assert json.loads(documents["report.json"])["dataset"]["name"] == "odd?"
    assert b"odd?" in documents["report.html"]


def test_an_interrupt_leaves_nothing(tmp_path, monkeypatch, capsys):
    def interrupt(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(BundleTest, "evaluate", interrupt)
    assert main(["build", "--out", str(tmp_path / "out")]) == 130
    assert not (tmp_path / "out").exists()
    assert "Traceback" not in capsys.readouterr().err


def occupied(tmp_path: Path) -> Path:
    (tmp_path / "file").touch()
    return tmp_path / "file"


def under_a_file(tmp_path: Path) -> Path:
    return occupied(tmp_path) / "below"


def with_a_folder_in_the_way(tmp_path: Path) -> Path:
    (tmp_path / "out" / "report.json").mkdir(parents=True)
    return tmp_path / "out"


def with_a_long_name(tmp_path: Path) -> Path:
    return tmp_path / ("x" * 400)


def on_a_system_folder(tmp_path: Path) -> Path:
    return Path("/proc/report")


PLACES = [occupied, under_a_file, with_a_folder_in_the_way, with_a_long_name, on_a_system_folder]


@pytest.mark.parametrize("place", PLACES)
def test_an_unwritable_place_is_exit_2_and_one_line(made_up, tmp_path, capsys, place):
    out = place(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    assert main(["build", "--out", str(out)]) == 2
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1
    assert "--out" in captured.err
    assert captured.out == ""
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    "arguments",
    [
        ["--bundle", "nonesuch"],
        ["--bundle", "linear", "--dataset", "nonesuch"],
        ["--bundle", "linear", "--data", "nonesuch.npz"],
    ],
)
def test_a_wrong_input_is_exit_2_and_one_line(tmp_path, capsys, arguments):
    assert main(["build", "--out", str(tmp_path / "out"), *arguments]) == 2
    error = capsys.readouterr().err
    assert "nonesuch" in error
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_bad_date_is_exit_2(made_up, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    assert main(["build", "--out", str(tmp_path)]) == 2
    assert "SOURCE_DATE_EPOCH" in capsys.readouterr().err


def test_a_home_that_cannot_be_written_to_is_no_news():
    code = "import sys; from report.__main__ import _print_log; _print_log(sys.stderr); "
    code += "import matplotlib; matplotlib.get_configdir()"
    environment = {**os.environ, "MPLCONFIGDIR": os.path.join(os.devnull, "none")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stderr == ""


def test_a_wrong_option_is_exit_2_and_one_line(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["build", "--nonesuch"])
    assert stopped.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """A report on a shipped bundle and the digits inside scikit-learn, built as users do."""
    out = tmp_path_factory.mktemp("report")
    code = (
        "import sys; from report.__main__ import main\n"
        "code = main(sys.argv[1:])\n"
        "loaded = {name.split('.')[0] for name in sys.modules}\n"
        # matplotlib is for the process that draws, whose memory is free again before Typst runs
        "assert not loaded & {'tensorflow', 'keras', 'demo', 'matplotlib'}\n"
        "sys.exit(code)"
    )
    arguments = ["build", "--bundle", "linear", "--dataset", "digits", "--out", str(out)]
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[0] == "report: linear: reading 360 images of digits"
    assert done.stderr.splitlines()[-1] == "report: drawing and writing"
    return json.loads((out / "report.json").read_text(encoding="utf-8"))


def test_a_real_report_is_built_without_tensorflow(real):
    assert real["dataset"]["name"] == "digits"
    assert real["metrics"]["count"] == len(real["predictions"]["label"])
    assert real["metrics"]["accuracy"] > 0.5


def test_a_real_report_compares_all_shipped_networks(real):
    shipped = {bundle.name for bundle in shipped_bundles()}
    assert real["networks"][0]["name"] == "linear"
    assert {network["name"] for network in real["networks"]} == shipped
    assert real["networks"][0]["errors"] == real["metrics"]["errors"]


def test_own_images_are_all_tested_unless_the_network_learnt_from_them(tmp_path):
    from model.data.dataset import load_dataset
    from report.evaluation.sets import load_test_set

    digits = load_dataset("digits").test
    path = tmp_path / "own.npz"
    np.savez(path, x=digits.images, y=digits.labels)
    learnt = load_dataset(path=path).train.sha256
    stranger = load_test_set(path, None, {"name": "mnist", "sha256": "0" * 64}, Batch())
    pupil = load_test_set(path, None, {"name": "own.npz", "sha256": learnt}, Batch())
    assert len(stranger.labels) == len(digits)
    assert 0 < len(pupil.labels) < len(digits) / 2


def test_a_network_of_own_data_asks_for_test_images():
    from report.evaluation.sets import load_test_set

    with pytest.raises(InputError, match="--data"):
        load_test_set(None, None, {"name": "own.npz", "sha256": "0" * 64}, Batch())


@pytest.mark.mnist
@pytest.mark.skipif("MNIST_PATH" not in os.environ, reason="$MNIST_PATH is not set")
def test_on_mnist_the_report_says_what_the_predictor_says(tmp_path):
    from model.data.dataset import load_dataset

    assert main(["build", "--bundle", "linear", "--out", str(tmp_path)]) == 0
    record = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    test = load_dataset("mnist").test
    readings = Predictor.load("linear").score(np.asarray(test.images)).probabilities.argmax(axis=1)
    assert record["metrics"]["count"] == 10_000
    assert record["metrics"]["accuracy"] == (readings == test.labels).mean()
    assert record["predictions"]["digit"] == readings.tolist()
    assert (tmp_path / "report.html").stat().st_size < 2_000_000


def test_time_is_taken_unless_equal_bytes_are_asked_for(monkeypatch):
    from report.evaluation.timing import median_milliseconds

    predictor, glyph = Predictor.load("linear"), np.zeros((1, 28, 28), np.uint8)
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    assert 0 < median_milliseconds(lambda: predictor.score(glyph)) < 1000
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert median_milliseconds(lambda: predictor.score(glyph)) is None


def test_a_report_records_the_options_that_choose_what_it_says():
    asked = "--figures svg --title T --min ece=0.5 --trust-pickle --predictions p.csv --top-k 3"
    options = _parser().parse_args(["build", *asked.split(), "--top-k", "2", "--out", "x"])
    recorded = "--predictions p.csv --trust-pickle --min ece=0.5 --title T --top-k 3 --top-k 2"
    assert _recorded(options) == recorded.split()


def test_an_empty_name_is_not_the_usual_bundle(tmp_path, capsys):
    assert main(["build", "--bundle", "", "--out", str(tmp_path / "out")]) == 2
    assert "'' is no bundle" in capsys.readouterr().err
