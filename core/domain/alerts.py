"""What somebody is alerted about, and how urgent it is."""

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


class Severity(StrEnum):
    """How soon somebody should look, as stored; from the least to the most urgent."""

    NOTE = "note"
    WARNING = "warning"
    URGENT = "urgent"

    @property
    def rank(self) -> int:
        """Greater is more urgent."""
        return list(Severity).index(self)
