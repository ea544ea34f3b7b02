"""What a rule is: a function that looks at the workspace and says what somebody should know."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from core.domain.alerts import AlertKind
from core.services.alerts import Raised

EVERYTHING = ""


@dataclass(frozen=True)
class Parameter:
    """A threshold of a rule that an admin may set."""

    name: str
    title: str
    usual: float
    least: float
    most: float
    unit: str = ""
    help: str = ""


@dataclass(frozen=True)
class Look:
    """What a rule is given to look at."""

    session: Session
    scope: str
    """Which of its scopes."""
    since: datetime
    """What happened before is no news."""
    now: datetime
    thresholds: Mapping[str, float]
    """By the names of the rule's parameters."""


def everything(_session: Session) -> dict[str, object]:
    """One scope that is looked at each time, for what costs next to nothing; None never counts as the same."""
    return {EVERYTHING: None}


@dataclass(frozen=True)
class Rule:
    """When alerts of one kind are raised."""

    kind: AlertKind
    find: Callable[[Look], Iterable[Raised]]
    """What there is to say of a scope. Only reads."""
    parameters: tuple[Parameter, ...] = ()
    scopes: Callable[[Session], Mapping[str, object]] = everything
    """What is looked at one by one, each with a value that changes with it: while that stays the same, the scope is
    not looked at again. None: it always is. Cheap."""
    is_daily: bool = False
    """Another day counts as a change."""
    every: timedelta = timedelta(minutes=1)
    """It looks no more often."""
    is_standing: bool = False
    """``find`` says what holds now, and not what happened once: it is news when it begins to hold, and again when it
    begins anew after somebody acknowledged that."""
    rest: timedelta = timedelta()
    """What stops holding for less is taken to have held on."""

    def thresholds(self, changed: Mapping[str, float]) -> dict[str, float]:
        """The usual thresholds, with those that an admin ``changed``."""
        return {each.name: float(changed.get(each.name, each.usual)) for each in self.parameters}
