"""What responses are judged by, and the verdict that comes of it: which requirement or gate each passes or fails."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlmodel import Session

from core.domain.acceptability import (
    Check,
    Endings,
    Outcomes,
    Requirement,
    checked,
    combined,
    gate_outcomes,
    requirements,
)
from core.domain.answering import FinishReason
from core.domain.judging import PAIRWISE_KIND, REFUSAL_KIND
from core.services.quality.awaited import INCOMPLETE, REFUSAL, awaited
from core.services.quality.gathering import NO_CASE, UNSCORED, Floats, Ids
from core.services.scoring import evaluators as all_evaluators
from core.services.scoring import gates
from core.services.scoring.registry import kind_named
from core.storage.tables import Evaluator, Gate


@dataclass(frozen=True)
class GateInUse:
    """A gate as it is shown. ``category`` None: for all."""

    name: str
    evaluator_id: int
    category: str | None
    at_least: float
    fails: str
    """What is wrong with a response that fails it: *lacks the reference answer*."""


@dataclass(frozen=True)
class Criteria:
    """What responses are judged by."""

    evaluators: list[Evaluator]
    gates: list[GateInUse]

    @property
    def ids(self) -> list[int]:
        """Of the evaluators."""
        return [evaluator.id or 0 for evaluator in self.evaluators]


@dataclass(frozen=True)
class Judgement(Criteria):
    """What comes of the criteria for n responses; every array has one entry a response."""

    scores: Floats
    """[responses, evaluators], as gathering.scores gives them; NO_CASE too where a judge of refusals is not asked."""
    outcomes: dict[str, Outcomes]
    """By requirement or gate."""
    verdict: Outcomes
    refuses: NDArray[np.bool_]
    checked: NDArray[np.bool_]
    """Whether any gate applies to it."""
    told_by_judge: NDArray[np.bool_]
    """Whether a judge said whether it refuses, where the classifier could not."""


@dataclass(frozen=True)
class ToJudge:
    """What of n responses the criteria need: [n] each."""

    endings: Endings
    is_empty: NDArray[np.bool_]
    expects_refusal: NDArray[np.bool_]
    """Of its prompt."""
    category: Ids
    """Its prompt's: a place in ``categories``."""
    categories: list[str]
    goes_on: NDArray[np.bool_]
    """Whether its run is not over."""


def judgement(by: Criteria, said: Floats, of: ToJudge) -> Judgement:
    """Judge n responses. ``said``: [n, evaluators] as ``gathering.scores`` gives them."""
    scores, told, told_by_judge = _with_judges(by.evaluators, said)
    refuses = _refuses(of.endings, by.evaluators, told)
    place = {evaluator.id: number for number, evaluator in enumerate(by.evaluators)}
    applies = [(gate.evaluator_id, _applies(gate, of.categories, of.category)) for gate in by.gates]
    of_gates = [_of_gate(gate, told[:, place[at]], here) for gate, (at, here) in zip(by.gates, applies, strict=True)]
    cut_short = _flagged(INCOMPLETE, by.evaluators, scores)
    found = requirements(
        of.endings, is_empty=of.is_empty, cut_short=cut_short, refuses=refuses, expects_refusal=of.expects_refusal
    )
    outcomes = {str(name): outcome for name, outcome in found.items()}
    for gate, outcome in zip(by.gates, of_gates, strict=True):
        outcomes[gate.name] = _both(outcomes[gate.name], outcome) if gate.name in outcomes else outcome
    return Judgement(
        evaluators=by.evaluators,
        gates=by.gates,
        scores=scores,
        outcomes=outcomes,
        verdict=combined(list(outcomes.values()), awaited(by.evaluators, said, applies, of.goes_on)),
        refuses=(refuses == 1.0) & (outcomes[str(Requirement.NOT_BLOCKED)] == Check.PASSED),
        checked=checked(of_gates, len(said)),
        told_by_judge=told_by_judge,
    )


def criteria(session: Session, dataset_id: int) -> Criteria:
    """The evaluators in use that look at one response, and the dataset's gates."""
    return Criteria(_evaluators(session), _gates(session, dataset_id))


def _evaluators(session: Session) -> list[Evaluator]:
    return [evaluator for evaluator in all_evaluators.listed(session) if evaluator.kind != PAIRWISE_KIND]


def _gates(session: Session, dataset_id: int) -> list[GateInUse]:
    return [_in_use(line.gate, line.evaluator) for line in gates.for_dataset(session, dataset_id)]


def _in_use(gate: Gate, evaluator: Evaluator) -> GateInUse:
    name = _name(gate, evaluator)
    fails = kind_named(evaluator.kind).fails or f"fails {name}"
    return GateInUse(name, gate.evaluator_id, gate.category, gate.at_least, fails)


def _name(gate: Gate, evaluator: Evaluator) -> str:
    return evaluator.name if gate.at_least == 1.0 else f"{evaluator.name}, at least {gate.at_least:g}"


def _applies(gate: GateInUse, categories: list[str], category: Ids) -> NDArray[np.bool_]:
    if gate.category is None:
        return np.ones(len(category), dtype=bool)
    return np.asarray(category == (categories.index(gate.category) if gate.category in categories else -1))


def _of_gate(gate: GateInUse, score: Floats, here: NDArray[np.bool_]) -> Outcomes:
    value = np.where((score == UNSCORED) | (score == NO_CASE), np.nan, score)
    return gate_outcomes(value, gate.at_least, here & (score != NO_CASE))


def _both(one: Outcomes, other: Outcomes) -> Outcomes:
    """Gates of the same name, for instance of two categories."""
    where_both = np.where(other == Check.NOT_ASKED, one, combined([one, other]))
    return np.where(one == Check.NOT_ASKED, other, where_both).astype(np.int8)


def _flagged(kind: str, evaluators: list[Evaluator], scores: Floats) -> Floats:
    """[n] 1 where the evaluator of ``kind`` scored below ½, 0 where not, nan where it never looked or could not tell.

    Where it looked and had nothing to say, nothing speaks against the response.
    """
    found = np.full(len(scores), np.nan)
    for number, evaluator in enumerate(evaluators):
        if evaluator.kind == kind:
            score = scores[:, number]
            flag = np.where(score == NO_CASE, 0.0, np.where(score < 0.5, 1.0, 0.0))
            unclear = np.isnan(score) | (score == UNSCORED)
            found = np.where(unclear, found, np.fmax(found, flag))
    return found


def _with_judges(evaluators: list[Evaluator], scores: Floats) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """(the scores to show, those that count, where a judge of refusals spoke for the classifier).

    Where the classifier looked and could not tell, what the first judge says that could counts in its place: 0 below
    ½ and else 1, as a refusal of a part alone is none. Elsewhere such a judge has nothing to say.
    """
    classifiers, judges = (
        [number for number, evaluator in enumerate(evaluators) if evaluator.kind == kind]
        for kind in (REFUSAL, REFUSAL_KIND)
    )
    if not judges:
        return scores, scores, np.zeros(len(scores), dtype=bool)
    shown, told = scores.copy(), scores.copy()
    untold = (scores[:, classifiers] == UNSCORED).any(axis=1)
    by_judge = np.zeros(len(scores), dtype=bool)
    for judge in judges:
        said = scores[:, judge]
        says = untold & ~by_judge & (said >= 0.0) & (said <= 1.0)
        for classifier in classifiers:
            told[says, classifier] = np.where(said[says] < 0.5, 0.0, 1.0)
        by_judge |= says
        shown[~untold, judge] = NO_CASE
    return shown, told, by_judge


def _refuses(endings: Endings, evaluators: list[Evaluator], scores: Floats) -> Floats:
    """[n] 1, 0 or nan: whether the response refuses, whatever the prompt expects."""
    return np.where(endings.among(FinishReason.REFUSAL), 1.0, _flagged(REFUSAL, evaluators, scores))
