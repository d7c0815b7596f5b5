"""A server on a thread, with the smallest review that can be drawn; tests speak HTTP to it."""

from __future__ import annotations

import contextlib
import http.client
import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import uvicorn

from msc_meta.saved_files import saves
from msc_meta.serve.app import make_app
from msc_meta.serve.guard import Guard, Keys
from msc_meta.serve.review import Review
from msc_meta.serve.server import listening

TRIALS = ("lanzoni-2021", "martinez-munoz-2024", "monsel-2022")


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Live(NamedTuple):
    """A running server and the folder that it serves."""

    studies: Path
    keys: Keys
    review: Review

    def ask(self, path: str, body: Any = None, *, method: str = "", key: str = "", **headers: str | None) -> Answer:
        """Send one request; the token is put in front of the path unless ``key`` is another one, or '-' for none."""
        prefix = "" if key == "-" else f"/{key or self.keys.token}"
        sent: dict[str, str | None] = {"host": f"127.0.0.1:{self.keys.port}"}
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        if data is not None:
            sent |= {"content-type": "application/json", "content-length": str(len(data))}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection("127.0.0.1", self.keys.port, timeout=20)
        with contextlib.closing(connection):
            connection.putrequest(method or ("GET" if data is None else "POST"), prefix + path, skip_host=True)
            for name, value in sent.items():
                if value is not None:
                    connection.putheader(name, value)
            connection.endheaders(data)
            answer = connection.getresponse()
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())

    def record(self, name: str) -> Any:
        return self.ask(f"/api/record?file={name}").json

    def news(self, since: int | str = "") -> Any:
        return self.ask(f"/api/news?since={since}").json


def copied(project: Path, parent: Path) -> Path:
    """Return a new folder with a few records, and a file beside it that nobody may read."""
    folder = parent / "review" / "studies"
    folder.mkdir(parents=True)
    for trial in TRIALS:
        shutil.copy(project / "studies" / f"{trial}.yaml", folder)
    (folder.parent / "secret.yaml").write_text("password: x\n", encoding="utf-8")
    return folder


@contextlib.contextmanager
def serving(studies: Path, *, watched: bool) -> Iterator[Live]:
    """Serve a folder on a thread of this process; ``watched`` as the command does it, or as it is asked for."""
    review = Review(studies)
    sockets = listening(0)
    keys = Keys(sockets[0].getsockname()[1])
    app, stopping = make_app(review)
    config = uvicorn.Config(
        Guard(app, keys), http="h11", ws="none", lifespan="off", log_config=None, log_level="critical", access_log=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=(sockets,), daemon=True)
    thread.start()

    def watch() -> None:
        for _ in saves(review.watched):
            if stopping.is_set():
                return
            review.refresh()

    if watched:
        threading.Thread(target=watch, daemon=True).start()
    yield Live(studies, keys, review)
    stopping.set()
    server.should_exit = server.force_exit = True
    thread.join(10)
    for opened in sockets:
        opened.close()
