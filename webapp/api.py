"""The HTTP API beside the demo's page: the JSON of `predict --json` and `read --json`.

`Api(predictor).routes()` are put before Gradio's own by `launch(app_kwargs={"routes": ...})`, so
that they share its port, link and login. What is asked and answered is described in
`templates/openapi.json`.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tomllib
import traceback
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from model.answers import answer
from model.errors import InputError
from model.files.pictures import ImageError, TooLargeError, load_image
from model.inference.predictor import Predictor
from model.pages.reader import read_page
from model.preprocessing import preprocess
from model.records import answer_record, page_record
from webapp.answers import describe_so_far
from webapp.canvas import TEMPLATES
from webapp.gradio_patches import is_logged_in
from webapp.inside import Insides, networks_beside
from webapp.intake import RETRY_SOON, Intake, Refusal
from webapp.language import Speaker
from webapp.logins import basic_login

ROOT = Path(__file__).resolve().parent.parent
PREDICT_WAITING = 64  # single digits that may wait for a thread
READ_WAITING = 8  # pages that may, each taking up to a second
REFUSED = (  # beginnings of Gradio's addresses that the page does not need
    "file=http", "file/http", "proxy=",  # fetch files from other servers
    "process_recording",  # passes an uploaded file to ffmpeg
    "deep_link", "dev/", "runs", "run-history", "stream/", "custom_component/", "vibe-",
    "undo-vibe-",
)  # fmt: skip


class WorkPool:
    """A thread pool for one kind of work, with a limit on the requests that wait for it."""

    def __init__(self, name: str, workers: int, waiting: int):
        self.pending = 0
        self._most = workers + waiting
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix=name)

    async def run(self, work: Callable[..., Any], *args: Any) -> Any:
        """Do the work in a thread and return what it returns. Raises Refusal when too many wait."""
        if self.pending >= self._most:
            raise Refusal(429, "too many requests wait already: try again soon", RETRY_SOON)
        self.pending += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *args)
        finally:
            self.pending -= 1


class Api:
    """All addresses under /api, answered from one bundle."""

    def __init__(
        self,
        predictor: Predictor,
        insides: Insides | None = None,
        speaker: Speaker | None = None,
    ):
        self.stopping = False
        self.busy = 0  # requests for a digit or a page that are not answered yet
        self._predictor = predictor
        # Pages keep a network busy for long; with one of their own, drawings never wait for it.
        self._page_predictor = Predictor(predictor.bundle)
        self._insides = insides or Insides(networks_beside(predictor))
        self._speaker = speaker or Speaker()
        self._version = project_version()
        cores = os.cpu_count() or 1
        self._predict_pool = WorkPool("predict", cores, PREDICT_WAITING)
        self._read_pool = WorkPool("read", max(1, cores // 2), READ_WAITING)
        # Drawings under way leave a core to those that are done.
        self._live_pool = WorkPool("live", max(1, cores // 2), PREDICT_WAITING)
        self._intake = Intake()
        self._handlers: dict[tuple[str, str], Callable[[Request], Awaitable[Response]]] = {
            ("POST", "predict"): self._predict,
            ("POST", "read"): self._read,
            ("POST", "live"): self._live,
            ("POST", "inside"): self._inside,
            ("GET", "health"): self._health,
            ("GET", "openapi.json"): self._openapi,
            ("GET", "docs"): self._docs,
        }

    def routes(self) -> list[Route]:
        """Give the routes for Gradio's app. They must come before its own."""
        return [
            Route("/api/{name:path}", _Endpoint(self.answer)),
            *(Route(f"/gradio_api/{name}{{more:path}}", _Endpoint(_refuse)) for name in REFUSED),
        ]

    async def answer(self, request: Request) -> Response:
        """Answer a request under /api; whatever is wrong with it becomes a sentence as JSON."""
        try:
            _check_login(request)
            return await self._handler(request)(request)
        except Refusal as refusal:
            return _error(refusal.status, refusal, refusal.headers)
        except TooLargeError as error:
            return _error(413, error)
        except InputError as error:
            return _error(400, error)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to see it
        except Exception:
            traceback.print_exc(file=sys.stderr)  # for the operator, not for the visitor
            return _error(500, "something went wrong here: try again, or with another picture")

    def _handler(self, request: Request) -> Callable[[Request], Awaitable[Response]]:
        name = request.path_params["name"].rstrip("/")
        method = "GET" if request.method == "HEAD" else request.method
        allowed = [verb for verb, known in self._handlers if known == name]
        if not allowed:
            raise Refusal(404, "there is nothing here: see api/docs")
        if method not in allowed:
            raise Refusal(405, f"this address wants {allowed[0]}", {"Allow": allowed[0]})
        if self.stopping:
            raise Refusal(503, "the server is stopping: try again later", {"Retry-After": "60"})
        return self._handlers[method, name]

    async def _predict(self, request: Request) -> Response:
        return await self._work(request, self._predict_pool, self._predict_record)

    async def _read(self, request: Request) -> Response:
        return await self._work(request, self._read_pool, self._page_record)

    async def _live(self, request: Request) -> Response:
        words = self._speaker.words_for(request.headers)

        def look(data: bytes, _name: str) -> dict[str, Any]:
            drawing = load_image(data)
            return describe_so_far(self._predictor, answer(drawing, self._predictor), words)

        return await self._work(request, self._live_pool, look)

    async def _inside(self, request: Request) -> Response:
        given = request.query_params
        name = given.get("network", self._predictor.bundle.name)
        inside = self._insides.of(name)
        all_of = frozenset(given.get("all", "").split(","))
        words = self._speaker.words_for(request.headers)

        def look(data: bytes, _name: str) -> dict[str, Any]:
            try:
                steps = preprocess(load_image(data))
            except ImageError as error:  # nothing that a network could see: a dot, so far
                return {"state": "empty", "words": words.error(error)}
            return inside.look(steps, words, all_of)

        return await self._work(request, self._predict_pool, look)

    async def _work(self, request: Request, pool: WorkPool, work: Callable) -> Response:
        """Receive one picture and let the pool work on it."""
        self.busy += 1
        try:
            async with self._intake.picture(request) as (data, name):
                return JSONResponse(await pool.run(work, data, name))
        finally:
            self.busy -= 1

    def _predict_record(self, data: bytes, name: str) -> dict[str, Any]:
        return answer_record(name, None, answer(load_image(data), self._predictor))

    def _page_record(self, data: bytes, name: str) -> dict[str, Any]:
        return page_record(name, read_page(load_image(data), self._page_predictor))

    async def _health(self, request: Request) -> Response:
        bundle = self._predictor.bundle
        about = {"status": "ok", "version": self._version, "bundle": bundle.name}
        fingerprint = bundle.metadata["files"][bundle.litert_path.name]["sha256"]
        return JSONResponse(about | {"bundle_sha256": fingerprint})

    async def _openapi(self, request: Request) -> Response:
        return JSONResponse(self._description(request))

    async def _docs(self, request: Request) -> Response:
        templates = Environment(
            loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined
        )
        page = templates.get_template("api_docs.html.j2")
        base = str(request.base_url).rstrip("/")
        return HTMLResponse(page.render(api=self._description(request), base=base))

    def _description(self, request: Request) -> dict[str, Any]:
        about = json.loads((TEMPLATES / "openapi.json").read_text("utf-8"))
        about["info"]["version"] = self._version
        about["servers"] = [{"url": request.scope.get("root_path") or "/"}]
        return about


class _Endpoint:
    """An ASGI application around a function from request to response, for every method."""

    def __init__(self, answer: Callable[[Request], Awaitable[Response]]):
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._answer(Request(scope, receive, send))
        await response(scope, receive, send)


def _check_login(request: Request) -> None:
    """Raise Refusal unless Gradio's login, if it has one, was given: its cookie, or as Basic."""
    user, password = basic_login(request.headers.get("authorization", ""))
    if not is_logged_in(request, user, password):
        wanted = 'Basic realm="digits", charset="UTF-8"'
        raise Refusal(401, "log in with the name and the password", {"WWW-Authenticate": wanted})


async def _refuse(request: Request) -> Response:
    return _error(403, "this is not offered here")


def _error(status: int, sentence: object, headers: dict[str, str] | None = None) -> Response:
    text = str(sentence)
    return JSONResponse({"error": text[:1].upper() + text[1:]}, status, headers=headers)


def project_version() -> str:
    """The project's version: of the installed package, or of the folder where none is installed."""
    try:
        return version("digits")
    except PackageNotFoundError:
        with open(ROOT / "pyproject.toml", "rb") as file:
            return tomllib.load(file)["project"]["version"]
