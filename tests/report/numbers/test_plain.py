from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

from report.numbers.plain import Plain


@dataclass(frozen=True)
class Inner(Plain):
    pair: tuple[int, float | None]


@dataclass(frozen=True)
class Outer(Plain):
    name: str
    each: tuple[Inner | None, ...]
    rows: tuple[tuple[float, ...], ...]
    whole: float = 0
    one: Inner | None = None


@pytest.mark.parametrize("one", [None, Inner((5, 0.5))])
def test_what_was_written_comes_back_as_it_was(one):
    made = Outer("x", (Inner((1, None)), None), ((1, 2.5), ()), one=one)
    text = json.dumps(made.to_json())
    assert Outer.from_json(made.to_json()) == Outer.from_json(json.loads(text)) == made
    assert json.dumps(Outer.from_json(json.loads(text)).to_json()) == text  # 1 is not 1.0


def test_more_than_the_fields_may_be_there_but_not_less():
    made = Outer("x", (), ())
    values = made.to_json() | {"more": 1}
    assert Outer.from_json(values) == made
    del values["whole"]
    assert Outer.from_json(values) == made
    del values["name"]
    with pytest.raises(TypeError):
        Outer.from_json(values)
