"""Imports point down the way of the data, and each foreign library is met at its own border.

The order is that of CONTRIBUTING.md: adapter, record, effect, pooled result, figure, report.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "msc_meta"

# A part may import those before it. A new one gets its place here.
ORDER = (
    "errors",
    "units",
    "interrupts",
    "staging",
    "input",  # reads files, whatever is in them
    "output",  # writes files, whatever is in them
    "saved_files",
    "plain_values",  # how every result becomes JSON
    "blocks",  # long computations, cut so that anybody may do the parts
    "bias_tools",  # tools of risk of bias as data; the checks of the records take their answers
    "hookspecs",  # what an adapter hands over, and the checks of the records take
    "records",
    "screening",  # the numbers of search and selection that no record holds
    "evidence",
    "adapters",
    "plugins",
    "loading",
    "importing",
    "testing",
    "protocol_plans",  # what it asks beyond the pooled effect
    "protocol",
    "protocol_files",
    "effects",
    "study_fields",  # what a record says in a field, as text, for figures that know no records
    "pooling",
    "robustness",
    "pooled_rows",
    "secondary_analyses",
    "synthesis",
    "flow",  # from the records identified to the studies of each synthesis
    "protocol_choices",  # every combination of the protocol's choices
    "trust",  # how far the answer for one outcome can be trusted
    "certainty",  # what the answer means for patients, and what GRADE judgements rest on
    "figures",
    "report",
    "living",  # what changed, and what still holds
    "exporting",  # how records and results go out
    "serve",  # the report, live, in a browser of this machine
    "cli",
    "__main__",
)
# Against the order, inside a method or for a type, and for a stated reason: (module, part).
CONVENIENCES = {
    ("msc_meta.hookspecs", "synthesis"),  # the type alone: it is what an exporter is handed
    ("msc_meta.synthesis", "flow"),  # and synthesis.flow, which report, results and figure share
    ("msc_meta.synthesis", "trust"),  # and synthesis["mortality"].bayes()
    ("msc_meta.synthesis", "figures"),  # synthesis["mortality"].forest() is what a notebook's user expects
}
# Further than the order goes: (part, what it must not know).
STRANGERS = {
    ("effects", "adapters"),
    ("effects", "loading"),
    ("figures", "records"),
    ("pooling", "protocol"),
    ("pooling", "records"),
    ("robustness", "protocol"),
    ("robustness", "records"),
    ("synthesis", "adapters"),
}
# Where a library is met, and nowhere else: beginnings of module names.
BORDERS = {
    "PIL": ("msc_meta.figures.render_png", "msc_meta.figures.render_tiff"),
    "click": ("msc_meta.cli",),
    "distributed": ("msc_meta.cli.workers",),
    "docx": ("msc_meta.report.manuscript_word",),
    "jinja2": ("msc_meta.report.page", "msc_meta.report.manuscript_latex"),
    "matplotlib": ("msc_meta.figures",),
    "pluggy": ("msc_meta.hookspecs", "msc_meta.plugins"),
    "pydantic": ("msc_meta.protocol", "msc_meta.protocol_plans", "msc_meta.records", "msc_meta.screening"),
    "pymare": ("msc_meta.pooling.borders",),
    "reportlab": ("msc_meta.figures.fonts", "msc_meta.figures.pdf_structure", "msc_meta.figures.render_pdf"),
    "starlette": ("msc_meta.serve",),
    "statsmodels": ("msc_meta.pooling.borders",),
    "uvicorn": ("msc_meta.serve",),
    "yaml": ("msc_meta.records",),
}
HEAVY = (
    "PIL", "click", "docx", "jinja2", "matplotlib", "numpy", "pandas", "pydantic", "pymare", "reportlab", "scipy",
    "starlette", "statsmodels", "uvicorn", "yaml",
)  # fmt: skip


def module_name(path: Path) -> str:
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path: Path, *, types: bool = True) -> set[str]:
    """Return the full names of what a file imports, inside functions too, and for types alone if ``types``."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    blocks = [node for node in ast.walk(tree) if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    for_types = {child for block in blocks for child in ast.walk(block)}
    names: set[str] = set()
    for node in ast.walk(tree):
        if node in for_types and not types:
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def part_of(name: str) -> str | None:
    """Return the part a module belongs to; None for foreign modules and for the package's own front."""
    pieces = name.split(".")
    return pieces[1] if pieces[0] == "msc_meta" and len(pieces) > 1 else None


FILES = {module_name(path): path for path in sorted(SOURCE.rglob("*.py"))}
MODULES = {module: imported(path) for module, path in FILES.items()}
EDGES = sorted(
    {
        (module, part, target)
        for module, names in MODULES.items()
        for target in map(part_of, names)
        if (part := part_of(module)) is not None and target is not None and target != part
    }
)


def test_every_part_has_its_place():
    parts = {part for part in map(part_of, MODULES) if part is not None}
    assert parts <= set(ORDER), "say in ORDER where the new part stands"
    assert parts >= {"errors", "records", "cli"}, "the source was not found"


def test_imports_point_down():
    upward = [
        f"{module} imports {target}"
        for module, part, target in EDGES
        if target in ORDER and ORDER.index(target) > ORDER.index(part) and (module, target) not in CONVENIENCES
    ]
    assert upward == []


def test_nothing_comes_through_the_front():
    # `from msc_meta import pool` inside the package would load the whole of it, in an order nobody chose.
    front = [
        f"{module} imports {name}"
        for module, names in MODULES.items()
        for name in names
        if name == "msc_meta" or (part_of(name) not in (*ORDER, None))
    ]
    allowed = {f"{module} imports msc_meta.__version__" for module in MODULES}
    assert set(front) - allowed == set()


def test_strangers_stay_strangers():
    assert [edge for edge in EDGES if edge[1:] in STRANGERS] == []


@pytest.mark.parametrize("library", BORDERS)
def test_a_library_is_met_at_its_border(library):
    runtime = {module: imported(path, types=False) for module, path in FILES.items()}
    users = {module for module, names in runtime.items() if any(name.split(".")[0] == library for name in names)}
    assert {user for user in users if not user.startswith(BORDERS[library])} == set()


def loaded(statement: str, cwd: Path) -> set[str]:
    """Return the names of all modules that are loaded after a statement, in a process of its own."""
    code = f"import sys\n{statement}\nprint('\\nLOADED', *sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], cwd=cwd, check=True, capture_output=True, text=True)
    return set(run.stdout.rpartition("LOADED")[2].split())


def test_import_loads_nothing_heavy(project):
    assert loaded("import msc_meta", project).isdisjoint(HEAVY)


def test_check_loads_no_numbers_and_no_figures(project):
    modules = loaded("from msc_meta.cli import run\nassert run(['check', 'studies']) == 0", project)
    assert "msc_meta.records" in modules
    assert modules.isdisjoint({*HEAVY} - {"click", "pydantic", "yaml"})


def test_run_loads_no_library_that_only_confirms(project, tmp_path):
    command = ["run", "studies", "-o", str(tmp_path / "out")]
    modules = loaded(f"from msc_meta.cli import run\nassert run({command!r}) == 0", project)
    assert "msc_meta.pooling" in modules
    assert modules.isdisjoint({"pandas", "pymare", "statsmodels"})
