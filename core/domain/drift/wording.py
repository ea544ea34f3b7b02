"""Drift in words: one sentence a finding."""

from collections.abc import Mapping, Sequence

from core.domain.drift.causes import CAUSE_WORDS, Cause
from core.domain.drift.judging import Finding
from core.domain.drift.measured import Metric, Scale
from core.domain.words import per_thousand, percent, seconds


def sentence(
    finding: Finding, names: Mapping[int, str], *, since: str = "", causes: Sequence[Cause] = (), told: str = ""
) -> str:
    """``B's share acceptable in coding fell from 84 % to 61 % (-31 to -15 points) since run 12; likely cause: …``.

    ``since``: "run 12, Sun 15 Nov"; ``told``: what shows the causes, in place of their plain words.
    """
    begun = f" since {since}" if since else ""
    named = told or " and ".join(CAUSE_WORDS[cause] for cause in causes)
    why = f"; likely cause: {named}" if named else ""
    moved = brief(
        names[finding.candidate], finding.metric, finding.category, finding.change, (finding.before, finding.after)
    )
    return f"{moved} ({span(finding.metric, finding.lower, finding.upper)}){begun}{why}."


def brief(name: str, metric: Metric, category: str | None, change: float, ends: tuple[float, float]) -> str:
    """``B's share acceptable in coding fell from 84 % to 61 %``; ``ends``: before and after."""
    where = f" in {category}" if category is not None else ""
    moved = "rose" if change > (0 if metric.scale is Scale.SHARE else 1) else "fell"
    title = metric.title[:1].lower() + metric.title[1:]
    return f"{name}'s {title}{where} {moved} from {amount(metric, ends[0])} to {amount(metric, ends[1])}"


def amount(metric: Metric, value: float) -> str:
    """A value of the metric, with its unit."""
    if metric.scale is Scale.SHARE:
        return percent(value)
    if metric.name.endswith("_ms"):
        return seconds(value)
    return per_thousand(value) if metric.name.endswith("_usd") else f"{value:,.0f}"


def span(metric: Metric, lower: float, upper: float) -> str:
    """The interval of the change: ``-31 to -15 points``, ``× 1.41 to 1.80``."""
    if metric.scale is Scale.SHARE:
        return f"{_points(lower)} to {_points(upper)} points"
    return f"× {lower:.2f} to {upper:.2f}"


def _points(share: float) -> str:
    return f"{100 * share:+.0f}".replace("-", "−")
