"""What a change is put down to, from evidence that is exact where it can be.

Both sides of a finding are computed under today's gates and evaluators, on the same prompts. So what our own edits did
is no part of its change: it is known beside it, from the baseline's own answers under the rules of then and of now. A
judge's new severity, and a price, are inside the change, and are told apart from the provider's part by comparing what
each explanation leaves over.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from core.domain.drift.measured import Metric, Scale

_MISFIT = 2.0
"""Standard errors beyond which an explanation does not fit."""
_95 = 1.959964
_OF_MINIMUM = 0.5
_NEVER = 1e-12


class Cause(StrEnum):
    """PROVIDER: other answers to the same prompts and settings, under the same name. UNKNOWN: nothing known fits."""

    PROVIDER = "provider"
    MODEL_VERSION = "model version"
    PRICES = "prices"
    TRAFFIC = "traffic"
    GATES = "gates"
    EVALUATORS = "evaluators"
    JUDGE = "judge"
    UNKNOWN = "not known"


CAUSE_WORDS: dict[Cause, str] = {
    Cause.PROVIDER: "the provider (other answers to the same prompts and settings)",
    Cause.MODEL_VERSION: "a new model version",
    Cause.PRICES: "other prices",
    Cause.TRAFFIC: "the traffic (another mix of prompts)",
    Cause.GATES: "our own gates",
    Cause.EVALUATORS: "our own evaluators",
    Cause.JUDGE: "the judge (the same answers are scored otherwise)",
    Cause.UNKNOWN: "not known",
}


@dataclass(frozen=True)
class Effect:
    """A part of a change: of a SHARE in points / 100, of a RATIO a factor, with its 95 % interval."""

    change: float
    lower: float
    upper: float

    @classmethod
    def exact(cls, change: float) -> "Effect":
        """One that is known without error."""
        return cls(change, change, change)


@dataclass(frozen=True)
class Moved:
    """Another candidate's change of the same metric in the same place."""

    endpoint: str
    change: float


@dataclass(frozen=True)
class Evidence:
    """What is known about a finding's change. None: there was nothing of the kind."""

    beside: dict[Cause, Effect] = field(default_factory=dict)
    """Of our own doing and of the traffic: what happened besides the finding's change, which is paired and under
    today's rules on both sides."""
    inside: dict[Cause, Effect] = field(default_factory=dict)
    """Of prices and of the judge: what is part of the finding's change."""
    has_new_name: bool = False
    """Whether most answers since carry a model name or a fingerprint that those before did not."""
    endpoint: str = ""
    others: Sequence[Moved] = ()
    """The other candidates that were looked at."""


@dataclass(frozen=True)
class Part:
    """A cause and how much of the change is its own; ``effect`` None: which part is its own cannot be told."""

    cause: Cause
    effect: Effect | None


def parts(metric: Metric, change: Effect | None, evidence: Evidence) -> tuple[Part, ...]:
    """What makes up a change, largest first. ``change``: of the finding; None: nothing changed but our own doing."""
    found = [Part(cause, effect) for cause, effect in evidence.beside.items() if is_material(metric, effect)]
    if change is not None:
        found += _inside(metric, change, evidence)
    return tuple(sorted(found, key=lambda part: -_size(metric, part.effect)))


def causes(metric: Metric, change: Effect | None, evidence: Evidence) -> tuple[Cause, ...]:
    """The causes in ``parts``, in their order."""
    return tuple(part.cause for part in parts(metric, change, evidence))


def is_material(metric: Metric, effect: Effect, *, of_minimum: float = _OF_MINIMUM) -> bool:
    """Whether an effect is proven, and at least that part of what matters."""
    moved, lower, upper = (_move(metric, value) for value in (effect.change, effect.lower, effect.upper))
    return abs(moved) >= of_minimum * least(metric) - _NEVER and (lower > 0 or upper < 0)


def least(metric: Metric) -> float:
    """The least change that matters, in points / 100 or in logarithms."""
    return metric.minimum if metric.scale is Scale.SHARE else math.log1p(metric.minimum)


def joined(metric: Metric, one: float, other: float) -> float:
    """Two changes one after the other."""
    return one + other if metric.scale is Scale.SHARE else one * other


def _inside(metric: Metric, change: Effect, evidence: Evidence) -> list[Part]:
    """Prices or the judge, what is left of the change, or both: whichever fits best."""
    offered = [(cause, effect) for cause, effect in evidence.inside.items() if _is_offered(metric, effect)]
    if not offered:
        return [_rest(metric, change, None, evidence)]
    cause, effect = max(offered, key=lambda each: _size(metric, each[1]))
    moved, part = _move(metric, change.change), _move(metric, effect.change)
    error, own_error = _error(metric, change), _error(metric, effect)
    without = abs(part) / max(own_error, _NEVER)
    left = abs(moved - part) / max(math.hypot(error, own_error), _NEVER)
    is_left = abs(moved - part) >= least(metric)
    if left > _MISFIT and is_left and without > _MISFIT:
        return [Part(cause, effect), _rest(metric, change, effect, evidence)]
    if without >= left or not is_left:
        return [Part(cause, effect)]
    return [_rest(metric, change, None, evidence)]


def _is_offered(metric: Metric, effect: Effect) -> bool:
    return abs(_move(metric, effect.change)) >= _OF_MINIMUM * least(metric)


def _rest(metric: Metric, change: Effect, explained: Effect | None, evidence: Evidence) -> Part:
    """What nothing of ours explains: a new version, the provider, or nothing known where other endpoints moved too."""
    rest = change if explained is None else _less(metric, change, explained)
    if evidence.has_new_name:
        return Part(Cause.MODEL_VERSION, rest)
    common = 0.0 if explained is None else _move(metric, explained.change)
    if _moved_together(metric, _move(metric, rest.change), common, evidence):
        return Part(Cause.UNKNOWN, rest)
    return Part(Cause.PROVIDER, rest)


def _moved_together(metric: Metric, moved: float, common: float, evidence: Evidence) -> bool:
    """Whether most other endpoints moved by about the same: each is nearer to this change than to none."""
    by_endpoint: dict[str, list[float]] = {}
    for other in evidence.others:
        if other.endpoint != evidence.endpoint and not math.isnan(other.change):
            by_endpoint.setdefault(other.endpoint, []).append(_move(metric, other.change) - common)
    along = [sum(each) / len(each) / moved for each in by_endpoint.values()] if moved else []
    return 2 * sum(share > 0.5 for share in along) > len(along)


def _less(metric: Metric, change: Effect, explained: Effect) -> Effect:
    middle = _move(metric, change.change) - _move(metric, explained.change)
    reach = _95 * math.hypot(_error(metric, change), _error(metric, explained))
    return Effect(*(_change(metric, value) for value in (middle, middle - reach, middle + reach)))


def _move(metric: Metric, change: float) -> float:
    """The change with 0 for none, so that changes add up."""
    return change if metric.scale is Scale.SHARE else math.log(max(change, _NEVER))


def _change(metric: Metric, move: float) -> float:
    return move if metric.scale is Scale.SHARE else math.exp(move)


def _error(metric: Metric, effect: Effect) -> float:
    reach = _move(metric, effect.upper) - _move(metric, effect.lower)
    return 0.0 if math.isnan(reach) else reach / (2 * _95)


def _size(metric: Metric, effect: Effect | None) -> float:
    return 0.0 if effect is None else abs(_move(metric, effect.change))
