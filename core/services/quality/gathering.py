"""Reads what the figures are made of, set by set, into columns: responses, scores, attempts, units given up, judges."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlmodel import Session

from core.domain.answering import CostBasis
from core.services.quality.cells import Cells
from core.services.quality.scope import within
from core.storage.tables import metadata
from core.storage.tables.facts import TOKENS

_response, _attempt, _prompt, _score, _judge = (
    metadata.tables[name] for name in ("response", "attempt", "prompt", "score", "judge_call")
)
Floats = NDArray[np.float64]
Ids = NDArray[np.int64]
NOT_THERE, UNSCORED, NO_CASE = np.nan, -1.0, 2.0


@dataclass(frozen=True)
class ResponseColumns:
    """One entry a response, by id; nan where something is not known."""

    id: Ids
    run: Ids
    prompt: Ids
    candidate: Ids
    words: Ids
    latency_ms: Floats
    ttft_ms: Floats
    cost_usd: Floats
    attempts: Floats
    finish_reason: list[str | None]
    tokens: dict[str, Floats]


_IDS = ("id", "run_id", "prompt_id", "candidate_id", "words")
_NUMBERS = ("latency_ms", "ttft_ms", "cost_usd", "attempts")


def responses(session: Session, cells: Cells) -> ResponseColumns:
    """The responses that count."""
    c = _response.c
    names = (*_IDS, *_NUMBERS, *TOKENS, "finish_reason")
    query = sa.select(*(c[name] for name in names)).where(within(_response, cells.parts)).order_by(c.id)
    columns: list[Any] = list(zip(*session.execute(query).all(), strict=True)) or [()] * len(names)
    kinds: list[type] = [np.int64] * len(_IDS) + [float] * (len(names) - len(_IDS) - 1)
    arrays: list[Any] = [np.array(column, dtype=kind) for column, kind in zip(columns[:-1], kinds, strict=True)]
    counts = cells.hold(arrays[1], arrays[3], arrays[2])
    reasons = [reason for reason, here in zip(columns[-1], counts, strict=True) if here]
    kept: list[Any] = [array[counts] for array in arrays]
    numbers, tokens = kept[: -len(TOKENS)], kept[-len(TOKENS) :]
    return ResponseColumns(*[*numbers, reasons, dict(zip(TOKENS, tokens, strict=True))])


def scores(session: Session, cells: Cells, evaluators: Sequence[int], of: Ids) -> Floats:
    """[responses, evaluators] the value; NOT_THERE: no score, UNSCORED, NO_CASE: the evaluator has nothing to say.

    ``of``: the ids of the responses, ascending; others that have come since are left out.
    """
    found = np.full((len(of), len(evaluators)), NOT_THERE)
    if not len(of) or not evaluators:
        return found
    s = _score.c
    value = sa.case((s.applies.is_(False), NO_CASE), (s.value.is_(None), UNSCORED), else_=s.value)
    pivoted = [sa.func.max(sa.case((s.evaluator_id == evaluator, value))) for evaluator in evaluators]
    query = (
        sa.select(s.response_id, *pivoted)
        .join(_response, _response.c.id == s.response_id)
        .where(within(_response, cells.parts), s.evaluator_id.in_(evaluators))
        .group_by(s.response_id)
    )
    rows = np.array([tuple(row) for row in session.execute(query).all()], dtype=float).reshape(-1, len(evaluators) + 1)
    place = np.searchsorted(of, rows[:, 0])
    here = (place < len(of)) & (of[np.minimum(place, len(of) - 1)] == rows[:, 0])
    found[place[here]] = rows[here, 1:]
    return found


@dataclass(frozen=True)
class AttemptColumns:
    """One entry per run, candidate and prompt: ``made`` attempts at ``turns`` turns of its units.

    ``cost_usd`` is what is known to be paid for those that ended, ``unpriced`` how many of them have no known cost.
    """

    run: Ids
    candidate: Ids
    prompt: Ids
    made: Ids
    turns: Ids
    cost_usd: Floats
    unpriced: Ids


def attempts(session: Session, cells: Cells) -> AttemptColumns:
    """The attempts that count, added up. One that is still under way is paid for later."""
    c = _attempt.c
    for_nothing = sa.func.coalesce(c.cost_basis, "") == str(CostBasis.NOTHING)
    unpriced = sa.case((c.finished_at.is_not(None) & c.cost_usd.is_(None) & ~for_nothing, 1), else_=0)
    ended = sa.case((c.finished_at.is_not(None), sa.func.coalesce(c.cost_usd, 0.0)), else_=0.0)
    by_turn = (
        sa.select(
            c.run_id,
            c.candidate_id,
            c.prompt_id,
            sa.func.count().label("made"),
            sa.func.sum(ended).label("cost_usd"),
            sa.func.sum(unpriced).label("unpriced"),
        )
        .where(within(_attempt, cells.parts))
        .group_by(c.run_id, c.prompt_id, c.candidate_id, c.repetition, c.turn)
        .subquery()
    )
    t = by_turn.c
    query = sa.select(
        t.run_id,
        t.candidate_id,
        t.prompt_id,
        sa.func.sum(t.made),
        sa.func.count(),
        sa.func.sum(t.cost_usd),
        sa.func.sum(t.unpriced),
    ).group_by(t.run_id, t.candidate_id, t.prompt_id)
    columns: list[Any] = list(zip(*session.execute(query).all(), strict=True)) or [()] * 7
    kinds: list[type] = [*[np.int64] * 5, float, np.int64]
    arrays: list[Any] = [np.array(column, dtype=kind) for column, kind in zip(columns, kinds, strict=True)]
    counts = cells.hold(*arrays[:3])
    return AttemptColumns(*(array[counts] for array in arrays))


@dataclass(frozen=True)
class GivenUp:
    """A unit of work that ended without a response: its last attempt."""

    attempt_id: int
    run_id: int
    prompt_id: int
    candidate_id: int
    repetition: int
    kind: str
    message: str
    after_ms: float | None
    """How long that one took."""
    cost_usd: float | None


def given_up(session: Session, cells: Cells) -> list[GivenUp]:
    """Each unit once, with the last attempt that gave it up; one that was answered later is not among them."""
    a, r = _attempt.c, _response.c
    unit = ("run_id", "prompt_id", "candidate_id", "repetition")
    found = sa.func.coalesce(a.error_kind, "unknown"), sa.func.coalesce(a.error_message, ""), a.latency_ms, a.cost_usd
    answered = sa.exists().where(*(r[name] == a[name] for name in unit))
    query = (
        sa.select(a.id, *(a[name] for name in unit), *found)
        .where(within(_attempt, cells.parts), a.is_last.is_(True), ~answered)
        .order_by(a.id)
    )
    last: dict[Any, GivenUp] = {}
    for row in session.execute(query):
        last[tuple(row[1:5])] = GivenUp(*row)
    units = list(last.values())
    run, prompt, candidate = np.array([unit[:3] for unit in last], dtype=np.int64).reshape(-1, 3).T
    return [unit for unit, here in zip(units, cells.hold(run, candidate, prompt), strict=True) if here]


@dataclass(frozen=True)
class Counted:
    """A number of something per candidate and category. ``cost_usd`` and ``unpriced`` are of judges alone."""

    candidate_id: int
    category: str
    kind: str
    n: int
    cost_usd: float = 0.0
    unpriced: int = 0


def faults(session: Session, cells: Cells) -> list[Counted]:
    """Failed attempts by kind."""
    c = _attempt.c
    query = (
        sa.select(c.run_id, c.candidate_id, c.prompt_id, _prompt.c.category, c.error_kind, sa.func.count())
        .join(_prompt, _prompt.c.id == c.prompt_id)
        .where(within(_attempt, cells.parts), c.error_kind.is_not(None))
        .group_by(c.run_id, c.candidate_id, c.prompt_id, _prompt.c.category, c.error_kind)
    )
    return _added_up(session, query, cells)


def judging(session: Session, cells: Cells) -> list[Counted]:
    """What judges were asked about the responses, and what that cost; an answer without a price is ``unpriced``."""
    j, r = _judge.c, _response.c
    unpriced = sa.case((j.cost_usd.is_(None) & j.reply.is_not(None), 1), else_=0)
    query = (
        sa.select(
            r.run_id,
            r.candidate_id,
            r.prompt_id,
            _prompt.c.category,
            sa.literal("judge"),
            sa.func.count(),
            sa.func.sum(sa.func.coalesce(j.cost_usd, 0.0)),
            sa.func.sum(unpriced),
        )
        .join(_response, r.id == j.response_id)
        .join(_prompt, _prompt.c.id == r.prompt_id)
        .where(within(_response, cells.parts))
        .group_by(r.run_id, r.candidate_id, r.prompt_id, _prompt.c.category)
    )
    return _added_up(session, query, cells)


def _added_up(session: Session, query: Any, cells: Cells) -> list[Counted]:
    """``query``: run, candidate, prompt, category, kind, then what is added up by candidate, category and kind."""
    rows = session.execute(query).all()
    where = [np.array([row[place] for row in rows], dtype=np.int64) for place in range(3)]
    found: dict[tuple[int, str, str], list[float]] = defaultdict(lambda: [0, 0.0, 0])
    for row, here in zip(rows, cells.hold(*where), strict=True):
        if here:
            sums = found[row[1], row[3], row[4]]
            for place, amount in enumerate(row[5:]):
                sums[place] += float(amount)
    return [Counted(*key, int(n), cost_usd, int(unpriced)) for key, (n, cost_usd, unpriced) in found.items()]


@dataclass(frozen=True)
class PromptFacts:
    """What the figures need of a dataset's prompts."""

    id: Ids
    category: list[str]
    expects_refusal: NDArray[np.bool_]


def prompts(session: Session, dataset_id: int) -> PromptFacts:
    """Every prompt of the dataset, by id."""
    p = _prompt.c
    query = sa.select(p.id, p.category, p.constraints).where(p.dataset_id == dataset_id).order_by(p.id)
    rows = session.execute(query).all()
    refusing = [(row.constraints or {}).get("expects_refusal") is True for row in rows]
    return PromptFacts(
        np.array([row.id for row in rows], dtype=np.int64),
        [row.category for row in rows],
        np.array(refusing, dtype=bool),
    )
