"""The form for a new study, and the fields that say what a study compares."""

from dataclasses import dataclass

import streamlit as st
from sqlmodel import Session

from core import clock
from core.domain.words import n
from core.services.datasets import datasets
from core.services.studies import fields, pool, studies
from core.storage.engine import reading
from core.storage.tables import Study
from core.ui.shared import doing
from core.ui.shared.resources import engine


@dataclass(frozen=True)
class Scope:
    """What a study compares; None means all there are."""

    dataset_id: int | None
    categories: list[str] | None
    candidate_ids: list[int] | None
    pairs: int
    """How many pairs of responses that makes now."""


def form() -> None:
    """Ask for what a study needs, and make it."""
    with st.container(width=760):
        name = st.text_input(
            "Name", max_chars=fields.LONGEST_NAME, key="studies_new_name", placeholder="Support answers, June"
        )
        scope = scope_fields("new")
        overlap, goal = amount_fields("new", overlap=3, goal=None)
        st.caption(amount_in_words(scope.pairs, overlap))
        share = rerated_field("new", share=fields.RERATED_SHARE)
        everybody, people = raters_fields("new", everybody=True, chosen=[])
        st.caption(
            "It begins as a draft that asks tone, safety and send. "
            "Change its questions and write guidelines, then open it."
        )
        if st.button("Make the draft", type="primary", key="studies_new_make"):
            _make(name, scope, overlap, goal, share, None if everybody else people)
        doing.problem("new_study")


def _make(name: str, scope: Scope, overlap: int, goal: int | None, share: float, people: list[int] | None) -> None:
    def work(session: Session) -> Study:
        return studies.create(
            session,
            name=name,
            now=clock.now(),
            overlap=overlap,
            dataset_id=scope.dataset_id,
            categories=scope.categories,
            candidate_ids=scope.candidate_ids,
            pairs_per_rater=goal,
            rerated_share=share,
            person_ids=people,
        )

    made = doing.do(
        work,
        done="The draft is made, for you alone.",
        kept="No study was made.",
        place="new_study",
    )
    if made is not None:
        st.query_params["edit"] = str(made.id)
        st.rerun()


def scope_fields(
    key: str, *, dataset_id: int | None = None, categories: list[str] | None = None, candidates: list[int] | None = None
) -> Scope:
    """Fields for dataset, categories and candidates, and what is chosen in them."""
    with reading(engine()) as session:
        known = {line.dataset.id: line.dataset for line in datasets.listed(session)}
    chosen = st.selectbox(
        "Over",
        [None, *known],
        index=[None, *known].index(dataset_id),
        format_func=lambda id: "Everything but the demo" if id is None else known[id].label,
        key=f"studies_{key}_dataset",
    )
    with reading(engine()) as session:
        all_categories = datasets.categories(session, chosen)
        all_candidates = {each.id: each.name for each in datasets.candidates(session, chosen)}
    some = st.multiselect(
        "Categories",
        all_categories,
        default=[each for each in categories or [] if each in all_categories],
        placeholder="All of them" if all_categories else "None yet",
        key=f"studies_{key}_categories_{chosen}",
    )
    those = st.multiselect(
        "Candidates",
        list(all_candidates),
        default=[each for each in candidates or [] if each in all_candidates],
        format_func=lambda id: all_candidates[id],
        placeholder="All of them" if all_candidates else "None yet",
        key=f"studies_{key}_candidates_{chosen}",
    )
    ids = [id for id in those if id is not None]
    draft = Study(
        name="", dataset_id=chosen, categories=some or None, candidate_ids=ids or None, created_at=clock.now()
    )
    with reading(engine()) as session:
        pairs = pool.pool_of(session, draft).pairs
    return Scope(chosen, some or None, ids or None, pairs)


def amount_fields(key: str, *, overlap: int, goal: int | None) -> tuple[int, int | None]:
    """Fields for raters per pair and pairs per rater."""
    with st.grid(2, min_column_width=220):
        wanted = st.number_input(
            "Raters wanted per pair",
            min_value=1,
            max_value=fields.MOST_OVERLAP,
            value=overlap,
            key=f"studies_{key}_overlap",
            help="Two or more show how far raters agree.",
        )
        asked = st.number_input(
            "Pairs asked of one rater",
            min_value=1,
            max_value=fields.MOST_PAIRS,
            value=goal,
            key=f"studies_{key}_goal",
            placeholder="No limit",
            help="When a rater has done that many, the page says thank you. They may still carry on.",
        )
    return int(wanted), None if asked is None else int(asked)


def rerated_field(key: str, *, share: float) -> float:
    """The field for how many prompts' later answers are rated anew, as a share from 0 to 1."""
    per_cent = st.number_input(
        "Answers of later runs rated anew, % of prompts",
        min_value=0,
        max_value=100,
        value=round(100 * share),
        step=5,
        key=f"studies_{key}_rerated",
        width=340,
        help="When candidates answer the prompts again, raters judge the new answers to this many of them, so that "
        "votes keep up with what candidates say today.",
    )
    return int(per_cent) / 100


def amount_in_words(pairs: int, overlap: int) -> str:
    """What the choice amounts to."""
    if not pairs:
        return "No pairs yet: two candidates must have answered the same prompt. They join as soon as they come in."
    return f"{n(pairs, 'pair')} × {overlap} = **{pairs * overlap:,} ratings** wanted"


def raters_fields(key: str, *, everybody: bool, chosen: list[int]) -> tuple[bool, list[int]]:
    """Fields for who rates: whether everybody, else which people."""
    with reading(engine()) as session:
        people = {person.id: person.name for person in studies.raters_to_choose(session)}
    who = st.radio(
        "Who rates",
        ["Everybody", "Chosen people"],
        index=0 if everybody else 1,
        horizontal=True,
        key=f"studies_{key}_who",
    )
    if who == "Everybody":
        return True, []
    if not people:
        st.caption("Nobody is here yet. Invite raters on *People* first.")
    those = st.multiselect(
        "People",
        list(people),
        default=[id for id in chosen if id in people],
        format_func=lambda id: people[id],
        placeholder="Choose people",
        key=f"studies_{key}_people",
    )
    return False, [id for id in those if id is not None]
