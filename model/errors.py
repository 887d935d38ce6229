"""Errors that are told in one line, and text from outside made safe to print."""

from unicodedata import category

MOST_LETTERS = 1000  # of a text from outside


def is_printable(text: str) -> bool:
    """Say whether text is one line that steers no terminal; spaces may be of any width."""
    return all(letter.isprintable() or category(letter) == "Zs" for letter in text)


def printable(text: str) -> str:
    """Bring text from outside, such as a file's name, to such a line."""
    return "".join(x if is_printable(x) else "\ufffd" for x in text[:MOST_LETTERS])


class InputError(ValueError):
    """The call or its input was wrong; the message is one line: what is wrong and what to do."""

    def __init__(self, message: str):
        super().__init__(printable(message))


class Unavailable(InputError):
    """Data that is nowhere on this machine and cannot be fetched; the message says the ways out."""
