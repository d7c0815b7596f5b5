"""Drive the targets with bytes that a coverage-guided fuzzer makes: ``python tests/fuzzing/run.py --seconds 600``.

The seconds are shared by all readers. What a reader can not stand is kept in .fuzz/crashes; put it, made small, into
tests/fuzzing/corpus/TARGET, where every test run meets it again. What reached new code is kept in .fuzz/found, where
the next night begins.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
KEPT = PROJECT / ".fuzz"
SECONDS_FOR_ONE = 10
MEGABYTES = 2048
LONGEST = 8192  # bytes of one input; more is tested by test_limits.py


def main() -> int:
    """Fuzz every target, or the named ones; 1 if any reader broke its word."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seconds", type=int, default=600, help="for all readers together")
    options.add_argument("--one", help=argparse.SUPPRESS)
    options.add_argument("targets", nargs="*")
    chosen = options.parse_args()
    try:
        import atheris  # noqa: F401
    except ImportError:
        print(
            f"fuzz: atheris has no wheel for Python {sys.version_info[0]}.{sys.version_info[1]} on this machine; "
            "use Python 3.11 to 3.13 on Linux: make fuzz PYTHON=python3.11"
        )
        return 1
    sys.path[:0] = [str(PROJECT)]
    if chosen.one:
        _drive(chosen.one, chosen.seconds)
    from tests.fuzzing.targets import TARGETS, target_of

    targets = [target_of(name) for name in chosen.targets] or list(TARGETS)
    each = max(1, chosen.seconds // len(targets))
    print(f"{'target':<20}{'executions':>12}{'coverage':>18}  found")
    return max([_fuzz(target.name, each) for target in targets])


def _fuzz(name: str, seconds: int) -> int:
    """Run one target in a process of its own, and print a line about it."""
    crashes = KEPT / "crashes"
    crashes.mkdir(parents=True, exist_ok=True)
    before = set(crashes.iterdir())
    command = [sys.executable, str(Path(__file__)), "--one", name, "--seconds", str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", cwd=PROJECT, check=False)
    says = done.stderr
    (KEPT / f"{name}.log").write_text(done.stdout + says, encoding="utf-8")
    coverage = re.findall(r"cov: (\d+)", says)
    executions = re.findall(r"^#(\d+)", says, re.MULTILINE)
    found = sorted(path.name for path in set(crashes.iterdir()) - before)
    grown = f"{coverage[0]} to {coverage[-1]}" if coverage else "none"
    number = executions[-1] if executions else "0"
    print(f"{name:<20}{number:>12}{grown:>18}  {', '.join(found) or 'nothing'}", flush=True)
    if done.returncode or found:
        print(f"  see .fuzz/{name}.log", flush=True)
    return int(bool(done.returncode or found))


def _drive(name: str, seconds: int) -> None:
    """Fuzz one target in this process; libFuzzer ends it."""
    import atheris

    with atheris.instrument_imports(include=["msc_meta"], enable_loader_override=False):
        from tests.fuzzing.targets import target_of

        target = target_of(name)
        seeds = sorted((HERE / "corpus" / name).iterdir())
        for seed in seeds:  # so that what is imported late is watched too
            _meet(target, seed.read_bytes())
    found = KEPT / "found" / name
    found.mkdir(parents=True, exist_ok=True)
    dictionary = HERE / "dictionaries" / f"{name}.dict"
    arguments = [
        sys.argv[0], f"-max_total_time={seconds}", f"-timeout={SECONDS_FOR_ONE}", f"-rss_limit_mb={MEGABYTES}",
        f"-max_len={LONGEST}", f"-artifact_prefix={KEPT / 'crashes'}/{name}-", "-print_final_stats=1",
        *([f"-dict={dictionary}"] if dictionary.exists() else []), str(found), str(HERE / "corpus" / name),
    ]  # fmt: skip
    atheris.Setup(arguments, lambda content: _meet(target, content))
    atheris.Fuzz()


def _meet(target, content: bytes) -> None:  # type: ignore[no-untyped-def]
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        target.meet(content, Path(folder))


if __name__ == "__main__":
    sys.exit(main())
