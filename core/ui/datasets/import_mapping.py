"""Which column of a file is which of our fields, with a sample of each."""

from collections.abc import Mapping

import streamlit as st

from core.services.importing import Kind
from core.services.importing.columns import answer_columns, candidate_of, with_prompts
from core.services.importing.look import FIELDS, WIDE_FIELDS, FileLook
from core.ui.shared import frame

_LONGEST_SAMPLE = 40
_WORDS = {
    "turns": "text of the prompt",
    "prompt_id": "id of the prompt",
    "text": "text of the answer",
    "candidate": "name of the candidate",
    "reference": "right answer",
    "reference[]": "right answers, a JSON list in each cell",
}
_EACH, _ONE = "A column of answers for each candidate", "One column of answers, and one that names the candidate"


def words(field: str) -> str:
    """A field in the form's words: its name, and what it is where the name does not say."""
    return f"{field} ({_WORDS[field]})" if field in _WORDS else field


def fields(look: FileLook, kind: Kind, key: str, *, guess: bool) -> dict[str, str]:
    """The form; our field → the file's column, of what is called otherwise there."""
    if kind is Kind.RESPONSES and guess and _is_wide(look, key):
        return _wide(look, key)
    st.caption("Only where the file calls a field otherwise than Evenhand does. Fields with * are needed.")
    likely = look.likely_columns(kind) if guess else {}
    return with_prompts(_chosen(look, FIELDS[kind], likely, f"{key}_{kind}"))


def _is_wide(look: FileLook, key: str) -> bool:
    shape = st.radio("How the answers stand", [_EACH, _ONE], index=0 if look.answers else 1, key=f"{key}_shape")
    return shape == _EACH


def _wide(look: FileLook, key: str) -> dict[str, str]:
    columns = st.multiselect(
        "Columns with answers *",
        look.fields,
        default=list(look.answers.values()),
        format_func=lambda each: _option(look, each),
        key=f"{key}_answers",
    )
    named = {column: candidate for candidate, column in look.answers.items()}
    answers: dict[str, str] = {}
    with st.grid(4, min_column_width=180):
        for column in columns:
            usual = named.get(column, candidate_of(column))
            label = f"Candidate of '{frame.as_typed(column)}'"
            name = st.text_input(label, usual, max_chars=200, key=f"{key}_candidate_{column}")
            answers[name.strip() or usual] = column
    if len(answers) < len(columns):
        st.caption(":material/info: Two columns name the same candidate. Give each its own.")
        return {}
    prompt = _chosen(look, WIDE_FIELDS, look.likely_wide_columns(), f"{key}_wide")
    return prompt | answer_columns(answers)


def _chosen(look: FileLook, wanted: Mapping[str, bool], likely: Mapping[str, str], key: str) -> dict[str, str]:
    chosen: dict[str, str] = {}
    with st.grid(3, min_column_width=200):
        for name, is_needed in wanted.items():
            options = [None, *look.fields]
            column = st.selectbox(
                f"{words(name)} *" if is_needed else words(name),
                options,
                index=options.index(likely.get(name)),
                format_func=lambda each: _option(look, each),
                key=f"{key}_{name}",
            )
            if column is not None and column != name:
                chosen[name] = column
    return chosen


def _option(look: FileLook, column: str | None) -> str:
    if column is None:
        return "–"
    sample = look.sample(column)
    shown = sample if len(sample) <= _LONGEST_SAMPLE else f"{sample[:_LONGEST_SAMPLE]} …"
    return f"{column} · {shown}" if shown else column
