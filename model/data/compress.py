"""Files packed by Unix `compress` (.Z), which Python's own modules can't open.

Welch, "A technique for high-performance data compression", Computer 17(6), 1984.
"""

from __future__ import annotations

from model.errors import InputError

MAGIC = b"\x1f\x9d"
MOST_BYTES = 2**26  # unpacked; pendigits' tracks have four million
_CLEAR = 256  # the code that empties the table
_FEWEST_BITS = 9  # of a code; they become wider as the table grows


def unpack(data: bytes) -> bytes:
    """Unpack the bytes of a .Z file. Raises InputError for other, damaged or too large files."""
    if data[:2] != MAGIC or len(data) < 3 or not _FEWEST_BITS <= data[2] & 31 <= 16:
        raise InputError("the file is not one packed by compress")
    most_bits, has_clear = data[2] & 31, bool(data[2] & 128)
    out: list[bytes] = []
    table, size, before = _fresh(), 0, b""
    bits, since, at = _FEWEST_BITS, 24, 24  # codes are so wide since this bit; the next is there
    while True:
        entries = len(table) + bool(before)  # the writer is one entry ahead
        if entries > 1 << bits and bits < most_bits:
            since = at = _next_group(bits, since, at)
            bits += 1
        if at + bits > len(data) * 8:
            return b"".join(out)
        code = int.from_bytes(data[at // 8 : at // 8 + 4], "little") >> at % 8 & (1 << bits) - 1
        at += bits
        if code == _CLEAR and has_clear:
            table, before = _fresh(), b""
            since = at = _next_group(bits, since, at)
            bits = _FEWEST_BITS
            continue
        if code > len(table) or (code == len(table) and not before):
            raise InputError("the packed file is damaged")
        word = table[code] if code < len(table) else before + before[:1]
        if before and len(table) < 1 << most_bits:
            table.append(before + word[:1])
        before = word
        out.append(word)
        size += len(word)
        if size > MOST_BYTES:
            raise InputError("the packed file holds too much")


def _fresh() -> list[bytes]:
    return [bytes([value]) for value in range(256)] + [b""]


def _next_group(bits: int, since: int, at: int) -> int:
    """The bit behind the group of eight codes; where their width changes, its rest is skipped."""
    return at + (since - at) % (8 * bits)
