"""Studies: rating campaigns, what they compare, how much of it is wanted and who rates them."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from core.errors import BadInput, NotFound
from core.storage.tables import Candidate, Dataset, Person, Prompt, Question, Run, Study, StudyRater, Vote

DEFAULT_NAME = "Everything"
STATES = ("open", "paused", "closed")
LONGEST_NAME = 80
MOST_OVERLAP = 100
MOST_PAIRS = 100_000
LONGEST_GUIDELINES = 20_000
LONGEST_MORE = 500
RERATED_SHARE = 0.1


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
    categories: Sequence[str] | None = None,
    candidate_ids: Sequence[int] | None = None,
    pairs_per_rater: int | None = None,
    rerated_share: float = RERATED_SHARE,
    person_ids: Sequence[int] | None = None,
    is_default: bool = False,
) -> Study:
    """A new open study that asks ``questions``.

    Without ``dataset_id``, ``categories`` or ``candidate_ids`` it compares all there are, without ``person_ids``
    everybody rates it, without ``pairs_per_rater`` there is no end but that of the pairs. Raises BadInput.
    """
    study = Study(
        name=free_name(session, name),
        overlap=checked_overlap(overlap),
        guidelines=checked_text(guidelines, "guidelines", LONGEST_GUIDELINES),
        pairs_per_rater=checked_goal(pairs_per_rater),
        rerated_share=checked_share(rerated_share),
        is_default=is_default,
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


def free_name(session: Session, name: str, *, but_for: Study | None = None) -> str:
    """A study's name, tidied; BadInput where it is empty, too long or another study's."""
    name = clean_line(name)
    if not 1 <= len(name) <= LONGEST_NAME:
        raise BadInput(f"A study needs a name of 1 to {LONGEST_NAME} characters.")
    taken = session.exec(select(Study).where(Study.name == name)).first()
    if taken is not None and taken is not but_for:
        raise BadInput(f"There is a study called '{name}' already. Choose another name.")
    return name


def clean_line(text: str) -> str:
    """``text`` on one line, in one Unicode form, without characters that cannot be seen."""
    line = " ".join(unicodedata.normalize("NFC", text).split())
    return "".join(character for character in line if unicodedata.category(character) not in ("Cc", "Cs", "Cn", "Co"))


def checked_text(text: str, what: str, longest: int) -> str:
    """``text`` trimmed; BadInput where it is longer than ``longest`` characters."""
    text = text.replace("\x00", "").strip()
    if len(text) > longest:
        raise BadInput(f"The {what} may have {longest:,} characters; these have {len(text):,}.")
    return text


def checked_overlap(overlap: int) -> int:
    """``overlap``, where it can be one."""
    if not 1 <= overlap <= MOST_OVERLAP:
        raise BadInput(f"The overlap (raters wanted per pair) must be from 1 to {MOST_OVERLAP}.")
    return overlap


def checked_goal(pairs_per_rater: int | None) -> int | None:
    """``pairs_per_rater``, where it can be one."""
    if pairs_per_rater is not None and not 1 <= pairs_per_rater <= MOST_PAIRS:
        raise BadInput(f"The pairs asked of one rater must be from 1 to {MOST_PAIRS:,}, or empty for no limit.")
    return pairs_per_rater


def checked_share(rerated_share: float) -> float:
    """``rerated_share``, where it can be one."""
    if not 0 <= rerated_share <= 1:
        raise BadInput("The share of prompts whose later answers are rated anew must be from 0 to 1 (0 to 100 %).")
    return rerated_share


def give_scope(
    session: Session,
    study: Study,
    dataset_id: int | None,
    categories: Sequence[str] | None,
    candidate_ids: Sequence[int] | None,
) -> None:
    """Let the study compare these; what does not exist, or cannot be compared, is a BadInput."""
    if dataset_id is not None and session.get(Dataset, dataset_id) is None:
        raise NotFound("That dataset does not exist any more. Choose another.")
    chosen = sorted(set(categories or ()))
    for category in chosen:
        query = select(Prompt.id).where(Prompt.category == category)
        if dataset_id is not None:
            query = query.where(Prompt.dataset_id == dataset_id)
        if session.exec(query.limit(1)).first() is None:
            raise NotFound(f"There is no prompt of the category '{category}' there.")
    candidates = sorted(set(candidate_ids or ()))
    if len(candidates) == 1:
        raise BadInput("One candidate cannot be compared. Choose two or more, or none for all of them.")
    if any(session.get(Candidate, candidate) is None for candidate in candidates):
        raise NotFound("One of the candidates does not exist any more. Choose again.")
    study.dataset_id, study.categories, study.candidate_ids = dataset_id, chosen or None, candidates or None


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
    """Open, pause or close a study; votes cast before stay, and so do pairs that somebody has begun."""
    if state not in STATES:
        raise BadInput(f"A study is open, paused or closed, not '{state}'.")
    study = get(session, study_id)
    if study.is_default and state == "closed":
        raise BadInput(f"'{study.name}' is over everything that comes in, so it cannot be closed. Pause it instead.")
    study.state = state


def get(session: Session, study_id: int) -> Study:
    """The study with that id."""
    study = session.get(Study, study_id)
    if study is None:
        raise NotFound("That study does not exist any more.")
    return study


def set_raters(session: Session, study_id: int, person_ids: Sequence[int] | None) -> None:
    """Who rates the study: these people, or everybody (None)."""
    study = get(session, study_id)
    if person_ids is not None and not person_ids:
        raise BadInput("Nobody is chosen. Choose at least one person, or let everybody rate.")
    if any((person := session.get(Person, id)) is None or person.kind != "human" for id in person_ids or ()):
        raise NotFound("One of the people chosen is not here any more. Choose again.")
    study.everybody_rates = person_ids is None
    for row in session.exec(select(StudyRater).where(StudyRater.study_id == study_id)):
        session.delete(row)
    session.flush()
    session.add_all(StudyRater(study_id=study_id, person_id=person) for person in sorted(set(person_ids or ())))


def rater_ids(session: Session, study_id: int) -> list[int]:
    """The people chosen to rate the study; empty where everybody does."""
    return list(session.exec(select(StudyRater.person_id).where(StudyRater.study_id == study_id)))


def raters_to_choose(session: Session) -> list[Person]:
    """The people who can be chosen to rate."""
    query = select(Person).where(Person.kind == "human", col(Person.revoked_at).is_(None))
    return list(session.exec(query.order_by(Person.name)))
