"""Any Keras classifier: what its scores mean, what fits it, what is refused, and the page."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from sklearn import metrics as oracle

from model.errors import InputError
from report.__main__ import main
from report.charts import class_counts, confused_pairs, confusion, per_class
from report.documents.files import NAMES
from report.evaluation.arrays import fit_input, read_arrays, thumbnails
from report.evaluation.keras import describe_layers
from report.format.reading import read_summary
from report.format.schema import faults, load_schema
from report.numbers.classes import DIGIT_NAMES, noun_of, nouns, read_names, short
from report.numbers.metrics import Metrics, measure
from tests.report.answered import answered

HOSTILE = ["<script>alert(1)</script>", "$x^{$ & co", "a very long name for the third class"]


def save_model(path, shape, outputs, activation="softmax", seed=1):
    import keras

    keras.utils.set_random_seed(seed)
    keras.Sequential(
        [keras.Input(shape), keras.layers.Flatten(), keras.layers.Dense(outputs, activation)]
    ).save(path)
    return path


def make_case(folder, shape, names, count=60, activation="softmax", outputs=None):
    """A saved network, its data and its names; the data are noise."""
    random = np.random.default_rng(3)
    save_model(folder / "net.keras", shape, outputs or len(names), activation)
    x = random.random((count, *shape), dtype=np.float32)
    if len(shape) == 2:  # as smooth as pictures are, which these are to be taken for
        x = x.cumsum(1).cumsum(2) / np.prod(shape)
    np.savez(folder / "data.npz", x=x, y=np.arange(count) % len(names))
    (folder / "names.txt").write_text("\n".join(names) + "\n", encoding="utf-8")
    return ["build", "--keras", str(folder / "net.keras"), "--data", str(folder / "data.npz"),
            "--classes", str(folder / "names.txt"), "--out", str(folder / "out")]  # fmt: skip


def report_of(folder) -> tuple[dict, str]:
    text = (folder / "out" / "report.json").read_text(encoding="utf-8")
    return json.loads(text), (folder / "out" / "report.html").read_text(encoding="utf-8")


def pdf_text(path) -> str:
    if shutil.which("pdftotext") is None:
        pytest.skip("poppler's pdftotext is not installed")
    call = ["pdftotext", "-q", "-layout", str(path), "-"]
    return subprocess.run(call, capture_output=True, check=True, text=True).stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("shape", "names"),
    [((12, 9, 3), HOSTILE), ((4,), ["no", "yes"]), ((8, 8, 1), list(DIGIT_NAMES)),
     ((6, 5), [f"tree {n}" for n in range(20)]), ((7, 7), [f"sort {n}" for n in range(100)])],
    ids=["colour", "numbers", "digits", "twenty", "hundred"],
)  # fmt: skip
def test_a_report_of_any_network_is_what_keras_says(tmp_path, monkeypatch, shape, names):
    import keras

    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    call = make_case(tmp_path, shape, names, count=200)
    assert main([*call, "--min", "accuracy=0", "--max", "errors=0"]) == 0
    record, html = report_of(tmp_path)
    network = keras.models.load_model(tmp_path / "net.keras")
    with np.load(tmp_path / "data.npz") as data:
        x, y = data["x"], data["y"]
    scores = network.predict(x, verbose=0)
    assert record["metrics"]["accuracy"] == oracle.accuracy_score(y, scores.argmax(axis=1))
    matrix = oracle.confusion_matrix(y, scores.argmax(axis=1), labels=range(len(names)))
    assert np.array_equal(record["metrics"]["confusion_matrix"], matrix)
    assert [found["label"] for found in record["metrics"]["per_class"]] == names
    assert [verdict["holds"] for verdict in record["verdicts"]] == [True, False]
    assert list(faults(record, load_schema(), load_schema())) == []
    check_page(html, names, can_see=len(shape) > 1)
    pages = pdf_text(tmp_path / "out" / "report.pdf")
    assert names[-1].split()[0] in pages
    assert pages.count("\f") <= 20
    again = tmp_path / "again"
    assert (
        main(["build", "--from", str(tmp_path / "out" / "report.json"), "--out", str(again)]) == 0
    )
    for name in NAMES:
        assert (again / name).read_bytes() == (tmp_path / "out" / name).read_bytes(), name


def check_page(html, names, can_see):
    """What does not apply is not on the page, and no name is more than a name."""
    assert "<script>alert" not in html
    for part in ("use", "training", "networks", "robustness"):
        assert f'id="{part}"' not in html
        assert f'href="#{part}"' not in html
    for words in (
        "MNIST",
        "handwritten",
        "28 × 28",
        "LiteRT",
        *([] if names == list(DIGIT_NAMES) else ["digit"]),
    ):
        assert words not in html
    assert ("data:image/png" in html) == can_see
    assert ("can’t be shown as a picture" in html) != can_see
    assert ('id="predictions"' in html) == can_see
    assert len(html) < 2_000_000


@pytest.mark.slow
def test_names_are_text_in_the_notes_and_on_paper(tmp_path):
    names = [*HOSTILE, "[x](javascript:1)", "#set page(fill: red)", "猫", "| a |", "e\u0301" * 30]
    assert main(make_case(tmp_path, (4,), names, count=80)) == 0
    notes = (tmp_path / "out" / "release_notes.md").read_text(encoding="utf-8")
    table = notes[notes.index("## Most-confused") : notes.index("## Files")]
    assert not re.search(r"[<\[`*]", table)
    assert {line.count("|") for line in table.splitlines() if line.startswith("|")} == {5}
    pages = pdf_text(tmp_path / "out" / "report.pdf")
    assert "#set page(fill: red)" in pages
    assert "(U+732B)" in pages


@pytest.mark.slow
def test_reports_of_other_networks_are_compared_and_checked(tmp_path, capsys):
    call = make_case(tmp_path, (4,), [f"sort {n}" for n in range(40)], count=160)
    assert main(call) == 0
    first = str(shutil.move(tmp_path / "out" / "report.json", tmp_path / "first.json"))
    save_model(tmp_path / "net.keras", (4,), 40, seed=2)
    assert main([*call, "--previous", first]) == 0
    record, html = report_of(tmp_path)
    assert record["previous"]["is_paired"]
    assert 'id="previous"' in html
    second = str(tmp_path / "out" / "report.json")
    capsys.readouterr()
    assert main(["compare", first, second]) == 0
    assert "Found of sort 3 (recall)" in capsys.readouterr().out
    assert main(["check", second, "--min", "per_class.3.recall=1.1"]) == 1
    assert main(["build", "--from", second, "--out", str(tmp_path / "again")]) == 0


@pytest.mark.slow
def test_only_a_chain_of_layers_is_drawn_as_one():
    import keras

    image = keras.Input((8,))
    side = keras.layers.Dense(8, "relu")(image)
    chain = keras.Model(image, keras.layers.Dense(3)(side))
    branched = keras.Model(image, keras.layers.Dense(3)(keras.layers.Add()([image, side])))
    found = describe_layers(chain)
    assert [layer["output_shape"] for layer in found] == [[8], [8], [3]]
    assert sum(layer["parameters"] for layer in found) == chain.count_params()
    assert describe_layers(branched) == []


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:The object being serialized")
def test_code_that_a_network_brings_along_is_refused(tmp_path, capsys):
    import keras

    call = make_case(tmp_path, (4,), ["a", "b"])
    for layer in (keras.layers.Lambda(lambda x: x), keras.layers.Dense(4, lambda x: x)):
        layers = [keras.Input((4,)), layer, keras.layers.Dense(2)]
        keras.Sequential(layers).save(tmp_path / "net.keras")
        assert main(call) == 2
        error = capsys.readouterr().err.splitlines()[-1]
        assert error.startswith("report: ")
        assert "net.keras: needs code of its own" in error
    assert not (tmp_path / "out").exists()


def test_without_keras_one_line_says_so(tmp_path, monkeypatch, capsys):
    call = make_case(tmp_path, (4,), ["a", "b"])
    monkeypatch.setitem(sys.modules, "keras", None)
    assert main(call) == 2
    assert 'pip install -e ".[train]"' in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.slow
def test_one_sigmoid_output_tells_two_classes(tmp_path):
    assert main(make_case(tmp_path, (5,), ["no", "yes"], activation="sigmoid", outputs=1)) == 0
    record, _ = report_of(tmp_path)
    assert len(record["metrics"]["per_class"]) == 2
    assert "the second class" in record["model"]["outputs"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda f: (f / "net.keras").write_bytes(b"no network"), "can't load"),
        (lambda f: (f / "net.keras").unlink(), "no such file"),
        (lambda f: (f / "names.txt").write_text("a\nb\nc\n"), "classes were named"),
        (lambda f: np.savez(f / "data.npz", x=np.zeros((9, 5)), y=np.zeros(9)), "don't fit"),
    ],
)
def test_what_does_not_fit_together_is_exit_2_and_one_line(tmp_path, capsys, spoil, said):
    call = make_case(tmp_path, (4,), ["a", "b"])
    capsys.readouterr()
    spoil(tmp_path)
    assert main(call) == 2
    captured = capsys.readouterr()
    assert said in captured.err.splitlines()[-1]
    assert captured.out == ""
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "options",
    [["--keras", "a.keras"], ["--classes", "n.txt"], ["--model", "a.keras", "--data", "d.npz"],
     ["--predictions", "p.csv", "--data", "d.npz"], ["--predictions", "p.csv", "--trust-pickle"],
     ["--model", "a.keras", "--data", "d.npz", "--column", "y_pred=p"], ["--outputs", "logits"],
     ["--predictions", "p.csv", "--column", "y=p"], ["--predictions", "p.csv", "--bundle", "cnn"],
     ["--keras", "a.keras", "--data", "d.npz", "--classes", "n.txt", "--extra", "digits"],
     ["--keras", "a.keras", "--data", "d.npz", "--classes", "n.txt", "--bundle", "cnn"],
     ["--keras", "a.keras", "--from", "report.json"]],
)  # fmt: skip
def test_options_that_don_t_go_together_are_refused(tmp_path, capsys, options):
    assert main(["build", "--out", str(tmp_path / "out"), *options]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("x", "y", "said"),
    [
        (np.zeros((3, 4)), np.zeros(2), "need 3 labels"),
        (np.zeros((3, 4)), np.zeros((3, 5)), "need 3 labels"),
        (np.zeros((3, 4)), np.array([0, 1, 2]), "row 2 .*'2', none of the 2 classes"),
        (np.zeros((3, 4)), np.array(["a", "b", "c"]), "row 2 .*'c', none of the 2 classes"),
        (np.zeros((3, 4)), np.array([0, np.nan, 1]), "row 1 .*y is nan"),
        (np.zeros((3, 4)), np.array([[1, 0], [1, 1], [0, 0]]), "row 1 .*2 ones.*2 of 3 rows"),
        (np.zeros((3, 4)), np.array([[1, 0], [0, 1], [0, 0]]), "row 2 .*0 ones"),
        (np.zeros((3, 4)), np.array([[1, 0], [0.4, 0.6], [0, 1]]), "row 1 .*0.6"),
        (np.array([[0.0], [np.nan], [0]]), np.zeros(3), "row 1 of x .*not finite"),
        (
            np.array([[0.0], [np.longdouble("1e300")]], np.longdouble),
            np.zeros(2),
            "row 1 of x .*not finite",
        ),
        (np.zeros((0, 4)), np.zeros(0), "one row an image"),
        (np.array(["a", "b"]), np.zeros(2), "must hold numbers"),
    ],
)
def test_bad_arrays_are_named(tmp_path, x, y, said):
    np.savez(tmp_path / "data.npz", x=x, y=y)
    with pytest.raises(InputError, match=said):
        read_arrays(tmp_path / "data.npz", "ab")


def test_files_that_are_no_arrays_are_named(tmp_path):
    for name, content in (("a.npz", b"nothing"), ("b.npz", b"")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=name):
            read_arrays(tmp_path / name, "ab")
    with zipfile.ZipFile(tmp_path / "c.npz", "w") as file:
        file.writestr("other.txt", "x")
    for name in ("c.npz", "nonesuch.npz"):
        with pytest.raises(InputError, match=name):
            read_arrays(tmp_path / name, "ab")


def test_labels_may_be_one_of_many_columns_and_go_by_either_name(tmp_path):
    np.savez(tmp_path / "d.npz", x_test=np.zeros((3, 4)), y_test=np.eye(3)[[2, 0, 1]])
    x, y = read_arrays(tmp_path / "d.npz", "abc")
    assert (x.shape, y.dtype, y.tolist()) == ((3, 4), np.int64, [2, 0, 1])
    np.savez(tmp_path / "d.npz", x=np.zeros((3, 4), np.uint8), y=np.array(["b", "c", "a"]))
    x, y = read_arrays(tmp_path / "d.npz", "abc")
    assert (x.dtype, y.tolist()) == (np.float32, [1, 2, 0])


@pytest.mark.parametrize(
    ("shape", "seen"),
    [((2, 9, 8), (2, 9, 8)), ((2, 9, 8, 1), (2, 9, 8)), ((2, 200, 100, 3), (2, 64, 32, 3)),
     ((2, 1, 9, 8), (2, 9, 8)), ((2, 3, 200, 100), (2, 64, 32, 3)),  # channels first
     ((2, 5), (2, 0, 0)), ((2, 9, 8, 7), (2, 0, 0)), ((2, 3, 3), (2, 0, 0))],
)  # fmt: skip
def test_thumbnails_are_small_and_whole_in_range(shape, seen):
    x = np.random.default_rng(0).normal(3, 50, shape).cumsum(1).cumsum(2 % len(shape))
    found = thumbnails(x.astype(np.float32))
    assert (found.shape, found.dtype) == (seen, np.uint8)
    if found.size and max(shape) <= 64:
        assert (found.min(), found.max()) == (0, 255)


def test_a_side_of_one_is_added_where_a_network_has_one(tmp_path):
    x = np.zeros((5, 9, 8))
    assert fit_input(x, (9, 8, 1), tmp_path).shape == (5, 9, 8, 1)
    assert fit_input(x, (1, None, 8), tmp_path).shape == (5, 1, 9, 8)
    for wanted in ((1, 9), (None, 9, 8), (3, 9, 8)):
        with pytest.raises(InputError, match="don't fit"):
            fit_input(x, wanted, tmp_path)


def test_one_bright_image_leaves_the_others_visible():
    x = np.linspace(0, 1, 6 * 64).reshape(6, 8, 8).astype(np.float32)
    x[2] *= 1000
    found = thumbnails(x)
    assert found[5].max() == 255
    assert found[0].max() < found[5].max()
    assert (found[2].min(), found[2].max()) == (0, 255)


@pytest.mark.parametrize("kind", ["noise", "series"])
def test_rows_of_numbers_that_are_no_pictures_are_not_drawn(kind):
    random = np.random.default_rng(0)
    x = random.normal(size=(20, 50, 9))
    if kind == "series":  # smooth in time, not across channels
        x = x.cumsum(1) / 7
    assert thumbnails(x.astype(np.float32)).shape == (20, 0, 0)


@pytest.mark.parametrize(
    ("text", "said"),
    [("one\n", "is 1;"), ("a\na\n", "twice"), ("a\n" + "b" * 201, "no class name"),
     ("a\nb\x1b[31m\n", "no class name"), ("\n".join(map(str, range(101))), "is 101;")],
)  # fmt: skip
def test_bad_names_are_refused(tmp_path, text, said):
    (tmp_path / "n.txt").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=said):
        read_names(tmp_path / "n.txt")
    (tmp_path / "n.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="UTF-8"):
        read_names(tmp_path / "n.txt")


def test_names_and_what_one_of_them_is_called(tmp_path):
    (tmp_path / "n.txt").write_bytes("\ufeffcat\r\n\r\n  dog \n".encode())
    assert read_names(tmp_path / "n.txt") == ("cat", "dog")
    assert (noun_of(DIGIT_NAMES), noun_of(("a", "b"))) == ("digit", "class")
    assert (nouns("digit"), nouns("class")) == ("digits", "classes")
    assert short("x" * 16) == "x" * 16
    assert short("the first of the long names") == "the first o…ng names"


def confused(names, errors):
    """Three images a class, and these (truth, reading) errors beside them."""
    pairs = [(c, c) for c in range(len(names)) for _ in range(3)] + errors
    truth, reading = np.array(pairs).T
    return measure(*answered(truth, np.eye(len(names))[reading], names=names))


def test_classes_go_by_their_names():
    metrics = confused(["cat", "dog", "eel"], [(0, 1), (0, 1), (2, 1)])
    assert confusion.find(metrics).title == (
        "The most frequent error is cat taken for dog: 2 of 3 errors"
    )
    assert [score.label for score in metrics.per_class] == ["cat", "dog", "eel"]
    assert confused_pairs.find(metrics).table.rows[0][0] == "cat → dog"
    assert "Of that class" in [name for name, _ in confused_pairs.find(metrics).table.columns]
    assert Metrics.from_json(json.loads(json.dumps(metrics.to_json()))) == metrics
    assert confusion.draw(metrics).axes[0].get_ylabel() == "true class"


def test_a_hundred_classes_stay_readable():
    names = [f"sort {n}" for n in range(100)]
    metrics = confused(names, [(n, (n + 7) % 100) for n in range(0, 100, 3)])
    axes = confusion.draw(metrics).axes[0]
    assert len(axes.texts) == 0
    assert sorted(label.get_text() for label in axes.get_yticklabels()) == sorted(names)
    order = confusion.class_order(metrics)
    near = [abs(order.index(n) - order.index((n + 7) % 100)) for n in range(0, 100, 3)]
    assert np.median(near) == 1  # what is confused lies together
    assert len(per_class.draw(metrics).axes[0].get_yticklabels()) == 20
    assert len(class_counts.draw([3] * 100, None, names).axes[0].patches) == 20
    table = confusion.find(metrics).table
    every_pair = confused(names, [(n, m) for n in range(20) for m in range(20) if n != m])
    assert len(confused_pairs.find(every_pair).table.rows) == 90
    assert (len(table.rows), table.rows[3][1]) == (100, "sort 3 3×, sort 10 1×")
    assert "20 hardest of 100" in per_class.find(metrics).alt


def test_math_in_a_name_is_only_a_name():
    metrics = confused(["$x^{$", "b"], [(0, 1)])
    from report.charts.style import encode

    encode(confusion.draw(metrics))


def test_names_that_are_none_are_refused_when_a_report_is_read(tmp_path, summary):
    record = json.loads(json.dumps(summary.to_json()))
    for label in ("", "1", "a\u202eb", "x" * 201):
        record["metrics"]["per_class"][0]["label"] = label
        (tmp_path / "report.json").write_text(json.dumps(record), encoding="utf-8")
        with pytest.raises(InputError, match="no proper names"):
            read_summary(tmp_path / "report.json")


def test_a_letter_that_figures_lack_becomes_a_number():
    metrics = confused(["猫", "dog"], [(0, 1)])
    from report.charts.style import encode

    axes = confusion.draw(metrics).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["class 0", "dog"]
    encode(confused_pairs.draw(metrics))
