"""The filters of the Responses page, and the one prompt they lead to. The address names it."""

from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.services.datasets import responses
from core.services.datasets.responses import DatasetRef, PromptRef, Whereabouts
from core.storage.engine import reading
from core.ui.responses import pointing
from core.ui.responses.pointing import PROMPT
from core.ui.shared import access, frame
from core.ui.shared.filters import category_of, dataset_choice, gone, say_gone
from core.ui.shared.resources import engine

_CHOSEN = "responses_prompt_chosen"
_LONGEST_SEARCH = 200


@dataclass(frozen=True)
class Listed:
    """The prompts that match the filters."""

    prompts: list[PromptRef]
    more: bool
    """There are others that are not listed."""


@dataclass(frozen=True)
class Choice:
    """The prompt to show, and of its responses the one that the address names."""

    prompt: PromptRef
    response: Whereabouts | None


def choice() -> Choice | None:
    """The filters with the prompt they lead to, or, where the address names a response, which lead to its prompt."""
    pointed = pointing.pointed()
    prompt = prompt_choice()
    if pointed is not None and (prompt is None or prompt.id != pointed.prompt_id):
        pointing.drop()
        pointed = None
    return None if prompt is None else Choice(prompt, pointed)


def prompt_choice() -> PromptRef | None:
    """A row of dataset, category, words to search for, and the way to the prompts beside; below it the prompt."""
    with reading(engine()) as session:
        datasets = responses.datasets(session)
    if not datasets:
        frame.empty_state(
            "No prompts yet",
            "Import prompts and responses on *Data*; then every answer can be read here, side by side.",
            icon=":material/article:",
        )
        return None
    row = st.container(horizontal=True, vertical_alignment="bottom")
    with row:
        listed = _filtered(datasets)
    say_gone()
    if not listed.prompts:
        frame.empty_state(
            "No prompt matches", "Search for other words, or choose all categories.", icon=":material/search_off:"
        )
        return None
    return _one_prompt(listed, row)


def _filtered(datasets: list[DatasetRef]) -> Listed:
    dataset = dataset_choice("responses", datasets)
    with reading(engine()) as session:
        categories = responses.categories(session, dataset.id)
    chosen = category_of("responses", categories, within=str(dataset.id))
    search = st.session_state[pointing.SEARCH] = st.query_params.get(pointing.SEARCH, "")[:_LONGEST_SEARCH]
    st.text_input(
        "Search",
        key=pointing.SEARCH,
        type="search",
        placeholder="Words of the prompt",
        max_chars=_LONGEST_SEARCH,
        width=240,
        on_change=_search,
    )
    with reading(engine()) as session:
        found, more = responses.prompts(session, dataset.id, category=chosen, search=search)
        asked = st.query_params.get(PROMPT) or None
        if asked in {prompt.external_id for prompt in found}:
            return Listed(found, more)
        other = responses.find_prompt(session, dataset.id, asked) if asked else None
    gone("prompt", [asked] if asked and other is None else [], found[0].external_id if found else "")
    if other is not None and not search and chosen in (None, other.category):
        found = [other, *found]
    return Listed(found, more)


def _one_prompt(listed: Listed, row: DeltaGenerator) -> PromptRef:
    by_id = {prompt.external_id: prompt for prompt in listed.prompts}
    ids = list(by_id)
    asked = st.query_params.get(PROMPT, "")
    place = ids.index(asked) if asked in by_id else 0
    st.session_state[_CHOSEN] = ids[place]
    with row:
        _step("Previous", ids, place - 1, icon=":material/arrow_back:", shortcut="P")
        _step("Next", ids, place + 1, icon=":material/arrow_forward:", shortcut="N")
    st.selectbox(
        f"Prompt {place + 1:,} of {len(ids):,}{' or more' if listed.more else ''}",
        ids,
        format_func=lambda external_id: _label(by_id[external_id]),
        key=_CHOSEN,
        on_change=_go_to_chosen,
    )
    if listed.more:
        st.caption(f"The first {len(ids):,} are listed. Search to find others.")
    return by_id[ids[place]]


def _label(prompt: PromptRef) -> str:
    return f"{prompt.external_id} · {prompt.opening}" if prompt.opening else prompt.external_id


def _step(label: str, ids: list[str], place: int, *, icon: str, shortcut: str) -> None:
    there = 0 <= place < len(ids)
    st.button(
        label,
        icon=icon,
        shortcut=shortcut,
        disabled=not there,
        on_click=_go,
        args=(ids[place] if there else "",),
        key=f"responses_prompt-{label}",
    )


@access.guarded(access.Role.ANALYST)
def _search() -> None:
    st.query_params[pointing.SEARCH] = st.session_state[pointing.SEARCH] or ""


@access.guarded(access.Role.ANALYST)
def _go_to_chosen() -> None:
    _go(st.session_state[_CHOSEN])


@access.guarded(access.Role.ANALYST)
def _go(external_id: str) -> None:
    st.query_params[PROMPT] = external_id
