"""What to do with a file that was looked into: its kind, where it goes, which column is which field."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import streamlit as st

from core.services.datasets import datasets
from core.services.importing import FORMATS, Kind
from core.services.importing import look as file_look
from core.services.importing.look import FileLook
from core.services.studies import fields as study_fields
from core.services.studies import studies
from core.storage.engine import reading
from core.ui.datasets import import_mapping
from core.ui.shared import frame
from core.ui.shared.resources import engine

_LONGEST_CELL, _LONG_CELL = 200, 24
_NEW_STUDY, _NAMELESS_STUDY = "A new study …", "Imported votes"
_BY_PROMPTS = "Where its prompts are"


@dataclass(frozen=True)
class Order:
    """What ``import_file`` is to be told."""

    kind: Kind
    dataset: str | None = None
    study: str | None = None
    question: str = "overall"
    format: str = "auto"
    columns: dict[str, str] = field(default_factory=dict)


def fields(look: FileLook, *, key: str, cells: bool = False) -> Order | None:
    """Fields for all that; None while something is missing, and then it says what."""
    kind = st.radio(
        "It holds",
        list(Kind),
        index=list(Kind).index(look.guess()),
        format_func=lambda each: each.value.capitalize(),
        horizontal=True,
        key=f"{key}_kind",
    )
    kind = Kind(kind or look.guess())
    title = look.fits.get(kind) if kind in look.reads or kind is look.guess() else None
    _seems(look, kind, title)
    if title is None:
        form, sample = st.columns([3, 2], gap="medium")
        with form:
            columns = import_mapping.fields(look, kind, key, guess=True)
        with sample:
            _first_records(look, key)
        order = _destination(look, kind, key, "auto", columns)
    else:
        place = st.container()
        _first_records(look, key)
        with st.expander("Not as it should be? Format and fields", icon=":material/tune:", key=f"{key}_other"):
            format = "auto" if cells else _format(kind, key)
            columns = import_mapping.fields(look, kind, key, guess=False)
        with place:
            order = _destination(look, kind, key, format, columns)
    missing = file_look.missing_fields(look, kind, columns) if title is None else []
    if missing and not (kind is Kind.PROMPTS and "messages" in look.fields):
        lacking = _listed([import_mapping.words(field) for field in missing])
        st.caption(f":material/info: Still to be said: which field is {lacking}.")
        return None
    return order


def _seems(look: FileLook, kind: Kind, title: str | None) -> None:
    name = frame.as_typed(look.name)
    if title is not None:
        st.markdown(f":material/check: **{name}** reads as {frame.as_typed(title)}, as {kind.value}.")
        return
    others = [each.value for each in look.fits]
    reads = f" It reads as {_listed(others)}, though." if others else ""
    st.markdown(
        f":material/help: No known format of {kind.value} has the fields of **{name}**.{reads} Say which is which."
    )


def _first_records(look: FileLook, key: str) -> None:
    st.caption(f"The first record{'s' if len(look.first) > 1 else ''} of {frame.as_typed(look.name)}")
    shown = pd.DataFrame([{name: _cell(found) for name, found in row.items()} for row in look.first])
    long = [name for name, found in look.first[0].items() if len(_cell(found)) > _LONG_CELL]
    wide = {name: st.column_config.TextColumn(width="medium") for name in long}
    st.dataframe(shown, hide_index=True, key=f"{key}_first", column_config=wide, alt="The first records of the file")


def _cell(found: Any) -> str:
    text = found if isinstance(found, str) else json.dumps(found, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST_CELL else text[:_LONGEST_CELL] + " …"


def _format(kind: Kind, key: str) -> str:
    fitting = [name for name, each in FORMATS.items() if kind in each.kinds]
    return st.selectbox(
        "Format",
        ["auto", *fitting],
        format_func=lambda name: "As it reads" if name == "auto" else FORMATS[name].title,
        key=f"{key}_{kind}_format",
        width=420,
    )


def _destination(look: FileLook, kind: Kind, key: str, format: str, columns: dict[str, str]) -> Order:
    if kind is Kind.CANDIDATES:
        return Order(kind, format=format, columns=columns)
    with reading(engine()) as session:
        names = list(dict.fromkeys(line.dataset.name for line in datasets.listed(session)))
        study_names = [study.name for study in studies.listed(session)]
    brings_prompts = look.carries_prompts or "turns" in columns
    if kind is Kind.PROMPTS or (kind is Kind.RESPONSES and brings_prompts):
        return Order(kind, dataset=_new_dataset(look, key, names), format=format, columns=columns)
    with st.container(horizontal=True):
        dataset = _known_dataset(key, names, may_be_new=kind is Kind.VOTES)
        if kind is Kind.RESPONSES:
            return Order(kind, dataset=dataset, format=format, columns=columns)
        study = _study(key, study_names)
        question = st.text_input(
            "Question of votes that name none", "overall", max_chars=40, key=f"{key}_question", width=300
        )
    return Order(kind, dataset, study, question.strip() or "overall", format, columns)


def _study(key: str, names: Sequence[str]) -> str:
    chosen = st.selectbox("Study", [*names, _NEW_STUDY], key=f"{key}_study", width=300)
    if chosen != _NEW_STUDY:
        return chosen
    longest = study_fields.LONGEST_NAME
    name = st.text_input("Name of the new study", key=f"{key}_new_study", max_chars=longest, width=300)
    return name.strip() or _NAMELESS_STUDY


def _new_dataset(look: FileLook, key: str, names: Sequence[str]) -> str:
    stem = look.name.split("/")[-1].split(".")[0] or "imported"
    name = st.text_input("Dataset", stem, max_chars=200, key=f"{key}_dataset", width=420).strip() or stem
    if name in names:
        st.caption(f"'{frame.as_typed(name)}' is here already. Other prompts become a new version of it.")
    return name


def _known_dataset(key: str, names: Sequence[str], *, may_be_new: bool) -> str | None:
    chosen = st.selectbox(
        "Dataset",
        [_BY_PROMPTS, *names],
        key=f"{key}_known_dataset",
        accept_new_options=may_be_new,
        width=300,
        help="By default the newest dataset that holds the first record's prompt.",
    )
    return None if chosen in (None, _BY_PROMPTS) else chosen


def _listed(words: Sequence[str]) -> str:
    marked = [f"`{word}`" for word in words]
    return marked[0] if len(marked) == 1 else f"{', '.join(marked[:-1])} and {marked[-1]}"
