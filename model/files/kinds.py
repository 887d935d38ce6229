"""Names the kind of an unsupported file by its first bytes, and what to do with it."""

from __future__ import annotations

_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_PICTURE = "use PNG or JPEG"
_KINDS = (
    (b"%!PS", "a PostScript program", _PICTURE),
    (b"\xc5\xd0\xd3\xc6", "a PostScript program", _PICTURE),
    (b"8BPS", "a Photoshop file", "export it as PNG or JPEG"),
    (b"\xff\x0a", "a JPEG XL picture", _PICTURE),
    (b"\0\0\0\x0cJXL ", "a JPEG XL picture", _PICTURE),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 picture", _PICTURE),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 picture", _PICTURE),
    (b"\x1a\x45\xdf\xa3", "a film", "give a single still picture"),
    (b"PK\x03\x04", "an archive or office document", "take the pictures out of it"),
)
_HEAD = 1024  # bytes that are looked at


def is_heic(data: bytes) -> bool:
    """Return whether a file is a HEIC picture, as iPhones take them."""
    return data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS


def describe_kind(data: bytes) -> str:
    """Describe an unsupported file and what to do with it; the text follows its name and "is"."""
    head = data[:_HEAD]
    if is_heic(data):
        return (
            "a HEIC picture, which is read only where pillow-heif is installed: save it as JPEG, "
            "or pip install pillow-heif"
        )
    kind, way_out = _kind(head)
    return f"{kind}no picture that can be read: {way_out}"


def _kind(head: bytes) -> tuple[str, str]:
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"%PDF-" in head:
        return "a PDF, ", "save the page as PNG or JPEG"
    if text.startswith((b"<svg", b"<?xml", b"<!--")) and b"<svg" in text:
        return "an SVG drawing, ", "export it as PNG"
    if text.startswith((b"<!doctype html", b"<html")):
        return "a web page, ", "save the picture itself"
    if head[4:8] == b"ftyp":
        return "a film, ", "give a single still picture"
    for start, kind, way_out in _KINDS:
        if head.startswith(start):
            return f"{kind}, ", way_out
    return "", _PICTURE
