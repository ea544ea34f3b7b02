"""The row of filters of the Cost & quality page: dataset, run, category, candidates. It lives in the address."""

from dataclasses import dataclass

import streamlit as st

from core.services import quality
from core.services.datasets import responses
from core.services.datasets.responses import DatasetRef
from core.services.leaderboards.moments import Moment
from core.services.quality import CandidateRef, RunRef, Scope, run_name
from core.storage.engine import reading
from core.storage.tables import Dataset
from core.ui.shared import frame, pins
from core.ui.shared.filters import candidates_choice, category_of, dataset_choice, one_of, say_gone, switch
from core.ui.shared.resources import engine

_NEWEST, _ALL = "Newest of each", "All runs"
_SHARED = "Only prompts that all were asked"
_SHARED_HELP = "Off: the champion's prompts; who was asked less than 80 % of them stands apart."
_THEN = "Cost, speed and quality of every candidate show here as answers arrive."
_SOURCES = {"import": "imported", "demo": "demo", "evaluation": "evaluation"}


@dataclass(frozen=True)
class Choice:
    """What is looked at; ``category`` None: all."""

    scope: Scope
    dataset: DatasetRef
    category: str | None
    runs: list[RunRef]
    candidate_ids: frozenset[int]
    """To show."""


def choice() -> Choice | None:
    """Dataset, run and category; None (and the page says what to do) where nothing was answered yet."""
    with reading(engine()) as session:
        datasets = responses.datasets(session)
    if not datasets:
        frame.unanswered("Nothing to measure yet", _THEN, icon=":material/payments:")
        return None
    up_to = pins.asked()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        found = _chosen(datasets, up_to)
    say_gone()
    return found


def dataset_name(choice: Choice) -> str:
    """The name that all versions of the dataset have."""
    with reading(engine()) as session:
        return session.get_one(Dataset, choice.dataset.id).name


def _chosen(datasets: list[DatasetRef], up_to: Moment | None) -> Choice:
    dataset = dataset_choice("cost", datasets)
    within = str(dataset.id)
    with reading(engine()) as session:
        listed = quality.runs(session, dataset.id, up_to)
        categories = responses.categories(session, dataset.id)
    by_label = {run_name(run): run.id for run in listed}
    modes = {_NEWEST: "newest"} | ({_ALL: "all"} if len(listed) > 1 else {})
    options = modes | {label: str(id) for label, id in by_label.items()}
    run = one_of("Run", options, key="cost_run", within=within)
    category = category_of("cost", categories, within=within)
    with reading(engine()) as session:
        there = quality.candidates_of(session, [each for each in listed if by_label.get(run, each.id) == each.id])
    shown = _candidates(there)
    shared = len(there) > 1 and switch(_SHARED, False, key="cost_shared", help=_SHARED_HELP)
    among = shown if shared and len(shown) < len(there) else frozenset[int]()
    scope = Scope(dataset.id, by_label.get(run), all_runs=run == _ALL, shared=shared, among=among, up_to=up_to)
    return Choice(scope, dataset, category, listed, shown)


def _candidates(there: list[CandidateRef]) -> frozenset[int]:
    """Which candidates to show; all unless some are chosen."""
    if len(there) < 2:
        return frozenset(candidate.id for candidate in there)
    by_name = {candidate.name: candidate.id for candidate in there}
    names = candidates_choice("cost", by_name, label="Candidates", placeholder="All; choose up to eight", width=360)
    chosen = frozenset(by_name[name] for name in names)
    return chosen or frozenset(by_name.values())


def nothing_yet(choice: Choice) -> None:
    """Nobody answered this dataset in what was chosen."""
    if choice.scope.shared:
        frame.empty_state(
            "No prompt was asked of all of them",
            f"Choose candidates above that were asked the same prompts, or turn *{_SHARED}* off.",
            icon=":material/join_inner:",
        )
        return
    if choice.runs and (choice.scope.run_id or choice.category):
        frame.empty_state("Nothing here", "Choose all categories, or another run.", icon=":material/filter_alt:")
        return
    frame.unanswered("Nothing to measure yet", _THEN, icon=":material/payments:", dataset=choice.dataset.label)
