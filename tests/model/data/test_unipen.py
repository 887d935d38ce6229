"""Small sets of UNIPEN's kind, with the faults of the real one, written here and read."""

import numpy as np
import pytest

from model.data.pen_tracks import content_sha256
from model.data.unipen import read_unipen
from model.errors import InputError

INK = """.COMMENT a header of
 1 2 lines that look like points
.WRITER_ID anna
.X_POINTS_PER_INCH 200
.Y_POINTS_PER_INCH 100
.COORD X Y
.START_BOX
.PEN_DOWN
 10 90
 12 50
 odd line
 14 10
.PEN_UP
.PEN_DOWN
 20 90
 20 10
.PEN_UP
.PEN_DOWN
 5 50
 30 50
.PEN_UP
.PEN_DOWN
0 0
.PEN_UP
"""


def write(root, labels, ink=INK, collector="aga", category="1a", name="one.dat"):
    label_file = root / "data" / category / collector / name
    ink_file = root / "include" / collector / "data" / name
    for file, text in ((label_file, labels), (ink_file, ink)):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="latin-1")


def labels(*segments, include="aga/data/one.dat"):
    lines = [".VERSION 1.0", f".INCLUDE {include}", *segments]
    return "\n".join(lines) + "\n"


def test_a_character_is_the_strokes_that_its_label_counts(tmp_path):
    write(tmp_path, labels('.SEGMENT CHARACTER 0 ? "1"', '.SEGMENT CHARACTER 1-2 OK "4" '))
    one, four = read_unipen(tmp_path)
    assert (one.label, four.label) == ("1", "4")
    assert (len(one.strokes), len(four.strokes)) == (1, 2)
    assert (one.writer, one.source) == ("aga/anna", "unipen")
    # Units are square, and y, which pointed up, points down; the odd line is left out.
    np.testing.assert_allclose(one.strokes[0], [[10, -180], [12, -100], [14, -20]])


def test_what_cannot_be_told_is_left_out(tmp_path):
    write(tmp_path, labels(
        '.SEGMENT CHARACTER 0 ? "12"',  # several characters
        '.SEGMENT CHARACTER 0:3-1:2 ? "3"',  # a part of a stroke
        '.SEGMENT CHARACTER 7-9 ? "4"',  # ink that is not there
        '.SEGMENT CHARACTER 3 ? "5"',  # a single point
        '.SEGMENT CHARACTER 0 BAD "6"',
        ".SEGMENT CHARACTER ? nothing",
        '.SEGMENT CHARACTER 2,0 ? "7"',
        '.SEGMENT CHARACTER 0 ? "\\""',
    ))  # fmt: skip
    tracks = read_unipen(tmp_path)
    assert [track.label for track in tracks] == ["7", '"']
    assert len(tracks[0].strokes) == 2


def test_a_missing_include_costs_its_own_characters_alone(tmp_path):
    write(tmp_path, labels('.SEGMENT CHARACTER 0 ? "1"'))
    write(tmp_path, labels('.SEGMENT CHARACTER 0 ? "2"', include="aga/gone.dat"), name="two.dat")
    assert [track.label for track in read_unipen(tmp_path)] == ["1"]
    outside = labels('.SEGMENT CHARACTER 0 ? "3"', include="../../outside.dat")
    write(tmp_path, outside, name="three.dat")
    assert len(read_unipen(tmp_path)) == 1


def test_blocks_between_strokes_count_where_more_is_counted_than_strokes(tmp_path):
    ink = ".PEN_DOWN\n1 9\n1 1\n.PEN_UP\n1 1\n5 9\n.PEN_DOWN\n5 9\n6 2\n5 1\n.PEN_UP\n"
    write(tmp_path, labels('.SEGMENT CHARACTER 2 ? "1"'), ink)
    (track,) = read_unipen(tmp_path)
    assert len(track.strokes[0]) == 3


def test_only_collectors_whose_ink_is_used_are_read(tmp_path):
    segment = '.SEGMENT CHARACTER 0 ? "7"'
    write(tmp_path, labels(segment))
    write(tmp_path, labels(segment, include="pri/data/one.dat"), collector="pri")
    assert [track.writer for track in read_unipen(tmp_path)] == ["aga/anna"]


def test_a_tablet_whose_y_points_down_is_turned_back(tmp_path):
    segments = [f'.SEGMENT CHARACTER {row} ? "1"' for row in range(3)]
    down = ".PEN_DOWN\n1 1\n1 9\n.PEN_UP\n" * 3  # a one is written from its top
    write(tmp_path, labels(*segments), down)
    for track in read_unipen(tmp_path):
        assert track.strokes[0][0, 1] < track.strokes[0][-1, 1]


def test_columns_stand_where_the_file_says(tmp_path):
    ink = ".COORD T X Y P\n.PEN_DOWN\n0 1 9 77\n1 3 1 78\n.PEN_UP\n"
    write(tmp_path, labels('.SEGMENT CHARACTER 0 ? "1"'), ink)
    np.testing.assert_allclose(read_unipen(tmp_path)[0].strokes[0], [[1, -9], [3, -1]])


def test_order_and_hash_do_not_hang_on_the_folder(tmp_path):
    for place in ("a", "b/train_r01_v07"):
        write(tmp_path / place, labels('.SEGMENT CHARACTER 0 ? "1"'))
        write(tmp_path / place, labels('.SEGMENT CHARACTER 1 ? "x"'), category="1c")
    first, second = read_unipen(tmp_path / "a"), read_unipen(tmp_path / "b")
    assert content_sha256(first) == content_sha256(second)


@pytest.mark.parametrize(("place", "words"), [("none", "there is no folder"), (".", "is not UNI")])
def test_a_folder_that_is_not_unipens_is_refused(tmp_path, place, words):
    with pytest.raises(InputError, match=words):
        read_unipen(tmp_path / place)


def test_a_set_without_ink_is_refused(tmp_path):
    write(tmp_path, labels('.SEGMENT CHARACTER 9 ? "1"'))
    with pytest.raises(InputError, match="no labelled ink"):
        read_unipen(tmp_path)
