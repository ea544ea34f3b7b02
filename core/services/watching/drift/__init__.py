"""Drift: each candidate against its pinned baseline, checked after every run."""

from core.services.watching.drift.baselines import baseline, baselines, pin
from core.services.watching.drift.checking import check, check_dataset, check_due, due
from core.services.watching.drift.flipping import flipped
from core.services.watching.drift.hours import HoursOfDay, hours_of_day
from core.services.watching.drift.replaying import replay_all_due, replayed
from core.services.watching.drift.settings import AnchorSettings, anchor_settings, save_anchor_settings
from core.services.watching.drift.since import since_told
from core.services.watching.drift.states import datasets, state
from core.services.watching.drift.text import drift_object, drift_text, finding_object, replay_words, visible_words
from core.services.watching.drift.told import (
    Annotation,
    Baseline,
    CausePart,
    Check,
    CheckLine,
    DriftState,
    FindingLine,
    Flip,
    FlipAnswer,
    Replay,
    Trend,
    TrendPoint,
)

__all__ = [
    "AnchorSettings",
    "Annotation",
    "Baseline",
    "CausePart",
    "Check",
    "CheckLine",
    "DriftState",
    "FindingLine",
    "Flip",
    "FlipAnswer",
    "HoursOfDay",
    "Replay",
    "Trend",
    "TrendPoint",
    "anchor_settings",
    "baseline",
    "baselines",
    "check",
    "check_dataset",
    "check_due",
    "datasets",
    "drift_object",
    "drift_text",
    "due",
    "finding_object",
    "flipped",
    "hours_of_day",
    "pin",
    "replay_all_due",
    "replay_words",
    "replayed",
    "save_anchor_settings",
    "since_told",
    "state",
    "visible_words",
]
