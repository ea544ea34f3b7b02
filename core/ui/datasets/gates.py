"""Gates on the Data page: what a response must hold to be acceptable, and how the responses that are there stand."""

import pandas as pd
import streamlit as st

from core import clock
from core.domain.words import percent
from core.services import scoring
from core.services.datasets import datasets
from core.services.datasets.datasets import DatasetLine
from core.services.quality import gate_preview
from core.services.quality.gate_preview import Counts, Preview
from core.services.quality.judged import INCOMPLETE, REFUSAL
from core.services.scoring import evaluators, gates
from core.services.scoring.registry import kind_named
from core.storage.engine import reading
from core.storage.tables import Evaluator
from core.ui.datasets import gates_adding
from core.ui.datasets.gates_adding import ALL, in_words, whose
from core.ui.shared import access, doing, filters, frame
from core.ui.shared.choosing import choose_row
from core.ui.shared.resources import engine

_CHOSEN = "datasets_dataset"
_TABLE, _PLACE = "datasets_gates_table", "gates"

_ALWAYS = {
    "cut short": "complete: not cut short",
    "empty": "not empty",
    "blocked by a content filter": "not blocked by a content filter",
    "refuses": "no refusal, unless the prompt expects one",
    "does not refuse where the prompt expects it": "a refusal where the prompt expects one",
}


def section() -> None:
    """Choose a dataset; how its responses stand, its gates, and one more."""
    st.markdown(
        "A response is *automatically acceptable* when it is complete, refuses only where it should, and passes every "
        "gate below. Cost per acceptable response rests on this."
    )
    with reading(engine()) as session:
        lines = [line for line in datasets.listed(session) if line.prompts]
    if not lines:
        frame.empty_state("No prompts yet", "Import prompts first: gates belong to a dataset.", icon=":material/fence:")
        return
    scoring.ensure_defaults(engine(), now=clock.now())
    line = _dataset(lines)
    with reading(engine()) as session:
        found = gate_preview.preview(session, line.dataset.id or 0)
        offered = [one for one in evaluators.listed(session) if _may_be_added(one)]
    doing.problem(_PLACE)
    _standing(found)
    _table(found)
    gates_adding.section(line, offered, place=_PLACE)


def _may_be_added(evaluator: Evaluator) -> bool:
    """Whether a response may pass or fail by it, and does not already."""
    return kind_named(evaluator.kind).may_gate and evaluator.kind not in (REFUSAL, INCOMPLETE)


def _dataset(lines: list[DatasetLine]) -> DatasetLine:
    by_name = {line.dataset.label: line for line in lines}
    ids = {label: str(line.dataset.id) for label, line in by_name.items()}
    chosen = filters.one_of("Dataset", ids, key=_CHOSEN, carried=filters.DATASET, width=420)
    filters.say_gone()
    return by_name[chosen]


def _standing(found: Preview) -> None:
    whole = found.whole
    total = whole.passed + whole.failed + whole.open
    if not total:
        st.markdown("**No responses yet.** Gates count as soon as there are some.")
        return
    said = f"**{whole.passed:,} of {total:,} responses are acceptable** ({percent(whole.passed / total)}), of all runs."
    if whole.open:
        said += (
            f" {whole.open:,} {'is' if whole.open == 1 else 'are'} open: not scored yet, or not to be scored. Scoring "
            "goes on in the background; *Evaluators* scores them at once."
        )
    if found.unchecked:
        said += f" {found.unchecked:,} {'is' if found.unchecked == 1 else 'are'} *unchecked*: no gate applies."
    st.markdown(said)


def _table(found: Preview) -> None:
    rows = [_row(ALL, words, "always", found.always[name]) for name, words in _ALWAYS.items()]
    rows += [_row(line.gate.category or ALL, in_words(line), whose(line), counts) for line, counts in found.gates]
    row = choose_row(
        pd.DataFrame(rows),
        key=_TABLE,
        whole_up_to=14,
        tallest_px=520,
        columns={
            "What must hold": st.column_config.TextColumn(width=240),
            "Pass": st.column_config.ProgressColumn(
                format="%.0f %%", min_value=0, max_value=100, width=150,
                help="The share that passes, of those that it says something about",
            ),
            **{name: st.column_config.NumberColumn(format="localized") for name in ("Passed", "Failed", "Open")},
            "Not asked": st.column_config.NumberColumn(
                format="localized", help="The prompt gives it nothing to check: no reference, no limit, no schema"
            ),
        },
        alt="What must hold for a response to be acceptable, and how many responses pass",
    )  # fmt: skip
    line = None if row is None or row < len(_ALWAYS) else found.gates[row - len(_ALWAYS)][0]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Retire the gate",
            icon=":material/archive:",
            key="datasets_gate_retire",
            disabled=line is None,
            on_click=_retire,
            args=(line.gate.id if line is not None else 0,),
        )
        if line is None:
            st.caption("Choose a gate's line to retire it. The first five always hold.")
        elif line.gate.dataset_id is None:
            st.caption("It holds for all datasets, and is retired for all.")
    for warning in (line.warning for line, _ in found.gates if line.warning):
        st.caption(f":material/warning: {frame.as_typed(warning)}")


def _row(category: str, words: str, whose: str, counts: Counts) -> dict[str, object]:
    return {
        "What must hold": words,
        "Pass": None if counts.share is None else 100 * counts.share,
        "Passed": counts.passed,
        "Failed": counts.failed,
        "Open": counts.open,
        "Not asked": counts.not_asked,
        "Category": category,
        "For": whose,
    }


@access.guarded(access.Role.ADMIN)
def _retire(gate_id: int) -> None:
    doing.do(
        lambda session: gates.retire(session, gate_id, clock.now()),
        done="The gate is retired. What it said of responses is kept.", kept="It is as it was.", place=_PLACE,
    )  # fmt: skip
