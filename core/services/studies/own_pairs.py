"""What a rater did on their last pairs: answers, a skip, flags and notes, to look at again and to change."""

from dataclasses import dataclass

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from core.domain.blinding import BlindPair
from core.services.studies import studies, vote_records, voting
from core.services.studies.rounds import blinded
from core.storage.engine import reading
from core.storage.tables import Assignment, Question, Remark, Study


@dataclass(frozen=True)
class OwnPair:
    """One of a rater's last pairs as they saw it.

    ``is_open``: its study takes answers, so they may be changed.
    """

    pair: BlindPair
    study: Study
    answers: tuple[tuple[Question, int], ...]
    """Question and outcome, in the study's order."""
    skip_reason: str | None
    """Empty where it was not skipped."""
    remarks: tuple[Remark, ...]

    @property
    def is_open(self) -> bool:
        """Whether its study takes answers now."""
        return self.study.state == "open"


def last_pairs(engine: Engine, rater_id: int) -> list[OwnPair]:
    """The last ten pairs on which the rater answered, skipped or remarked something, newest first."""
    with reading(engine) as session:
        return [_own(session, assignment) for assignment in vote_records.recent_pairs(session, rater_id)]


def _own(session: Session, assignment: Assignment) -> OwnPair:
    outcomes = voting.answers(session, assignment)
    remarks = select(Remark).where(Remark.assignment_id == assignment.id).order_by(col(Remark.id))
    return OwnPair(
        pair=blinded(session, assignment),
        study=studies.get(session, assignment.study_id),
        answers=tuple(
            (question, outcomes[question.id])
            for question in studies.questions(session, assignment.study_id)
            if question.id in outcomes
        ),
        skip_reason=(assignment.skip_reason or "without a reason") if assignment.state == "skipped" else None,
        remarks=tuple(session.exec(remarks)),
    )
