"""Renaming and deleting a dataset, the latter after saying what goes with it."""

import streamlit as st
from sqlmodel import Session

from core.domain.words import n
from core.services.datasets import datasets, removal
from core.services.datasets.datasets import DatasetLine
from core.services.datasets.removal import Hanging
from core.storage.engine import reading
from core.ui.shared import access, doing, frame
from core.ui.shared.resources import engine

_PLACE, _NAME = "datasets_changing", "datasets_new_name"


def buttons(line: DatasetLine) -> None:
    """What can be done with a dataset; the demo is changed as a whole, elsewhere."""
    doing.problem(_PLACE)
    if line.dataset.is_demo:
        return
    with st.container(horizontal=True):
        if st.button("Rename", icon=":material/edit:", key=f"datasets_rename_{line.dataset.id}"):
            _rename_dialog(line)
        if st.button("Delete", icon=":material/delete:", key=f"datasets_delete_{line.dataset.id}"):
            _delete_dialog(line)


@st.dialog("Rename the dataset", icon=":material/edit:")
@access.guarded(access.Role.ADMIN)
def _rename_dialog(line: DatasetLine) -> None:
    with st.form("datasets_rename", border=False):
        st.text_input("Name", line.dataset.name, max_chars=datasets.LONGEST_NAME, key=_NAME)
        if line.dataset.version > 1:
            st.caption("Its other versions are renamed with it.")
        if st.form_submit_button("Rename", type="primary", on_click=_rename, args=(line.dataset.id,)):
            st.rerun()


@access.guarded(access.Role.ADMIN)
def _rename(dataset_id: int) -> None:
    name = str(st.session_state.get(_NAME, ""))

    def work(session: Session) -> str:
        return datasets.rename(session, dataset_id, name)

    doing.do(work, done="The dataset has its new name.", kept="The dataset keeps its name.", place=_PLACE)


@st.dialog("Delete the dataset?", icon=":material/delete:")
@access.guarded(access.Role.ADMIN)
def _delete_dialog(line: DatasetLine) -> None:
    with reading(engine()) as session:
        found = removal.hanging_on(session, line.dataset.id or 0)
    st.markdown(f"**{frame.as_typed(line.dataset.name)}**, version {line.dataset.version}")
    if found.votes_by_people:
        _must_stay(found)
        return
    st.markdown("These go with it, for good:")
    st.markdown("\n".join(f"- {frame.as_typed(words)}" for words in _what_goes(found)))
    st.caption("Candidates and other datasets stay. The same files can be imported again.")
    with st.container(horizontal=True):
        if st.button(
            "Delete it", type="primary", icon=":material/delete:", key="datasets_delete_yes",
            on_click=_delete, args=(line.dataset.id,),
        ):  # fmt: skip
            st.rerun()
        if st.button("Keep it", key="datasets_delete_no"):
            st.rerun()


def _must_stay(found: Hanging) -> None:
    st.markdown(
        f"{n(found.votes_by_people, 'vote')} by {n(found.people, 'person', 'people')} rest on it. "
        "What people said is kept for good, so this dataset stays."
    )
    st.caption("It can be renamed, and a study can be set to compare another dataset.")
    if st.button("Keep it", key="datasets_delete_no"):
        st.rerun()


def _what_goes(found: Hanging) -> list[str]:
    spent = f", which cost ${found.spent_usd:,.2f}" if found.spent_usd else ""
    lines = [n(found.prompts, "prompt")]
    lines += [f"{n(found.responses, 'response')} and their scores"] if found.responses else []
    lines += [f"{n(found.runs, 'run or import', 'runs and imports')} of responses{spent}"] if found.runs else []
    lines += [f"{n(found.other_votes, 'imported or simulated vote')}"] if found.other_votes else []
    lines += [n(found.gates, "gate")] if found.gates else []
    return lines + [f"the study '{name}'" for name in found.studies]


@access.guarded(access.Role.ADMIN)
def _delete(dataset_id: int) -> None:
    def work(session: Session) -> None:
        removal.remove_dataset(session, dataset_id)

    doing.do(work, done="The dataset is gone.", kept="The dataset is here as it was.", place=_PLACE)
