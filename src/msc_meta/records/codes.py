"""What problem codes mean: the text behind ``msc-meta explain CODE`` and behind the reference pages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, final

from msc_meta.errors import Severity, UsageError
from msc_meta.records.findings import nearest, severity_of
from msc_meta.records.strict_yaml import read_yaml

PAGES: Final = Path(__file__).with_name("codes.yaml")
PAGES_OF_TABLES: Final = Path(__file__).with_name("codes_of_tables.yaml")
PAGES_OF_IMPORTS: Final = Path(__file__).with_name("codes_of_imports.yaml")
PAGES_OF_SCREENING: Final = Path(__file__).with_name("codes_of_screening.yaml")


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """One kind of problem; ``bad`` and ``good`` are pieces of a record, or of what ``shown_as`` says."""

    code: str
    title: str
    means: str
    bad: str
    good: str
    do: str
    fix: str = ""  # what ``msc-meta check --fix`` does about it
    retired: bool = False
    shown_as: str = "yaml"
    about: str = "record"  # or "screening": which file the pieces are of

    @property
    def severity(self) -> Severity:
        """An error keeps the study out of every analysis; a warning does not."""
        return severity_of(self.code)

    def page(self) -> str:
        """Return the page of this code, as Markdown."""
        fixed = f"\n`msc-meta check --fix` {self.fix.strip()}\n" if self.fix else ""
        return f"""# {self.code}: {self.title}

{self.severity.capitalize()}. {self.means.strip()}

## Bad

```{self.shown_as}
{self.bad.rstrip()}
```

## Good

```{self.shown_as}
{self.good.rstrip()}
```

## What to do

{self.do.strip()}
{fixed}"""


@cache
def codes() -> Mapping[str, Code]:
    """Return every problem code, in order."""
    found: dict[str, Code] = {}
    for path in (PAGES, PAGES_OF_TABLES, PAGES_OF_IMPORTS, PAGES_OF_SCREENING):
        pages = read_yaml(path.read_bytes(), path.name).data
        assert pages is not None, f"{path.name} is part of the package and tested"
        found |= {code: Code(code=code, **page) for code, page in pages.items()}
    return dict(sorted(found.items(), key=lambda item: (item[0][1:], item[0])))


def is_code(term: str) -> bool:
    """Whether a term looks like a problem code, known or not.

    Examples
    --------
    >>> is_code("e302"), is_code("events")
    (True, False)
    """
    return re.fullmatch(r"[ew]\d{1,4}", term.strip(), re.IGNORECASE) is not None


def explain_code(code: str) -> str:
    """Return the page of one problem code, as Markdown.

    Raises
    ------
    UsageError
        for an unknown code; names the nearest.

    Examples
    --------
    >>> print(explain_code("E302").splitlines()[0])
    # E302: more events than patients
    """
    page = codes().get(code.strip().upper())
    if page is None:
        near = nearest(code.strip().upper(), list(codes()))
        meant = f"; did you mean {near}?" if near else "; they begin with E or W and have three digits"
        raise UsageError(f"there is no problem code {code}{meant}")
    return page.page()
