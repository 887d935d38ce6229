"""Original tracks of pendigits' kind, plain and packed, written here and read."""

import numpy as np
import pytest

from model.data.compress import unpack
from model.data.pendigits import read_pendigits
from model.errors import InputError

TEXT = """.INCLUDE        dene.doc
.LEXICON "0" "1"
.HIERARCHY      DIGIT

.SEGMENT DIGIT    0 ? "8"
.COMMENT 8 12  224
.PEN_DOWN
 267  333
 260  100
.PEN_UP
.DT 100
.PEN_DOWN
 1 odd
 200  200
.PEN_UP
.DT 100

.SEGMENT DIGIT    1 ? "2"
.COMMENT 2 26   54
.PEN_DOWN
 249  234
.PEN_UP

.SEGMENT DIGIT    2 ? "x"
.PEN_DOWN
 1 1
 2 2
.PEN_UP

.SEGMENT DIGIT    3 ? "1"
.COMMENT 1 11  151
.PEN_DOWN
 196  228
 193  222
.PEN_UP
"""


def pack(data: bytes) -> bytes:
    """What `compress` makes of up to 255 bytes: codes of 9 bits, of single bytes alone."""
    bits = sum(byte << 9 * place for place, byte in enumerate(data))
    return b"\x1f\x9d\x90" + bits.to_bytes((9 * len(data) + 7) // 8, "little")


def test_each_segment_is_a_digit_by_the_writer_that_its_comment_names(tmp_path):
    (tmp_path / "pendigits-orig.tra").write_text(TEXT)
    eight, one = read_pendigits(tmp_path)  # what has no ink or is no digit is left out
    assert (eight.label, eight.writer, one.label, one.writer) == (
        "8", "pendigits/12", "1", "pendigits/11")  # fmt: skip
    np.testing.assert_allclose(eight.strokes[0], [[267, -333], [260, -100]])
    np.testing.assert_allclose(eight.strokes[1], [[200, -200]])


def test_a_packed_file_holds_the_same(tmp_path):
    text = TEXT[TEXT.index(".SEGMENT DIGIT    3") :]
    (tmp_path / "pendigits-orig.tra.Z").write_bytes(pack(text.encode()))
    assert [track.label for track in read_pendigits(tmp_path)] == ["1"]


def test_packed_bytes_are_unpacked():
    # "ABABABA" by compress: A, B, the third code (AB), the fifth (ABA), as its paper has it.
    codes = [65, 66, 257, 259]
    packed = sum(code << 9 * place for place, code in enumerate(codes)).to_bytes(5, "little")
    assert unpack(b"\x1f\x9d\x90" + packed) == b"ABABABA"
    assert unpack(pack(b"some words")) == b"some words"


@pytest.mark.parametrize(
    "data", [b"", b"\x1f\x9d", b"\x1f\x9d\xff" + b"x" * 20, b"\x1f\x9d\x90" + b"\xff" * 20]
)
def test_damaged_bytes_are_refused(data):
    with pytest.raises(InputError):
        unpack(data)


@pytest.mark.parametrize(("text", "words"), [(None, "there is no"), ("words", "no pen tracks")])
def test_what_holds_no_tracks_is_refused(tmp_path, text, words):
    if text:
        (tmp_path / "pendigits-orig.tra").write_text(text)
    with pytest.raises(InputError, match=words):
        read_pendigits(tmp_path)
