"""Schedules: when a dataset is evaluated again by itself, and what became of each time."""

from core.services.watching.schedules.drafts import (
    LONGEST_NAME,
    MOST_APART_H,
    MOST_REPETITIONS,
    Choices,
    ScheduleDraft,
    choices,
    dataset_of,
    draft_of,
    spread_s,
)
from core.services.watching.schedules.firing import Outcome, run_now, tick
from core.services.watching.schedules.listing import (
    MOST_LISTED,
    FireLine,
    ScheduleLine,
    count_fires,
    fire_object,
    history,
    listed,
    recent_failures,
    schedule_object,
)
from core.services.watching.schedules.storing import add, change, named, pause, remove, resume

__all__ = [
    "LONGEST_NAME",
    "MOST_APART_H",
    "MOST_LISTED",
    "MOST_REPETITIONS",
    "Choices",
    "FireLine",
    "Outcome",
    "ScheduleDraft",
    "ScheduleLine",
    "add",
    "change",
    "choices",
    "count_fires",
    "dataset_of",
    "draft_of",
    "fire_object",
    "history",
    "listed",
    "named",
    "pause",
    "recent_failures",
    "remove",
    "resume",
    "run_now",
    "schedule_object",
    "spread_s",
    "tick",
]
