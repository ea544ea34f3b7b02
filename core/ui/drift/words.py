"""How changes, moments and candidates are written on the Drift page; all of it safe to show as Markdown."""

import math
from typing import Literal

from core.domain.drift import Metric, Scale, Tier
from core.domain.drift.wording import amount
from core.ui.drift.choice import View
from core.ui.shared import colours, frame

OVER_ALL = "Overall"
UNKNOWN = "not known"
TIERS: dict[Tier, tuple[str, str, Literal["red", "orange"]]] = {
    Tier.ALARM: ("Alarm", ":material/notification_important:", "red"),
    Tier.WATCH: ("Watch", ":material/visibility:", "orange"),
}


def candidate(view: View, candidate_id: int, name: str) -> str:
    """A candidate's mark in its colour, and its name."""
    position = view.position(candidate_id)
    return f':color[{colours.sign(position)}]{{foreground="{colours.colour(position)}"}} **{frame.as_typed(name)}**'


def change(metric: Metric, size: float | None) -> str:
    """A change: ``−23 points``, ``× 1.60``."""
    if size is None or math.isnan(size):
        return UNKNOWN
    return f"{100 * size:+.1f} points".replace("-", "−") if metric.scale is Scale.SHARE else f"× {size:.2f}"


def interval(metric: Metric, lower: float | None, upper: float | None) -> str:
    """The interval of a change; empty where there is none."""
    if lower is None or upper is None or math.isnan(lower) or math.isnan(upper):
        return ""
    if metric.scale is Scale.SHARE:
        return f"{100 * lower:+.1f} to {100 * upper:+.1f}".replace("-", "−")
    return f"{lower:.2f} to {upper:.2f}"


def value(metric: Metric, known: float | None) -> str:
    """A value of a metric with its unit."""
    return UNKNOWN if known is None or math.isnan(known) else amount(metric, known)


def where(category: str | None) -> str:
    """A category, or over all."""
    return OVER_ALL if category is None else category
