"""Figures as files, with their numbers as CSV."""

from __future__ import annotations

import csv
import io
import json
from xml.etree import ElementTree

from PIL import Image

from report.__main__ import main
from report.charts.finding import Table
from report.documents.figures import csv_text
from report.documents.metadata import BOM_NAME, CARD_NAME


def test_figures_and_metadata_are_written_beside_the_report(tmp_path, summary, capsys):
    source = tmp_path / "report.json"
    source.write_text(json.dumps(summary.to_json()), encoding="utf-8")
    for kind in ("svg", "png"):
        out = tmp_path / kind
        call = ["build", "--from", str(source), "--out", str(out), "--figures", kind]
        assert main([*call, "--metadata"] if kind == "svg" else call) == 0
        drawn = {path.stem for path in (out / "figures").glob(f"*.{kind}")}
        assert drawn == {path.stem for path in (out / "figures").glob("*.csv")}
        assert {"confusion", "per_class", "reliability", "loss"} <= drawn
        assert (out / CARD_NAME).exists() == (out / BOM_NAME).exists() == (kind == "svg")
    assert ElementTree.parse(tmp_path / "svg/figures/confusion.svg").getroot().tag.endswith("svg")
    with Image.open(tmp_path / "png/figures/confusion.png") as picture:
        assert picture.width > 1000
    text = (tmp_path / "svg/figures/per_class.csv").read_text("utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    recalls = [scores.recall for scores in summary.metrics.per_class]
    assert [float(row["Found (recall)"]) for row in rows] == [x.value for x in recalls]
    lowest = [float(row["Found (recall): 95 % interval"]) for row in rows]
    assert lowest == [x.interval[0] for x in recalls]
    for path in (out / "figures").glob("*.csv"):
        (headings, *_) = csv.reader(io.StringIO(path.read_text("utf-8")))
        assert len(set(headings) - {""}) == len(headings), path
    capsys.readouterr()


def test_an_interval_takes_two_columns_and_what_is_missing_none():
    columns = (("A, b", "text"), ("Recall", "percent"), ("95 %", "interval"))
    text = csv_text(Table(columns, (("x,y", 0.123456789, (0.1, 0.2)), ("z", None, None))))
    assert list(csv.reader(io.StringIO(text))) == [
        ["A, b", "Recall", "95 %", "95 % (to)"],
        ["x,y", "0.123456789", "0.1", "0.2"],
        ["z", "", "", ""],
    ]


def test_a_name_that_a_spreadsheet_would_run_is_quoted_but_no_number():
    names = "=1+1", "=1", "＝1", "+cmd", "@SUM", "-1+cmd", "-1", "+0.5", "cat-dog"
    text = csv_text(Table((("class", "text"),), tuple((name,) for name in names)))
    quoted = ["'=1+1", "'=1", "'＝1", "'+cmd", "'@SUM", "'-1+cmd"]
    assert text.split()[1:] == [*quoted, "-1", "+0.5", "cat-dog"]
