"""Studies: rating campaigns, the questions they ask and who rates them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from core.errors import BadInput, NotFound
from core.storage.tables import Dataset, Person, Question, Run, Study, StudyRater, Vote

DEFAULT_NAME = "Everything"
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
IMPORTED_ANSWERS = ("A", "B", "Tie", "Both bad")


def create(
    session: Session,
    *,
    name: str,
    now: datetime,
    overlap: int = 3,
    questions: Sequence[QuestionText] = DEFAULT_QUESTIONS,
    guidelines: str = "",
    dataset_id: int | None = None,
    is_default: bool = False,
) -> Study:
    """A new open study that asks ``questions``."""
    name = " ".join(name.split())
    if not 1 <= len(name) <= 80:
        raise BadInput("A study needs a name of 1 to 80 characters.")
    if session.exec(select(Study).where(Study.name == name)).first():
        raise BadInput(f"There is a study called '{name}' already. Choose another name.")
    study = Study(
        name=name,
        overlap=_checked_overlap(overlap),
        guidelines=guidelines,
        dataset_id=dataset_id,
        is_default=is_default,
        created_at=now,
    )
    session.add(study)
    session.flush()
    for position, text in enumerate(questions):
        session.add(_question(study, text, position))
    session.flush()
    return study


def _question(study: Study, text: QuestionText, position: int) -> Question:
    assert study.id is not None
    return Question(
        study_id=study.id,
        key=text.key,
        position=position,
        title=text.title,
        wording=text.wording,
        answers=list(text.answers),
    )


def _checked_overlap(overlap: int) -> int:
    if not 1 <= overlap <= 100:
        raise BadInput("The overlap (raters wanted per pair) must be from 1 to 100.")
    return overlap


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
    """The default study, or the demo's while nothing but the demo is here."""
    own = select(Run.id).join(Dataset, col(Dataset.id) == Run.dataset_id).where(~col(Dataset.is_demo))
    demo = session.exec(
        select(Study).join(Dataset, col(Dataset.id) == Study.dataset_id).where(col(Dataset.is_demo))
    ).first()
    default = session.exec(select(Study).where(col(Study.is_default))).first()
    if default is None:
        raise NotFound("This workspace has no study yet. Start the app once, or make a study.")
    has_own = (
        session.exec(own.limit(1)).first()
        or session.exec(select(Vote.id).where(Vote.study_id == default.id).limit(1)).first()
    )
    return default if has_own or demo is None else demo


def questions(session: Session, study_id: int, *, asked_only: bool = False) -> list[Question]:
    """The study's questions in order; with ``asked_only`` those that raters are asked today."""
    query = select(Question).where(Question.study_id == study_id)
    if asked_only:
        query = query.where(col(Question.is_asked))
    return list(session.exec(query.order_by(col(Question.position), col(Question.id))))


def question_named(session: Session, study_id: int, key: str) -> Question:
    """The study's question with that key."""
    question = session.exec(select(Question).where(Question.study_id == study_id, Question.key == key)).first()
    if question is None:
        keys = ", ".join(question.key for question in questions(session, study_id))
        raise NotFound(f"This study has no question '{key}'. It has: {keys or 'none'}.")
    return question


def for_rater(session: Session, person_id: int) -> list[Study]:
    """The studies that are not closed and that this person may rate, the default one first."""
    allowed = select(StudyRater.study_id).where(StudyRater.person_id == person_id)
    query = select(Study).where(Study.state != "closed").where(col(Study.everybody_rates) | col(Study.id).in_(allowed))
    return list(session.exec(query.order_by(col(Study.is_default).desc(), col(Study.id))))


def set_state(session: Session, study_id: int, state: str) -> None:
    """Open, pause or close a study; votes cast before stay."""
    if state not in STATES:
        raise BadInput(f"A study is open, paused or closed, not '{state}'.")
    get(session, study_id).state = state


def get(session: Session, study_id: int) -> Study:
    """The study with that id."""
    study = session.get(Study, study_id)
    if study is None:
        raise NotFound("That study does not exist any more.")
    return study


def set_raters(session: Session, study_id: int, person_ids: Sequence[int] | None) -> None:
    """Who rates the study: these people, or everybody (None)."""
    study = get(session, study_id)
    study.everybody_rates = person_ids is None
    for row in session.exec(select(StudyRater).where(StudyRater.study_id == study_id)):
        session.delete(row)
    session.flush()
    session.add_all(StudyRater(study_id=study_id, person_id=person) for person in person_ids or ())


def rater_ids(session: Session, study_id: int) -> list[int]:
    """The people chosen to rate the study; empty where everybody does."""
    return list(session.exec(select(StudyRater.person_id).where(StudyRater.study_id == study_id)))


def raters_to_choose(session: Session) -> list[Person]:
    """The people who can be chosen to rate."""
    query = select(Person).where(Person.kind == "human", col(Person.revoked_at).is_(None))
    return list(session.exec(query.order_by(Person.name)))


def save_question(session: Session, study_id: int, text: QuestionText, *, is_asked: bool) -> Question:
    """Word a question anew or add one. What was answered so far stays with the question's key."""
    if not text.key.strip() or not text.title.strip() or any(not answer.strip() for answer in text.answers):
        raise BadInput("A question needs a key, a title and four answers.")
    found = session.exec(select(Question).where(Question.study_id == study_id, Question.key == text.key)).first()
    if found is None:
        found = _question(get(session, study_id), text, len(questions(session, study_id)))
        session.add(found)
    found.title, found.wording, found.answers, found.is_asked = text.title, text.wording, list(text.answers), is_asked
    session.flush()
    return found
