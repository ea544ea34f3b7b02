"""What somebody is alerted about, how urgent it is, and how both are called."""

from dataclasses import dataclass
from enum import StrEnum


class AlertKind(StrEnum):
    """What happened, as stored."""

    DRIFT = "drift"
    CHAMPION = "champion"
    RUN_FAILED = "run_failed"
    CAP_HIT = "cap_hit"
    QUEUE_DRY = "queue_dry"
    AGREEMENT = "agreement"
    MODEL_RETIRED = "model_retired"
    MODEL_NAME = "model_name"
    PRICE = "price"
    SCHEDULE = "schedule"
    ROUTES = "routes"


class Severity(StrEnum):
    """How soon somebody should look, as stored; from the least to the most urgent."""

    NOTE = "note"
    WARNING = "warning"
    URGENT = "urgent"

    @property
    def rank(self) -> int:
        """Greater is more urgent."""
        return list(Severity).index(self)


@dataclass(frozen=True)
class KindWords:
    """A kind as people read it."""

    title: str
    when: str
    """When it is raised: a sentence's end after *Somebody is told when …*."""


WORDS: dict[AlertKind, KindWords] = {
    AlertKind.DRIFT: KindWords("Drift", "a candidate's figures have moved from the baseline, with proof"),
    AlertKind.CHAMPION: KindWords("Champion no longer best", "the overall verdict says to switch"),
    AlertKind.RUN_FAILED: KindWords("Run failed", "a run stops before its end, or too many responses are missing"),
    AlertKind.CAP_HIT: KindWords("Spending cap reached", "a run stops because its spending cap is reached"),
    AlertKind.QUEUE_DRY: KindWords("Nothing left to rate", "raters of an open study have rated all there is"),
    AlertKind.AGREEMENT: KindWords("Agreement fell", "raters of a study agree too little, beyond doubt"),
    AlertKind.MODEL_RETIRED: KindWords("Model retired", "a model is gone, or its provider says that it will be"),
    AlertKind.MODEL_NAME: KindWords("Model answers under a new name", "a model answers under a name not seen before"),
    AlertKind.PRICE: KindWords("Price changed", "a run was charged other prices than the one before"),
    AlertKind.SCHEDULE: KindWords("Schedule missed", "a scheduled run was missed or failed"),
    AlertKind.ROUTES: KindWords("Routes proposed", "a verdict or an alarm changes who should answer a category"),
}
