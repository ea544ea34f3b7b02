"""What raters said of single responses: the votes on each, and the flags and notes on the pairs it stood in."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlmodel import Session

from core.domain.sides import Side, sides_named
from core.domain.votes import Outcome
from core.services.leaderboards.tallies import is_current, is_simulated
from core.services.quality import rated_texts
from core.services.workspace import counts_simulated
from core.storage.tables import metadata

MOST_VOTES = 5_000
_vote, _assignment, _person, _question = (
    metadata.tables[name] for name in ("vote", "assignment", "person", "question")
)
_response, _prompt, _candidate, _remark, _study = (
    metadata.tables[name] for name in ("response", "prompt", "candidate", "remark", "study")
)


@dataclass(frozen=True)
class VoteOn:
    """One rater's standing answer about one response."""

    vote_id: int
    question: str
    study: str
    outcome: Outcome
    """With this response as *left*: LEFT is for it, RIGHT for the other one."""
    answer: str
    """The question's own label where it names no side."""
    side: Side
    """Where this response stood."""
    opponent: str
    """The candidate beside it."""
    opponent_response_id: int | None
    """None: not known, the vote was imported."""
    rater: str
    kind: str
    """human | imported | simulated."""
    time_ms: int | None
    too_fast: bool
    masked: bool
    created_at: datetime
    cast_on: int | None
    """The response that the rater was shown where it is another one, of the same candidate and word for word alike."""


@dataclass(frozen=True)
class NoteOn:
    """A rater's flag or comment on a pair in which the response stood."""

    kind: str
    """flag | comment."""
    note: str
    rater: str
    rater_kind: str
    created_at: datetime
    side: Side
    """Where this response stood."""
    names: frozenset[Side]
    """The sides that the note names."""
    shown: dict[Side, tuple[int, str]]
    """The response on each side, and its candidate."""


@dataclass(frozen=True)
class Heard:
    """What was said of responses to one prompt, by their ids; the newest first."""

    votes: dict[int, list[VoteOn]]
    notes: dict[int, list[NoteOn]]
    is_capped: bool
    """Only the newest MOST_VOTES on the prompt were read."""


def heard(session: Session, prompt_id: int, response_ids: Sequence[int]) -> Heard:
    """What raters said of some responses to a prompt, counting as ``rated_sides`` does.

    Votes that stand, those of simulated raters while the workspace counts them. A vote is about the response that was
    shown and about those of the same candidate, to a prompt of the same content, that say word for word the same. An
    imported one is about what its candidate had answered by then; where that is not known, about none.
    """
    prompts = _same_prompts(session, prompt_id)
    alike = _alike(session, prompts, response_ids)
    names = {row.id: row.name for row in session.execute(sa.select(_candidate.c.id, _candidate.c.name))}
    rows = session.execute(_standing(session, prompts).limit(MOST_VOTES)).all()
    votes: dict[int, list[VoteOn]] = defaultdict(list)
    for row, shown in zip(rows, _shown(session, rows), strict=True):
        for side, response_id in shown.items():
            for mine in alike.get(response_id, ()):
                votes[mine].append(_vote_on(row, side, shown, mine, names))
    return Heard(dict(votes), _notes(session, alike, names), len(rows) == MOST_VOTES)


def _same_prompts(session: Session, prompt_id: int) -> list[int]:
    """The prompts of the same content, in whichever dataset."""
    p = _prompt.c
    content = sa.select(p.content_hash).where(p.id == prompt_id).scalar_subquery()
    return list(session.execute(sa.select(p.id).where(p.content_hash == content)).scalars())


def _alike(session: Session, prompts: Sequence[int], response_ids: Sequence[int]) -> dict[int, list[int]]:
    """Response → those of ``response_ids`` that it speaks for: itself, and the same candidate's same words."""
    c = _response.c
    texts = sa.select(c.id, c.candidate_id, c.content_hash)
    wanted: dict[tuple[int, str], list[int]] = defaultdict(list)
    for row in session.execute(texts.where(c.id.in_(response_ids))):
        wanted[row.candidate_id, row.content_hash].append(row.id)
    candidates = {candidate for candidate, _ in wanted}
    there = session.execute(texts.where(c.prompt_id.in_(prompts), c.candidate_id.in_(candidates)))
    known = ((row.id, wanted.get((row.candidate_id, row.content_hash))) for row in there)
    return {id: mine for id, mine in known if mine is not None}


def _standing(session: Session, prompts: Sequence[int]) -> "sa.Select[Any]":
    """The votes on these prompts that stand, the newest first."""
    v, a, q = _vote.c, _assignment.c, _question.c
    people = (_person.c.name.label("rater"), _person.c.kind)
    query = (
        sa.select(*v, *people, q.title, q.answers, _study.c.name.label("study"))
        .add_columns(a.left_response_id, a.right_response_id, rated_texts.seconds(v.created_at).label("second"))
        .join_from(_vote, _person, _person.c.id == v.rater_id)
        .join(_question, q.id == v.question_id)
        .join(_study, _study.c.id == v.study_id)
        .outerjoin(_assignment, a.id == v.assignment_id)
        .where(v.prompt_id.in_(prompts), is_current())
        .order_by(v.id.desc())
    )
    return query if counts_simulated(session) else query.where(~is_simulated())


def _shown(session: Session, rows: Sequence[Any]) -> list[dict[Side, int]]:
    """Of each vote the responses on either side; a number that is no response's where that is not known."""
    imported = [row for row in rows if row.assignment_id is None]
    prompt, at, left, right = (
        np.array([getattr(row, name) for row in imported], dtype=np.int64)
        for name in ("prompt_id", "second", "left_candidate_id", "right_candidate_id")
    )
    named = [rated_texts.named(session, prompt, side, at).tolist() for side in (left, right) if imported]
    of_imported = iter(zip(*named, strict=True))
    return [
        dict(zip(Side, next(of_imported), strict=True))
        if row.assignment_id is None
        else {Side.A: row.left_response_id, Side.B: row.right_response_id}
        for row in rows
    ]


def _vote_on(row: Any, side: Side, shown: dict[Side, int], mine: int, names: dict[int, str]) -> VoteOn:
    is_left = side is Side.A
    outcome = Outcome(row.outcome)
    other = shown[Side.B if is_left else Side.A]
    return VoteOn(
        vote_id=row.id,
        question=row.title,
        study=row.study,
        outcome=outcome if is_left else outcome.mirrored,
        answer=row.answers[row.outcome],
        side=side,
        opponent=names[row.right_candidate_id if is_left else row.left_candidate_id],
        opponent_response_id=other if other > 0 else None,
        rater=row.rater,
        kind=row.kind,
        time_ms=row.time_on_pair_ms,
        too_fast=row.too_fast,
        masked=row.masked,
        created_at=row.created_at,
        cast_on=None if shown[side] == mine else shown[side],
    )


def _notes(session: Session, alike: dict[int, list[int]], names: dict[int, str]) -> dict[int, list[NoteOn]]:
    a, r = _assignment.c, _remark.c
    left, right = _response.alias("left_one").c, _response.alias("right_one").c
    query = (
        sa.select(r.kind, r.note, r.created_at, _person.c.name.label("rater"), _person.c.kind.label("rater_kind"))
        .add_columns(a.left_response_id, a.right_response_id)
        .add_columns(left.candidate_id.label("left_candidate_id"), right.candidate_id.label("right_candidate_id"))
        .join_from(_remark, _assignment, a.id == r.assignment_id)
        .join(_person, _person.c.id == r.rater_id)
        .join(left.id.table, left.id == a.left_response_id)
        .join(right.id.table, right.id == a.right_response_id)
        .where(a.left_response_id.in_(alike) | a.right_response_id.in_(alike))
        .order_by(r.id.desc())
    )
    found: dict[int, list[NoteOn]] = defaultdict(list)
    for row in session.execute(query if counts_simulated(session) else query.where(~is_simulated())):
        shown = {
            Side.A: (row.left_response_id, names[row.left_candidate_id]),
            Side.B: (row.right_response_id, names[row.right_candidate_id]),
        }
        told = (row.kind, row.note, row.rater, row.rater_kind, row.created_at)
        for side, (response_id, _) in shown.items():
            for mine in alike.get(response_id, ()):
                found[mine].append(NoteOn(*told, side, sides_named(row.note), shown))
    return dict(found)
