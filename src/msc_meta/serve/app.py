"""What the server answers: the page, what changed, and a record to read, to try a change on, and to write."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from base64 import b64encode
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from msc_meta.errors import MscMetaError, Problem
from msc_meta.records.edits import EditError, write_value
from msc_meta.serve.drafts import Draft, fingerprint, plain_text
from msc_meta.serve.form import form
from msc_meta.serve.records import NoSuchRecordError, RecordFiles
from msc_meta.serve.review import Review

if TYPE_CHECKING:
    from starlette.requests import Request

WAIT: Final = 25.0  # seconds that the page waits for news before it asks again
_LOOK: Final = 0.03  # seconds between two looks whether there is news
_BLOCK: Final = re.compile(r"<(script|style)((?:\s[^>]*)?)>(.*?)</\1>", re.DOTALL)


class _Wrong(Exception):  # noqa: N818 (an answer, not a fault)
    """The request can not be answered; the status and what the page shows."""

    def __init__(self, status: int, **answer: Any) -> None:
        self.response = JSONResponse(answer, status_code=status)


class App(NamedTuple):
    """The application, and what stops those who wait for news."""

    asgi: Starlette
    stopping: threading.Event


def make_app(review: Review) -> App:
    """Return the application that shows a review and writes its records; `Guard` stands in front of it."""
    answers = _Answers(review)
    routes = [
        Route("/", answers.page),
        Route("/api/news", answers.news),
        Route("/api/record", answers.record),
        Route("/api/draft", answers.draft, methods=["POST"]),
        Route("/api/save", answers.save, methods=["POST"]),
    ]
    handlers = {_Wrong: _answered, Exception: _our_fault}
    return App(Starlette(routes=routes, exception_handlers=handlers), answers.stopping)


class _Answers:
    def __init__(self, review: Review) -> None:
        self.review = review
        self.records = RecordFiles(review.studies)
        self.stopping = threading.Event()
        self._one_writer = threading.Lock()

    def page(self, _request: Request) -> Response:
        page = self.review.shown.page
        return HTMLResponse(page, headers={"content-security-policy": page_policy(page)})

    async def news(self, request: Request) -> Response:
        """Answer as soon as there is something newer than version ``since``, or after a while."""
        since = request.query_params.get("since", "")
        loop = asyncio.get_running_loop()
        until = loop.time() + WAIT
        while str(self.review.version) == since and loop.time() < until and not self.stopping.is_set():
            await asyncio.sleep(_LOOK)
        return JSONResponse(await run_in_threadpool(self._news))

    def _news(self) -> dict[str, Any]:
        shown = self.review.shown
        return {
            "version": shown.version,
            "page": shown.page_version,
            "notice": shown.notice,
            "problems": [_problem(problem) for problem in shown.problems],
            "records": self.records.names(),
        }

    def record(self, request: Request) -> Response:
        path, base = self._read(request.query_params.get("file"))
        return JSONResponse(self._described(Draft(path, base, plain_text(base), self.review.own_outcomes())))

    async def draft(self, request: Request) -> Response:
        return JSONResponse(await run_in_threadpool(self._drafted, await _body(request)))

    async def save(self, request: Request) -> Response:
        return JSONResponse(await run_in_threadpool(self._saved, await _body(request)))

    def _drafted(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return what a changed text says; with edits, after those were made in it."""
        draft = self._draft(body)
        text = draft.text
        for edit in body.get("edits", []):
            try:
                text = write_value(text, *_edit(edit))
            except EditError as error:
                raise _Wrong(422, error=f"{error}.") from error
        return self._described(Draft(draft.path, draft.base, text, draft.own_outcomes))

    def _saved(self, body: dict[str, Any]) -> dict[str, Any]:
        """Write a text into its file, unless it has new errors or somebody else wrote the file meanwhile."""
        with self._one_writer:
            draft = self._draft(body)
            if fingerprint(draft.base) != body.get("sha256"):
                raise _Wrong(409, error=f"{draft.path.name} was saved by somebody else meanwhile; nothing was written.")
            if errors := draft.new_errors():
                message = "Nothing was written: the record would have an error that keeps the review from being made."
                raise _Wrong(422, error=message, problems=[_problem(problem) for problem in errors])
            content = draft.content
            try:
                self.records.write(draft.path.name, content)
            except MscMetaError as error:
                raise _Wrong(500, error=f"{error}") from error
        return {"sha256": fingerprint(content)}

    def _draft(self, body: dict[str, Any]) -> Draft:
        text = body.get("text")
        if not isinstance(text, str):
            raise _Wrong(400, error="The text of the record is missing.")
        path, base = self._read(body.get("file"))
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise _Wrong(400, error="The text holds half a letter.") from error
        return Draft(path, base, text, self.review.own_outcomes())

    def _read(self, name: object) -> tuple[Path, bytes]:
        try:
            found = self.records.read(name)
            path = self.records.path(name)
        except NoSuchRecordError as error:
            raise _Wrong(404, error=f"{error}.") from error
        if isinstance(found, Problem):
            raise _Wrong(422, error=found.message, problems=[_problem(found)])
        try:
            plain_text(found)
        except UnicodeDecodeError as error:
            raise _Wrong(422, error=f"{path.name} is not UTF-8; save it with that encoding first.") from error
        return path, found

    def _described(self, draft: Draft) -> dict[str, Any]:
        shape = form(draft.document(), draft.text, sorted(draft.own_outcomes))
        return {
            "file": draft.path.name,
            "sha256": fingerprint(draft.base),
            "text": draft.text,
            "form": asdict(shape) if shape else None,
            "problems": [_problem(problem) for problem in draft.problems()],
            "diff": [list(line) for line in draft.diff()],
        }


def page_policy(page: str) -> str:
    """Return the Content-Security-Policy of a page: what runs is in it, known by its hash, and nothing is loaded."""
    allowed: dict[str, list[str]] = {"script": [], "style": []}
    for kind, attributes, text in _BLOCK.findall(page):
        if "json" not in attributes:  # data, which does not run
            allowed[kind].append(f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'")
    return (
        f"default-src 'none'; script-src {' '.join(allowed['script'])}; style-src {' '.join(allowed['style'])}; "
        "img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _problem(problem: Problem) -> dict[str, Any]:
    return {**asdict(problem), "file": Path(problem.path).name}


def _edit(edit: Any) -> tuple[tuple[str | int, ...], str | list[str] | None]:
    """Return the field and the new value of one edit, or refuse what is neither."""
    path, value = (edit.get("path"), edit.get("value")) if isinstance(edit, dict) else (None, None)
    steps = path if isinstance(path, list) else []
    texts = value if isinstance(value, list) else [value] if value is not None else []
    if not steps or not all(type(step) in (str, int) for step in steps) or not all(type(one) is str for one in texts):
        raise _Wrong(400, error="An edit needs a path of names and numbers, and a text.")
    return tuple(steps), value


async def _body(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.body())
    except (ValueError, RecursionError) as error:
        raise _Wrong(400, error="The request is not JSON.") from error
    if not isinstance(body, dict) or not isinstance(body.get("edits", []), list):
        raise _Wrong(400, error="The request is not what the page sends.")
    return body


def _answered(_request: Request, wrong: Exception) -> Response:
    assert isinstance(wrong, _Wrong)
    return wrong.response


def _our_fault(_request: Request, error: Exception) -> Response:
    why = f"A fault of msc_meta, not of your data ({type(error).__name__}: {error}). Please report it."
    return JSONResponse({"error": why}, status_code=500)
