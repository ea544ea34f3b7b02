"""What raters said of a prompt's responses, for analysts alone."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, select

from core.services.leaderboards.tallies import is_current, is_simulated
from core.services.studies import studies
from core.storage.tables import Candidate, metadata

MOST_VOTES = 2_000
_vote, _person, _question = (metadata.tables[name] for name in ("vote", "person", "question"))


@dataclass(frozen=True)
class Outcomes:
    """How raters answered one question on one pair of candidates."""

    question: str
    first: str
    second: str
    first_won: int
    second_won: int
    tie: int
    both_bad: int
    simulated: int
    """How many of these votes are simulated."""


@dataclass(frozen=True)
class VoteRow:
    """One standing vote."""

    question: str
    left: str
    right: str
    answer: str
    """The question's own label, with the candidate it stood for."""
    rater: str
    kind: str
    too_fast: bool
    masked: bool
    created_at: datetime


def outcomes(session: Session, prompt_id: int, *, simulated: bool = True) -> list[Outcomes]:
    """The votes on a prompt added up by question and pair of candidates, most votes first."""
    v = _vote.c
    flipped = v.left_candidate_id > v.right_candidate_id
    first = sa.case((flipped, v.right_candidate_id), else_=v.left_candidate_id)
    second = sa.case((flipped, v.left_candidate_id), else_=v.right_candidate_id)
    outcome = sa.case((flipped & (v.outcome <= 1), 1 - v.outcome), else_=v.outcome)
    counts = [sa.func.sum(sa.case((outcome == number, 1), else_=0)) for number in range(4)]
    of_simulated = sa.func.sum(sa.case((is_simulated(), 1), else_=0))
    query = (
        sa.select(v.question_id, first, second, *counts, of_simulated)
        .select_from(_vote.join(_person, _person.c.id == v.rater_id))
        .where(v.prompt_id == prompt_id, is_current())
        .group_by(sa.literal_column("1"), sa.literal_column("2"), sa.literal_column("3"))
    )
    if not simulated:
        query = query.where(~is_simulated())
    rows = [tuple(row) for row in session.execute(query)]
    titles, names = _titles(session), _names(session)
    rows.sort(key=lambda row: (row[0], -sum(row[3:7])))
    return [Outcomes(titles[row[0]], names[row[1]], names[row[2]], *row[3:]) for row in rows]


def votes(session: Session, prompt_id: int, *, simulated: bool = True) -> list[VoteRow]:
    """The newest standing votes on a prompt, at most MOST_VOTES."""
    v = _vote.c
    query = (
        sa.select(
            v.question_id,
            v.left_candidate_id,
            v.right_candidate_id,
            v.outcome,
            _person.c.name,
            _person.c.kind,
            v.too_fast,
            v.masked,
            v.created_at,
            _question.c.answers,
        )
        .select_from(_vote.join(_person, _person.c.id == v.rater_id).join(_question, _question.c.id == v.question_id))
        .where(v.prompt_id == prompt_id, is_current())
        .order_by(v.id.desc())
        .limit(MOST_VOTES)
    )
    if not simulated:
        query = query.where(~is_simulated())
    titles, names = _titles(session), _names(session)
    found = []
    for question, left, right, outcome, rater, kind, too_fast, masked, at, answers in session.execute(query):
        sides = names[left], names[right]
        answer = sides[outcome] if outcome < 2 else answers[outcome]
        found.append(VoteRow(titles[question], *sides, answer, rater, kind, too_fast, masked, at))
    return found


def _titles(session: Session) -> dict[int, str]:
    """Question id → its title, with the study where there are several."""
    several = len(studies.listed(session)) > 1
    query = sa.select(_question.c.id, _question.c.title, metadata.tables["study"].c.name).join(
        metadata.tables["study"], metadata.tables["study"].c.id == _question.c.study_id
    )
    return {id_: f"{title} · {study}" if several else title for id_, title, study in session.execute(query)}


def _names(session: Session) -> dict[int, str]:
    return {row[0]: row[1] for row in session.exec(select(Candidate.id, Candidate.name)) if row[0] is not None}
