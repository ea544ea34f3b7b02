"""A study's questions: worded anew, added, dropped and brought back, with no vote lost on the way."""

import re
import unicodedata
from datetime import datetime

from sqlmodel import Session, col, func, select

from core.errors import BadInput, NotFound
from core.services.studies import studies, voting
from core.services.studies.fields import clean_line
from core.services.studies.studies import QuestionText
from core.storage.tables import Assignment, PairTally, Question, Vote

LONGEST = {"key": 40, "title": 40, "wording": 300, "answer": 40}
MOST_ASKED = 8
PLACES = ("A is better", "B is better", "Both alike", "Neither is good")
_KEY = re.compile(r"[a-z][a-z0-9_]*")


def key_from(title: str) -> str:
    """A key made of ``title``: lower-case letters, digits and underscores; empty where nothing is left."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[: LONGEST["key"]].lstrip("0123456789_")


def add(session: Session, study_id: int, text: QuestionText) -> Question:
    """A further question, asked last, from the next pair on; pairs rated before stay as they are."""
    study = studies.get(session, study_id)
    text = _checked(text)
    there = studies.questions(session, study_id)
    if any(question.key == text.key for question in there):
        raise BadInput(f"Key: this study has a question with the key '{text.key}' already. Choose another one.")
    if sum(question.is_asked for question in there) >= MOST_ASKED:
        raise BadInput(f"A study asks at most {MOST_ASKED} questions. Drop one first.")
    assert study.id is not None
    question = studies.new_question(study.id, text, max((each.position for each in there), default=-1) + 1)
    session.add(question)
    session.flush()
    return question


def word(session: Session, question_id: int, text: QuestionText) -> Question:
    """Word a question anew. Its key stays once it has votes, because exports and boards name votes by it."""
    question = _found(session, question_id)
    text = _checked(text)
    if text.key != question.key:
        if has_votes(session, question_id):
            raise BadInput(f"Key: '{question.key}' stays, because votes are known by it. All else may change.")
        if any(each.key == text.key for each in studies.questions(session, question.study_id)):
            raise BadInput(f"Key: this study has a question with the key '{text.key}' already. Choose another one.")
    question.key, question.title, question.wording = text.key, text.title, text.wording
    question.answers = list(text.answers)
    return question


def drop(session: Session, question_id: int, *, now: datetime) -> Question:
    """Ask a question no more. Its votes stay; pairs in hand that lacked only this answer are done."""
    question = _found(session, question_id)
    asked = studies.questions(session, question.study_id, asked_only=True)
    if [each.id for each in asked] == [question.id]:
        raise BadInput("This is the only question that raters are asked. Add another one before you drop it.")
    question.is_asked = False
    session.flush()
    _finish_answered(session, question.study_id, {each.id for each in asked} - {question.id}, now)
    return question


def restore(session: Session, question_id: int) -> Question:
    """Ask a question (again), from the next pair on."""
    question = _found(session, question_id)
    asked = studies.questions(session, question.study_id, asked_only=True)
    if not question.is_asked and len(asked) >= MOST_ASKED:
        raise BadInput(f"A study asks at most {MOST_ASKED} questions. Drop one first.")
    question.is_asked = True
    return question


def delete(session: Session, question_id: int) -> Question:
    """Delete a question of a draft for good; one that has votes can only be dropped."""
    question = _found(session, question_id)
    if studies.get(session, question.study_id).state != studies.DRAFT:
        raise BadInput(f"'{question.title}' was before raters already, so it can be dropped, not deleted.")
    if has_votes(session, question_id):
        raise BadInput(f"'{question.title}' has votes, which stay. Drop it instead.")
    session.delete(question)
    return question


def ask_earlier(session: Session, question_id: int) -> Question:
    """Ask a question before the one that comes ahead of it now; possible in a draft, before raters know an order."""
    question = _found(session, question_id)
    if studies.get(session, question.study_id).state != studies.DRAFT:
        raise BadInput("Raters know the questions in this order, so it stays.")
    ordered = studies.questions(session, question.study_id)
    place = next(place for place, each in enumerate(ordered) if each.id == question_id)
    ordered.insert(max(0, place - 1), ordered.pop(place))
    for position, each in enumerate(ordered):
        each.position = position
    return question


def has_votes(session: Session, question_id: int) -> bool:
    """Whether the question was ever answered."""
    return session.exec(select(Vote.id).where(Vote.question_id == question_id).limit(1)).first() is not None


def votes(session: Session, study_id: int) -> dict[int, int]:
    """Question id → votes that count; questions without any are absent."""
    total = func.sum(PairTally.n_left + PairTally.n_right + PairTally.n_tie + PairTally.n_both_bad)
    query = select(PairTally.question_id, total).where(PairTally.study_id == study_id)
    return {question: int(n) for question, n in session.exec(query.group_by(col(PairTally.question_id))) if n}


def _found(session: Session, question_id: int) -> Question:
    question = session.get(Question, question_id)
    if question is None:
        raise NotFound("That question does not exist any more.")
    return question


def _checked(text: QuestionText) -> QuestionText:
    title, wording = clean_line(text.title), clean_line(text.wording)
    answers = tuple(clean_line(answer) for answer in text.answers)
    key = text.key.strip().lower() or key_from(title)
    if not title:
        raise BadInput("Title: the question needs one word that stands for it on boards, such as Tone.")
    if not wording:
        raise BadInput(f"What raters read: the question '{title}' needs the sentence that stands beside the answers.")
    if not _KEY.fullmatch(key):
        raise BadInput("Key: it begins with a letter and has lower-case letters, digits and _ only.")
    for place, answer in enumerate(answers):
        if not answer:
            raise BadInput(f"{answer_label(place)}: this answer is empty. Fill in all four.")
        if answer.casefold() in {other.casefold() for other in answers[:place]}:
            raise BadInput(f"{answer_label(place)}: another answer says the same, so raters could not tell them apart.")
    said = [("Key", "key", key), ("Title", "title", title), ("What raters read", "wording", wording)]
    said += [(answer_label(place), "answer", answer) for place, answer in enumerate(answers)]
    for label, part, found in said:
        if len(found) > LONGEST[part]:
            raise BadInput(f"{label}: '{found[:30]}…' has {len(found)} characters. Use at most {LONGEST[part]}.")
    return QuestionText(key, title, wording, (answers[0], answers[1], answers[2], answers[3]))


def answer_label(place: int) -> str:
    """The name of the form's field for the answer at ``place``, in the order of Outcome."""
    return f"{place + 1} · {PLACES[place]}"


def _finish_answered(session: Session, study_id: int, asked: set[int | None], now: datetime) -> None:
    """Held rows are locked, so a vote on its way either is seen here or sees the question dropped."""
    held = select(Assignment).where(Assignment.study_id == study_id, Assignment.state == "leased")
    for assignment in session.exec(held.order_by(col(Assignment.id)).with_for_update()):
        if asked <= voting.answers(session, assignment).keys():
            assignment.state, assignment.finished_at = "done", now
