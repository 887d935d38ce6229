"""Predictions from files of every kind: the same numbers, and one line for what can't be right."""

from __future__ import annotations

import json
import sys
from decimal import Decimal

import numpy as np
import pytest
from PIL import Image
from sklearn import metrics as oracle

from model.errors import InputError
from report.__main__ import main
from report.evaluation.predictions import PredictionsFile, parse_columns
from report.numbers.summary import summarise

NAMES = ("cat", "dog", "猫 & <b>")
COUNT = 90
RANDOM = np.random.default_rng(4)
LABELS = RANDOM.integers(0, 3, COUNT)
SCORES = RANDOM.random((COUNT, 3)) + 0.7 * np.eye(3)[LABELS]
PROBABILITIES = SCORES / SCORES.sum(axis=1, keepdims=True)
WEIGHTS = RANDOM.random(COUNT)
SITES = [f"site {row % 6}" for row in range(COUNT)]
ROWS = [
    {
        "id": f"row {row}",
        "y_true": NAMES[LABELS[row]],
        **{f"y_prob_{name}": PROBABILITIES[row, c] for c, name in enumerate(NAMES)},
        "weight": WEIGHTS[row],
        "group": SITES[row],
    }
    for row in range(COUNT)
]


def write(path, rows):
    """A table in the format that its file's ending asks for."""
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    if path.suffix == ".parquet":
        pyarrow = pytest.importorskip("pyarrow")
        pyarrow.parquet = pytest.importorskip("pyarrow.parquet")
        pyarrow.parquet.write_table(pyarrow.table(columns), path)
    elif path.suffix == ".npz":
        np.savez(path, **{name: np.array(column) for name, column in columns.items()})
    elif path.suffix == ".jsonl":
        path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    else:
        separator = "\t" if path.suffix == ".tsv" else ";" if "semi" in path.name else ","
        lines = [columns, *(row.values() for row in rows)]
        text = (separator.join(f'"{value}"' for value in line) for line in lines)
        encoding = "utf-16" if separator == "\t" else "utf-8-sig"  # as spreadsheets write them
        path.write_text("\n".join(text) + "\n", encoding=encoding)
    return path


def summed_up(path, **how):
    evaluation = PredictionsFile(path, **how).evaluate()
    return summarise(evaluation, {"created_at": "2024-01-02T03:04:05Z"})


@pytest.mark.parametrize("name", ["p.csv", "p.tsv", "semi.csv", "p.jsonl", "p.npz", "p.parquet"])
def test_every_kind_of_file_gives_scikit_learns_numbers(tmp_path, name):
    summary = summed_up(write(tmp_path / name, ROWS))
    found, answers = summary.metrics, PROBABILITIES.argmax(axis=1)
    csv = write(tmp_path / "other.csv", ROWS)
    assert found.names == NAMES
    assert found.accuracy.value == pytest.approx(
        oracle.accuracy_score(LABELS, answers, sample_weight=WEIGHTS), abs=1e-12
    )
    assert found.confusion == tuple(map(tuple, oracle.confusion_matrix(LABELS, answers).tolist()))
    squares = np.square(PROBABILITIES - np.eye(3)[LABELS]).sum(axis=1)
    assert found.confidence.brier == pytest.approx(np.average(squares, weights=WEIGHTS), abs=1e-12)
    assert (found.groups.noun, found.groups.count) == ("group", 6)
    assert summary.predictions.label == tuple(LABELS.tolist())
    assert summary.dataset["sha256"] == PredictionsFile(csv).evaluate().test.facts["sha256"]


def test_columns_may_have_other_names(tmp_path):
    rows = [{"truth": r["y_true"], "guess": r["y_true"], "hospital": r["group"]} for r in ROWS]
    columns = parse_columns(["y_true=truth", "y_pred=guess", "group=hospital"])
    summary = summed_up(write(tmp_path / "p.csv", rows), columns=columns)
    assert summary.metrics.accuracy.value == 1
    assert summary.metrics.groups.noun == "hospital"
    rows = [{"truth": r["y_true"], **dict(zip(("p.cat", "p.dog", "p.猫 & <b>"),
             PROBABILITIES[k], strict=True))} for k, r in enumerate(ROWS)]  # fmt: skip
    columns = parse_columns(["y_true=truth", "y_prob=p."])
    assert summed_up(write(tmp_path / "q.csv", rows), columns=columns).metrics.names == NAMES


def test_an_array_of_probabilities_and_its_classes(tmp_path):
    arrays = {"y_true": LABELS, "y_prob": PROBABILITIES, "classes": np.array(NAMES)}
    np.savez(tmp_path / "p.npz", **arrays)
    found = summed_up(tmp_path / "p.npz").metrics
    assert found.names == NAMES
    del arrays["classes"]
    np.savez(tmp_path / "q.npz", **arrays | {"y_true": np.array(NAMES)[LABELS]})
    assert summed_up(tmp_path / "q.npz").metrics == found
    assert found.errors == (PROBABILITIES.argmax(axis=1) != LABELS).sum()
    rows = [
        {"y_true": int(c), "y_prob": list(p)} for c, p in zip(LABELS, PROBABILITIES, strict=True)
    ]
    (tmp_path / "p.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert summed_up(tmp_path / "p.jsonl").metrics.confusion == found.confusion


def test_answers_alone_leave_out_what_takes_probabilities(tmp_path, capsys):
    rows = [{"y_true": r["y_true"], "y_pred": NAMES[(k * k) % 3]} for k, r in enumerate(ROWS)]
    path = write(tmp_path / "p.csv", rows)
    out = ["--out", str(tmp_path / "out")]
    assert main(["build", "--predictions", str(path), "--metadata", *out]) == 0
    html = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "No probabilities were given" in html
    assert 'id="confidence"' not in html
    assert 'id="labels"' not in html
    record = (tmp_path / "out" / "report.json").read_bytes()
    again = tmp_path / "again"
    source = str(tmp_path / "out" / "report.json")
    assert main(["build", "--from", source, "--out", str(again)]) == 0
    assert (again / "report.json").read_bytes() == record
    assert (again / "report.html").read_text(encoding="utf-8") == html
    assert main(["compare", source, source]) == 0


def test_a_score_is_for_the_positive_of_two_classes(tmp_path):
    labels = RANDOM.integers(0, 2, 40)
    scores = RANDOM.random(40)
    rows = [{"y_true": ("no", "yes")[c], "y_score": s} for c, s in zip(labels, scores, strict=True)]
    path = write(tmp_path / "p.csv", rows)
    found = summed_up(path)
    assert found.metrics.accuracy.value == ((scores > 0.5) == labels).mean()
    assert summed_up(path, positive="no").metrics.accuracy.count == found.metrics.errors
    assert "“yes”" in found.model["outputs"]
    rows = [{**row, "y_score": 8 * row["y_score"] - 4} for row in rows]
    path = write(tmp_path / "q.csv", rows)
    assert summed_up(path, outputs="logits").metrics.confusion == found.metrics.confusion
    with pytest.raises(InputError, match="range from"):
        summed_up(path)


def test_pictures_are_shown_and_a_missing_one_is_named(tmp_path):
    (tmp_path / "pictures").mkdir()
    for row in range(COUNT):
        shape = (20, 10 + row % 3, 3)
        pixels = RANDOM.integers(0, 256, shape, dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / "pictures" / f"{row}.png")
    rows = [{**row, "image": f"pictures/{k}.png"} for k, row in enumerate(ROWS)]
    shown = summed_up(write(tmp_path / "p.csv", rows)).examples
    first = shown.right[0]
    with Image.open(tmp_path / "pictures" / f"{first.index}.png") as picture:
        assert np.array_equal(first.picture.pixels, np.asarray(picture))
    (tmp_path / "pictures" / f"{first.index}.png").unlink()
    with pytest.raises(InputError, match=rf"row {first.index} .*pictures"):
        summed_up(tmp_path / "p.csv")


def test_no_link_leads_to_pictures_outside_the_folder_unless_it_is_named(tmp_path):
    outside, folder = tmp_path / "outside", tmp_path / "inside"
    outside.mkdir(), folder.mkdir()
    Image.new("RGB", (9, 9)).save(outside / "0.png")
    (folder / "link").symlink_to(outside)
    file = write(folder / "p.csv", [{**row, "image": "link/0.png"} for row in ROWS])
    with pytest.raises(InputError, match="'link/0.png' is outside the folder .*--images"):
        summed_up(file)
    write(file, [{**row, "image": "0.png"} for row in ROWS])
    assert summed_up(file, images=outside).examples.right


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("p.csv", "y_true;y_score;weight\na;0,25;1\nb;0,75;1,5\n"),
        ("p.tsv", "y_true\ty_score\tweight\na\t0,25\t1\nb\t0,75\t1,5\n"),
        ("p.csv", "y_true,y_score,weight,a;b;c;d;e\na,0.25,1,x\nb,0.75,1.5,x\n"),
    ],
)
def test_a_comma_is_a_decimal_point_where_it_separates_nothing(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    found = PredictionsFile(tmp_path / name).evaluate()
    assert found.subject.probabilities[:, 1].tolist() == [0.25, 0.75]
    assert found.test.weights.tolist() == [1, 1.5]


def test_lists_of_parquet_must_be_of_one_length(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    columns = {"y_true": [0, 1, 1], "y_prob": [[0.5], [0.2, 0.3, 0.5], [0.5, 0.5]]}
    parquet.write_table(pyarrow.table(columns), tmp_path / "p.parquet")
    with pytest.raises(InputError, match="not of one length"):
        PredictionsFile(tmp_path / "p.parquet").evaluate()


def test_labels_of_parquet_are_no_lists(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    table = pyarrow.table({"y_true": [["a"], ["b"]], "y_pred": ["a", "b"]})
    pytest.importorskip("pyarrow.parquet").write_table(table, tmp_path / "p.parquet")
    with pytest.raises(InputError, match=r"y_true holds list<.*>; give one value a prediction"):
        PredictionsFile(tmp_path / "p.parquet").evaluate()


def test_what_repeats_an_id_is_said(tmp_path):
    rows = [{**row, "id": min(k, 5)} for k, row in enumerate(ROWS)]
    words = PredictionsFile(write(tmp_path / "p.csv", rows)).evaluate().subject.model["outputs"]
    assert f"{COUNT - 6} rows repeat the id of another row; each counts." in words


@pytest.mark.parametrize("kind", [np.float16, np.longdouble])
def test_probabilities_of_any_precision_are_taken(tmp_path, kind):
    np.savez(tmp_path / "p.npz", y_true=LABELS, y_prob=PROBABILITIES.astype(kind))
    found = summed_up(tmp_path / "p.npz").metrics
    assert found.accuracy.count == (PROBABILITIES.astype(kind).argmax(axis=1) == LABELS).sum()


@pytest.mark.parametrize(
    ("rows", "names"),
    [
        ("1.0,1\n2.0,1\n", ("1", "2")),  # as pandas writes whole numbers beside missing ones
        ("True,true\nFalse,true\n", ("False", "True")),
        ("True,1\nFalse,1\n", ("False", "True")),
        ("v1.0,v1.0\nv2.0,v1.0\n", ("v1.0", "v2.0")),
        ("Cat,Cat\ncat,Cat\n", ("Cat", "cat")),
        ("\n ,\na,a\n\nb,a\n,\n", ("a", "b")),
    ],
)
def test_equal_labels_are_one_class_however_they_are_written(tmp_path, rows, names):
    (tmp_path / "p.csv").write_text(f"\n\ny_true,y_pred\n{rows}")
    found = PredictionsFile(tmp_path / "p.csv").evaluate()
    assert found.test.names == names
    assert (found.subject.readings == found.test.labels).tolist() in ([True, False], [False, True])


def test_classes_in_another_order_than_the_files_own_are_refused(tmp_path):
    np.savez(tmp_path / "p.npz", y_true=["a", "b"], y_prob=np.eye(2), classes=["a", "b"])
    names = tmp_path / "names.txt"
    file = PredictionsFile(tmp_path / "p.npz", classes=names)
    names.write_text("a\nb")
    assert file.evaluate().test.names == ("a", "b")
    names.write_text("b\na")
    with pytest.raises(InputError, match="its classes are a, b, which --classes names in another"):
        file.evaluate()


def test_a_class_may_be_called_na_where_it_is_named(tmp_path):
    rows = "y_true,y_pred\nNA,Na\nNa,Na\n"
    (tmp_path / "p.csv").write_text(rows)
    (tmp_path / "names.txt").write_text("NA\nNa")
    found = PredictionsFile(tmp_path / "p.csv", classes=tmp_path / "names.txt").evaluate()
    assert found.test.labels.tolist() == [0, 1]
    (tmp_path / "p.csv").write_text("y_true,y_prob_NA,y_prob_Na\nNA,0.5,0.5\nNa,0,1\n")
    assert PredictionsFile(tmp_path / "p.csv").evaluate().test.names == ("NA", "Na")


def test_a_label_is_a_name_before_it_is_a_number(tmp_path):
    rows = ["1.0,.8,.1,.1", "2.0,.2,.7,.1", "1.0,.1,.8,.1"]
    (tmp_path / "p.csv").write_text("\n".join(["y_true,y_prob_1,y_prob_2,y_prob_3", *rows]))
    found = PredictionsFile(tmp_path / "p.csv").evaluate()
    assert found.test.labels.tolist() == [0, 1, 0]


def test_rows_of_json_have_the_same_columns_but_for_what_is_not_read(tmp_path):
    path = tmp_path / "p.jsonl"
    rows = [{"y_true": k, "y_prob": [0.4, 0.6]} for k in (0, 1)]
    path.write_text("\n".join(map(json.dumps, [*rows, {**rows[0], "note": "x"}])))
    assert len(PredictionsFile(path).evaluate().test.labels) == 3
    path.write_text("\n".join(map(json.dumps, [*rows, {"y_true": 1, "y_prob": [0.2, 0.3, 0.5]}])))
    with pytest.raises(InputError, match="row 2 .*'y_prob_2'"):
        PredictionsFile(path).evaluate()
    path.write_text(f'{{"y_true": 0, "y_score": {"9" * 400}}}\n{{"y_true": 1, "y_score": 1}}')
    with pytest.raises(InputError, match="row 0 .* no number"):
        PredictionsFile(path).evaluate()


def test_decimals_of_parquet_are_numbers(tmp_path):
    scores = [Decimal("0.25"), Decimal("0.75")]
    path = write(tmp_path / "p.parquet", [{"y_true": k, "y_score": scores[k]} for k in (0, 1)])
    found = PredictionsFile(path).evaluate()
    assert found.subject.probabilities.tolist() == [[0.75, 0.25], [0.25, 0.75]]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("PK\x03\x04\0\0", "is no text, but another kind of file"),
        ("y_true,y_pred\n01,1\n02,2\n1,01\n", "'01' and '1' are the same number"),
        ("y_true,y_pred\n", "no rows"),
        ("y_pred\na\n", "--column y_true=NAME"),
        ("y_true,other\na,b\n", "holds no answers"),
        ("y_true,y_pred\na,a\n", "one label alone"),
        ("y_true,y_pred\na,b\nb\n", "row 1 (counted from 0) has 1 values"),
        ("y_true,y_pred\na,b\n,b\n", "row 1 (counted from 0): y_true is empty"),
        ("y_true,y_pred\na,b\nnan,b\n", "row 1 (counted from 0): a label is missing (nan)"),
        ('"y_true","y_pred"\n"a","b"\nNA,"b"\n', "a label is missing (NA); leave the row out or"),
        ("y_true,y_prob_a,y_prob_b\na,1,0\nb,x,1\n", ": y_prob_a is no number: 'x'"),
        ("y_true,y_prob_a,y_prob_b\na,1,0\nb,nan,1\n", "row 1 (counted from 0) holds outputs that"),
        ("y_true,y_prob_a,y_prob_b\na,1,0\nc,0,1\n", "row 1 (counted from 0): y_true is 'c'"),
        ("y_true,y_prob_猫,y_prob_b\nb,1,0\nقطة,0,1\n", "y_true is 'قطة', none of the 2 cl"),
        ("y_true,y_prob_a,y_prob_b\na,3,-2\nb,1,0\n", "--outputs"),
        ("y_true,y_pred,weight\na,b,1\nb,b,-1\n", "row 1 (counted from 0): the weight is -1"),
        ("y_true,y_pred,weight\na,b,0\nb,b,0\n", "weights sum to 0"),
        ("y_true,y_pred,weight\na,b,1\nb,b,1e-200\n", "neither tiny nor huge"),
        ("y_true,y_pred,image\na,b,a\x00b\nb,b,c\n", "the picture 'a\\x00b' is outside"),
        ('y_true,y_score\na,"0,5"\nb,"0,5"\n', "y_score is no number (write 0.5 with a point"),
        ("y_true,y_pred,image\na,b,/etc/hostname\nb,b,a.png\n", "row 0 (counted from 0): the pict"),
        ("y_true,y_pred,image\na,b,a.png\nb,b,a/../../b.png\n", "row 1 (counted from 0): the pic"),
        ("y_true,y_pred\na,A\nb,B\n", "no class in common (a, b; A, B)"),
        ("y_true,y_true\na,b\n", "two columns have one name"),
        ("y_true,y_score\na,0.5\nb,0.5\nc,0.5\n", "one score a row tells two classes apart"),
        ("y_true,y_pred\n" + "".join(f"{k},{k}\n" for k in range(101)), "101 different labels"),
        ("y_true," + ",".join(f"y_prob_{k}" for k in range(10**5)), "100,000 columns hold prob"),
        ("y_true,y_pred\n\x00a,b\nb,b\n", "no class name"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_line(tmp_path, capsys, text, said):
    path = tmp_path / "p.csv"
    path.write_text(text, encoding="utf-8")
    assert main(["build", "--predictions", str(path), "--out", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "name", ["p.csv", "p.jsonl", "p.npz", "p.parquet", "p.xlsx", "missing.csv"]
)
def test_a_damaged_file_is_one_line(tmp_path, name):
    if name != "missing.csv":
        (tmp_path / name).write_bytes(b"PK\x03\x04\xff\xfe\x00damaged")
    with pytest.raises(InputError, match=name.replace(".", r"\.")):
        PredictionsFile(tmp_path / name).evaluate()


def test_weights_in_two_columns_are_refused(tmp_path):
    np.savez(tmp_path / "p.npz", y_true=[0, 1], y_pred=[0, 1], weight=np.ones((2, 2)))
    with pytest.raises(InputError, match=r"weight has the shape \(2, 2\)"):
        PredictionsFile(tmp_path / "p.npz").evaluate()


def test_a_label_is_one_however_its_accents_were_typed(tmp_path):
    (tmp_path / "p.csv").write_text("y_true,y_pred\ne\u0301,é\né,e\u0301\na,a\n", "utf-8")
    assert summed_up(tmp_path / "p.csv").metrics.names == ("a", "é")
    assert summed_up(tmp_path / "p.csv").metrics.accuracy.count == 3


def test_without_pyarrow_one_line_says_so(tmp_path, monkeypatch):
    (tmp_path / "p.parquet").write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InputError, match=r"\[parquet\]"):
        PredictionsFile(tmp_path / "p.parquet").evaluate()
