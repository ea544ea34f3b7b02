"""What an evaluator says of responses, where it runs what came with data apart; it always says something."""

import logging
import math
import traceback
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from core.domain.scoring.base import EvaluatorKind, Score, Subject, unscored
from core.domain.scoring.turns import by_turn
from core.domain.strict_params import StrictParams
from core.errors import EvenhandError
from core.services import apart
from core.services.scoring import records
from core.services.scoring.registry import kind_named
from core.storage.tables import Evaluator

_log = logging.getLogger(__name__)


def one_by_one(evaluator: Evaluator, wanted: Sequence[Subject]) -> Iterator[Score]:
    """What the evaluator says of each, in their order. What runs out of time or memory is unscored, with the reason."""
    try:
        kind = kind_named(evaluator.kind)
    except EvenhandError as error:
        yield from (unscored(str(error)) for _ in wanted)
        return
    params = kind.params.of(evaluator.params)
    runs = [kind.runs(subject, params) for subject in wanted]
    calls = [apart.Call((one, params), of) for one, of in zip(wanted, runs, strict=True) if of is not None]
    outcomes = apart.each(_work(kind), calls)
    for subject, of in zip(wanted, runs, strict=True):
        ask = partial(_here, kind, subject, params) if of is None else partial(_from_apart, outcomes)
        yield _said(evaluator, ask)


def trace() -> str:
    """What is being handled, fit for a log: an exception may quote a text that holds anything."""
    return records.storable(traceback.format_exc())


def _work(kind: EvaluatorKind) -> Callable[[Subject, Any], Score]:
    assert kind.score is not None
    return kind.score


def _here(kind: EvaluatorKind, subject: Subject, params: StrictParams) -> Score:
    if not kind.reads_reference:
        return _work(kind)(subject, params)
    return by_turn(subject, lambda turn: _work(kind)(turn, params))


def _from_apart(outcomes: Iterator[Any]) -> Score:
    outcome = next(outcomes)
    if isinstance(outcome, Exception):
        raise outcome
    assert isinstance(outcome, Score)
    return outcome


def _said(evaluator: Evaluator, ask: Callable[[], Score]) -> Score:
    try:
        said = ask()
        value = said.value
        if value is not None and not (math.isfinite(value) and 0.0 <= value <= 1.0):
            return unscored(f"The evaluator gave {value!r}, which is not between 0 and 1.")
        return said
    except apart.NotStarted:
        raise
    except EvenhandError as error:
        return unscored(records.storable(str(error)))
    except Exception as error:
        _log.error("the evaluator %s (%s) failed on a response: %s", evaluator.name, evaluator.kind, trace())
        problem = f"The evaluator failed on this response: {type(error).__name__}: {error}"
        return unscored(records.storable(problem))
