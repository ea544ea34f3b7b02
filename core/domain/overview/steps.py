"""The next best step: the one thing to do now that brings the decision on, with its price."""

from dataclasses import dataclass
from enum import StrEnum


class StepKind(StrEnum):
    """What to do next."""

    IMPORT_PROMPTS = "import prompts"
    ADD_CANDIDATES = "add candidates"
    EVALUATE = "evaluate"
    NAME_CHAMPION = "name the champion"
    DECIDE = "decide"
    LOOK_AT_ROUTE = "look at the proposed route"
    LOOK_AT_DRIFT = "look at drift"
    ENTER_PRICES = "enter prices"
    INVITE = "invite raters"
    RATE = "rate"
    ENTER_TRAFFIC = "enter traffic"
    WATCH = "watch"


@dataclass(frozen=True)
class Situation:
    """What the step is chosen from."""

    prompts: int = 0
    candidates: int = 0
    responses: int = 0


@dataclass(frozen=True)
class Step:
    """What to do, why, and for how much."""

    kind: StepKind
    title: str
    why: str
    button: str
    usd: float | None = 0.0
    """What it costs; 0: nothing; None: not known."""


def next_step(situation: Situation) -> Step:
    """The first thing that stands in the way of a decision, by rule."""
    raise NotImplementedError
