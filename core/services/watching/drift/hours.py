"""Latency and failures by hour of day."""

from dataclasses import dataclass

from sqlmodel import Session

from core.domain.drift import Hours


@dataclass(frozen=True)
class HoursOfDay:
    """One candidate's, over the runs of the baseline in force and since."""

    candidate_id: int
    candidate: str
    latency: Hours
    failures: Hours


def hours_of_day(session: Session, dataset: str, *, zone: str = "UTC") -> list[HoursOfDay]:
    """Per candidate, by the hour in ``zone`` (an IANA name) at which it was asked."""
    raise NotImplementedError
