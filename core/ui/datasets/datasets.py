"""The datasets in the workspace: what each holds, and its prompts to look at."""

import pandas as pd
import streamlit as st

from core.domain.words import n
from core.services.datasets import datasets
from core.services.datasets.datasets import DatasetLine
from core.storage.engine import reading
from core.storage.tables import Prompt
from core.ui.datasets import changing
from core.ui.shared import access, filters, frame
from core.ui.shared.rendering import show_messages, show_text
from core.ui.shared.resources import engine

VIEWS = ("Datasets", "Gates", "Evaluators", "Import", "Export", "Demo")
VIEW, _CHOSEN, _TABLE = "datasets_show", "datasets_dataset", "datasets_table"
_NAMES = "_dataset_names"
_AT_ONCE = 5


@access.guarded(access.Role.ADMIN)
def go_to(part: str) -> None:
    """For callbacks: open another part of the page."""
    st.session_state[VIEW] = part


def section() -> None:
    """The table of datasets, and one of them in detail."""
    with reading(engine()) as session:
        lines = datasets.listed(session)
    if not lines:
        frame.empty_state(
            "No prompts yet",
            "Import prompts and what candidates answered to them, or open the demo to look around first.",
            icon=":material/database:",
        )
        with st.container(horizontal=True, horizontal_alignment="center"):
            st.button("Import a file", icon=":material/upload:", type="primary", on_click=go_to, args=("Import",))
            st.button("See the demo", icon=":material/science:", on_click=go_to, args=("Demo",))
        return
    _table(lines)
    _one(lines)


def _table(lines: list[DatasetLine]) -> None:
    shown = pd.DataFrame(
        {
            "Dataset": [line.dataset.name for line in lines],
            "Prompts": [line.prompts for line in lines],
            "Categories": [list(line.categories.values()) for line in lines],
            "Candidates": [line.candidates for line in lines],
            "Responses": [line.responses for line in lines],
            "Version": [line.dataset.version for line in lines],
            "Since": [line.dataset.created_at for line in lines],
            "Content hash": [line.dataset.content_hash[:10] for line in lines],
        }
    )
    number = st.column_config.NumberColumn(format="localized")
    st.dataframe(
        shown,
        hide_index=True,
        key=_TABLE,
        on_select=_choose_in_table,
        selection_mode="single-row",
        column_config={
            "Dataset": st.column_config.TextColumn(width="medium"),
            "Prompts": number,
            "Categories": st.column_config.BarChartColumn(
                "Category mix", help="Prompts per category, the largest first", y_min=0, width="small"
            ),
            "Candidates": number,
            "Responses": number,
            "Since": st.column_config.DatetimeColumn("Here since", format="D MMM YYYY, HH:mm"),
            "Content hash": st.column_config.TextColumn(help="Its first digits. Prompts that differ have another."),
        },
    )
    st.session_state[_NAMES] = [line.dataset.label for line in lines]


@access.guarded(access.Role.ADMIN)
def _choose_in_table() -> None:
    rows = st.session_state[_TABLE].selection.rows
    if rows:
        filters.choose(_CHOSEN, st.session_state[_NAMES][rows[0]])


def _one(lines: list[DatasetLine]) -> None:
    by_name = {line.dataset.label: line for line in lines}
    ids = {label: str(line.dataset.id) for label, line in by_name.items()}
    line = by_name[filters.one_of("Look into", ids, key=_CHOSEN, what="dataset", carried=filters.DATASET, width=420)]
    filters.say_gone()
    left, right = st.columns([2, 3], gap="medium")
    with left:
        _facts(line)
    with right:
        _prompts(line)


def _facts(line: DatasetLine) -> None:
    with st.container(border=True, gap="small"):
        st.markdown(f"**{frame.as_typed(line.dataset.label)}**")
        st.caption(
            f"{n(line.prompts, 'prompt')} · {n(line.responses, 'response')} by {n(line.candidates, 'candidate')}"
            f" · here since {line.dataset.created_at:%-d %b %Y} · content hash {line.dataset.content_hash[:10]}"
        )
        st.dataframe(
            pd.DataFrame({"Category": list(line.categories), "Prompts": list(line.categories.values())}),
            hide_index=True,
            height="content" if len(line.categories) <= 12 else 460,
            key=f"datasets_mix_{line.dataset.id}",
            column_config={
                "Prompts": st.column_config.ProgressColumn(
                    format="localized", min_value=0, max_value=max(line.categories.values(), default=1)
                )
            },
            alt="Prompts per category, the largest first",
        )
        if line.textless:
            st.caption(
                f"{n(line.textless, 'prompt')} known by id only, because votes named them. To see the texts, "
                "import the prompts under the same dataset name."
            )
        if not line.responses:
            st.caption("No responses yet: import what candidates answered, and it can be rated.")
        changing.buttons(line)


def _prompts(line: DatasetLine) -> None:
    dataset_id = line.dataset.id or 0
    with st.container(horizontal=True, vertical_alignment="bottom"):
        category = st.selectbox(
            "Prompts of", [None, *line.categories], format_func=lambda name: name or filters.ALL_CATEGORIES,
            key=f"datasets_prompts_category_{dataset_id}", width=260,
        )  # fmt: skip
    shown_of = line.categories[category] if category else line.prompts
    pages = max(1, -(-shown_of // _AT_ONCE))
    page = 1
    if pages > 1:
        page = st.pagination(pages, key=f"datasets_prompts_page_{dataset_id}_{category}")
    with reading(engine()) as session:
        prompts, _ = datasets.prompts(
            session, dataset_id, category=category, offset=(page - 1) * _AT_ONCE, limit=_AT_ONCE
        )
    for prompt in prompts:
        _prompt(prompt)


def _prompt(prompt: Prompt) -> None:
    with st.container(border=True, gap="small"):
        tags = "".join(f" :gray-badge[{frame.as_typed(tag)}]" for tag in prompt.tags)
        st.markdown(f"**{frame.as_typed(prompt.external_id)}** :gray[{frame.as_typed(prompt.category)}]{tags}")
        if not prompt.messages:
            st.caption("Only its id is known.")
        show_messages(prompt.messages, key=f"datasets_prompt_{prompt.id}")
        if prompt.reference:
            with st.expander("Reference answer", icon=":material/check_circle:", key=f"datasets_reference_{prompt.id}"):
                show_text("\n\nor\n\n".join(prompt.reference), key=f"datasets_reference_text_{prompt.id}")
        if prompt.constraints:
            with st.expander("Constraints", icon=":material/rule:", key=f"datasets_constraints_{prompt.id}"):
                st.json(prompt.constraints)
