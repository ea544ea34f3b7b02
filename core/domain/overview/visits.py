"""Since when something is new to somebody: what came after they last looked.

A visit goes on as long as somebody looks again within VISIT_LASTS; within it *new* stays what was new when it began,
however often the page is drawn and in however many tabs.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

VISIT_LASTS = timedelta(minutes=30)


@dataclass(frozen=True)
class Marks:
    """How far the facts went when somebody looked: the greatest ids of then, 0 where there was none."""

    vote: int = 0
    run: int = 0
    alert: int = 0
    check: int = 0
    """A check for drift."""
    decision: int = 0
    price: int = 0
    """An entered price."""

    def and_further(self, other: "Marks") -> "Marks":
        """The farther of the two in each."""
        return Marks(**{name: max(mark, getattr(other, name)) for name, mark in vars(self).items()})


@dataclass(frozen=True)
class Visit:
    """One person's looks at one dataset."""

    before: Marks | None
    """How far the facts went when the visit before this one ended; None: this is the first."""
    before_at: datetime | None
    last: Marks
    """How far they went at the last look."""
    last_at: datetime


def since(visit: Visit | None, now: datetime) -> tuple[Marks, datetime] | None:
    """What is new at ``now`` came after these marks, of that time; None: this is the first visit."""
    if visit is None:
        return None
    if now - visit.last_at > VISIT_LASTS:
        return visit.last, visit.last_at
    return None if visit.before is None or visit.before_at is None else (visit.before, visit.before_at)


def seen(visit: Visit | None, marks: Marks, at: datetime) -> Visit:
    """The visit once a page was seen that showed the facts up to ``marks``, drawn ``at``. Marks never go back."""
    if visit is None:
        return Visit(None, None, marks, at)
    if at - visit.last_at > VISIT_LASTS:
        return Visit(visit.last, visit.last_at, visit.last.and_further(marks), at)
    return replace(visit, last=visit.last.and_further(marks), last_at=max(at, visit.last_at))
