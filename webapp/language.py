"""The page's sentences in several languages: a file a language, `templates/words/*.json`.

What never changes on the page is written there as a mark, `@@key@@`, and put into words on its way
to the browser; answers are put into words as they are made, in the language that the visitor asks
for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from starlette.datastructures import Headers, MutableHeaders

from model.words import likely_digits, percent

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from model.inference.predictor import Decision, Prediction

FOLDER = Path(__file__).resolve().parent.parent / "templates" / "words"
LANGUAGES = tuple(sorted(file.stem for file in FOLDER.glob("*.json")))
DEFAULT = "en"
# Addresses of what holds the page's unchanging words.
TRANSLATED = ("/", "/config", "/manifest.json", "/gradio_api/info")
_MARK = re.compile(rb"@@(\w+)(?:\?([^@]*))?@@")


class Words:
    """The sentences of one language."""

    def __init__(self, language: str = DEFAULT):
        self._texts = json.loads((FOLDER / f"{language}.json").read_text("utf-8"))

    def __getitem__(self, key: str) -> str:
        return self._texts[key]

    def say(self, key: str, **values: str | int | float) -> str:
        """Give a sentence with values in its places: a float is a probability."""
        return self._texts[key].format(**{name: self._put(value) for name, value in values.items()})

    def _put(self, value: str | int | float) -> str:
        if isinstance(value, float):
            return self.percent(value)
        return f"{value:,}".replace(",", self["thousands"]) if isinstance(value, int) else value

    def count(self, key: str, count: int) -> str:
        """Give a sentence that holds a number, in the singular or the plural."""
        return self.say(f"{key}_one" if count == 1 else f"{key}_many", count=count)

    def percent(self, probability: float) -> str:
        """Write a probability in per cent as is usual in the language."""
        text = percent(probability).removesuffix("\N{NO-BREAK SPACE}%")
        sign, _, number = text.rpartition(" ")
        number = self._texts["percent"].format(number=number.replace(".", self["decimal"]))
        return f"{sign} {number}".strip()

    def whole_percent(self, share: float) -> str:
        """Write a share in whole per cent, as suits a rough measure."""
        return self._texts["percent"].format(number=round(100 * share))

    def named(self, digits: tuple[int, ...]) -> str:
        """Name one digit or two, as `a 1 or a 7`."""
        keys = [f"digit_{digit}" for digit in digits]  # of those with an article of their own
        names = [self.say(key if key in self._texts else "digit", digit=digit)
                 for key, digit in zip(keys, digits, strict=True)]  # fmt: skip
        return f" {self['or']} ".join(names)

    def verdict(self, prediction: Prediction, state: Decision) -> str:
        """Say what was read, by how sure it is."""
        return self.say(state.replace("-", "_"), what=self.named(likely_digits(prediction)))

    def error(self, error: object) -> str:
        """Give the sentence of an error, translated where there is a translation for it.

        In `errors` they stand under the English ones, with `{name}` for what differs.
        """
        text = str(error)
        for english, own in self._texts["errors"].items():
            pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>.*)", re.escape(english))
            if found := re.fullmatch(pattern, text, re.DOTALL):
                text = own.format(**found.groupdict())
                break
        return text[:1].upper() + text[1:]


@cache
def words_of(language: str) -> Words:
    """Give the sentences of a language, one of LANGUAGES."""
    return Words(language)


class Marks(Words):
    """What stands on the page in place of unchanging texts, until `translate` puts them there."""

    def __getitem__(self, key: str) -> str:
        return self.say(key)

    def say(self, key: str, **values: str | int | float) -> str:
        """Give a mark for a sentence, and for the values in it."""
        given = ";".join(f"{name}={quote(json.dumps(value))}" for name, value in values.items())
        return f"@@{key}?{given}@@" if given else f"@@{key}@@"


def choose(accepted: str) -> str:
    """Choose the language for an Accept-Language header: its first that there is, or English."""
    wanted = []
    for part in accepted.split(","):
        name, _, weight = part.partition(";q=")
        try:
            wanted.append((-float(weight or 1), name.strip()[:2].lower()))
        except ValueError:
            continue
    offered = [name for _, name in sorted(wanted, key=lambda pair: pair[0]) if name in LANGUAGES]
    return offered[0] if offered else DEFAULT


class Speaker:
    """Chooses each visitor's language: the one given, or else what the browser asks for."""

    def __init__(self, language: str | None = None):
        self.language = language

    def words_for(self, headers: Any) -> Words:
        """Give the words for a request, by its headers."""
        return words_of(self.language or choose(headers.get("accept-language", "")))

    def with_words(self, read: Callable[..., Any]) -> Callable[..., Any]:
        """Make a function for Gradio of one whose last argument is the visitor's words."""
        import gradio as gr

        names = [*signature(read).parameters][:-1]

        def call(*values: Any) -> Any:
            *given, request = values
            return read(*given, self.words_for(request.headers))

        call.__name__, call.__doc__ = read.__name__, read.__doc__
        kind = Parameter.POSITIONAL_OR_KEYWORD
        parameters = [Parameter(name, kind) for name in (*names, "request")]
        call.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
        call.__annotations__ = {"request": gr.Request}  # by which Gradio knows what is wanted
        return call


class Translation:
    """ASGI middleware that puts the page's unchanging texts into its visitor's language."""

    def __init__(self, app: ASGIApp, speaker: Speaker):
        self._app, self._speaker = app, speaker

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and translate what comes back where it is the page."""
        path = scope.get("path", "").removeprefix(scope.get("root_path", ""))
        if scope["type"] != "http" or (path.rstrip("/") or "/") not in TRANSLATED:
            return await self._app(scope, receive, send)
        words = self._speaker.words_for(Headers(scope=scope))
        start: Message = {}
        body = bytearray()

        async def gather(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                return
            body.extend(message.get("body", b""))
            if message.get("more_body"):
                return
            # Gradio names the page later, and that of its login not at all, which has no landmark.
            named = body.replace(b"<head>", b"<head><title>@@title@@</title>", 1)
            # By these names messengers show a link to it.
            named = named.replace(b'content="Gradio"', b'content="@@title@@"')
            if b'"auth_required":true' in body:
                named = named.replace(b"<gradio-app", b'<gradio-app role="main"', 1)
            text = translate(bytes(named), words)
            headers = MutableHeaders(scope=start)
            headers["content-length"] = str(len(text))
            headers.add_vary_header("accept-language")
            await send(start)
            await send({"type": "http.response.body", "body": text})

        await self._app(scope, receive, gather)


def translate(page: bytes, words: Words) -> bytes:
    """Put words into a page, where they stand within JSON."""

    def put(match: re.Match[bytes]) -> bytes:
        given = (match[2] or b"").decode()
        pairs = (pair.partition("=") for pair in given.split(";") if pair)
        try:
            text = words.say(match[1].decode(), **{p[0]: json.loads(unquote(p[2])) for p in pairs})
        except (KeyError, ValueError, TypeError, AttributeError):  # no mark of ours
            return match[0]
        return json.dumps(text, ensure_ascii=False)[1:-1].replace("<", r"\u003c").encode()

    return _MARK.sub(put, page)
