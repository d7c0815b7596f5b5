"""Numbers as people read them: one place for rounding, minus signs, intervals, p-values and percent."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from math import exp, floor, isfinite, isinf, isnan, log10
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from msc_meta.figures.style import Style


UNPRINTABLE = {"Cc", "Cn", "Co", "Cs"}  # control, unassigned, private, half of a pair
TURNING = set(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))  # explicit marks of direction
TO = " to "  # between the bounds of an interval where a hyphen would stand beside a minus sign
NEGATIVE = re.compile(r"(?<![\w.)\]-])-(?=\.?\d)")  # not the hyphen of COVID-19, of 14-90, or of a registration


def clean(text: str) -> str:
    """Return text on one line, without characters that no SVG may hold or that turn the direction of what follows.

    Examples
    --------
    >>> clean("  Zhu" + chr(10) + "2021" + chr(0))
    'Zhu 2021'
    """
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    kept = (c for c in text if c.isspace() or (unicodedata.category(c) not in UNPRINTABLE and c not in TURNING))
    return " ".join("".join(kept).split())


def prose(text: str, style: Style) -> str:
    """Return a sentence on one line, with the figure's minus sign before its negative numbers.

    Examples
    --------
    >>> from msc_meta.figures.style import load_style
    >>> prose("COVID-19: -5.86 to -.2 on day 14-90", load_style())
    'COVID-19: −5.86 to −.2 on day 14-90'
    """
    return NEGATIVE.sub(style.minus, clean(text))


def number(value: float, decimals: int, style: Style) -> str:
    """Return a number with fixed decimals; an empty text for ``nan``, never a minus zero.

    Examples
    --------
    >>> from msc_meta.figures.style import load_style
    >>> number(-12.345, 1, load_style()), number(-0.001, 2, load_style())
    ('−12.3', '0.00')
    """
    if isnan(value):
        return ""
    if isinf(value):
        return (style.minus if value < 0 else "") + "∞"
    digits = f"{abs(value):.{decimals}f}"
    negative = value < 0 and float(digits) != 0
    if not style.leading_zero and digits.startswith("0."):
        digits = digits[1:]
    return (style.minus if negative else "") + digits


def three_digits(value: float, decimals: int, style: Style) -> str:
    """Return a number with three significant digits, a small one with ``decimals``.

    Examples
    --------
    >>> from msc_meta.figures.style import load_style
    >>> [three_digits(value, 2, load_style()) for value in (0.024, 15.47, 142.41, 141412.2)]
    ['0.02', '15.5', '142', '141000']
    """
    if not isfinite(value) or abs(value) < 1:
        return number(value, decimals, style)
    needed = 2 - floor(log10(abs(value)))
    return number(round(value, needed), min(max(needed, 0), decimals), style)


def count(value: float, style: Style) -> str:
    """Return patients or events: whole, or with one decimal where an arm was split."""
    return number(value, 0 if isnan(value) or float(value).is_integer() else 1, style)


def as_reported(value: float, style: Style) -> str:
    """Return a reported number with the digits it came with, at most four significant decimals.

    Examples
    --------
    >>> from msc_meta.figures.style import load_style
    >>> as_reported(17.5, load_style()), as_reported(28.0, load_style())
    ('17.5', '28')
    """
    if isnan(value):
        return ""
    return f"{abs(value):.4f}".rstrip("0").rstrip(".") if value >= 0 else style.minus + as_reported(-value, style)


def ratio(value: float, decimals: int, style: Style) -> str:
    """Return a ratio, with more decimals where it would be printed as zero, which no ratio is, and at 1000 with fewer.

    Examples
    --------
    >>> from msc_meta.figures.style import load_style
    >>> ratio(0.884, 2, load_style()), ratio(0.0021, 2, load_style()), ratio(13688.99, 2, load_style())
    ('0.88', '0.002', '13700')
    """
    value = float(f"{value:.13g}")  # the last digits of exp are noise, which must not decide where 2.625 goes
    if value >= 1000:
        return three_digits(value, decimals, style)
    while 1e-9 < value < 0.5 * 10.0**-decimals:
        decimals += 1
    return number(value, decimals, style)


def interval(low: str, high: str, style: Style) -> str:
    """Return an interval in the style's brackets: ``[0.64, 1.21]``; no bare hyphen stands beside a minus sign.

    Within one figure, `same_between` keeps what stands between the bounds the same.

    Examples
    --------
    >>> from msc_meta.figures.style import load_style
    >>> interval("0.64", "1.21", load_style("jama")), interval("−5.02", "−1.18", load_style("jama"))
    ('(0.64-1.21)', '(−5.02 to −1.18)')
    """
    between = TO if _is_hyphen(style) and style.minus in low + high else style.ci_between
    return f"{style.ci_open}{low}{between}{high}{style.ci_close}"


def same_between(style: Style, *, log: bool) -> Style:
    """Return the style for a figure of one scale: differences may have a minus sign, so no hyphen in any interval.

    Examples
    --------
    >>> from msc_meta.figures.style import load_style
    >>> interval("1.8", "3.5", same_between(load_style("jama"), log=False))
    '(1.8 to 3.5)'
    """
    return style if log or not _is_hyphen(style) else replace(style, ci_between=TO)


def _is_hyphen(style: Style) -> bool:
    return style.ci_between.strip() in {"-", "–"}


def p_value(p: float, style: Style) -> str:
    """Return ``P = 0.04`` or ``P < 0.001``, by the rules of the style.

    Cochrane's: three decimals below 0.01, and where two would hide which side of 0.05 it is on.

    Examples
    --------
    >>> from msc_meta.figures.style import load_style
    >>> [p_value(p, load_style()) for p in (0.31, 0.0481, 0.004, 0.00002)]
    ['P = 0.31', 'P = 0.048', 'P = 0.004', 'P < 0.001']
    >>> [p_value(p, load_style("jama")) for p in (0.31, 0.0481, 0.004, 0.00002)]
    ['P = .31', 'P = .05', 'P = .004', 'P < .001']
    """
    if isnan(p):
        return f"{style.p_letter} not available"
    shown = bare_p(p, style)
    return f"{style.p_letter} {shown}" if shown.startswith("<") else f"{style.p_letter} = {shown}"


def bare_p(p: float, style: Style) -> str:
    """Return a p-value without its letter, for a column of them: ``0.04`` or ``< 0.001``; empty for ``nan``."""
    if isnan(p):
        return ""
    if p < style.p_smallest:
        return f"< {_probability(style.p_smallest, style.p_decimals_small, style)}"
    close = style.p_guarded and f"{p:.2f}" == "0.05"
    return _probability(p, style.p_decimals_small if p < style.p_small or close else style.p_decimals, style)


def _probability(p: float, decimals: int, style: Style) -> str:
    digits = number(p, decimals, style)
    return digits if style.p_leading_zero or not digits.startswith("0.") else digits[1:]


def percent(value: float, decimals: int, style: Style) -> str:
    """Return a percentage, empty for ``nan``."""
    return number(value, decimals, style) + style.percent if isfinite(value) else ""


def level_text(level: float, style: Style) -> str:
    """Return a confidence level as ``95%``."""
    return f"{100 * level:g}{style.percent}"


def displayed(value: float, *, log: bool) -> float:
    """Return a value of the analysis scale on the scale that is shown; ratios are analysed as natural logs."""
    if not log or isnan(value):
        return value
    return exp(value) if value < 700 else float("inf")
