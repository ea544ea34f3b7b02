"""The parts of a run's columns: what each is called, what its columns are, and how it is read from the facts."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from core.domain.answering import CostBasis
from core.domain.content_hash import digest
from core.storage.tables import metadata
from core.storage.tables.facts import TOKENS

_response, _attempt, _judge = (metadata.tables[name] for name in ("response", "attempt", "judge_call"))
Chosen = Mapping[int, frozenset[int] | None]
"""Run → the candidates of it; None: all."""
_VERSION = 1
_MOST_TURNS = 1_000_000


class Kind(StrEnum):
    """Of a column: whole numbers that are always known, or may not be (nan); any numbers; words, or None."""

    ID = "id"
    WHOLE = "whole"
    NUMBER = "number"
    WORD = "word"


@dataclass(frozen=True)
class Part:
    """``query`` gives, for chosen runs, the run's id and then the ``columns``, in an order that is always the same."""

    name: str
    columns: dict[str, Kind]
    query: Callable[[Chosen], sa.Select[Any]]
    chunk: int = 2**16
    """How many rows stand together, so that they take a few megabytes."""

    @cached_property
    def layout(self) -> str:
        """Another for other columns."""
        return digest([_VERSION, *self.columns.items()])[:16]


def within(table: sa.Table, chosen: Chosen, *, by_run: bool = True) -> sa.ColumnElement[bool]:
    """The condition that a row of response or attempt belongs to the chosen runs and candidates.

    ``by_run``: an index by run may be used; else the rows come by something else, and this is looked at in each.
    """
    together: dict[frozenset[int] | None, list[int]] = defaultdict(list)
    for run_id, candidates in chosen.items():
        together[candidates].append(run_id)
    run = table.c.run_id if by_run else table.c.run_id + 0
    clauses: list[Any] = [
        run.in_(run_ids) & (sa.true() if candidates is None else table.c.candidate_id.in_(candidates))
        for candidates, run_ids in together.items()
    ]
    return sa.or_(sa.false(), *clauses)


def _responses(chosen: Chosen) -> sa.Select[Any]:
    return _named(within(_response, chosen))


def responses_between(chosen: Chosen, first: int, last: int) -> sa.Select[Any]:
    """RESPONSES of a stretch of ids alone, which need not be sorted then."""
    return _named(_response.c.id.between(first, last) & within(_response, chosen, by_run=False))


def _named(where: sa.ColumnElement[bool]) -> sa.Select[Any]:
    c = _response.c
    return sa.select(c.run_id, *(c[name] for name in RESPONSES.columns)).where(where).order_by(c.id)


def _pairs(table: sa.Table) -> Callable[[Chosen], sa.Select[Any]]:
    """Which candidates were asked which prompts."""
    cell = _cell(table)
    return lambda chosen: sa.select(*cell).where(within(table, chosen)).distinct().order_by(*cell)


def _cell(table: sa.Table) -> tuple[Any, ...]:
    """In the order of the tables' own indexes."""
    return table.c.run_id, table.c.prompt_id, table.c.candidate_id


def _attempts(chosen: Chosen) -> sa.Select[Any]:
    """One that is still under way is paid for later."""
    c = _attempt.c
    for_nothing = sa.func.coalesce(c.cost_basis, "") == str(CostBasis.NOTHING)
    unpriced = sa.case((c.finished_at.is_not(None) & c.cost_usd.is_(None) & ~for_nothing, 1), else_=0)
    ended = sa.case((c.finished_at.is_not(None), sa.func.coalesce(c.cost_usd, 0.0)), else_=0.0)
    turn = sa.cast(c.repetition, sa.BigInteger) * _MOST_TURNS + c.turn
    sums = sa.func.count(), sa.func.count(sa.distinct(turn)), sa.func.sum(ended), sa.func.sum(unpriced)
    cell = _cell(_attempt)
    return sa.select(*cell, *sums).where(within(_attempt, chosen)).group_by(*cell).order_by(*cell)


def _given_up(chosen: Chosen) -> sa.Select[Any]:
    """The last attempts of units that ended without a response."""
    a, r = _attempt.c, _response.c
    unit = ("run_id", "prompt_id", "candidate_id", "repetition")
    answered = sa.exists().where(*(r[name] == a[name] for name in unit))
    found = sa.func.coalesce(a.error_kind, "unknown"), sa.func.coalesce(a.error_message, ""), a.latency_ms, a.cost_usd
    where = within(_attempt, chosen), a.is_last.is_(True), ~answered
    named = a.prompt_id, a.candidate_id, a.repetition
    return sa.select(a.run_id, a.id, *named, *found).where(*where).order_by(a.id)


def _faults(chosen: Chosen) -> sa.Select[Any]:
    key = *_cell(_attempt), _attempt.c.error_kind
    where = within(_attempt, chosen), _attempt.c.error_kind.is_not(None)
    return sa.select(*key, sa.func.count()).where(*where).group_by(*key).order_by(*key)


def _judging(chosen: Chosen) -> sa.Select[Any]:
    """An answer without a price is ``unpriced``."""
    j, r = _judge.c, _response.c
    unpriced = sa.case((j.cost_usd.is_(None) & j.reply.is_not(None), 1), else_=0)
    cell = _cell(_response)
    sums = sa.func.count(), sa.func.sum(sa.func.coalesce(j.cost_usd, 0.0)), sa.func.sum(unpriced)
    asked = sa.select(*cell, *sums).join(_response, r.id == j.response_id).where(within(_response, chosen))
    return asked.group_by(*cell).order_by(*cell)


_PAIR = {"prompt_id": Kind.ID, "candidate_id": Kind.ID}
_UNIT = {**_PAIR, "repetition": Kind.ID}
_FACTS = {
    **dict.fromkeys(("latency_ms", "ttft_ms", "cost_usd"), Kind.NUMBER),
    **dict.fromkeys(("attempts", *TOKENS), Kind.WHOLE),
}
RESPONSES = Part(
    "responses",
    {"id": Kind.ID, **_UNIT, "words": Kind.ID, **_FACTS, "finish_reason": Kind.WORD},
    _responses,
)
ANSWERED = Part("answered", _PAIR, _pairs(_response))
TRIED = Part("tried", _PAIR, _pairs(_attempt))
_PAID = {"cost_usd": Kind.NUMBER, "unpriced": Kind.ID}
ATTEMPTS = Part("attempts", {**_PAIR, "made": Kind.ID, "turns": Kind.ID, **_PAID}, _attempts)
GIVEN_UP = Part(
    "given_up",
    {"id": Kind.ID, **_UNIT, "kind": Kind.WORD, "message": Kind.WORD, "after_ms": Kind.NUMBER, "cost_usd": Kind.NUMBER},
    _given_up,
    chunk=2**12,
)
FAULTS = Part("faults", {**_PAIR, "kind": Kind.WORD, "n": Kind.ID}, _faults)
JUDGING = Part("judging", {**_PAIR, "n": Kind.ID, **_PAID}, _judging)
PARTS = (RESPONSES, ANSWERED, TRIED, ATTEMPTS, GIVEN_UP, FAULTS, JUDGING)
"""All but scores, which are one part for each evaluator."""
