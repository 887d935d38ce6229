"""Numbers as people read them."""

import pytest

from report.numbers import formats


@pytest.mark.parametrize(
    ("share", "decimals", "text"),
    [
        (0.9948, 2, "99.48"),
        (0.99997, 2, "99.99"),
        (0.9999999, 1, "99.9"),
        (0.99997, 0, "99"),
        (0.000001, 2, "0.01"),
        (0.0, 2, "0.00"),
        (1.0, 2, "100.00"),
        (None, 2, formats.MISSING),
    ],
)
def test_percent_never_claims_all_or_nothing(share, decimals, text):
    assert formats.percent(share, decimals).removesuffix(f"{formats.NARROW_SPACE}%") == text


def test_intervals_keep_the_same_promise():
    assert formats.interval((0.00001, 0.99999)) == f"0.01–99.99{formats.NARROW_SPACE}%"
    assert formats.interval(None) == formats.MISSING


@pytest.mark.parametrize(
    ("write", "value", "text"),
    [
        (formats.count, 10_000, "10,000"),
        (formats.size, 66_400, "66 kB"),
        (formats.size, 2_350_000, "2.4 MB"),
        (formats.size, 999_600, "1.0 MB"),
        (formats.seconds, 16.4, "16 s"),
        (formats.seconds, 600, "10 min"),
        (formats.seconds, 7200, "2.0 h"),
        (formats.shape, [14, 14, 24], "14×14×24"),
        (formats.decimal, 0.12345, "0.123"),
        (formats.decimal, -0.12345, "−0.123"),
    ],
)
def test_units(write, value, text):
    assert write(value) == text


def test_one_is_singular():
    assert (formats.plural(1, "image"), formats.plural(2, "image")) == ("1 image", "2 images")
