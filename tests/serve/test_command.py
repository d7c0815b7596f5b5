"""The command: it starts soon, says where, ends at once, and tells what is missing."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import resource
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import pytest
from click.testing import CliRunner

from msc_meta.cli import run, serve_command
from msc_meta.cli.commands import app
from msc_meta.errors import UsageError
from msc_meta.serve.server import listening
from tests.serve.server import copied

LONGEST_START = 6.0  # seconds of the processor, three times what is wanted: a guard, not a measurement


@contextlib.contextmanager
def served(folder, *options, **environment):
    """Run the command in a process of its own; give it and the address that it prints."""
    code = "from msc_meta.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "serve", str(folder), *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, env=os.environ | environment,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        yield process, process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait(10)
        process.stdout.close()
        process.stderr.close()


def read(address):
    with urllib.request.urlopen(address, timeout=30) as answer:
        return answer.read()


def ask(address):
    with contextlib.suppress(OSError, http.client.HTTPException):
        read(address)


def test_it_starts_soon_and_ends_at_once(project):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with served(project / "studies") as (process, address):
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/[\w-]{32}/", address)
        assert b"<h1" in read(address)
        since = re.search(rb'data-version="(\d+)"', read(address))[1].decode()
        path = f"{address}api/news?since={since}"
        asked = threading.Thread(target=ask, args=(path,), daemon=True)
        asked.start()  # a page that waits for news must not keep the server
        time.sleep(0.3)
        start = time.monotonic()
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=20)
        assert time.monotonic() - start < 15
        assert process.returncode == 0
        assert said == ("", "The page follows every save; Ctrl-C ends.\n")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert used < LONGEST_START, "until Ctrl-C, so the start was quicker"


def test_it_serves_both_loopback_addresses_at_the_port_that_was_asked_for(project, tmp_path):
    (opened, *more) = listening(0)
    port = opened.getsockname()[1]
    for one in (opened, *more):
        one.close()
    with served(copied(project, tmp_path), "--port", str(port)) as (_process, address):
        assert f":{port}/" in address
        token = address.rstrip("/").rpartition("/")[2]
        for host in ("127.0.0.1", "::1") if more else ("127.0.0.1",):
            line = http.client.HTTPConnection(host, port, timeout=30)
            line.request("GET", f"/{token}/api/news")
            assert line.getresponse().status == 200
            line.close()


def test_a_browser_is_opened_with_an_address_that_works_once(project, tmp_path):
    seen = tmp_path / "seen"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > "{seen}.part" && mv "{seen}.part" "{seen}"\n')
    browser.chmod(0o755)
    with served(copied(project, tmp_path), "--open", BROWSER=f"{browser} %s") as (_process, address):
        for _ in range(200):
            if seen.exists():
                break
            time.sleep(0.05)
        once = seen.read_text().strip()
        token = address.rstrip("/").rpartition("/")[2]
        assert token not in once
        assert b"<h1" in read(once)
        with pytest.raises(urllib.error.HTTPError, match="403") as refused:
            read(once)
        refused.value.close()  # it holds the answer open, which Python 3.14 minds


def test_what_is_missing_is_said(monkeypatch, capsys):
    monkeypatch.setattr(serve_command, "find_spec", lambda _name: None)
    assert run(["serve", "studies"]) == UsageError.exit_code
    assert capsys.readouterr().err == (
        "msc-meta: the live page needs starlette and uvicorn: pip install starlette uvicorn\n"
    )


def test_what_can_not_be_served_is_said(project, capsys, tmp_path):
    assert run(["serve", str(tmp_path / "nowhere")]) == UsageError.exit_code
    assert "nowhere does not exist" in capsys.readouterr().err
    taken, *more = listening(0)
    port = taken.getsockname()[1]
    assert run(["serve", str(copied(project, tmp_path)), "--port", str(port), "--no-open"]) == UsageError.exit_code
    assert f"port {port} is taken by another program" in capsys.readouterr().err
    for one in (taken, *more):
        one.close()


def test_help_loads_no_server():
    code = "import sys\nfrom msc_meta.cli import run\nrun(['serve', '--help'])\nassert 'starlette' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    assert "--no-open" in CliRunner().invoke(app, ["serve", "--help"]).output
