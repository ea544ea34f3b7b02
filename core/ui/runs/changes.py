"""Below a finished run: what changed since another run of the same dataset."""

import streamlit as st

from core.domain.changes import State
from core.errors import EvenhandError
from core.services.quality import comparison
from core.services.quality.comparison import ComparedRow, Comparison
from core.services.runs import RunLine
from core.storage.engine import reading
from core.ui.runs import changes_words
from core.ui.shared import colours, filters, frame, grids
from core.ui.shared.kept import KEPT
from core.ui.shared.resources import engine

AGAINST = "runs_against"
_FRESH_S = 30
_SOURCES = {"import": "imported", "demo": "demo"}
_ORDER = list(State)


def section(lines: list[RunLine], chosen: RunLine) -> None:
    """Choose another run of the dataset, and see what changed; nothing where there is none to compare with."""
    others = comparable(lines, chosen)
    if chosen.is_active or not chosen.responses or not others:
        return
    st.subheader("What changed", anchor=False)
    other = _choice(others, chosen)
    earlier, later = sorted((other, chosen), key=lambda line: line.id)
    try:
        found = _compared(earlier, later)
    except EvenhandError as error:
        st.info(frame.as_typed(str(error)), icon=":material/compare_arrows:")
        return
    _answer(found)
    _table(found)
    with st.expander("How this was compared", icon=":material/function:", key="runs_compared_how"):
        st.markdown(changes_words.METHOD)


def comparable(lines: list[RunLine], chosen: RunLine) -> list[RunLine]:
    """Other runs of its dataset that came to an end with responses of a candidate in common, in the order given."""
    mine = set(chosen.candidate_ids)
    return [
        line
        for line in lines
        if line.id != chosen.id
        and line.dataset_id == chosen.dataset_id
        and line.responses
        and not line.is_active
        and mine & set(line.candidate_ids)
    ]


def _choice(others: list[RunLine], chosen: RunLine) -> RunLine:
    """Unless another is chosen, the newest earlier one that came to its end, else the newest earlier one."""
    by_label = {_label(line): line for line in others}
    earlier = [line for line in others if line.id < chosen.id]
    usual = next((line for line in earlier if line.state == "done"), (earlier or others[-1:])[0])
    options = {label: str(line.id) for label, line in by_label.items()}
    label = filters.one_of("Compare with", options, key=AGAINST, usual=_label(usual), within=str(chosen.id), width=420)
    filters.say_gone()
    return by_label[label]


def _label(line: RunLine) -> str:
    what = _SOURCES.get(line.source, "evaluation")
    return f"Run {line.id} · {what} · {line.created_at:%-d %b %Y, %H:%M}"


def _compared(earlier: RunLine, later: RunLine) -> Comparison:
    """Computed once for everybody who looks, and anew when responses came."""
    database = engine()

    def compute() -> Comparison:
        with reading(database) as session:
            return comparison.compare(session, earlier.id, later.id)

    key = ("compared", str(database.url), earlier.id, later.id, earlier.responses, later.responses)
    with st.spinner("Comparing prompt by prompt …"):
        return KEPT.get(key, compute, fresh_s=_FRESH_S)


def _answer(found: Comparison) -> None:
    """The answer in a sentence, another model behind a name, and what it rests on."""
    words = changes_words
    with st.container(border=True, gap="small"):
        st.markdown(words.answer(found))
        for sentence in words.other_models(found):
            st.markdown(f":material/swap_horiz: {sentence}")
        for sentence in filter(None, (words.identical(found), *words.only_one(found))):
            st.caption(sentence)


def _table(found: Comparison) -> None:
    """Every comparison: the clear ones first, then by candidate."""
    rows = sorted(found.rows(), key=_place)
    in_colour = colours.coloured([line.position for line in found.lines])
    grids.show(
        [_cells(found, row, in_colour=row.line.position in in_colour) for row in rows],
        alt=f"What changed between run {found.a} and run {found.b}, by candidate and figure, the clear changes first",
        quiet=[row.change.state is not State.CLEAR for row in rows],
    )


def _place(row: ComparedRow) -> tuple[int, float, int]:
    state = row.change.state
    return _ORDER.index(state), row.change.p or 0.0 if state is State.CLEAR else 0.0, row.line.position


def _cells(found: Comparison, row: ComparedRow, *, in_colour: bool) -> dict[str, object]:
    words, change, measure = changes_words, row.change, row.measure
    return {
        "Candidate": grids.Name(row.line.name, row.line.position, in_colour),
        "Figure": words.name(measure),
        "Change": words.value(change, measure),
        "95 % interval": words.interval_or_why(change, measure),
        "Verdict": words.verdict(change),
        "Prompts": change.n,
        f"Run {found.a}": words.mean(change.before, measure),
        f"Run {found.b}": words.mean(change.after, measure),
    }
