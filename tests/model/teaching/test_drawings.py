"""The file of drawings: what was saved is loaded, and all else is refused in a line."""

import base64
import json
import zlib

import numpy as np
import pytest

from model.errors import InputError
from model.preprocessing import to_glyphs
from model.teaching import drawings
from model.teaching.drawings import MOST_BYTES, MOST_DRAWINGS, Drawings


@pytest.fixture
def some(digits):
    return Drawings(to_glyphs(digits.test.images[:7]), digits.test.labels[:7])


def test_what_was_saved_is_loaded(some):
    loaded = Drawings.from_json(some.to_json().encode())
    assert np.array_equal(loaded.glyphs, some.glyphs)
    assert np.array_equal(loaded.digits, some.digits)
    nothing = Drawings.from_json(Drawings.none().to_json().encode())
    assert len(nothing) == 0


def test_a_hundred_drawings_fit_into_a_file(digits):
    glyphs = to_glyphs(digits.test.images[:MOST_DRAWINGS])
    most = Drawings(glyphs, digits.test.labels[:MOST_DRAWINGS])
    assert len(most.to_json()) < MOST_BYTES / 2
    with pytest.raises(InputError, match="full"):
        most.with_one(most.glyphs[0], 1)


def test_drawings_are_added_and_taken_away(some):
    more = some.with_one(some.glyphs[0], 3)
    assert more.digits.tolist() == [*some.digits.tolist(), 3]
    assert more.without(7).digits.tolist() == some.digits.tolist()
    for wrong in (10, -1, None, "7", 1.0, True):
        with pytest.raises(InputError, match="which digit"):
            some.with_one(some.glyphs[0], wrong)


def row(pixels=bytes([255]) * 784, digit=7, **more):
    glyph = base64.b64encode(zlib.compress(pixels)).decode()
    return {"digit": digit, "glyph": glyph} | more


def file(*rows, **more):
    return json.dumps({"format": "digits-hand", "version": 1, "drawings": list(rows)} | more)


HOSTILE = {
    "nothing": "",
    "no JSON": "\x00\x01",
    "another JSON": '{"a": 1}',
    "a list": "[]",
    "far too deep": "[" * 100_000,
    "far too long": "9" * (MOST_BYTES + 1),
    "a large number": "9" * 5000,
    "another version": file(version=2),
    "no list": file(drawings={"0": row()}),
    "no rows": file(1, None),
    "too many": file(*[row()] * (MOST_DRAWINGS + 1)),
    "no digit": file(row(digit=None)),
    "eleven": file(row(digit=11)),
    "true": file(row(digit=True)),
    "no glyph": file({"digit": 1}),
    "a glyph that is a number": file({"digit": 1, "glyph": 5}),
    "a glyph in no Base64": file(row(glyph="ÿÿ")),
    "a glyph not packed": file(row(glyph="AAAA")),
    "a glyph cut short": file(row(bytes([255]) * 783)),
    "a glyph too long": file(row(bytes([255]) * 785)),
    "a bomb": file(row(bytes(10**7))),
    "half a stream": file(row(glyph=row()["glyph"][:12])),
    "a blank glyph": file(row(bytes(784))),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_any_other_file_is_refused_in_a_line(name):
    with pytest.raises(InputError) as refused:
        Drawings.from_json(HOSTILE[name].encode())
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 120


def test_no_more_is_unpacked_than_a_glyph(monkeypatch):
    sizes = []

    class Unpacker:
        eof = True

        def decompress(self, data, most):
            sizes.append(most)
            return unpack().decompress(data, most)

    unpack = zlib.decompressobj
    monkeypatch.setattr(drawings.zlib, "decompressobj", Unpacker)
    with pytest.raises(InputError):
        Drawings.from_json(HOSTILE["a bomb"].encode())
    assert sizes == [785]
