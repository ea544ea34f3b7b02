"""The fields of Re-evaluate: which prompts, which candidates, how often, for how much; and what that takes."""

import re
from dataclasses import dataclass, replace

import streamlit as st

from core import clock
from core.errors import EvenhandError
from core.services import runs
from core.services.candidates.candidates import CandidateLine
from core.services.datasets import datasets
from core.services.datasets.datasets import DatasetLine
from core.services.runs import RunEstimate, RunOrder
from core.storage.engine import reading
from core.storage.tables import Person
from core.ui.runs import re_evaluate_words
from core.ui.runs.cap import cap_field
from core.ui.shared import access, frame
from core.ui.shared.resources import engine

SLICE = 16
_ALL, _FIRST, _RANDOM = "All", "The first", "At random"
_MOST_BOXES = 12
_MOST_CHOSEN = 8
_MOST_REPETITIONS = 20
_APART_S = 8 * 3600.0
_MARKDOWN = re.compile(r"[\\`*_\[\]$~<:]")
_CAP, CAP_TOUCHED = "re_evaluate_cap", "_re_cap_touched"


@dataclass(frozen=True)
class Ordered:
    """What the fields ask for. ``estimate`` None: it cannot be carried out, for the ``problem``."""

    order: RunOrder
    estimate: RunEstimate | None
    problem: str


def fields(sets: list[DatasetLine], lines: list[CandidateLine], person: Person) -> Ordered:
    """Show the fields and what the run takes. ``lines``: every candidate that is not retired."""
    ordered_sets = sorted(sets, key=lambda line: line.dataset.is_demo)
    by_name = {line.dataset.label: line for line in ordered_sets}
    chosen = by_name[st.selectbox("Dataset", list(by_name), key="re_evaluate_dataset")]
    prompt_ids, some = _prompts(chosen)
    those = _candidates(lines)
    row = st.container(horizontal=True, vertical_alignment="bottom", gap="small")
    with row:
        repetitions, spread_s = _repetitions()
    order = RunOrder(
        dataset_id=chosen.dataset.id or 0,
        candidate_ids=those,
        prompt_ids=prompt_ids if some else None,
        repetitions=repetitions,
        spread_s=spread_s,
        requested_by_id=person.id,
    )
    found = _estimated(order) if those and prompt_ids else None
    if isinstance(found, RunEstimate):
        with row:
            cap = _cap(found)
        re_evaluate_words.takes(found, order, cap, asks_locally=_asks_locally(lines, those))
        return Ordered(replace(order, max_usd=cap), found, "")
    problem = found or ("Choose at least one candidate." if prompt_ids else "Choose at least one prompt.")
    st.info(frame.as_typed(problem), icon=":material/info:")
    return Ordered(order, None, problem)


def why_not(lines: list[CandidateLine], most: int = 6) -> None:
    """Candidates that cannot be asked, each with the reason."""
    for line in lines[:most]:
        st.caption(f":material/block: **{frame.as_typed(line.candidate.name)}**: {frame.as_typed(line.why_not or '')}")
    if len(lines) > most:
        st.caption(f"… and {len(lines) - most} more; *Candidates* lists them.")


def _prompts(chosen: DatasetLine) -> tuple[list[int], bool]:
    """Ids of the prompts to ask, and whether these are only some of the dataset."""
    place = chosen.dataset.id or 0
    with reading(engine()) as session:
        categories = datasets.categories(session, place)
    picked: list[str] = []
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        how = st.selectbox(
            "Prompts",
            [_ALL, _RANDOM, _FIRST],
            index=1 if chosen.dataset.is_demo else 0,
            format_func=lambda each: f"All {chosen.prompts - chosen.textless:,}" if each == _ALL else each,
            key=f"re_evaluate_slice_{place}",
            width=150,
            help="*At random* draws the same ones for the same seed and number, here and by `evenhand run`, so that "
            "runs can be compared prompt by prompt.",
        )
        if how != _ALL:
            there = max(1, chosen.prompts - chosen.textless)
            number = int(
                st.number_input("How many", 1, there, min(SLICE, there), key=f"re_evaluate_number_{place}", width=120)
                or 1
            )
        if how == _RANDOM:
            asked = st.number_input("Seed", 0, value=0, key=f"re_evaluate_seed_{place}", width=110, help="Of the draw.")
            seed = int(asked or 0)
        if len(categories) > 1:
            picked = st.multiselect(
                "Categories", categories, placeholder="All", key=f"re_evaluate_categories_{place}", width=330
            )
    if how == _RANDOM:
        return _drawn(place, tuple(picked), number, seed), True
    with reading(engine()) as session:
        ids = datasets.prompt_ids(session, place, categories=picked)
    return ids[:number] if how == _FIRST else ids, how != _ALL or bool(picked)


def _drawn(dataset_id: int, categories: tuple[str, ...], size: int, seed: int) -> list[int]:
    """The prompts that ``evenhand run --prompts`` would draw too; none where there are none."""
    try:
        with reading(engine()) as session:
            return runs.drawn(session, dataset_id, size=size, seed=seed, categories=categories)
    except EvenhandError:
        return []


def _candidates(lines: list[CandidateLine]) -> list[int]:
    ready = [line for line in lines if line.why_not is None]
    names = {line.id: _name(line) for line in ready}
    usual = list(names) if len(names) <= _MOST_CHOSEN else list(names)[:1]
    if len(names) <= _MOST_BOXES:
        st.markdown(":small[Candidates]")
        with st.container(horizontal=True, gap="small"):
            those = [
                candidate_id
                for candidate_id, name in names.items()
                if st.checkbox(
                    _as_label(name), candidate_id in usual, key=f"re_evaluate_candidate_{candidate_id}", width="content"
                )
            ]
    else:
        those = st.multiselect(
            "Candidates", list(names), default=usual, key="re_evaluate_candidates", format_func=lambda each: names[each]
        )  # fmt: skip
    others = [line for line in lines if line.why_not is not None]
    if others:
        with st.expander(f"{len(others):,} cannot be asked now", icon=":material/block:", key="re_evaluate_others"):
            why_not(others)
    return those


def _as_label(name: str) -> str:
    """Escaped only where it has to be: screen readers are given a box's label as it is written."""
    return frame.as_typed(name) if _MARKDOWN.search(name) else name


def _name(line: CandidateLine) -> str:
    return f"{line.candidate.name} · champion" if line.candidate.is_champion else line.candidate.name


def _asks_locally(lines: list[CandidateLine], those: list[int]) -> bool:
    return any(line.candidate.provider == "local" for line in lines if line.id in those)


def _repetitions() -> tuple[int, list[float] | None]:
    asked = st.number_input(
        "Times each", 1, _MOST_REPETITIONS, 1, key="re_evaluate_repetitions", width=150,
        help="Several answers to one prompt show how steady a candidate is.",
    )  # fmt: skip
    repetitions = int(asked or 1)
    if repetitions == 1:
        return 1, None
    spread = st.toggle(
        "Eight hours apart", key="re_evaluate_spread", help="Now, in 8 h, in 16 h …: how a provider does over the day."
    )
    return repetitions, [number * _APART_S for number in range(repetitions)] if spread else None


@st.cache_data(ttl=30, max_entries=64, show_spinner="Counting calls …")
def _estimate(database: str, order: RunOrder) -> RunEstimate | str:
    del database
    try:
        with reading(engine()) as session:
            return runs.estimate(session, order, now=clock.now())
    except EvenhandError as error:
        return str(error)


def _estimated(order: RunOrder) -> RunEstimate | str:
    """What the order takes, or why it cannot be carried out."""
    return _estimate(str(engine().url), order)


def _cap(found: RunEstimate) -> float | None:
    """The spending cap: enough for the most that is said, until somebody says otherwise.

    None where nothing is charged, and where a price is unknown, so that none could be kept.
    """
    if not found.most_usd:
        return None
    proposed = proposed_cap(found)
    if not st.session_state.get(CAP_TOUCHED) or _CAP not in st.session_state:
        st.session_state[_CAP] = proposed
    said = "The run stops before it spends more than this. Empty: no cap."
    return cap_field(proposed, key=_CAP, help=said, on_change=_touch_cap)


def proposed_cap(found: RunEstimate) -> float:
    """The most that is said beside it, and room for a call or two to be made again: rounded up."""
    expected, most = found.cost_usd or 0.0, found.most_usd or 0.0
    return runs.rounded_up(max(most, 2 * expected, expected + 2 * most / max(1, found.calls)))


@access.guarded(access.Role.ANALYST)
def _touch_cap() -> None:
    st.session_state[CAP_TOUCHED] = True
