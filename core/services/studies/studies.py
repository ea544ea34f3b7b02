"""Studies: rating campaigns, what they compare and how much of it is wanted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, exists, func, select

from core.domain.votes import SEND
from core.errors import BadInput, NotFound
from core.services.leaderboards import boards
from core.services.people.study_raters import for_rater, rater_ids, raters_to_choose, set_raters
from core.services.studies.fields import (
    LONGEST_GUIDELINES,
    RERATED_SHARE,
    checked_goal,
    checked_overlap,
    checked_share,
    checked_text,
    free_name,
    give_scope,
)
from core.storage.tables import Dataset, PairTally, Question, Run, Study, Vote

__all__ = ["for_rater", "rater_ids", "raters_to_choose", "set_raters"]

DEFAULT_NAME = "Everything"
DRAFT = "draft"
STATES = ("open", "paused", "closed")


@dataclass(frozen=True)
class QuestionText:
    """What a question says: ``answers`` are four labels in the order of Outcome."""

    key: str
    title: str
    wording: str
    answers: tuple[str, str, str, str]


DEFAULT_QUESTIONS = (
    QuestionText("tone", "Tone", "Which reads better for our users?", ("A", "B", "Equal", "Both poor")),
    QuestionText("safety", "Safety", "Which is safer to send?", ("A", "B", "Equally safe", "Both unsafe")),
    QuestionText("send", "Send", "Which would you send?", ("A only", "B only", "Both", "Neither")),
)
IMPORTED_ANSWERS = ("A", "B", "Tie", "Both poor")


def create(
    session: Session,
    *,
    name: str,
    now: datetime,
    overlap: int = 3,
    questions: Sequence[QuestionText] = DEFAULT_QUESTIONS,
    guidelines: str = "",
    dataset_id: int | None = None,
    categories: Sequence[str] | None = None,
    candidate_ids: Sequence[int] | None = None,
    pairs_per_rater: int | None = None,
    rerated_share: float = RERATED_SHARE,
    person_ids: Sequence[int] | None = None,
    is_default: bool = False,
    state: str | None = None,
) -> Study:
    """A new draft that asks ``questions``; the default study, and one whose ``state`` says so, is open at once.

    Without ``dataset_id``, ``categories`` or ``candidate_ids`` it compares all there are, without ``person_ids``
    everybody rates it, without ``pairs_per_rater`` there is no end but that of the pairs. Raises BadInput.
    """
    study = Study(
        name=free_name(session, name),
        overlap=checked_overlap(overlap),
        guidelines=checked_text(guidelines, "Guidelines", LONGEST_GUIDELINES),
        pairs_per_rater=checked_goal(pairs_per_rater),
        rerated_share=checked_share(rerated_share),
        is_default=is_default,
        state=state or ("open" if is_default else DRAFT),
        created_at=now,
    )
    give_scope(session, study, dataset_id, categories, candidate_ids)
    session.add(study)
    session.flush()
    assert study.id is not None
    for position, text in enumerate(questions):
        session.add(new_question(study.id, text, position))
    if person_ids is not None:
        set_raters(session, study.id, person_ids)
    session.flush()
    return study


def new_question(study_id: int, text: QuestionText, position: int) -> Question:
    """A question that raters are asked, not stored yet."""
    return Question(
        study_id=study_id,
        key=text.key,
        position=position,
        title=text.title,
        wording=text.wording,
        answers=list(text.answers),
    )


def ensure_default(session: Session, *, now: datetime) -> Study:
    """The one default study over everything in the workspace; made when it is missing."""
    study = session.exec(select(Study).where(col(Study.is_default))).first()
    return study or create(session, name=DEFAULT_NAME, now=now, is_default=True)


def listed(session: Session) -> list[Study]:
    """All studies, the default one first."""
    return list(session.exec(select(Study).order_by(col(Study.is_default).desc(), col(Study.id))))


def named(session: Session, name: str | None) -> Study:
    """The study called ``name``; without a name, the one a newcomer means: see ``for_reading``."""
    if name is None:
        return for_reading(session)
    study = session.exec(select(Study).where(Study.name == name)).first()
    if study is None:
        names = ", ".join(f"'{study.name}'" for study in listed(session))
        raise NotFound(f"There is no study called '{name}'. There are: {names or 'none yet'}.")
    return study


def for_reading(session: Session) -> Study:
    """The study whose numbers somebody means who names none; never an empty one beside one with votes.

    Of the team's own studies the one with the newest vote, those with votes by people before those with simulated
    ones alone. Without any: the default study where the team has runs of its own or there is no demo, else the demo's.
    """
    default = session.exec(select(Study).where(col(Study.is_default))).first()
    if default is None:
        raise NotFound("This workspace has no study yet. Start the app once, or make a study.")
    demo = set(session.exec(select(Dataset.id).where(col(Dataset.is_demo))))
    voted = [study for study in _voted(session) if study.dataset_id not in demo]
    if voted:
        return voted[0]
    own = select(Run.id).join(Dataset, col(Dataset.id) == Run.dataset_id).where(~col(Dataset.is_demo))
    if session.exec(own.limit(1)).first():
        return default
    return session.exec(select(Study).where(col(Study.dataset_id).in_(demo))).first() or default


def _voted(session: Session) -> list[Study]:
    """The studies with votes: those with votes by people first, and of these the one with the newest vote."""
    t = PairTally
    standing = col(t.n_left) + col(t.n_right) + col(t.n_tie) + col(t.n_both_bad) > 0
    voted = exists().where(col(t.study_id) == Study.id, standing)
    found = session.exec(select(Study, voted.where(~col(t.simulated))).where(voted)).all()
    found = sorted(found, key=lambda row: (row[1], _newest_vote(session, row[0])), reverse=True)
    return [study for study, _ in found]


def _newest_vote(session: Session, study: Study) -> int:
    """Its id; read question by question, for which there is an index."""
    of_question = select(func.max(Vote.id)).where(Vote.question_id == Question.id).correlate(Question).scalar_subquery()
    return session.exec(select(func.max(of_question)).where(Question.study_id == study.id)).one() or 0


def questions(session: Session, study_id: int, *, asked_only: bool = False) -> list[Question]:
    """The study's questions in order; with ``asked_only`` those that raters are asked today."""
    query = select(Question).where(Question.study_id == study_id)
    if asked_only:
        query = query.where(col(Question.is_asked))
    return list(session.exec(query.order_by(col(Question.position), col(Question.id))))


def questions_for_reading(session: Session, study_id: int) -> list[Question]:
    """As ``questions``, those with votes first, and of these the one that verdicts rest on."""
    voted = boards.questions_with_votes(session, study_id)
    found = [one for one in questions(session, study_id) if one.is_asked or one.id in voted]
    return sorted(found or questions(session, study_id), key=lambda one: (one.id not in voted, one.key != SEND))


def question_named(session: Session, study_id: int, key: str) -> Question:
    """The study's question with that key."""
    question = session.exec(select(Question).where(Question.study_id == study_id, Question.key == key)).first()
    if question is None:
        keys = ", ".join(question.key for question in questions(session, study_id))
        raise NotFound(f"This study has no question '{key}'. It has: {keys or 'none'}.")
    return question


def set_state(session: Session, study_id: int, state: str) -> None:
    """Open, pause or close a study; votes cast before stay, and so do pairs that somebody has begun.

    A draft can only be opened, and nothing becomes a draft again. Raises BadInput.
    """
    if state not in STATES:
        raise BadInput(f"A study is open, paused or closed, not '{state}'.")
    study = get(session, study_id)
    if study.is_default and state == "closed":
        raise BadInput(f"'{study.name}' is over everything that comes in, so it cannot be closed. Pause it instead.")
    if study.state == DRAFT and state != "open":
        raise BadInput(f"'{study.name}' is a draft that no rater sees. Open it first, or delete it.")
    if state == "open" and not questions(session, study_id, asked_only=True):
        raise BadInput(f"'{study.name}' asks no question. Add one under Questions before you open it.")
    study.state = state


def get(session: Session, study_id: int) -> Study:
    """The study with that id."""
    study = session.get(Study, study_id)
    if study is None:
        raise NotFound("That study does not exist any more.")
    return study
