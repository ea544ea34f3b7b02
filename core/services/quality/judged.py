"""The responses in scope with the verdict on each: which requirement or gate it passes, fails or leaves open."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from sqlmodel import Session

from core.domain import answering
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
from core.services.quality import gathering
from core.services.quality.awaited import INCOMPLETE, REFUSAL, awaited
from core.services.quality.cells import Cells, cells
from core.services.quality.gathering import NO_CASE, UNSCORED, Floats, Ids, PromptFacts, ResponseColumns
from core.services.quality.scope import RunRef, Scope, runs
from core.services.scoring import evaluators as all_evaluators
from core.services.scoring import gates
from core.services.scoring.registry import kind_named
from core.storage.tables import GOING, Evaluator, Gate

__all__ = ["INCOMPLETE", "REFUSAL", "GateInUse", "Judged", "judged"]


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
class Judged:
    """Everything in scope. Arrays have one entry a response;

    ``prompt`` and ``category`` are places in ``prompts`` and ``categories``.
    """

    scope: Scope
    listed: list[RunRef]
    cells: Cells
    prompts: PromptFacts
    categories: list[str]
    category_of_prompt: Ids
    responses: ResponseColumns
    prompt: Ids
    category: Ids
    evaluators: list[Evaluator]
    scores: Floats
    """[responses, evaluators], as gathering.scores gives them; NO_CASE too where a judge of refusals is not asked."""
    gates: list[GateInUse]
    outcomes: dict[str, Outcomes]
    """By requirement or gate."""
    verdict: Outcomes
    refuses: NDArray[np.bool_]
    checked: NDArray[np.bool_]
    """Whether any gate applies to it."""
    told_by_judge: NDArray[np.bool_]
    """Whether a judge said whether it refuses, where the classifier could not."""

    @cached_property
    def never_shown(self) -> NDArray[np.bool_]:
        """[responses] empty or cut short by its finish reason: raters are not asked about it, see studies.pool."""
        return np.asarray((self.responses.words == 0) | self.responses.endings.among(*answering.INCOMPLETE))

    @cached_property
    def signals(self) -> Floats:
        """[responses] what the verdict tells of what experts would say: 1, 0, or nan where it tells nothing.

        A response that passes unchecked tells as little as one without a verdict.
        """
        passed = self.verdict == Check.PASSED
        tells = (self.verdict == Check.FAILED) | (passed & self.checked)
        return np.where(tells, passed.astype(float), np.nan)


def judged(session: Session, scope: Scope) -> Judged:
    """Read what is in scope and judge every response."""
    listed = runs(session, scope.dataset_id)
    prompts = gathering.prompts(session, scope.dataset_id)
    counting = cells(session, listed, prompts.id, scope)
    responses = gathering.responses(session, counting)
    evaluators, in_use = _evaluators(session), _gates(session, scope.dataset_id)
    said = gathering.scores(session, counting, [evaluator.id or 0 for evaluator in evaluators], responses)
    scores, told, told_by_judge = _with_judges(evaluators, said)
    categories = sorted(set(prompts.category))
    of_prompt = np.searchsorted(categories, prompts.category).astype(np.int64)
    prompt = np.searchsorted(prompts.id, responses.prompt)
    category = of_prompt[prompt] if len(prompt) else prompt
    refuses = _refuses(responses.endings, evaluators, told)
    expects = prompts.expects_refusal[prompt] if len(prompt) else np.zeros(0, dtype=bool)
    place = {evaluator.id: number for number, evaluator in enumerate(evaluators)}
    applies = [(gate.evaluator_id, _applies(gate, categories, category)) for gate in in_use]
    of_gates = [_of_gate(gate, told[:, place[of]], here) for gate, (of, here) in zip(in_use, applies, strict=True)]
    outcomes = _of_form(responses, _flagged(INCOMPLETE, evaluators, scores), refuses, expects)
    for gate, found in zip(in_use, of_gates, strict=True):
        outcomes[gate.name] = _both(outcomes[gate.name], found) if gate.name in outcomes else found
    goes_on = np.isin(responses.run, [run.id for run in listed if run.state in GOING])
    return Judged(
        scope=scope,
        listed=listed,
        cells=counting,
        prompts=prompts,
        categories=categories,
        category_of_prompt=of_prompt,
        responses=responses,
        prompt=prompt,
        category=category,
        evaluators=evaluators,
        scores=scores,
        gates=in_use,
        outcomes=outcomes,
        verdict=combined(list(outcomes.values()), awaited(evaluators, said, applies, goes_on)),
        refuses=(refuses == 1.0) & (outcomes[str(Requirement.NOT_BLOCKED)] == Check.PASSED),
        checked=checked(of_gates, len(responses.id)),
        told_by_judge=told_by_judge,
    )


def _of_form(
    responses: ResponseColumns, cut_short: Floats, refuses: Floats, expects_refusal: NDArray[np.bool_]
) -> dict[str, Outcomes]:
    """What is asked of every response, by its words."""
    found = requirements(
        responses.endings,
        is_empty=responses.words == 0,
        cut_short=cut_short,
        refuses=refuses,
        expects_refusal=expects_refusal,
    )
    return {str(name): outcome for name, outcome in found.items()}


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
