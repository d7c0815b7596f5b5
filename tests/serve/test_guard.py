"""Nobody but our own page reads or writes: token, host, origin, methods, bodies, and headers on every answer."""

from __future__ import annotations

import socket

import pytest

READS = ("/", "/api/news", "/api/record?file=lanzoni-2021.yaml")
WRITES = ("/api/draft", "/api/save")


def test_the_page_and_its_headers(steady):
    page = steady.ask("/")
    assert page.status == 200
    assert b"<h1" in page.body
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "http" not in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    for answer in (page, steady.ask("/api/news"), steady.ask("/", key="x"), steady.ask("/nothing")):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert not [name for name in answer.headers if name.startswith("access-control")]
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("path", [*READS, *WRITES])
@pytest.mark.parametrize("key", ["-", "x", "%00", "..", "A" * 32, "A" * 5000, "é".encode().hex()])
def test_without_the_token_nothing_is_answered(steady, path, key):
    answer = steady.ask(path, {"file": "lanzoni-2021.yaml", "text": ""} if path in WRITES else None, key=key)
    assert answer.status == 403
    assert steady.keys.token.encode() not in answer.body
    assert b"lanzoni" not in answer.body


def test_the_address_without_its_last_stroke_leads_to_the_page(steady):
    answer = steady.ask("")
    assert (answer.status, answer.headers["location"]) == (307, f"/{steady.keys.token}/")


def test_a_token_in_other_places_is_no_token(steady):
    token = steady.keys.token
    for path, headers in (
        (f"/?token={token}", {}),
        ("/", {"cookie": f"token={token}"}),
        ("/", {"authorization": token}),
    ):
        assert steady.ask(path, key="-", **headers).status == 403
    assert steady.ask(f"/{token.swapcase()}/", key="-").status == 403
    assert steady.ask(f"/{token}x/api/news", key="-").status == 403


@pytest.mark.parametrize("path", [*READS, *WRITES])
@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "127.0.0.1:{port}.evil.example",
             "127.0.0.1:{port}@evil.example", "0.0.0.0:{port}", "[::]:{port}", "", None],
)  # fmt: skip
def test_another_name_for_this_machine_is_refused(steady, path, host):
    name = host and host.format(port=steady.keys.port)
    # HTTP itself wants a host: without one the server hangs up at once, and a body still on its way would meet nobody
    body = {"file": "x"} if name else b""
    answer = steady.ask(path, body if path in WRITES else None, host=name)
    assert answer.status in ((421,) if name else (400, 421))
    assert b"lanzoni" not in answer.body


def test_two_hosts_are_none(steady):
    with socket.create_connection(("127.0.0.1", steady.keys.port), timeout=10) as line:
        host = f"127.0.0.1:{steady.keys.port}"
        line.sendall(f"GET /{steady.keys.token}/ HTTP/1.1\r\nHost: {host}\r\nHost: evil.example\r\n\r\n".encode())
        assert int(line.recv(1000).split()[1]) in (400, 421)


@pytest.mark.parametrize("path", [*READS, *WRITES])
@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1:{port}", "http://localhost:{port}",
                                    "http://127.0.0.1:1", "http://127.0.0.1", ""])  # fmt: skip
def test_another_origin_is_refused(steady, path, origin):
    before = {file: file.read_bytes() for file in steady.studies.iterdir()}
    body = {"file": "lanzoni-2021.yaml", "text": "id: lanzoni-2021\n"} if path in WRITES else None
    answer = steady.ask(path, body, origin=origin.format(port=steady.keys.port))
    assert answer.status == 403
    assert b"lanzoni" not in answer.body
    assert {file: file.read_bytes() for file in steady.studies.iterdir()} == before


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_another_site_embeds_is_refused(steady, site):
    for dest in ("image", "script", "iframe", "style", "empty", "embed"):
        assert steady.ask("/api/news", sec_fetch_site=site, sec_fetch_dest=dest).status == 403
    assert steady.ask("/", sec_fetch_site=site, sec_fetch_dest="document").status == 200  # a link in a terminal


def test_our_own_page_may_ask_by_each_name(steady):
    for name in ("127.0.0.1", "localhost", "[::1]"):
        host = f"{name}:{steady.keys.port}"
        assert steady.ask("/api/news", host=host, origin=f"http://{host}", sec_fetch_site="same-origin").status == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "CONNECT"])
def test_other_methods_are_refused(steady, method):
    assert steady.ask("/api/save", method=method).status == 405


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_only_json_is_taken(steady, kind):
    assert steady.ask("/api/save", {"file": "x"}, content_type=kind).status == 415


def test_a_body_has_a_limit_and_says_its_length(steady):
    assert steady.ask("/api/save", {}, content_length=str(5 * 1024 * 1024)).status == 413
    assert steady.ask("/api/save", {}, content_length=None, transfer_encoding="chunked").status == 411


def test_the_browser_is_let_in_once(steady):
    assert steady.ask("/open/wrong", key="-").status == 403
    path = f"/open/{steady.keys.ticket}"
    assert steady.ask(path, key="-", host="evil.example").status == 421
    first = steady.ask(path, key="-")
    assert (first.status, first.headers["location"]) == (303, f"/{steady.keys.token}/")
    second = steady.ask(path, key="-")
    assert second.status == 403
    assert steady.keys.token.encode() not in second.body


def test_it_listens_on_loopback_only(steady):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("127.0.0.1", 9))
    own = {found[4][0] for found in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)} - {"127.0.0.1"}
    for address in own:
        if address.startswith("127."):
            continue
        with socket.socket() as line:
            line.settimeout(2)
            assert socket.socket.connect_ex(line, (address, steady.keys.port)) != 0
