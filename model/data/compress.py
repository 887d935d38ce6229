"""Files packed by Unix `compress` (.Z), which Python's own modules can't open.

Welch, "A technique for high-performance data compression", Computer 17(6), 1984.
"""

from __future__ import annotations

from model.errors import InputError

MAGIC = b"\x1f\x9d"
MOST_BYTES = 2**26  # unpacked; pendigits' tracks have four million
_CLEAR = 256  # the code that empties the table


def unpack(data: bytes) -> bytes:
    """Unpack the bytes of a .Z file. Raises InputError for other, damaged or too large files."""
    if data[:2] != MAGIC or len(data) < 3 or not 9 <= data[2] & 31 <= 16:
        raise InputError("the file is not one packed by compress")
    table, out, size, before = _fresh(), [], 0, b""
    codes = _Codes(data, most_bits=data[2] & 31)
    has_clear = bool(data[2] & 128)
    while (code := codes.next(len(table), is_first=not before)) is not None:
        if code == _CLEAR and has_clear:
            table, before = _fresh(), b""
            codes.clear()
            continue
        if code > len(table) or (code == len(table) and not before):
            raise InputError("the packed file is damaged")
        word = table[code] if code < len(table) else before + before[:1]
        if before and len(table) < 1 << codes.most_bits:
            table.append(before + word[:1])
        before = word
        out.append(word)
        size += len(word)
        if size > MOST_BYTES:
            raise InputError("the packed file holds too much")
    return b"".join(out)


def _fresh() -> list[bytes]:
    return [bytes([value]) for value in range(256)] + [b""]


class _Codes:
    """The numbers of a packed file, of 9 bits at first and more as the table grows.

    They come in groups of eight; when their width changes, the rest of a group is skipped.
    """

    def __init__(self, data: bytes, most_bits: int):
        self.data, self.most_bits = data, most_bits
        self.bits, self.group, self.at = 9, 3, 0  # width, byte the group starts at, bits into it

    def next(self, table_size: int, is_first: bool) -> int | None:
        """The next code, or None at the end."""
        entries = table_size if is_first else table_size + 1  # the writer is one entry ahead
        if entries > 1 << self.bits and self.bits < self.most_bits:
            self._skip()
            self.bits += 1
        start = self.group * 8 + self.at
        if start + self.bits > len(self.data) * 8:
            return None
        span = self.data[start // 8 : start // 8 + 4]
        code = int.from_bytes(span, "little") >> start % 8 & (1 << self.bits) - 1
        self.at += self.bits
        if self.at == self.bits * 8:
            self._skip()
        return code

    def clear(self) -> None:
        self._skip()
        self.bits = 9

    def _skip(self) -> None:
        """Go on behind the group, if any of it was taken."""
        if self.at:
            self.group, self.at = self.group + self.bits, 0
