"""Ways to damage a file: bytes changed, put in, taken out, or the end cut off."""

from __future__ import annotations

from hypothesis import strategies as st

# Numbers at which readers of lengths and sizes err.
TELLING = st.sampled_from(
    [b"\0", b"\xff", b"\x7f", b"\x80", b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff",
     b"\xff\xff\xff\x7f", b"\0\0\xff\xff", b"\x80\0\0\0"]
)  # fmt: skip
EDITS = st.lists(
    st.tuples(
        st.sampled_from(["change", "change", "change", "insert", "remove", "cut"]),
        st.one_of(st.integers(0, 64), st.integers(0, 2**16)),
        st.one_of(TELLING, st.binary(min_size=1, max_size=4)),
    ),
    min_size=1,
    max_size=8,
)


def damaged(data: bytes, edits: list[tuple[str, int, bytes]]) -> bytes:
    """The file with the edits of `EDITS` made one after the other."""
    for way, place, new in edits:
        at = place % (len(data) + 1)
        if way == "change":
            data = data[:at] + new + data[at + len(new) :]
        elif way == "insert":
            data = data[:at] + new + data[at:]
        elif way == "remove":
            data = data[:at] + data[at + len(new) :]
        else:
            data = data[:at]
    return data
