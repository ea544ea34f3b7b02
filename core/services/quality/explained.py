"""Why a response is acceptable or not: the verdict on it, what it fails, and what every evaluator said of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlmodel import Session, col, select

from core.domain.acceptability import Check, Endings, Requirement
from core.domain.answering import FinishReason
from core.domain.judging import PAIRWISE_KIND, REFUSAL_KIND
from core.services.columns import NOT_THERE, of_responses
from core.services.quality.awaited import INCOMPLETE, REFUSAL
from core.services.quality.criteria import Criteria, Judgement, ToJudge, criteria, judgement
from core.storage.tables import GOING, Evaluator, JudgeCall, Prompt, Response, Run, Score

_OF_REFUSALS = frozenset({REFUSAL, REFUSAL_KIND})
_WHO_SAYS: dict[str, frozenset[str]] = {
    Requirement.COMPLETE: frozenset({INCOMPLETE}),
    Requirement.NOT_EMPTY: frozenset({INCOMPLETE}),
    Requirement.NOT_BLOCKED: frozenset(),
    Requirement.NO_REFUSAL: _OF_REFUSALS,
    Requirement.REFUSAL: _OF_REFUSALS,
}
"""Requirement → the kinds of evaluators that tell it."""


@dataclass(frozen=True)
class Ground:
    """A requirement or gate that a response fails, or that is open."""

    name: str
    """As figures and lists call it."""
    wrong: str
    """What is wrong with it, in words: *lacks the reference answer*; of an open one the name."""
    said: str
    """What the evaluator said of this response: *4.2, 3.96 was wanted*; empty where nobody did."""


@dataclass(frozen=True)
class ScoreLine:
    """What one evaluator said of a response."""

    evaluator_id: int
    evaluator: str
    kind: str
    value: float | None
    """0 to 1; None: unscored, or it has nothing to say."""
    reason: str
    is_there: bool
    """False: it has not looked yet."""
    applies: bool
    """False: it has nothing to say about this prompt."""
    gates: tuple[str, ...]
    """The gates that ask for it here, by name."""
    fails: bool
    """Whether the response fails one of them."""
    is_retired: bool


@dataclass(frozen=True)
class Explained:
    """``acceptable`` None: no verdict; ``grounds``: what it fails, or what is open."""

    response_id: int
    acceptable: bool | None
    is_checked: bool
    """Whether any gate applies to it."""
    grounds: tuple[Ground, ...]
    scores: tuple[ScoreLine, ...]
    """Those of gates first, then by evaluator, the oldest first."""


def explained(session: Session, prompt_id: int, response_ids: Sequence[int]) -> dict[int, Explained]:
    """Of some responses to one prompt, by id; the same verdicts as all figures have."""
    prompt = session.get(Prompt, prompt_id)
    query = select(Response, Run.state).join(Run, col(Run.id) == Response.run_id)
    query = query.where(col(Response.id).in_(response_ids), Response.prompt_id == prompt_id)
    rows = session.exec(query.order_by(col(Response.id))).all()
    if prompt is None or not rows:
        return {}
    by = criteria(session, prompt.dataset_id)
    ids = np.array([response.id for response, _ in rows], dtype=np.int64)
    said = np.full((len(ids), len(by.evaluators)), NOT_THERE)
    for place, which, values in of_responses(session, by.ids, ids):
        said[place, which] = values
    found = judgement(by, said, _to_judge(prompt, rows))
    scores = _scores(session, ids.tolist())
    return {
        response.id or 0: _explained(by, found, place, response, prompt.category, scores)
        for place, (response, _) in enumerate(rows)
    }


def _to_judge(prompt: Prompt, rows: Sequence[tuple[Response, str]]) -> ToJudge:
    n = len(rows)
    expects = (prompt.constraints or {}).get("expects_refusal") is True
    return ToJudge(
        endings=Endings.of([response.finish_reason for response, _ in rows]),
        is_empty=np.array([response.words == 0 for response, _ in rows], dtype=bool),
        expects_refusal=np.full(n, expects, dtype=bool),
        category=np.zeros(n, dtype=np.int64),
        categories=[prompt.category],
        goes_on=np.array([state in GOING for _, state in rows], dtype=bool),
    )


_Scores = dict[int, dict[int, tuple[Score, Evaluator]]]


def _scores(session: Session, response_ids: Sequence[int]) -> _Scores:
    """Response → evaluator → what it said, retired ones too."""
    query = (
        select(Score, Evaluator)
        .join(Evaluator, col(Evaluator.id) == Score.evaluator_id)
        .where(col(Score.response_id).in_(response_ids))
    )
    found: _Scores = {response_id: {} for response_id in response_ids}
    for score, evaluator in session.exec(query):
        found[score.response_id][score.evaluator_id] = score, evaluator
    return found


def _explained(
    by: Criteria, found: Judgement, place: int, response: Response, category: str, scores: _Scores
) -> Explained:
    verdict, mine = found.verdict[place], scores[response.id or 0]
    is_open = verdict == Check.OPEN
    wanted = Check.OPEN if is_open else Check.FAILED
    names = [name for name, outcome in found.outcomes.items() if outcome[place] == wanted]
    failing = {name for name, outcome in found.outcomes.items() if outcome[place] == Check.FAILED}
    wrong = {} if is_open else {gate.name: gate.fails for gate in by.gates}
    lines = [_line(by, category, failing, evaluator, mine) for evaluator in _evaluators(by, mine)]
    return Explained(
        response_id=response.id or 0,
        acceptable=None if is_open else bool(verdict == Check.PASSED),
        is_checked=bool(found.checked[place]),
        grounds=tuple(Ground(name, wrong.get(name, name), _said(by, name, response, mine)) for name in names),
        scores=tuple(sorted(lines, key=lambda line: (not line.gates, line.is_retired, line.evaluator_id))),
    )


def _evaluators(by: Criteria, mine: dict[int, tuple[Score, Evaluator]]) -> Iterator[Evaluator]:
    """Those in use, and retired ones that looked at it while they were."""
    yield from by.evaluators
    for evaluator_id, (_, evaluator) in mine.items():
        if evaluator_id not in by.ids and evaluator.kind != PAIRWISE_KIND:
            yield evaluator


def _line(
    by: Criteria, category: str, failing: set[str], evaluator: Evaluator, mine: dict[int, tuple[Score, Evaluator]]
) -> ScoreLine:
    score = mine[evaluator.id or 0][0] if (evaluator.id or 0) in mine else None
    gates = [g.name for g in by.gates if g.evaluator_id == evaluator.id and g.category in (None, category)]
    return ScoreLine(
        evaluator_id=evaluator.id or 0,
        evaluator=evaluator.name,
        kind=evaluator.kind,
        value=None if score is None else score.value,
        reason="" if score is None else score.reason,
        is_there=score is not None,
        applies=score is None or score.applies,
        gates=tuple(dict.fromkeys(gates)),
        fails=any(name in failing for name in gates),
        is_retired=evaluator.retired_at is not None,
    )


def _said(by: Criteria, name: str, response: Response, mine: dict[int, tuple[Score, Evaluator]]) -> str:
    """What the evaluator behind a requirement or gate said; of one on form, else how the answer ended."""
    of_gate, kinds = {gate.evaluator_id for gate in by.gates if gate.name == name}, _WHO_SAYS.get(name, frozenset())
    said = [
        score.reason
        for score, evaluator in mine.values()
        if score.reason and score.applies and evaluator.retired_at is None
        if evaluator.id in of_gate or evaluator.kind in kinds
    ]
    ended = response.finish_reason
    if not said and name in _WHO_SAYS and ended and ended != FinishReason.STOP:
        return f"it ended with the finish reason {ended}"
    return "; ".join(dict.fromkeys(said))


def replies(session: Session, response_id: int) -> dict[int, str]:
    """Evaluator → the newest thing that this judge wrote of the response, word for word."""
    query = (
        select(JudgeCall.evaluator_id, JudgeCall.reply)
        .where(JudgeCall.response_id == response_id, col(JudgeCall.other_response_id).is_(None))
        .where(col(JudgeCall.reply).is_not(None))
        .order_by(col(JudgeCall.id))
    )
    found: dict[int, Any] = dict(session.exec(query).all())
    return found
