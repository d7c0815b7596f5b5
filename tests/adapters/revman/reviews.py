"""Invented reviews: one of every kind of analysis, and strategies for many."""

from __future__ import annotations

from hypothesis import strategies as st
from tests.adapters.revman.invented import Comparison, Invented, Line, Trial

NAMES = ("Doe 2020", "Müller-Lüdenscheidt 2019", "O'Neil & Roe 2021", "STEM-1", "Šťastný 2018")


def counts(events_e: int, n_e: int, events_c: int, n_c: int) -> dict[str, float]:
    return {"events_e": events_e, "n_e": n_e, "events_c": events_c, "n_c": n_c}


DEATHS = (counts(3, 40, 8, 42), counts(0, 25, 4, 24), counts(11, 60, 9, 61), counts(5, 33, 12, 30))
STAYS = ((12.5, 4.25, 40, 15.5, 5.5, 42), (9.0, 3.0, 25, 9.5, 2.75, 24), (20.25, 9.5, 60, 18.0, 8.0, 61))


def values(row: tuple[float, ...]) -> dict[str, float]:
    return dict(zip(("mean_e", "sd_e", "n_e", "mean_c", "sd_c", "n_c"), row, strict=True))


def deaths(measure: str = "OR", method: str = "MH", *, random: bool = False, **more: object) -> Comparison:
    lines = tuple(Line(name, numbers) for name, numbers in zip(NAMES, DEATHS, strict=False))
    return Comparison("Death & <28 days>", "Dichotomous", measure, lines, method, random, **more)  # type: ignore[arg-type]


def stays(measure: str = "MD", **more: object) -> Comparison:
    lines = tuple(Line(name, values(row)) for name, row in zip(NAMES, STAYS, strict=False))
    return Comparison("Length of stay", "Continuous", measure, lines, **more)  # type: ignore[arg-type]


TRIALS = (
    Trial(
        NAMES[0], 2020, "Cells in <ARDS> & sepsis", "Doe J, Roe R", "Parallel groups", "Low risk", "sealed envelopes"
    ),
    Trial(NAMES[1], 2019, judgement="High risk"),
    Trial(NAMES[2], 2021, judgement="Unclear risk", support="not described"),
    Trial(NAMES[3], 1979),
    Trial(NAMES[4], 2018),
)
HAZARDS = Comparison(
    "Survival", "Contrast level", "HR",
    (Line(NAMES[0], {"estimate": -0.25, "se": 0.2, "n_e": 40, "n_c": 42}),
     Line(NAMES[3], {"estimate": 0.125, "se": 0.25, "n_e": 33, "n_c": 30}, footnote="from the curve")),
)  # fmt: skip
LOG_RANK = Comparison(
    "Time to death", "O-E and variance", "HR",
    (Line(NAMES[0], {"o_e": -2.5, "variance": 2.6} | DEATHS[0]),
     Line(NAMES[1], {"o_e": -1.5, "variance": 1.0} | DEATHS[1])),
)  # fmt: skip
RATES = Comparison(
    "Infections", "Contrast level", "Rate ratio", (Line(NAMES[0], {"estimate": -0.4, "se": 0.3, "n_e": 0, "n_c": 0}),)
)
IN_SUBGROUPS = Comparison(
    "Death by source", "Dichotomous", "RR",
    tuple(Line(name, numbers, source) for name, numbers, source
          in zip(NAMES, DEATHS, ("bone marrow", "cord", "cord", "bone marrow"), strict=False)),
    "MH",
)  # fmt: skip
REVIEW = Invented(TRIALS, (deaths(), stays(), HAZARDS, LOG_RANK, RATES, IN_SUBGROUPS))

words = st.text(st.characters(codec="latin-1", categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=20).map(
    lambda text: " ".join(text.split())
)
names = words.filter(lambda text: any(letter.isalnum() for letter in text))


@st.composite
def reviews(draw: st.DrawFn) -> Invented:
    """Draw a review with one to five studies, and analyses of every kind on some of them."""
    called = draw(st.lists(names, min_size=1, max_size=5, unique=True))
    trials = tuple(
        Trial(
            name, draw(st.integers(1950, 2025)), methods=draw(st.just("") | words), judgement=judgement, support=support
        )
        for name in called
        for judgement, support in [draw(st.sampled_from([("", ""), ("Low risk", "a < b"), ("High risk", "")]))]
    )
    number = st.floats(-100, 100).map(lambda value: round(value, 4))
    above = st.floats(0.01, 50).map(lambda value: round(value, 4))
    size = st.integers(0, 300)

    def line(kind: str, name: str) -> Line:
        n = {"n_e": draw(size), "n_c": draw(size)}
        events = {f"events_{side}": draw(st.integers(0, n[f"n_{side}"])) for side in "ec"}
        spread = {"mean_e": draw(number), "sd_e": draw(above), "mean_c": draw(number), "sd_c": draw(above)}
        given = {
            "Dichotomous": n | events,
            "Continuous": n | spread,
            "Contrast level": n | {"estimate": draw(st.floats(-3, 3)), "se": draw(above)},
            "O-E and variance": n | events | {"o_e": draw(st.floats(-9, 9)), "variance": draw(above)},
        }[kind]
        return Line(name, given, draw(st.sampled_from(["", "", "early", "late"])), draw(st.just("") | words))

    analyses = []
    for _ in range(draw(st.integers(1, 4))):
        kind, measures = draw(st.sampled_from([
            ("Dichotomous", ("OR", "RR", "RD", "PETO_OR")), ("Continuous", ("MD", "SMD")),
            ("Contrast level", ("HR", "MD", "OR", "Rate ratio")), ("O-E and variance", ("HR", "PETO_OR")),
        ]))  # fmt: skip
        within = draw(st.lists(st.sampled_from(called), min_size=1, unique=True))
        measure = draw(st.sampled_from(measures))
        method = "PETO" if measure == "PETO_OR" else draw(st.sampled_from(["MH", "IV"]))
        lines = tuple(line(kind, name) for name in within)
        analyses.append(Comparison(draw(names), kind, measure, lines, method, draw(st.booleans()), draw(st.booleans())))
    return Invented(trials, tuple(analyses))
