"""Changing a study: its numbers, what it compares, its guidelines. Votes stay whatever is changed."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlmodel import Session, col, select

from core.errors import BadInput
from core.services.studies import studies
from core.services.studies.fields import (
    LONGEST_GUIDELINES,
    LONGEST_MORE,
    checked_goal,
    checked_overlap,
    checked_share,
    checked_text,
    free_name,
    give_scope,
)
from core.storage.tables import Assignment, PairTally, Question, Study, StudyRater


def save_settings(
    session: Session,
    study_id: int,
    *,
    name: str,
    overlap: int,
    pairs_per_rater: int | None,
    rerated_share: float | None = None,
) -> Study:
    """Change a study's name, the raters wanted per pair and the pairs asked of one rater.

    ``rerated_share``: of how many prompts, 0 to 1, a later run's answers are rated anew; None leaves it as it is.
    Votes stay whatever the numbers become: a smaller overlap only stops giving out pairs that have enough.
    """
    study = studies.get(session, study_id)
    study.name = free_name(session, name, but_for=study)
    study.overlap = checked_overlap(overlap)
    study.pairs_per_rater = checked_goal(pairs_per_rater)
    if rerated_share is not None:
        study.rerated_share = checked_share(rerated_share)
    return study


def save_scope(
    session: Session,
    study_id: int,
    *,
    dataset_id: int | None,
    categories: Sequence[str] | None,
    candidate_ids: Sequence[int] | None,
) -> Study:
    """Change what a study compares; possible until its first pair was given out or its first vote came."""
    study = studies.get(session, study_id)
    if study.is_default:
        raise BadInput("This study is over everything in the workspace. Make another one for a part of it.")
    if has_begun(session, study_id):
        raise BadInput("Rating has begun, so what this study compares stays. Make another study for the rest.")
    give_scope(session, study, dataset_id, categories, candidate_ids)
    return study


def save_guidelines(session: Session, study_id: int, *, guidelines: str, more_expected: str) -> Study:
    """Change what raters read before they begin (Markdown), and when, in words, more pairs will come."""
    study = studies.get(session, study_id)
    study.guidelines = checked_text(guidelines, "Guidelines", LONGEST_GUIDELINES)
    study.more_expected = checked_text(more_expected, "When more is expected", LONGEST_MORE)
    return study


def delete_draft(session: Session, study_id: int) -> str:
    """Delete a draft that has no votes, with its questions, and return its name. People invited to it stay."""
    study = studies.get(session, study_id)
    if study.state != studies.DRAFT or study.is_default:
        raise BadInput(f"Only a draft can be deleted, and '{study.name}' is {study.state}. Close it instead.")
    if has_begun(session, study_id):
        raise BadInput(f"'{study.name}' has votes, which stay. Open it and close it instead.")
    for table in (PairTally, StudyRater, Question):
        session.execute(sa.delete(table).where(col(table.study_id) == study_id))
    session.delete(study)
    return study.name


def has_begun(session: Session, study_id: int) -> bool:
    """Whether a pair of the study was ever given out, or a vote imported into it."""
    given = session.exec(select(Assignment.id).where(Assignment.study_id == study_id).limit(1)).first()
    tallied = select(PairTally.study_id).where(PairTally.study_id == study_id).limit(1)
    return given is not None or session.exec(tallied).first() is not None
