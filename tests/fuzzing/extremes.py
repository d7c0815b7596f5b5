# ruff: noqa: PLW0108 (a content is made when its turn comes: all of them together would fill the memory)
"""Files that are far too large, too deep or no files, each for one reader; run in a process with little memory.

``python -m tests.fuzzing.extremes`` prints a line of JSON for each: what the reader said, and how long it took.
"""

from __future__ import annotations

import io
import json
import os
import resource
import signal
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

from msc_meta.errors import MscMetaError
from tests.fuzzing.targets import NEXT_FILE, target_of

MEMORY = 2 * 1024**3
SECONDS = 60  # on a machine that is busy; none takes more than some seconds on one that is not
BILLION = 1_000_000_000


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return a zip file."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in files.items():
            package.writestr(name, content)
    return packed.getvalue()


def bomb() -> bytes:
    """Return a zip file of less than a megabyte that holds more than a quarter of a gigabyte."""
    return zipped({f"{number}.csv": bytes(16 * 1024 * 1024) for number in range(17)})


def in_each_other(content: bytes, times: int) -> bytes:
    """Return zip files within zip files."""
    for _ in range(times):
        content = zipped({"inner.zip": content})
    return content


def laughs() -> bytes:
    """Return XML whose entities would unfold to a billion words."""
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return f'<!DOCTYPE x [<!ENTITY l0 "ha">{entities}]><COCHRANE_REVIEW>&l9;</COCHRANE_REVIEW>'.encode()


def doubling() -> bytes:
    """Return BibTeX whose strings would unfold to a billion words."""
    lines = [
        '@string{l0 = "hahahahaha"}',
        *(f"@string{{l{n} = {' # '.join([f'l{n - 1}'] * 10)}}}" for n in range(1, 10)),
    ]
    return "\n".join([*lines, "@article{a, title = l9}"]).encode()


RECORD = "id: doe-2024\nlabel: Doe 2024\nyear: "
TRIALS = b"trial,ai,n1i,ci,n2i\n"
RM5 = b"<COCHRANE_REVIEW>"
STYLE = b'{"size": '
DEEP = 100_000

FILES: Mapping[str, tuple[str, Callable[[], bytes], str]] = {
    "a record of 1 MiB and a byte": ("yaml_record", lambda: b"#" * (1024**2 + 1), "E103"),
    "brackets without end": ("yaml_record", lambda: b"a: " + b"[" * DEEP, "E104"),
    "mappings without end": ("yaml_record", lambda: b"a: " + b"{a: " * DEEP, "E104"),
    "aliases of aliases": (
        "yaml_record",
        lambda: b"a: &a [x]\n" + b"".join(b"%c: &%c [*%c, *%c]\n" % (n + 1, n + 1, n, n) for n in range(97, 121)),
        "E106",
    ),
    "values without end": ("yaml_record", lambda: b"a: [" + b"1," * 400_000 + b"1]", "E105"),
    "a power of ten": ("yaml_record", lambda: (RECORD + "1e999999\n").encode(), "E2"),
    "a number of 100,000 digits": ("yaml_record", lambda: (RECORD + "9" * 100_000 + "\n").encode(), "E2"),
    "accents without end": ("yaml_record", lambda: f"id: doe-2024\nlabel: e{chr(0x301) * 100_000}\n".encode(), "E2"),
    "a protocol of 1 MiB and a byte": ("protocol", lambda: b"#" * (1024**2 + 1), "at most 1,048,576"),
    "a deep protocol": ("protocol", lambda: b"a: " + b"[" * DEEP, "E104"),
    "a table of 16 million empty rows": ("csv_table", lambda: b"study,arm\n" + b",\n" * 8_000_000, "E103"),
    "a table of 6,000 columns": ("csv_table", lambda: b"study" + b",x" * 6_000 + b"\n", "E103"),
    "a table of 3 million cells": ("csv_table", lambda: b"study,arm\n" + b"," * 3_000_000, "E103"),
    "a table of 32 MiB and a byte": ("csv_table", lambda: b"x" * (32 * 1024**2 + 1), "E103"),
    "a cell of 200,000 letters": ("csv_table", lambda: b"study,arm\n" + b"x" * 200_000 + b",y\n", "E167"),
    "a count of 100,000 digits": ("csv_table", lambda: b"study,arm,n\ndoe,x," + b"9" * 100_000 + b"\n", "E"),
    "a table of R with 8 million rows": ("metafor_csv", lambda: TRIALS + b",\n" * 8_000_000, "E103"),
    "an effect of 1e999999": ("metafor_csv", lambda: b"trial,yi,vi\nDoe,1e999999,1e-999999\n", "E"),
    "a count of R with 100,000 digits": ("metafor_csv", lambda: TRIALS + b"Doe,1," + b"9" * DEEP + b",1,10\n", "E"),
    "an extraction of 8 million rows": (
        "covidence_table", lambda: b"Covidence #,ai,n1i\n" + b",\n" * 8_000_000, "E103"),
    "results of 8 million rows": (
        "covidence_folder", lambda: NEXT_FILE.join([b"Study,Char: x\n" + b",\n" * 8_000_000] * 2), "E103"),
    "a registry of lists in lists": ("clinicaltrials_gov", lambda: b"[" * DEEP, "E170"),
    "a registry of 5 million lists": ("clinicaltrials_gov", lambda: b"[" + b"[]," * 5_000_000 + b"[]]", "E103"),
    "a registry with a long number": (
        "clinicaltrials_gov", lambda: b'{"protocolSection": ' + b"9" * DEEP + b"}", "E170"),
    "a registry of 20,000 unnamed entries": (
        "clinicaltrials_gov", lambda: b'{"studies": [' + b'{"protocolSection": {}},' * 20_000 + b"0]}", "E170"),
    "entries whose place is not to be found": (
        "clinicaltrials_gov",
        lambda: (
            b"[" + b'{"protocolSection": {"identificationModule": {"nctId": "\\u004eCT00000001"}}},' * 3_000
            + b'"' + b"x" * 30_000_000 + b'"]'
        ),
        "E",
    ),
    "references in lists in lists": ("csl_json", lambda: b"[" * DEEP, "E170"),
    "60,000 references": ("csl_json", lambda: b"[" + b"{}," * 60_000 + b"{}]", "E103"),
    "a title of two million lines": ("ris", lambda: b"TY  - JOUR\nTI  - a\n" + b"b\n" * 2_000_000 + b"ER  - \n", "E"),
    "60,000 references of RIS": ("ris", lambda: b"TY  - JOUR\nER  - \n" * 60_000, "E103"),
    "40,000 references of one author": ("ris", lambda: b"TY  - JOUR\nAU  - Doe J\nER  - \n" * 40_000, "E"),
    "strings of strings": ("bibtex", doubling, "a value has more than"),
    "60,000 references of BibTeX": ("bibtex", lambda: b"\n@a{b,}" * 60_000, "E103"),
    "a million blanks between authors": ("bibtex", lambda: b"@a{b, author = {A " + b" " * 1_000_000 + b"B}}", "E"),
    "a million blanks after an accent": ("bibtex", lambda: b"@a{b, title = {\\'" + b" " * 90_000 + b"}}", "E"),
    "braces without end": ("bibtex", lambda: b"@a{b, title = " + b"{" * 1_000_000, "E170"),
    "entities of entities": ("revman_rm5", laughs, "document type"),
    "elements without end": ("revman_rm5", lambda: RM5 + b"<a>" * DEEP, "nested"),
    "a million elements": ("revman_rm5", lambda: RM5 + b"<a/>" * 1_100_000 + b"</COCHRANE_REVIEW>", "more than"),
    "a million comments": ("revman_rm5", lambda: RM5 + b"x<!---->" * 1_100_000 + b"</COCHRANE_REVIEW>", "more than"),
    "a zip bomb": ("revman_zip", bomb, "unpacked"),
    "zips in zips": ("revman_zip", lambda: in_each_other(b"", 5), "deep"),
    "a zip of 10,001 files": ("revman_zip", lambda: zipped({f"{n}.csv": b"" for n in range(10_001)}), "10,000"),
    "a package of 8 million rows": (
        "revman_zip",
        lambda: zipped(dict.fromkeys(
            ("a-overall-estimates-and-settings.csv", "a-data-rows.csv", "a-study-information.csv"),
            b"Study,Analysis number\n" + b"\n" * 8_000_000,
        )),
        "E103",
    ),
    "a package folder of 8 million rows": (
        "revman_folder", lambda: NEXT_FILE.join([b"Study,Analysis number\n" + b"\n" * 8_000_000] * 3), "E103"),
    "a deep style": ("style", lambda: b'{"extends": ' + b"[" * DEEP, "house.json"),
    "a style with a long number": ("style", lambda: STYLE + b"9" * DEEP + b"}", "house.json"),
    "a style of infinite size": ("style", lambda: STYLE + b"1e999999}", "0 or more"),
    "a style of 1 MiB and a byte": ("style", lambda: b" " * (1024**2 + 1), "at most 1,048,576"),
    "deep results": ("results", lambda: b'{"outcomes": ' + b"[" * DEEP, "results.json"),
    "results as deep as Python reads": (
        "results", lambda: b'{"outcomes": {}, "protocol": ' + b"[" * 300 + b"]" * 300 + b"}", "deep"),
    "results with a long number": ("results", lambda: b'{"outcomes": ' + b"9" * DEEP + b"}", "results.json"),
    "a deep manifest": ("manifest", lambda: b'{"files": ' + b"[" * DEEP, "manifest.json"),
    "a lock with a long number": ("lock", lambda: b'{"msc_meta": ' + b"9" * DEEP + b"}", "evidence.lock"),
}  # fmt: skip
"""What it is -> the target, the content, and a word that the reader has to say."""

SLOW = frozenset({
    "a million elements", "a million comments", "40,000 references of one author", "60,000 references of BibTeX",
    "entries whose place is not to be found", "a title of two million lines", "values without end", "a zip bomb",
    "a folder of 10,001 records", "60,000 references", "60,000 references of RIS", "a package of 8 million rows",
    "a zip of 10,001 files",
})  # fmt: skip
"""What takes seconds; left to ``make fuzz``."""
NO_FILES = ("a pipe", "a device", "a link to itself", "a folder", "a link to nowhere")
"""In place of a file of every kind."""


def no_file(kind: str, path: Path) -> None:
    """Put something else in place of a file."""
    if kind == "a pipe":
        os.mkfifo(path)
    elif kind == "a folder":
        path.mkdir()
    else:
        path.symlink_to({"a device": Path("/dev/zero"), "a link to itself": path}.get(kind, path / "nowhere"))


def said(name: str, path: Path) -> str:
    """Return the beginning of all that a target's reader says."""
    try:
        problems = list(target_of(name).read(path))
    except MscMetaError as error:
        return str(error)[:500]
    return "\n".join(dict.fromkeys(f"{one.code} {one.message[:200]}" for one in problems[:2000]))[:2000]


def of_file(name: str, content: bytes, folder: Path) -> str:
    """Return what a target's reader says of a content."""
    target = target_of(name)
    pieces = [content] if len(target.files) == 1 else content.split(NEXT_FILE)
    for file, piece in zip(target.files, pieces, strict=False):
        (folder / file).write_bytes(piece)
    return said(name, folder if len(target.files) > 1 else folder / target.files[0])


def of_no_file(name: str, kind: str, folder: Path) -> str:
    """Return what a target's reader says of something that is no file."""
    path = folder / target_of(name).files[0]
    no_file(kind, path)
    return said(name, path)


def growing(folder: Path) -> str:
    """Return what is said of a file that never ends, for somebody writes on."""
    from msc_meta.adapters.files import read_bytes

    path, stop = folder / "doe-2024.yaml", threading.Event()
    path.write_bytes(b"# begun\n")

    def write() -> None:
        with path.open("ab") as file:
            while not stop.is_set() and file.tell() < 256 * 1024**2:
                file.write(b"#" * 4096)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while path.stat().st_size < 4096:
            time.sleep(0.001)
        return str(read_bytes(path, 10_000))
    finally:
        stop.set()
        writer.join()


def many_files(folder: Path) -> str:
    """Return what is said of a folder of 10,001 files."""
    for number in range(10_001):
        (folder / f"{number}.yaml").touch()
    return "".join(str(one) for raw in list(target_of_folder().read(folder)) for one in raw.problems)[:500]


def target_of_folder() -> object:
    """Return the adapter of folders."""
    from tests.fuzzing.targets import PLUGINS

    return PLUGINS.adapters["yaml_folder"]


def jobs() -> Mapping[str, Callable[[Path], str]]:
    """Return every extreme by name."""
    from tests.fuzzing.targets import TARGETS

    found: dict[str, Callable[[Path], str]] = {
        name: lambda folder, target=target, make=make: of_file(target, make(), folder)
        for name, (target, make, _) in FILES.items()
    }
    found |= {
        f"{kind} for {target.name}": lambda folder, name=target.name, kind=kind: of_no_file(name, kind, folder)
        for target in TARGETS if len(target.files) == 1 and target.name not in {"yaml_record", "results"}
        for kind in NO_FILES
    }  # fmt: skip
    return found | {"a file that grows": growing, "a folder of 10,001 records": many_files}


def main() -> None:
    """Meet every extreme, or the named ones."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    everything = jobs()
    everything = {name: job for name, job in everything.items() if "--quick" not in sys.argv or name not in SLOW}
    for name in [name for name in sys.argv[1:] if name != "--quick"] or everything:
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            signal.alarm(SECONDS)
            try:
                answer, broken = everything[name](Path(folder)), ""
            except BaseException as error:  # a KeyboardInterrupt is the alarm
                answer, broken = "", f"{type(error).__name__}: {error}"[:500]
            signal.alarm(0)
        spent = round(time.monotonic() - began, 2)
        print(json.dumps({"name": name, "said": answer, "broken": broken, "seconds": spent}), flush=True)


if __name__ == "__main__":
    main()
