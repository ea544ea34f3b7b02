"""The form for another gate on the Data page, and what gates are called."""

from dataclasses import dataclass

import streamlit as st
from sqlmodel import Session

from core import clock
from core.domain.scoring.base import EvaluatorKind, Use
from core.domain.words import n
from core.services.datasets.datasets import DatasetLine
from core.services.quality import gate_preview
from core.services.quality.gate_preview import Counts
from core.services.scoring import evaluators, gates
from core.services.scoring.gates import GateLine
from core.services.scoring.registry import kind_named
from core.storage.engine import reading
from core.storage.tables import Evaluator
from core.ui.shared import doing, frame
from core.ui.shared.resources import engine

ALL = "All categories"
_GRADES = {2: 0.25, 3: 0.5, 4: 0.75, 5: 1.0}


def in_words(line: GateLine) -> str:
    """What the gate wants, in words."""
    return line.evaluator.name + _threshold(kind_named(line.evaluator.kind), line.gate.at_least)


def _threshold(kind: EvaluatorKind, at_least: float) -> str:
    if kind.use is Use.JUDGE:
        return f": at least {1 + 4 * at_least:g} of 5"
    return "" if at_least == 1.0 else f": at least {at_least:g}"


def whose(line: GateLine) -> str:
    return "all datasets" if line.gate.dataset_id is None else "this dataset"


def section(line: DatasetLine, offered: list[Evaluator], *, place: str) -> None:
    """The form: what must hold, where, and what that would stop. ``place``: where a refusal is shown."""
    st.subheader("Add a gate", anchor=False)
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            by_id = {one.id: one for one in offered}
            chosen_id = st.selectbox(
                "What must hold", list(by_id), format_func=lambda each: by_id[each].name, key="datasets_gate_evaluator",
                width=300,
            )  # fmt: skip
            evaluator = by_id.get(chosen_id)
            category = st.selectbox("In", [ALL, *line.categories], key="datasets_gate_category", width=220)
            at_least, most = _at_least(evaluator), _at_most(evaluator)
            everywhere = st.toggle("For all datasets", key="datasets_gate_everywhere")
        if evaluator is None:
            return
        st.caption(frame.as_typed(kind_named(evaluator.kind).what))
        order = _Order(None if everywhere else line.dataset.id, None if category == ALL else category, at_least, most)
        with reading(engine()) as session:
            measured = _measured(session, evaluator, most)
            counts = None if measured is None else _counts(session, line, measured, order)
        st.markdown(_would(counts) if counts else ":gray[Responses are scored by it once it is added.]")
        if st.button("Add it", type="primary", key="datasets_gate_add"):
            _do_add(evaluator, order, place)
            st.rerun()


@dataclass(frozen=True)
class _Order:
    """A gate as it is wanted; None for all datasets, for all categories, for no number."""

    dataset_id: int | None
    category: str | None
    at_least: float
    most: int | None


def _measured(session: Session, evaluator: Evaluator, most: int | None) -> Evaluator | None:
    """The evaluator whose scores tell what the gate would do; None where nothing was scored by it yet."""
    if most is None:
        return evaluator
    params = {**evaluator.params, f"max_{gates.limit_of(evaluator)}": most}
    return evaluators.same_as(session, evaluator.kind, params)


def _counts(session: Session, line: DatasetLine, evaluator: Evaluator, order: _Order) -> Counts:
    return gate_preview.one(session, line.dataset.id or 0, evaluator.id or 0, order.category, order.at_least)


def _at_least(evaluator: Evaluator | None) -> float:
    if evaluator is None or kind_named(evaluator.kind).use is not Use.JUDGE:
        return 1.0
    grade = st.selectbox(
        "At least", list(_GRADES), index=2, format_func=lambda n: f"{n} of 5", key="datasets_gate_grade"
    )
    return _GRADES[grade]


def _at_most(evaluator: Evaluator | None) -> int | None:
    unit = None if evaluator is None else gates.limit_of(evaluator)
    if unit is None:
        return None
    most = st.number_input(
        f"At most, in {unit}", 1, None, None, step=1, key=f"datasets_gate_most_{unit}", placeholder="the prompt's own",
        width=200, help="Where a prompt sets a limit itself, that counts.",
    )  # fmt: skip
    return None if most is None else int(most)


def _would(counts: Counts) -> str:
    total = counts.asked + counts.open + counts.not_asked
    if not total:
        return ":gray[There are no responses here to try it on.]"
    said = f"Of {n(total, 'response')} here **{counts.passed:,} would pass** and **{counts.failed:,} would fail**"
    rest = [f"{counts.not_asked:,} with nothing to check"] if counts.not_asked else []
    rest += [f"{counts.open:,} not scored by it yet"] if counts.open else []
    return said + (f"; {' and '.join(rest)}." if rest else ".")


def _do_add(evaluator: Evaluator, order: _Order, place: str) -> None:
    with reading(engine()) as session:
        problem = _why_not(session, evaluator, order)
    if problem:
        doing.refuse(problem, kept="No gate was added.", place=place)
        return
    doing.do(
        lambda session: _added(session, evaluator, order),
        done=f"'{evaluator.name}' is a gate now.", kept="No gate was added.", place=place,
    )  # fmt: skip


def _why_not(session: Session, evaluator: Evaluator, order: _Order) -> str:
    """Why the gate would be of no use; empty where it is of use."""
    unit = gates.limit_of(evaluator)
    if unit and order.most is None and not gates.is_limited(session, order.dataset_id, order.category, unit):
        return (
            f"'At most, in {unit}' is empty, and no prompt there sets a limit itself, so the gate would stop nothing."
        )
    measured = _measured(session, evaluator, order.most)
    if measured is None:
        return ""
    there = gates.covering(session, order.dataset_id, order.category, measured.id or 0, order.at_least)
    if there is None:
        return ""
    where = "all categories" if there.gate.category is None else f"the category '{there.gate.category}'"
    return f"There is this gate already: '{in_words(there)}' holds for {whose(there)} and {where}."


def _added(session: Session, evaluator: Evaluator, order: _Order) -> GateLine:
    chosen = evaluator
    if order.most is not None:
        chosen = gates.with_limit(session, evaluator.id or 0, order.most, clock.now())
    return gates.add(session, order.dataset_id, order.category, chosen.id or 0, order.at_least, clock.now())
