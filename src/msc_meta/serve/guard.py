"""Who may ask: a browser of this machine that was given the token, on a page of ours; nobody else gets past here."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY: Final = 4 * 1024 * 1024
"""A record has at most a mebibyte, and JSON writes some letters with more bytes."""
LOCKED: Final = (
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"  # for all but the page itself
)
HEADERS: Final = {
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


@dataclass(frozen=True, slots=True)
class Keys:
    """The secrets of one run of the server, and the port that it answers at.

    The token is the first part of every address. Browsers send a cookie to every port of a host, so that another
    server on this machine would see it; a path is only ever sent here.
    """

    port: int
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    ticket: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    """Lets a browser in once. The command that starts a browser can be read by every user of the machine."""

    @property
    def hosts(self) -> tuple[str, ...]:
        """What a browser calls this server; another name is one that somebody made lead here."""
        names = ("127.0.0.1", "localhost", "[::1]")
        return (*(f"{name}:{self.port}" for name in names), *(names if self.port == 80 else ()))

    @property
    def address(self) -> str:
        """The address of the page."""
        return f"http://127.0.0.1:{self.port}/{self.token}/"

    @property
    def address_for_once(self) -> str:
        """An address that leads to the page the first time, and nowhere after that."""
        return f"http://127.0.0.1:{self.port}/open/{self.ticket}"


class Guard:
    """Answers what does not come from our own page itself, and hands the rest on, without the token."""

    def __init__(self, app: ASGIApp, keys: Keys) -> None:
        self._app = app
        self._keys = keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        answer = self._refusal(Headers(scope=scope), scope) or self._let_in_once(scope)
        if answer is not None:
            await answer(scope, receive, _hardened(send))
            return
        path = scope["path"].removeprefix(f"/{self._keys.token}")
        if not path:  # the address, copied without its last stroke
            await RedirectResponse(f"/{self._keys.token}/", status_code=307)(scope, receive, _hardened(send))
            return
        await self._app({**scope, "path": path, "raw_path": path.encode()}, _limited(receive), _hardened(send))

    def _refusal(self, headers: Headers, scope: Scope) -> Response | None:
        hosts = headers.getlist("host")
        if len(hosts) != 1 or hosts[0].lower() not in self._keys.hosts:
            return _no(421, "This server answers at the address that `msc-meta serve` printed, and at no other name.")
        if any(origin != f"http://{hosts[0].lower()}" for origin in headers.getlist("origin")):
            return _no(403, "Another site's page asked for this.")
        followed = scope["method"] == "GET" and headers.get("sec-fetch-dest") == "document"  # a link in a terminal
        if headers.get("sec-fetch-site", "none") not in ("same-origin", "none") and not followed:
            return _no(403, "Another site's page asked for this.")
        if scope["method"] not in ("GET", "HEAD", "POST"):
            return _no(405, "Only GET, HEAD and POST are answered.")
        opens = scope["path"].startswith("/open/")
        if not opens and not secrets.compare_digest(_first_part(scope["path"]), self._keys.token.encode()):
            return _no(403, "Open the address that `msc-meta serve` printed: the long word in it is a key.")
        if scope["method"] == "POST":
            return _refused_body(headers)
        return None

    def _let_in_once(self, scope: Scope) -> Response | None:
        if not scope["path"].startswith("/open/"):
            return None
        shown = scope["path"].removeprefix("/open/").encode()
        if not self._keys.ticket or not secrets.compare_digest(shown, self._keys.ticket.encode()):
            return _no(403, "This address works once. Open the one that `msc-meta serve` printed.")
        if scope["method"] == "GET":
            self._keys = replace(self._keys, ticket="")
        return RedirectResponse(f"/{self._keys.token}/", status_code=303)


def _refused_body(headers: Headers) -> Response | None:
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return _no(415, "Only JSON is taken.")
    size = headers.get("content-length", "")
    if not size.isdecimal():
        return _no(411, "The length of the request has to be said.")
    return _no(413, "That is more than any record has.") if int(size) > MAX_BODY else None


def _first_part(path: str) -> bytes:
    return path.removeprefix("/").partition("/")[0].encode("utf-8", "replace")


def _no(status: int, why: str) -> Response:
    return PlainTextResponse(f"{why}\n", status_code=status)


def _limited(receive: Receive) -> Receive:
    """Count the body, in case more comes than was said."""
    size = 0

    async def counted() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        return {"type": "http.disconnect"} if size > MAX_BODY else message

    return counted


def _hardened(send: Send) -> Send:
    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.update(HEADERS)
            headers.setdefault("content-security-policy", LOCKED)
        await send(message)

    return with_headers
