"""The report in Python: the numbers of the command, from arrays, lists and columns."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, log_loss, matthews_corrcoef
from sklearn.preprocessing import scale

from model.errors import InputError
from report import Report, api, evaluate
from report.charts.change_text import headline, regression_lines, terminal_lines
from report.documents.files import NAMES
from report.documents.limits import limits
from report.documents.metadata import model_card
from report.documents.notes import render_notes
from report.documents.results import compare_markdown
from report.numbers.summary import snapshot, with_previous
from tests.report.rendering import render_html

ROOT = Path(__file__).parents[2]
CLASSES = ["red", "white & dry", "rosé"]


@pytest.fixture(scope="module")
def wine():
    """Labels and probabilities of a classifier that has learnt from half the rows."""
    x, y = load_wine(return_X_y=True)
    x = scale(x)
    fitted = LogisticRegression(C=0.002).fit(x[::2], y[::2])
    return y[1::2], fitted.predict_proba(x[1::2])


@pytest.fixture(scope="module")
def found(wine):
    return evaluate(*wine, classes=CLASSES, name="logistic", data="wine")


def test_its_numbers_are_scikit_learns(wine, found):
    labels, probabilities = wine
    answers = probabilities.argmax(axis=1)
    expected = {
        "accuracy": (answers == labels).mean(),
        "balanced_accuracy": balanced_accuracy_score(labels, answers),
        "mcc": matthews_corrcoef(labels, answers),
        "log_loss": log_loss(labels, probabilities),
    }
    assert {name: found.metrics[name] for name in expected} == pytest.approx(expected, abs=1e-9)
    assert isinstance(found, Report)
    assert "logistic on wine" in repr(found)


def test_labels_may_be_names_numbers_or_one_hot_rows_and_answers_columns(wine, found):
    labels, probabilities = wine
    frame = pd.DataFrame(probabilities, columns=CLASSES)
    for y_true in (
        np.array(CLASSES)[labels],
        pd.Series(labels),
        np.eye(3)[labels],
        labels.tolist(),
    ):
        assert evaluate(y_true, frame, classes=CLASSES).metrics == found.metrics
    turned = evaluate(np.array(CLASSES)[labels], frame[CLASSES[::-1]])  # its columns name them
    assert turned.metrics["mcc"] == pytest.approx(found.metrics["mcc"])
    with pytest.raises(InputError, match="classes= names in another order"):
        evaluate(labels, frame[CLASSES[::-1]], classes=CLASSES)
    alone = evaluate(labels, y_pred=probabilities.argmax(axis=1), classes=CLASSES)
    assert alone.metrics["accuracy"] == found.metrics["accuracy"]
    assert alone.metrics["log_loss"] is None
    logits = evaluate(labels, np.log(probabilities), outputs="logits", classes=CLASSES)
    assert logits.metrics["log_loss"] == pytest.approx(found.metrics["log_loss"])
    two = evaluate([0, 1, 1, 0], [0.1, 0.9, 0.4, 0.2])
    assert two.metrics["confusion_matrix"] == ((2, 0), (1, 1))


def test_figures_and_tables_go_by_name(found):
    assert isinstance(found.figure("confusion"), Figure)
    table = found.table("per_class")
    assert table["label"].tolist() == CLASSES
    assert table["recall"].tolist() == [row["recall"] for row in found.metrics["per_class"]]
    assert len(found.table("predictions")) == found.metrics["count"]
    assert set(found.table("confusion").iloc[:, 0]) == set(CLASSES)
    with pytest.raises(InputError, match="confusion"):
        found.figure("nonesuch")


def test_without_pandas_a_table_is_a_list_of_rows(found, monkeypatch):
    monkeypatch.setattr(api, "find_spec", lambda name: None)
    assert found.table("most_confused") == [dict(row) for row in found.metrics["most_confused"]]


def test_two_reports_are_compared_and_other_data_refused(wine, found):
    labels, probabilities = wine
    worse = evaluate(labels, np.roll(probabilities, 40, axis=0), classes=CLASSES)
    assert found.compare(worse).accuracy.gain > 0
    assert worse.compare(found).regressions[0].name == "accuracy"
    with pytest.raises(InputError, match="different test data"):
        found.compare(evaluate(labels[1:], probabilities[1:], classes=CLASSES))
    other = evaluate([0, 1], y_pred=[0, 1], classes=["ill", "well"])
    with pytest.raises(InputError, match=r"\(ill, well; red, white & dry, rosé\)"):
        found.compare(other)


def test_it_is_saved_as_the_command_writes_it(found, tmp_path):
    assert [path.name for path in found.save(tmp_path / "out")] == list(NAMES)
    html = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert "white &amp; dry" in html


def test_what_neither_report_has_is_no_row_of_their_comparison(wine):
    labels, probabilities = wine
    answers = probabilities.argmax(axis=1)
    now = evaluate(labels, y_pred=answers, name=2)
    lines = terminal_lines(now.compare(evaluate(labels, y_pred=np.roll(answers, 1))))
    assert max(line.count(" –") for line in lines) < 6
    assert not any("Log loss" in line for line in lines)


def test_a_notebook_shows_the_first_screen_without_scripts_or_styles_of_its_own(found):
    html = found._repr_html_()
    assert f"{100 * found.metrics['accuracy']:.2f}\u202f% correct" in html
    assert "Always answering" in html
    assert "white &amp; dry" in html
    assert html.count("<img ") == 1
    assert not any(tag in html for tag in ("<script", "<style", "http"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"y_true": [0, 1]}, "give probabilities"),
        ({"y_true": [], "y_pred": []}, "y_true is empty"),
        (
            {"y_true": [0, 1, 1], "probabilities": [[0.5, 0.5]] * 2},
            "probabilities has 2 rows; y_true has 3",
        ),
        ({"y_true": [0, 1], "y_pred": [0, 1], "groups": [1]}, "groups has 1 rows"),
        ({"y_true": [0, 1, 2], "probabilities": [0.1, 0.2, 0.3]}, "give probabilities, one col"),
        (
            {"y_true": [0, 1], "probabilities": np.ma.array([0.1, 0.9], mask=[0, 1])},
            "probabilities: row 1 .* masked",
        ),
        ({"y_true": np.ma.array([0, 1, 1], mask=[1, 0, 0]), "y_pred": [0, 1, 1]}, "y_true: row 0"),
        (
            {"y_true": [0, 1], "y_pred": [0, 1], "classes": ["a", None]},
            "row 1 .*classes is missing",
        ),
        ({"y_true": [0, 1], "y_pred": [0, 1], "classes": 2}, "classes=2: give a list of names"),
        ({"y_true": ["UK", "NA"], "y_pred": ["UK", "UK"]}, "row 1 .*missing .*by classes="),
        ({"y_true": [0, 1], "probabilities": [[0.5, 0.5], [3, -2]]}, "outputs="),
        ({"y_true": [0.0, np.nan], "y_pred": [0, 1]}, "row 1"),
        ({"y_true": [[1, 1], [0, 1]], "y_pred": [0, 1]}, "row 0"),
        ({"y_true": ["a", "c"], "y_pred": ["a", "a"], "classes": ["a", "b"]}, "'c'"),
        ({"y_true": [0, 1], "y_pred": [0, 1], "weights": [1, -1]}, "row 1"),
        ({"y_true": [0, 1], "probabilities": [["a", "b"]] * 2}, "must be numbers"),
        ({"y_true": [0, 1], "probabilities": [[0.5, 0.5], [1]]}, "made an array"),
        (
            {"y_true": [0, 1], "probabilities": [[0.5, 0.5]] * 2, "outputs": "logit"},
            "outputs='logit'",
        ),
        ({"y_true": ["a", None], "y_pred": ["a", "b"]}, "row 1 .*missing"),
        ({"y_true": [0, 1], "y_pred": [0, 1], "weights": 1.0}, "weights has the shape"),
        ({"y_true": [0, 1], "y_pred": [0, 1], "images": ["a.png", "b.png"]}, "images: "),
        ({"y_true": [0, 1], "y_pred": [0, 1], "classes": "ab"}, "list of names"),
        ({"y_true": [0, 1], "y_pred": [0, 1], "classes": {"a", "b"}}, "list of names"),
        (
            {"y_true": [0, 1], "probabilities": np.full((2, 3), 1 / 3), "classes": ["a", "b"]},
            "probabilities has 3 col",
        ),
    ],
)
def test_bad_input_is_one_line(arguments, said):
    with pytest.raises(InputError, match=said) as caught:
        evaluate(**arguments)
    assert "\n" not in str(caught.value)


def test_importing_it_is_light():
    code = "import sys, report; assert 'numpy' not in sys.modules; from report import evaluate; "
    code += "sys.exit(len({'matplotlib', 'tensorflow', 'pandas'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_no_words_about_rows_of_a_table_say_images(wine):
    """Neither the page and the notes, the card, nor what compares two reports."""
    labels, probabilities = wine
    lapsed = np.where(labels == 2, labels, 0)
    names = [f"{name} of the river’s lower slopes" for name in CLASSES]
    columns = {"classes": names, "groups": np.arange(len(labels)) % 7}
    found = evaluate(labels, probabilities, **columns)
    before = evaluate(labels, np.eye(3)[lapsed], **columns)
    change = found.compare(before)
    summary = with_previous(found.summary, snapshot(before.summary))
    page = re.sub(
        r"<style>.*?</style>|src=\S+|<meta.*?>", "", render_html(summary), flags=re.DOTALL
    )
    texts = [page, render_notes(summary), model_card(summary), compare_markdown("it", change),
             *terminal_lines(change), *regression_lines(change), *limits(summary)]  # fmt: skip
    assert not re.findall(r"(?i)[^\n]*(?:\bimages?\b|misread|\bread\b)[^\n]*", "\n".join(texts))
    low, high = found.metrics["groups"]["accuracy_interval"]
    assert f"over whole groups it is {100 * low:.2f}–{100 * high:.2f}" in page
    assert 'class="overview long"' in page  # the names leave no room beside the matrix in print
    assert "rows fixed" in headline(change)
    assert "row by row" in texts[3]
