"""Importing on the Data page: a file or a query, what it seems to hold, and taking it in."""

from collections.abc import Callable
from functools import partial
from typing import Any, BinaryIO, cast

import streamlit as st
from sqlmodel import Session

from core import clock
from core.errors import BadInput, EvenhandError
from core.services.datasets import exporting
from core.services.importing import ImportSummary, Kind, OnProgress, apart, templates
from core.services.importing import look as file_look
from core.services.importing.look import FileLook
from core.services.people import people
from core.ui.datasets import import_order, import_progress
from core.ui.datasets.import_order import Order
from core.ui.shared import access, frame, uploads
from core.ui.shared.resources import engine

_ROUND = "_import_round"
"""How many imports were begun: part of the fields' keys, so that the next one starts with fresh fields."""


def section() -> None:
    """Where it comes from, what it holds, the button; then the bar, and what was done."""
    import_progress.say_what_became_of_the_last()
    origin = st.radio(
        "From", ["A file", "A database"], horizontal=True, key="datasets_import_from", bind="query-params"
    )
    if origin == "A database":
        _from_database()
    else:
        _from_file()


def _key(name: str) -> str:
    return f"datasets_import_{name}_{st.session_state.get(_ROUND, 0)}"


def _from_file() -> None:
    upload = uploads.file_uploader(
        "Prompts, responses, votes or candidates: JSONL, JSON or CSV, as it is or packed with gzip",
        key=_key("upload"),
        help="Evenhand's own JSONL, OpenAI logs, evals and Batch files, Langfuse, LangSmith, LiteLLM, MT-bench, "
        "LMArena and LLMFAO are told apart by themselves.",
    )
    if upload is None:
        st.caption(
            "Prompts first, then what the candidates answered, then votes if there are any; a table may hold prompts "
            "and answers together. A file comes in whole or not at all, and the same file twice changes nothing; only "
            "of other tools' logs, records that cannot be compared are left out, and named. Files above 500 MB need "
            "the command line."
        )
        _templates()
        return
    file = cast(BinaryIO, upload)
    try:
        look = file_look.look_into_file(file, name=upload.name)
    except BadInput as error:
        _refused(error)
        return
    order = import_order.fields(look, key=_key(f"order_{upload.file_id}"))
    if order is not None and import_progress.wants_import(order, key=_key("go")):
        _take_in(look.name, order, lambda progress: _file_in(file, look, order, progress))


def _templates() -> None:
    """A small file of each kind, to fill in."""
    with st.expander("A template to fill in", icon=":material/draft:", key="datasets_import_templates"):
        for kind in Kind:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(kind.value.capitalize(), width=110)
                for format in ("csv", "jsonl"):
                    st.download_button(
                        format.upper(),
                        data=templates.template(kind, format),
                        file_name=f"evenhand-{kind.value}.{format}",
                        mime=exporting.MEDIA_TYPES[format],
                        icon=":material/download:",
                        on_click="ignore",
                        key=f"datasets_template_{kind.value}_{format}",
                    )


def _from_database() -> None:
    with st.form("datasets_import_query"):
        url = st.text_input(
            "Database address",
            type="password",
            key="datasets_import_url",
            placeholder="postgresql://user:password@host/name",
            help="It is used for this import and not kept.",
        )
        query = st.text_area(
            "Query", key="datasets_import_sql", height=140, placeholder="SELECT id, category, turns FROM prompts"
        )
        sent = st.form_submit_button("Look at its first rows")
    if sent:
        st.session_state["_import_asked"] = (url, query)
    asked = st.session_state.get("_import_asked")
    if asked != (url, query) or not (url.strip() and query.strip()):
        st.caption("The query only reads. Name its columns as our fields, or map them once you see them.")
        return
    try:
        look = _look_into_query(url.strip(), query) if sent or "_query_look" not in st.session_state else None
        look = look or cast(FileLook, st.session_state["_query_look"])
    except BadInput as error:
        _refused(error)
        return
    order = import_order.fields(look, key=_key("order_query"), cells=True)
    if order is not None and import_progress.wants_import(order, key=_key("go")):
        _take_in(look.name, order, lambda progress: _query_in(url.strip(), query, order, progress))


def _look_into_query(url: str, query: str) -> FileLook:
    st.session_state.pop("_query_look", None)
    look = file_look.look_into_query(url, query)
    st.session_state["_query_look"] = look
    return look


def _take_in(name: str, order: Order, work: import_progress.Work) -> None:
    try:
        summary = import_progress.run(name, order.kind, work)
    except EvenhandError as error:
        _refused(error)
        return
    import_progress.remember(name, summary)
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1
    st.rerun()


def _file_in(file: BinaryIO, look: FileLook, order: Order, progress: OnProgress) -> ImportSummary:
    return apart.import_file(engine(), file, order.kind, name=look.name, on_progress=progress, **_told(order))


def _query_in(url: str, query: str, order: Order, progress: OnProgress) -> ImportSummary:
    name = order.dataset or "query"
    return apart.import_query(engine(), url, query, order.kind, name=name, on_progress=progress, **_told(order))


def _told(order: Order) -> dict[str, Any]:
    """What an import is told, whatever it reads."""
    return {
        "dataset": order.dataset,
        "study": order.study,
        "question": order.question,
        "format": order.format,
        "columns": order.columns,
        "now": clock.now(),
        "check": _still_admin(),
    }


def _still_admin() -> Callable[[Session], None]:
    """Refuses, in the transaction that writes, whoever is no admin any more."""
    person = access.require(access.Role.ADMIN)
    return partial(people.require_still, person_id=person.id or 0, role=access.Role.ADMIN)


def _refused(error: EvenhandError) -> None:
    said = str(error)
    kept = "" if "Nothing was imported" in said else "Nothing was imported."
    frame.error_box(said, kept, "Mend it and choose the file again; what was here before is as it was.")
