"""Letters that the built-in fonts lack come from fonts of the system, or a number stands in."""

from __future__ import annotations

import shutil
import warnings
from pathlib import Path

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables._g_l_y_f import Glyph
from matplotlib import get_data_path

from report.charts import fonts, style
from report.documents.pdf import render_pdf
from tests.report.documents.test_pdf import words

PAGE = """<title>{0}</title><header><p>x</p><h1>{0}</h1></header>
<main><section><h2>{0}</h2><p>{0}</p></section></main>"""


@pytest.fixture
def system(tmp_path, monkeypatch):
    """A system with one font, which has one letter of Chinese."""

    def with_fonts(folder):
        for cached in (fonts.installed, fonts.describe):
            cached.cache_clear()
        monkeypatch.setattr(fonts, "FOLDERS", (folder,))

    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder([".notdef", "cat"])
    builder.setupCharacterMap({ord("猫"): "cat"})
    builder.setupGlyf({".notdef": Glyph(), "cat": Glyph()})
    builder.setupHorizontalMetrics({".notdef": (500, 0), "cat": (1000, 0)})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Noto Sans CJK Test", "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(tmp_path / "NotoSansCJK-Test.ttf")
    (tmp_path / "NotoSans-Broken.ttf").write_bytes(b"no font")
    yield with_fonts
    for cached in (fonts.installed, fonts.describe):
        cached.cache_clear()


def test_a_letter_comes_from_the_font_that_has_it(system, tmp_path):
    system(tmp_path)
    paths, found = fonts.fonts_for("猫犬 x")
    assert [path.name for path in paths] == ["NotoSansCJK-Test.ttf"]
    assert found == {ord("猫")}
    assert style.is_drawable("猫 and é")
    assert not style.is_drawable("犬")
    assert style.legible("a猫犬") == "a猫□"


def test_without_a_font_a_number_stands_for_the_name(system, tmp_path):
    system(tmp_path / "none")
    assert not style.is_drawable("猫")
    assert style.number_of(3) == "class 3"


@pytest.mark.parametrize(("letter", "shown"), [("\U00010300", "\U00010300"), ("猫", "(U+732B)")])
def test_a_pdf_is_set_in_that_font_and_where_it_cannot_be_in_code_points(
    system, tmp_path, letter, shown
):
    shutil.copy(Path(get_data_path()) / "fonts/ttf/DejaVuSans.ttf", tmp_path)
    system(tmp_path)  # whose font of 猫 has no name that Typst can find it by
    pdf = render_pdf(PAGE.format(f"{letter} 1"), "2024-01-02T03:04:05Z")
    assert f"{shown} 1" in words(pdf)


def test_a_font_that_typst_knows_by_another_name_does_not_break_the_pdf(system, tmp_path):
    with TTFont(Path(get_data_path()) / "fonts/ttf/DejaVuSans.ttf") as font:
        font["name"].setName("Another Family", 16, 3, 1, 0x409)
        font.save(tmp_path / "DejaVuSans.ttf")
    system(tmp_path)
    pdf = render_pdf(PAGE.format("\U00010300 1"), "2024-01-02T03:04:05Z")
    assert "(U+10300) 1" in words(pdf)


def test_the_labels_of_an_axis_are_written_in_that_font(system, tmp_path):
    @style.styled
    def drawn():
        figure, (axes,) = style.new_figure(1)
        style.list_rows(axes, style.class_labels(["猫", "b"]))
        return figure

    system(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # as of a letter that no font of a label has
        style.encode(drawn())
