"""The row of filters above an analyst's page. It lives in the address, so that a view can be sent to a colleague."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st
from sqlmodel import Session

from core.domain.ranking import Band
from core.services import deciding, workspace
from core.services.datasets import responses
from core.services.datasets.responses import DatasetRef
from core.services.leaderboards import boards, stating
from core.services.leaderboards.boards import Filters
from core.services.leaderboards.moments import Moment
from core.services.studies import studies
from core.storage.engine import reading
from core.storage.tables import Question, Study
from core.ui.shared import colours, pins
from core.ui.shared.address import choose, forget, gone, one_of, say_gone, several_of, switch
from core.ui.shared.resources import engine

__all__ = [
    "ALL_CATEGORIES",
    "RESPONSE",
    "BoardChoice",
    "RaterChoice",
    "answered_dataset",
    "board_choice",
    "candidates_choice",
    "category_of",
    "choose",
    "dataset_choice",
    "dataset_name",
    "forget",
    "gone",
    "one_of",
    "question_or_all",
    "rater_choice",
    "responses_address",
    "say_gone",
    "several_of",
    "study_choice",
    "switch",
]

RESPONSE = "response"
"""In an address of the Responses page: the id of the one to mark. It tells dataset, prompt and run by itself."""
_WIDE = 260
ALL_CATEGORIES, ALL_QUESTIONS, VOTES_ALONE = "All categories", "All questions", "Votes alone"
STUDY, DATASET, CATEGORY, CANDIDATES = "study", "dataset", "category", "candidates"
"""Kinds of things that go along from page to page."""


@dataclass(frozen=True)
class BoardChoice:
    """What a board is asked for."""

    study: Study
    question: Question
    filters: Filters
    band: Band
    judge_id: int | None = None
    """Of the evaluator that narrows it; None for the votes alone."""
    up_to: Moment | None = None
    """The moment that the link holds on to; None for now."""


def board_choice(page: str) -> BoardChoice:
    """The leaderboard's row: study, question, category, and how votes are counted.

    ``page``: its name in addresses; each choice is kept under a name of that page's own.
    """
    with st.container(horizontal=True, vertical_alignment="bottom"):
        study = study_choice(page)
        question = _question(page, study)
        with reading(engine()) as session:
            categories = boards.categories(session, question.id or 0)
            kinds = boards.kinds(session, question.id or 0)
        category = category_of(page, categories, within=str(question.id))
        peek = switch("Safe to peek", True, key=f"{page}_peek", help=_PEEK)
        simulated = not kinds.simulated or _simulated_counts(page)
        masked = not kinds.masked or switch("Masked pairs", True, key=f"{page}_masked", help=_MASKED)
        judge_id = _judge(page, question) if masked else None
    up_to = pins.asked()
    say_gone()
    band = Band.PEEK if peek else Band.FIXED
    return BoardChoice(study, question, Filters(category, simulated, masked), band, judge_id, up_to)


def dataset_choice(page: str, datasets: list[DatasetRef]) -> DatasetRef:
    """One version of a dataset; the first where nothing is asked for."""
    options = {dataset.label: str(dataset.id) for dataset in datasets}
    label = one_of("Dataset", options, key=f"{page}_dataset", carried=DATASET, width=_WIDE)
    return next(dataset for dataset in datasets if dataset.label == label)


def dataset_name(page: str, versions: Mapping[str, Sequence[int]]) -> str:
    """A dataset with all its versions, by name; the first of ``versions``, which has the ids of each."""
    options = {name: str(ids[0]) for name, ids in versions.items()}
    older = {str(id): name for name, ids in versions.items() for id in ids[1:]}
    return one_of("Dataset", options, key=f"{page}_dataset", also=older, carried=DATASET, width=_WIDE)


def answered_dataset(page: str) -> str | None:
    """A dataset that somebody answered, in all its versions; None where there is none, and nothing is drawn then."""
    with reading(engine()) as session:
        answered = set(deciding.datasets(session))
        names = {name: ids for name, ids in responses.names(session).items() if name in answered}
    if not names:
        return None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        return dataset_name(page, names)


def candidates_choice(
    page: str, there: Mapping[str, int], *, label: str, placeholder: str, width: int | None = None
) -> list[str]:
    """The names of the chosen ones of ``there`` (name → id), at most as many as have a colour; none: all are meant."""
    options = {name: str(id) for name, id in there.items()}
    return several_of(
        label, options, key=f"{page}_show", most=colours.MOST_COLOURED, placeholder=placeholder, width=width,
        carried=CANDIDATES,
    )  # fmt: skip


def category_of(page: str, categories: list[str], *, within: str = "") -> str | None:
    """One of ``categories``, or None for all. ``within``: what they are the categories of."""
    options = [ALL_CATEGORIES, *categories]
    chosen = one_of("Category", options, key=f"{page}_category", within=within, carried=CATEGORY)
    return None if chosen == ALL_CATEGORIES else chosen


def _judge(page: str, question: Question) -> int | None:
    """Whose preferences narrow the board; not asked where nobody states any."""
    with reading(engine()) as session:
        there = {each.name: each.id or 0 for each in stating.evaluators(session, question.id or 0)}
    if not there:
        return None
    options = {VOTES_ALONE: "0"} | {name: str(id) for name, id in there.items()}
    return there.get(one_of("Narrowed by", options, key=f"{page}_judge", help=_NARROWED, within=str(question.id)))


_PEEK = (
    "On: intervals that stay right however often you look while votes come in. Off: the narrower fixed-n interval, "
    "right only if you decide beforehand at how many votes to look, once."
)
_NARROWED = (
    "A judge, or any evaluator, that compared the pairs raters voted on and many more. It narrows the intervals as far "
    "as it agrees with raters, and whatever it prefers it cannot bias the ratings."
)
_SIMULATED = "On: human and simulated raters. Off: only what people voted."
_MASKED = "Off: without pairs in which a response gave away its maker, so that the words were masked."


@dataclass(frozen=True)
class RaterChoice:
    """Whose votes are compared; ``question`` None: on all questions."""

    study: Study
    question: Question | None
    simulated: bool


def rater_choice(page: str) -> RaterChoice:
    """The raters' row of ``page``: study, question, with simulated raters or not."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        study = study_choice(page)
        question = question_or_all(page, study)
        with reading(engine()) as session:
            kinds = boards.kinds_of_study(session, study.id or 0)
        simulated = _simulated_counts(page) if kinds.simulated else True
    say_gone()
    return RaterChoice(study, question, simulated)


def _simulated_counts(page: str) -> bool:
    """Whether simulated votes count here; unless said otherwise as the workspace's switch on *Data* says."""
    with reading(engine()) as session:
        usual = workspace.counts_simulated(session)
    return switch("Simulated votes", usual, key=f"{page}_simulated", help=_SIMULATED)


def responses_address(
    dataset_id: int | None = None, prompt: str = "", *, response_id: int | None = None
) -> dict[str, str]:
    """The query of the Responses page: what of dataset, prompt and response is known.

    A response is marked there and in view, and tells the rest by itself.
    """
    found = {"responses_dataset": dataset_id, "prompt": prompt or None, RESPONSE: response_id}
    return {name: str(value) for name, value in found.items() if value is not None}


def study_choice(page: str) -> Study:
    """Which study, on ``page``; the one a newcomer means comes first."""
    with reading(engine()) as session:
        first = studies.for_reading(session)
        others = [study for study in studies.listed(session) if study.id != first.id]
        listed = [first, *(study for study in others if study.state != studies.DRAFT or _has_votes(session, study))]
    options = {study.name: str(study.id) for study in listed}
    name = one_of("Study", options, key=f"{page}_study", carried=STUDY)
    return next(study for study in listed if study.name == name)


def _has_votes(session: Session, study: Study) -> bool:
    return bool(boards.questions_with_votes(session, study.id or 0))


def _question(page: str, study: Study) -> Question:
    questions = _questions(study)
    options = {title: str(question.id) for title, question in questions.items()}
    return questions[one_of("Question", options, key=f"{page}_question", within=str(study.id))]


def question_or_all(page: str, study: Study) -> Question | None:
    """One question of the study, or None for all."""
    questions = _questions(study)
    options = {ALL_QUESTIONS: "0"} | {title: str(question.id) for title, question in questions.items()}
    return questions.get(one_of("Question", options, key=f"{page}_question", within=str(study.id)))


def _questions(study: Study) -> dict[str, Question]:
    """By title; where two have the same, by title and key."""
    with reading(engine()) as session:
        found = studies.questions_for_reading(session, study.id or 0)
    titles = [question.title for question in found]
    return {q.title if titles.count(q.title) == 1 else f"{q.title} ({q.key})": q for q in found}
