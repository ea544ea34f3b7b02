"""Whether a judge that may judge its own family favours it, measured against the experts' votes."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from statistics import fmean
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import Session

from core.domain.judging import PAIRWISE_KIND, REFUSAL_KIND, is_own_family
from core.domain.judging.favour import Difference, Favour, favour
from core.domain.votes import Outcome
from core.services.leaderboards.tallies import is_current, is_simulated
from core.services.scoring import evaluators
from core.services.workspace import counts_simulated
from core.storage.tables import Candidate, Evaluator, metadata

QUESTIONS = ("send", "overall")
_vote, _question, _person, _preference, _score, _response = (
    metadata.tables[name] for name in ("vote", "question", "person", "judge_preference", "score", "response")
)
Compared = tuple[int, int, int]
"""Prompt, candidate of the judge's family, candidate of another."""


def favouritism(session: Session, evaluator: Evaluator, *, questions: Sequence[str] = QUESTIONS) -> Favour:
    """How much more the judge prefers its own family than experts do, over the pairs that both compared.

    The judge's preference is that of its comparisons, or (a judge of single responses) the higher mean grade. The
    experts' is their votes on ``questions``, in whichever study; simulated ones count while the workspace counts them.
    """
    if evaluator.kind == REFUSAL_KIND:
        return Favour(0, 0, problem="Not measured: whether an answer refuses is no preference.")
    own = own_candidates(session, evaluator)
    if not own:
        return Favour(0, 0, problem="No candidate is of its family.")
    judged = (_compared if evaluator.kind == PAIRWISE_KIND else _graded)(session, evaluator, own)
    voted = _voted(session, own, questions)
    return favour(
        [
            Difference(pair[0], pair, vote.rater_id, fmean(judged[pair]) - vote.won)
            for pair in sorted(judged.keys() & voted.keys())
            for vote in voted[pair]
        ]
    )


def favouritism_object(session: Session) -> list[dict[str, Any]]:
    """Of each judge that may judge its own family, how far it favours it: ``favouritism`` of ``report --json``."""
    judges = [one for one in evaluators.judges(session) if one.params.get("may_judge_own_family")]
    return [{"judge": judge.name} | asdict(favouritism(session, judge)) for judge in judges]


def own_candidates(session: Session, evaluator: Evaluator) -> set[int]:
    """The candidates of the judge's family, as configured or as they answered what it judged."""
    params = evaluator.params
    answered_by = _answered_by(session, evaluator)
    return {
        candidate.id
        for candidate in session.execute(sa.select(Candidate)).scalars()
        if candidate.id is not None
        for name in answered_by.get(candidate.id, {None})
        if is_own_family(
            params["model"],
            params["provider"],
            model=candidate.model or candidate.name,
            provider=candidate.provider,
            answered_by=name,
        )
    }


def _answered_by(session: Session, evaluator: Evaluator) -> dict[int, set[str | None]]:
    """Candidate id → the names that answered for it, of responses that the judge judged."""
    r, p = _response.c, _preference.c
    query = sa.select(r.candidate_id, r.answered_by).distinct()
    if evaluator.kind == PAIRWISE_KIND:
        mine = _response.join(_preference, (r.id == p.first_response_id) | (r.id == p.second_response_id))
        query = query.select_from(mine).where(p.evaluator_id == evaluator.id, p.outcome.is_not(None))
    else:
        mine = _response.join(_score, _score.c.response_id == r.id)
        query = query.select_from(mine).where(_score.c.evaluator_id == evaluator.id, _score.c.value.is_not(None))
    found: dict[int, set[str | None]] = defaultdict(set)
    for candidate_id, name in session.execute(query):
        found[candidate_id].add(name)
    return found


def _compared(session: Session, evaluator: Evaluator, own: set[int]) -> dict[Compared, list[float]]:
    """What a pairwise judge preferred, 1 the own side."""
    first, second, p = _response.alias("first"), _response.alias("second"), _preference.c
    query = (
        sa.select(p.prompt_id, first.c.candidate_id, second.c.candidate_id, p.outcome)
        .join(first, first.c.id == p.first_response_id)
        .join(second, second.c.id == p.second_response_id)
        .where(p.evaluator_id == evaluator.id, p.outcome.is_not(None))
    )
    found: dict[Compared, list[float]] = defaultdict(list)
    for row in session.execute(query):
        if (seen := _seen_from_own(*row, own=own)) is not None:
            found[seen[0]].append(seen[1])
    return found


class _Voted(NamedTuple):
    """One vote: who, and 1 for the own side, 0 for the other, 0.5 for neither."""

    rater_id: int
    won: float


def _voted(session: Session, own: set[int], questions: Sequence[str]) -> dict[Compared, list[_Voted]]:
    v = _vote.c
    query = (
        sa.select(v.rater_id, v.prompt_id, v.left_candidate_id, v.right_candidate_id, v.outcome)
        .join(_question, _question.c.id == v.question_id)
        .join(_person, _person.c.id == v.rater_id)
        .where(_question.c.key.in_(questions), is_current())
        .where(v.left_candidate_id.in_(own) != v.right_candidate_id.in_(own))
    )
    if not counts_simulated(session):
        query = query.where(~is_simulated())
    found: dict[Compared, list[_Voted]] = defaultdict(list)
    for rater_id, *row in session.execute(query):
        if (seen := _seen_from_own(*row, own=own)) is not None:
            found[seen[0]].append(_Voted(rater_id, seen[1]))
    return found


def _seen_from_own(prompt: int, left: int, right: int, outcome: int, *, own: set[int]) -> tuple[Compared, float] | None:
    """A preference for the own side; None where both sides are the judge's family, or neither."""
    if (left in own) == (right in own):
        return None
    won = {Outcome.LEFT: 1.0, Outcome.RIGHT: 0.0}.get(Outcome(outcome), 0.5)
    return ((prompt, left, right), won) if left in own else ((prompt, right, left), 1.0 - won)


def _graded(session: Session, evaluator: Evaluator, own: set[int]) -> dict[Compared, list[float]]:
    """1 where the own side's mean grade on a prompt is higher, 0 where the other's is, 0.5 where they are equal."""
    query = (
        sa.select(_response.c.prompt_id, _response.c.candidate_id, sa.func.avg(_score.c.value))
        .join(_score, _score.c.response_id == _response.c.id)
        .where(_score.c.evaluator_id == evaluator.id, _score.c.value.is_not(None))
        .group_by(_response.c.prompt_id, _response.c.candidate_id)
    )
    grades: dict[int, dict[int, float]] = defaultdict(dict)
    for prompt, candidate, mean in session.execute(query):
        grades[prompt][candidate] = mean
    found: dict[Compared, list[float]] = {}
    for prompt, by_candidate in grades.items():
        for mine in by_candidate.keys() & own:
            for other in by_candidate.keys() - own:
                ahead = by_candidate[mine] - by_candidate[other]
                found[prompt, mine, other] = [0.5 if ahead == 0 else float(ahead > 0)]
    return found
