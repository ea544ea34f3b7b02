"""Drift: what changed since a baseline beyond chance, and what it is put down to."""

from core.domain.drift.harm import Harm, harm
from core.domain.drift.hours import Hour, Hours, by_hour
from core.domain.drift.judging import Cell, Finding, Judgement, State, Tier, judge
from core.domain.drift.measured import Metric, Prompts, Scale, Seen, Series
from core.domain.drift.shocks import FEWEST_RUNS
from core.domain.drift.visible import Visible, smallest_visible

__all__ = [
    "FEWEST_RUNS",
    "Cell",
    "Finding",
    "Harm",
    "Hour",
    "Hours",
    "Judgement",
    "Metric",
    "Prompts",
    "Scale",
    "Seen",
    "Series",
    "State",
    "Tier",
    "Visible",
    "by_hour",
    "harm",
    "judge",
    "smallest_visible",
]
