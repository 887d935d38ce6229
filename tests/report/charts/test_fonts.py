"""Letters that the built-in fonts lack come from fonts of the system, or a number stands in."""

from __future__ import annotations

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.ttLib.tables._g_l_y_f import Glyph

from report.charts import fonts, style


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


def test_without_a_font_a_number_stands_for_the_name(system, tmp_path):
    system(tmp_path / "none")
    assert not style.is_drawable("猫")
    assert style.number_of(3) == "class 3"
