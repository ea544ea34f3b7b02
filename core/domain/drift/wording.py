"""Drift in words: one sentence a finding."""

from collections.abc import Mapping, Sequence

from core.domain.drift.causes import CAUSE_WORDS, Cause
from core.domain.drift.judging import Finding
from core.domain.drift.measured import Metric, Scale
from core.domain.words import per_thousand, percent, seconds


def sentence(
    finding: Finding, names: Mapping[int, str], *, since: str = "", causes: Sequence[Cause] = (), told: str = ""
) -> str:
    """``B's share acceptable in coding fell from 84 % to 61 % (-31 to -15 points) since run 12; put down to: …``.

    ``since``: "run 12, Sun 15 Nov"; ``told``: what shows the causes, in place of their plain words.
    """
    where = f" in {finding.category}" if finding.category is not None else ""
    moved = "rose" if _rises(finding) else "fell"
    ends = f"from {amount(finding.metric, finding.before)} to {amount(finding.metric, finding.after)}"
    begun = f" since {since}" if since else ""
    named = told or " and ".join(CAUSE_WORDS[cause] for cause in causes)
    why = f"; put down to: {named}" if named else ""
    title = finding.metric.title[:1].lower() + finding.metric.title[1:]
    return f"{names[finding.candidate]}'s {title}{where} {moved} {ends} ({span(finding)}){begun}{why}."


def amount(metric: Metric, value: float) -> str:
    """A value of the metric, with its unit."""
    if metric.scale is Scale.SHARE:
        return percent(value)
    if metric.name.endswith("_ms"):
        return seconds(value)
    return per_thousand(value) if metric.name.endswith("_usd") else f"{value:,.0f}"


def span(finding: Finding) -> str:
    """The interval of the change: ``-31 to -15 points``, ``× 1.41 to 1.80``."""
    if finding.metric.scale is Scale.SHARE:
        return f"{_points(finding.lower)} to {_points(finding.upper)} points"
    return f"× {finding.lower:.2f} to {finding.upper:.2f}"


def _points(share: float) -> str:
    return f"{100 * share:+.0f}".replace("-", "−")


def _rises(finding: Finding) -> bool:
    return finding.change > (0 if finding.metric.scale is Scale.SHARE else 1)
