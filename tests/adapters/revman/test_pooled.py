"""An imported review pools to what RevMan's algorithms give; they are written out here once more, by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from tests.adapters.revman.invented import Invented, package, rm5
from tests.adapters.revman.reviews import DEATHS, REVIEW, STAYS, TRIALS, deaths, stays

import msc_meta as mm
from msc_meta.adapters.revman import RevManWeb

TABLES = [(row["events_e"], row["n_e"], row["events_c"], row["n_c"]) for row in DEATHS]


def imported(review: Invented, tmp_path, msc, door: str = "rm5"):
    """Import a review at the command line, and synthesise the folder that it wrote."""
    source, folder = tmp_path / f"review.{door}", tmp_path / f"from-{door}"
    source.write_bytes(rm5(review) if door == "rm5" else package(review))
    done = msc("import", source, "-o", folder)
    assert done.code == 0, done.err
    return mm.synthesize(mm.load_studies(folder), mm.load_protocol(folder / "protocol.yaml")), done


def cells(tables):
    """Return a, b, c, d of each table, 0.5 added where one is empty."""
    for a, n1, c, n2 in tables:
        add = 0.5 if 0 in (a, n1 - a, c, n2 - c) else 0
        yield a + add, n1 - a + add, c + add, n2 - c + add


def log_odds_ratios(tables):
    found = [(math.log(a * d / (b * c)), 1 / a + 1 / b + 1 / c + 1 / d) for a, b, c, d in cells(tables)]
    return [one[0] for one in found], [one[1] for one in found]


def mantel_haenszel_odds_ratio(tables):
    parts = [
        (a * d / (a + b + c + d), b * c / (a + b + c + d), (a + d) / (a + b + c + d)) for a, b, c, d in cells(tables)
    ]
    r, s = sum(one[0] for one in parts), sum(one[1] for one in parts)
    e = sum(p * x for x, _, p in parts)
    f = sum(p * y for _, y, p in parts)
    g = sum((1 - p) * x for x, _, p in parts)
    h = sum((1 - p) * y for _, y, p in parts)
    return math.log(r / s), (e / r**2 + (f + g) / (r * s) + h / s**2) / 2


def inverse_variance(yi, vi):
    weights = [1 / v for v in vi]
    mean = sum(w * y for w, y in zip(weights, yi, strict=True)) / sum(weights)
    return mean, 1 / sum(weights), sum(w * (y - mean) ** 2 for w, y in zip(weights, yi, strict=True))


def tau2(q, vi):
    weights = [1 / v for v in vi]
    return max(0, (q - len(vi) + 1) / (sum(weights) - sum(w * w for w in weights) / sum(weights)))


def only(synthesis):
    (outcome,) = synthesis.values()
    return outcome.result


@pytest.mark.parametrize("door", ["rm5", "zip"])
def test_mantel_haenszel(door, tmp_path, msc):
    result = only(imported(Invented(TRIALS, (deaths(),)), tmp_path, msc, door)[0])
    estimate, variance = mantel_haenszel_odds_ratio(TABLES)
    yi, vi = log_odds_ratios(TABLES)
    assert result.estimate == pytest.approx(estimate, rel=1e-12)
    assert result.se == pytest.approx(math.sqrt(variance), rel=1e-12)
    assert result.q == pytest.approx(sum((y - estimate) ** 2 / v for y, v in zip(yi, vi, strict=True)), rel=1e-12)
    assert result.ci.high == pytest.approx(estimate + 1.959963984540054 * math.sqrt(variance), rel=1e-12)
    weights = [b * c / (a + b + c + d) for a, b, c, d in cells(sorted(TABLES))]
    assert sorted(result.weights) == pytest.approx(sorted(100 * w / sum(weights) for w in weights), rel=1e-12)


def test_mantel_haenszel_random(tmp_path, msc):
    result = only(imported(Invented(TRIALS, (deaths(random=True),)), tmp_path, msc)[0])
    about, _ = mantel_haenszel_odds_ratio(TABLES)
    yi, vi = log_odds_ratios(TABLES)
    q = sum((y - about) ** 2 / v for y, v in zip(yi, vi, strict=True))
    spread = tau2(q, vi)
    estimate, variance, _ = inverse_variance(yi, [v + spread for v in vi])
    assert (result.q, result.tau2) == (pytest.approx(q, rel=1e-12), pytest.approx(spread, rel=1e-9))
    assert (result.estimate, result.se) == (
        pytest.approx(estimate, rel=1e-12),
        pytest.approx(math.sqrt(variance), rel=1e-12),
    )


def test_swapped_events_are_those_without_the_event(tmp_path, msc):
    result = only(imported(Invented(TRIALS, (deaths(swap=True),)), tmp_path, msc)[0])
    estimate, _ = mantel_haenszel_odds_ratio([(n1 - a, n1, n2 - c, n2) for a, n1, c, n2 in TABLES])
    assert result.estimate == pytest.approx(estimate, rel=1e-12)


def test_standardised_mean_difference(tmp_path, msc):
    review = Invented(TRIALS, (stays("SMD", printed=(-0.4, -0.8, -0.1)),))
    result = only(imported(review, tmp_path, msc)[0])
    yi, vi = [], []
    for m1, s1, n1, m2, s2, n2 in STAYS:
        n = n1 + n2
        pooled = math.sqrt(((n1 - 1) * s1**2 + (n2 - 1) * s2**2) / (n - 2))
        yi.append((m1 - m2) / pooled * (1 - 3 / (4 * n - 9)))
        vi.append(n / (n1 * n2) + yi[-1] ** 2 / (2 * (n - 3.94)))
    estimate, variance, q = inverse_variance(yi, vi)
    assert (result.estimate, result.se) == (
        pytest.approx(estimate, rel=1e-12),
        pytest.approx(math.sqrt(variance), rel=1e-12),
    )
    assert result.q == pytest.approx(q, rel=1e-12)


def test_peto_hazards_log_rank_and_rates(tmp_path, msc):
    peto = deaths("PETO_OR", "PETO")
    synthesis, _ = imported(replace(REVIEW, analyses=(*REVIEW.analyses, peto)), tmp_path, msc)
    results = {name[:3]: outcome.result for name, outcome in synthesis.items() if "part" not in name}
    expected = [(a - (a + c) * n1 / (n1 + n2), n1 * n2 * (a + c) * (n1 + n2 - a - c) / ((n1 + n2) ** 2 * (n1 + n2 - 1)))
                for a, n1, c, n2 in TABLES]  # fmt: skip
    total = sum(v for _, v in expected)
    assert results["1-7"].estimate == pytest.approx(sum(o for o, _ in expected) / total, rel=1e-12)
    assert results["1-3"].estimate == pytest.approx(inverse_variance([-0.25, 0.125], [0.04, 0.0625])[0], rel=1e-12)
    assert results["1-4"].estimate == pytest.approx((-2.5 - 1.5) / (2.6 + 1.0), rel=1e-12)
    assert (results["1-5"].estimate, results["1-5"].se) == (pytest.approx(-0.4), pytest.approx(0.3))
    parts = {outcome.rules.title: outcome.result for name, outcome in synthesis.items() if "part" in name}
    assert [title.partition(": ")[2] for title in parts] == ["bone marrow", "cord"]
    assert [result.k for result in parts.values()] == [2, 2]


def test_a_declared_smd_without_a_result_is_drawn_and_pooled_as_md(tmp_path, msc):
    synthesis, done = imported(Invented(TRIALS, (stays("SMD"),)), tmp_path, msc, "zip")
    (outcome,) = synthesis.values()
    assert outcome.rules.measure == "MD"
    assert outcome.sensitivity["as-declared"].result.measure == "SMD"
    assert "analysis 1.1 declares SMD" in done.err
    path = tmp_path / "drawn.zip"
    svg = b"<svg><text>Std. Mean Difference</text><text>Total (95% CI)</text><text>-0.36 [-0.64 , -0.08]</text></svg>"
    path.write_bytes(package(Invented(TRIALS, (stays("SMD"),)), svg={"CMP-001.01.svg": svg}))
    decided = RevManWeb().decisions(path)
    assert decided is not None
    assert [rules["measure"] for rules in decided.protocol["outcomes"].values()] == ["SMD"]


def test_a_result_that_does_not_follow_from_the_rows_is_reported(tmp_path, msc):
    right, wrong = deaths(), deaths(printed=(0.5, 0.3, 0.8))
    _, done = imported(Invented(TRIALS, (right, wrong)), tmp_path, msc)
    report = (tmp_path / "from-rm5" / "import-report.md").read_text(encoding="utf-8")
    assert report.strip() in done.err
    first, second = [line for line in report.splitlines() if line.startswith("- 1.")][:2]
    assert "no result to compare with" in first
    assert "estimate 0.5, here" in second


def test_the_folder_is_a_review_of_its_own(tmp_path, msc):
    imported(Invented(TRIALS, (deaths(),)), tmp_path, msc)
    folder = tmp_path / "from-rm5"
    assert msc("check", folder).code == 0
    done = msc("run", folder, "-o", tmp_path / "out", "--format", "svg")
    assert done.code == 0
    assert "protocol.yaml" in done.err
    assert (tmp_path / "out" / "forest_1-1-death-28-days.svg").exists()
    (folder / "doe-2020.yaml").write_text(
        (folder / "doe-2020.yaml").read_text(encoding="utf-8").replace("1-1-death-28-days", "1-1-deaht-28-days"),
        encoding="utf-8",
    )
    listing = msc("check", folder)
    assert listing.code == 1
    assert "E205 outcomes[0].outcome" in listing.out
    assert "did you mean 1-1-death-28-days?" in listing.out
