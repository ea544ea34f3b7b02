"""The row of filters of the Cost & quality page: dataset, run, category, candidates. It lives in the address."""

from dataclasses import dataclass

import streamlit as st

from core.services import quality, responses
from core.services.quality import CandidateRef, RunRef, Scope
from core.storage.engine import reading
from core.ui import colours, frame
from core.ui.filters import ALL_CATEGORIES, one_of
from core.ui.resources import engine

_NEWEST, _ALL = "Newest finished", "All runs"
_SOURCES = {"import": "imported", "demo": "demo", "evaluation": "evaluation"}


@dataclass(frozen=True)
class Choice:
    """What is looked at. ``dataset``: its label in addresses; ``category`` None: all; no ``candidate_ids``: all."""

    scope: Scope
    dataset: str
    category: str | None
    runs: list[RunRef]


def choice() -> Choice | None:
    """Dataset, run and category; None (and the page says what to do) where nothing was answered yet."""
    with reading(engine()) as session:
        datasets = responses.datasets(session)
    if not datasets:
        frame.empty_state(
            "Nothing to measure yet",
            "Import prompts on *Data* and run candidates on them, or import what they answered. Cost, speed and "
            "quality of every candidate then show here.",
            icon=":material/payments:",
        )
        return None
    label = one_of("Dataset", [dataset.label for dataset in datasets], key="cost_dataset")
    dataset = next(dataset for dataset in datasets if dataset.label == label)
    with reading(engine()) as session:
        listed = quality.runs(session, dataset.id)
        categories = responses.categories(session, dataset.id)
    by_label = {called(run): run.id for run in listed}
    run = one_of("Run", [_NEWEST, *([_ALL] if len(listed) > 1 else []), *by_label], key="cost_run")
    category = one_of("Category", [ALL_CATEGORIES, *categories], key="cost_category")
    scope = Scope(dataset.id, by_label.get(run), all_runs=run == _ALL)
    return Choice(scope, label, None if category == ALL_CATEGORIES else category, listed)


def called(run: RunRef) -> str:
    """A run in the row of filters, and so in addresses of this page: the same as long as there is this run."""
    return f"Run {run.id} · {_SOURCES.get(run.source, run.source)} · {run.created_at:%d %b %Y, %H:%M}"


def candidates(there: list[CandidateRef]) -> frozenset[int]:
    """Which candidates to show; all unless some are chosen. The same choice colours the leaderboard."""
    if len(there) < 2:
        return frozenset(candidate.id for candidate in there)
    by_name = {candidate.name: candidate.id for candidate in there}
    names = st.multiselect(
        "Candidates",
        list(by_name),
        key="cost_show",
        bind="query-params",
        max_selections=colours.MOST_COLOURED,
        placeholder="All; choose up to eight",
        width=360,
    )
    chosen = frozenset(by_name[name] for name in names if name in by_name)
    return chosen or frozenset(by_name.values())


def nothing_yet(choice: Choice) -> None:
    """Nobody answered this dataset in what was chosen."""
    if choice.runs and (choice.scope.run_id or choice.category):
        frame.empty_state("Nothing here", "Choose all categories, or another run.", icon=":material/filter_alt:")
        return
    frame.empty_state(
        "No responses yet",
        f"No candidate has answered *{frame.as_typed(choice.dataset)}*. Press *Re-evaluate* in the sidebar, or import "
        "responses on *Data*. Their cost, speed and quality show here as they arrive.",
        icon=":material/payments:",
    )
