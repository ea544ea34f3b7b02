"""The row of filters above an analyst's page. It lives in the address, so that a view can be sent to a colleague."""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass

import streamlit as st
from sqlmodel import Session

from core.domain.ranking import Band
from core.services import workspace
from core.services.datasets import responses
from core.services.leaderboards import boards, stating
from core.services.leaderboards.boards import Filters
from core.services.studies import studies
from core.storage.engine import reading
from core.storage.tables import Question, Study
from core.ui.shared import frame
from core.ui.shared.resources import engine

ALL_CATEGORIES, ALL_QUESTIONS, VOTES_ALONE = "All categories", "All questions", "Votes alone"
_WIDTH = 168
_GONE, _LONGEST_SAID, _MOST_SAID = "_filters_gone", 60, 3


@dataclass(frozen=True)
class BoardChoice:
    """What a board is asked for."""

    study: Study
    question: Question
    filters: Filters
    band: Band
    judge_id: int | None = None
    """Of the evaluator that narrows it; None for the votes alone."""


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
        category = one_of("Category", [ALL_CATEGORIES, *categories], key=f"{page}_category")
        peek = st.toggle("Safe to peek", True, key=f"{page}_peek", bind="query-params", help=_PEEK)
        simulated = not kinds.simulated or _simulated_counts(page)
        masked = not kinds.masked or st.toggle(
            "Masked pairs", True, key=f"{page}_masked", bind="query-params", help=_MASKED
        )
        judge_id = _judge(page, question) if masked else None
    say_gone()
    chosen = None if category == ALL_CATEGORIES else category
    return BoardChoice(study, question, Filters(chosen, simulated, masked), Band.PEEK if peek else Band.FIXED, judge_id)


def _judge(page: str, question: Question) -> int | None:
    """Whose preferences narrow the board; not asked where nobody states any."""
    with reading(engine()) as session:
        there = {each.name: each.id for each in stating.evaluators(session, question.id or 0)}
    if not there:
        return None
    return there.get(one_of("Narrowed by", [VOTES_ALONE, *there], key=f"{page}_judge", help=_NARROWED))


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
    return st.toggle("Simulated votes", usual, key=f"{page}_simulated", bind="query-params", help=_SIMULATED)


def responses_address(dataset_id: int, prompt: str) -> dict[str, str]:
    """The query of the Responses page that shows one prompt."""
    with reading(engine()) as session:
        label = next((d.label for d in responses.datasets(session) if d.id == dataset_id), "")
    return {"responses_dataset": label, "prompt": prompt}


def study_choice(page: str) -> Study:
    """Which study, on ``page``; the one a newcomer means comes first."""
    with reading(engine()) as session:
        first = studies.for_reading(session)
        others = [study for study in studies.listed(session) if study.id != first.id]
        listed = [first, *(study for study in others if study.state != studies.DRAFT or _has_votes(session, study))]
    name = one_of("Study", [study.name for study in listed], key=f"{page}_study")
    return next(study for study in listed if study.name == name)


def _has_votes(session: Session, study: Study) -> bool:
    return bool(boards.questions_with_votes(session, study.id or 0))


def _question(page: str, study: Study) -> Question:
    questions = _questions(study)
    title = one_of("Question", list(questions), key=f"{page}_question")
    return questions[title]


def question_or_all(page: str, study: Study) -> Question | None:
    """One question of the study, or None for all."""
    questions = _questions(study)
    return questions.get(one_of("Question", [ALL_QUESTIONS, *questions], key=f"{page}_question"))


def _questions(study: Study) -> dict[str, Question]:
    """By title; where two have the same, by title and key."""
    with reading(engine()) as session:
        found = studies.questions(session, study.id or 0)
        voted = boards.questions_with_votes(session, study.id or 0)
    found = [question for question in found if question.is_asked or question.id in voted] or found
    found.sort(key=lambda question: question.id not in voted)
    titles = [question.title for question in found]
    return {q.title if titles.count(q.title) == 1 else f"{q.title} ({q.key})": q for q in found}


def one_of(label: str, options: Sequence[str], *, key: str, help: str | None = None) -> str:
    """A drop-down kept in the address; the first option where nothing valid was chosen, and ``say_gone`` tells."""
    asked = st.query_params.get(key)
    chosen = st.selectbox(label, options, key=key, bind="query-params", width=_WIDTH, help=help)
    note_gone(label, [asked], options)
    return chosen if chosen in options else options[0]


def note_gone(label: str, asked: Iterable[str | None], there: Container[str]) -> None:
    """Have ``say_gone`` tell what the address asks for that is not ``there``."""
    gone = [name for name in asked if name is not None and name not in there]
    st.session_state.setdefault(_GONE, {}).update({label: gone} if gone else {})


def say_gone() -> None:
    """Below a row of filters: what its address asked for and is not here, said once."""
    for label, gone in st.session_state.pop(_GONE, {}).items():
        names = ", ".join(f"“{frame.as_typed(name[:_LONGEST_SAID])}”" for name in gone[:_MOST_SAID])
        st.caption(
            f":material/link_off: The address asks for {names} under *{label}*, which is not here any more. Shown is "
            "what is chosen above."
        )
