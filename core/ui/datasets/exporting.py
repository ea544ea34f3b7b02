"""Taking votes and responses out, as files for spreadsheets, notebooks and other programs."""

from collections.abc import Callable
from datetime import date
from io import BytesIO

import streamlit as st

from core import clock
from core.services import workspace
from core.services.datasets import datasets, exporting
from core.services.datasets.datasets import DatasetLine
from core.services.studies import progress
from core.services.studies.progress import StudyProgress
from core.storage.engine import reading
from core.storage.tables import Study
from core.ui.shared import access, filters, frame
from core.ui.shared.resources import engine

_SAID = {
    "csv": "CSV opens in a spreadsheet. Texts that it would run as formulas have an apostrophe before them.",
    "jsonl": "JSONL holds the texts as they are, and can be imported again.",
    "parquet": "Parquet is the smallest, for notebooks and data warehouses.",
}


_ALL_OWN = "Everything but the demo"


def section() -> None:
    """What to export, in which format, and the button."""
    what = st.radio("What", ["Votes", "Responses"], horizontal=True, key="datasets_export_what", bind="query-params")
    if what == "Responses":
        _responses()
    else:
        _votes()


def _votes() -> None:
    with reading(engine()) as session:
        lines = [line for line in progress.all_progress(session) if line.votes]
        counted = workspace.counts_simulated(session)
    if not lines:
        frame.empty_state("No votes yet", "They can be exported as soon as somebody has rated or votes are imported.")
        return
    by_name = {line.study.name: line for line in lines}
    ids = {name: str(line.study.id) for name, line in by_name.items()}
    chosen = filters.one_of("Study", ids, key="datasets_export_study", carried=filters.STUDY, width=420)
    filters.say_gone()
    line = by_name[chosen]
    simulated = False
    if line.simulated:
        simulated = st.toggle(
            f"With the {line.simulated:,} simulated votes", value=counted, key="datasets_export_simulated"
        )
    votes = line.votes if simulated else line.votes - line.simulated
    _offer("votes", _name("votes", line.study.name), votes, lambda format: _votes_file(line, format, simulated))


def _votes_file(line: StudyProgress, format: str, simulated: bool) -> BytesIO:
    out = BytesIO()
    with reading(engine()) as session:
        exporting.export_votes(session, line.study, format, out, include_simulated=simulated)
    out.seek(0)
    return out


def _responses() -> None:
    with reading(engine()) as session:
        lines = [line for line in datasets.listed(session) if line.responses]
    if not lines:
        frame.empty_state("No responses yet", "Import what candidates answered; then it can be exported from here.")
        return
    by_label = {line.dataset.label: line.dataset for line in lines}
    options = {_ALL_OWN: "all"} | {label: str(dataset.id) for label, dataset in by_label.items()}
    label = filters.one_of("Dataset", options, key="datasets_export_dataset", carried=filters.DATASET, width=420)
    filters.say_gone()
    chosen = by_label[label].id if label in by_label else None
    responses = sum(line.responses for line in lines if _is_in(line, chosen))
    name = _name("responses", by_label[label].name if label in by_label else "all")
    _offer("responses", name, responses, lambda format: _responses_file(chosen, format))


def _is_in(line: DatasetLine, chosen: int | None) -> bool:
    return not line.dataset.is_demo if chosen is None else line.dataset.id == chosen


def _responses_file(dataset_id: int | None, format: str) -> BytesIO:
    out = BytesIO()
    all_of_it = Study(name="", dataset_id=dataset_id, created_at=clock.now())
    with reading(engine()) as session:
        exporting.export_responses(session, all_of_it, format, out)
    out.seek(0)
    return out


def _offer(what: str, name: str, count: int, make: Callable[[str], BytesIO]) -> None:
    format = st.radio(
        "Format",
        list(exporting.FORMATS),
        format_func=lambda each: {"csv": "CSV", "jsonl": "JSONL", "parquet": "Parquet"}.get(each, each),
        horizontal=True,
        key="datasets_export_format",
        bind="query-params",
    )
    chosen = format or "csv"
    st.caption(_SAID[chosen])
    st.download_button(
        f"Download {count:,} {what if count != 1 else what[:-1]}",
        data=access.guarded_file(access.Role.ADMIN, lambda: make(chosen)),
        file_name=f"{name}.{chosen}",
        mime=exporting.MEDIA_TYPES[chosen],
        icon=":material/download:",
        type="primary",
        on_click="ignore",
        disabled=count == 0,
        key=f"datasets_download_{what}",
    )


def _name(what: str, of: str) -> str:
    """A file name of plain characters, with the day."""
    plain = "".join(character if character.isascii() and character.isalnum() else "-" for character in of.lower())
    today: date = clock.now().date()
    return f"evenhand-{what}-{'-'.join(part for part in plain.split('-') if part) or 'study'}-{today:%Y-%m-%d}"
