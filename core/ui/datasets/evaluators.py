"""Evaluators on the Data page: what each does and has said, adding and retiring them, scoring old responses again."""

from datetime import datetime

import pandas as pd
import streamlit as st
from sqlalchemy import Engine

from core import clock
from core.domain.scoring.base import Use
from core.domain.words import n
from core.services import scoring
from core.services.datasets import datasets
from core.services.judging import evaluator_lines
from core.services.judging.evaluator_lines import EvaluatorLine
from core.services.scoring import evaluators
from core.storage.engine import reading
from core.ui.datasets import evaluator_form, judges
from core.ui.shared import access, doing, frame, jobs
from core.ui.shared.choosing import choose_row
from core.ui.shared.jobs import Job
from core.ui.shared.resources import engine

_TABLE, _PLACE, _JOB, _ALL = "datasets_evaluators_table", "evaluators", "scoring again", "All datasets"
_USES = {
    Use.CHECK: "check",
    Use.SIMILARITY: "likeness, never a gate",
    Use.FLAG: "flag, never a gate",
    Use.JUDGE: "judge",
}


def section() -> None:
    """Those in use, scoring again, judges, and adding one."""
    scoring.ensure_defaults(engine(), now=clock.now())
    with reading(engine()) as session:
        lines = evaluator_lines.listed(session)
    st.markdown(
        "Every response is scored by each of these as it arrives. An evaluator is never changed, so that scores stay "
        "comparable: add another one and retire the old."
    )
    doing.problem(_PLACE)
    _table(lines)
    _score_again(lines)
    judges.section([line for line in lines if line.judging is not None])
    st.subheader("Add an evaluator", anchor=False)
    evaluator_form.form(_PLACE)


def _table(lines: list[EvaluatorLine]) -> None:
    if not lines:
        st.caption("None is in use: nothing is scored, and gates have nothing to rest on.")
        return
    rows = pd.DataFrame([_row(line) for line in lines])
    row = choose_row(
        rows,
        key=_TABLE,
        whole_up_to=14,
        tallest_px=520,
        columns={
            "Evaluator": st.column_config.TextColumn(width=190),
            "Kind": st.column_config.TextColumn(width=160),
            "Set to": st.column_config.TextColumn(width=170),
            "Scored": st.column_config.NumberColumn(format="localized", help="Responses with a value"),
            "Unscored": st.column_config.NumberColumn(
                format="localized", help="It looked and could not tell; neither a pass nor a failure"
            ),
            "Mean": st.column_config.TextColumn(help="Of the values, from 0 to 1; 1 is the good end"),
            "What it does": st.column_config.TextColumn(width=420),
        },
        alt="Evaluators in use, what each does and how much it has scored",
    )
    picked = None if row is None else lines[row]
    evaluator = None if picked is None else picked.evaluator
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Retire the evaluator",
            icon=":material/archive:",
            key="datasets_evaluator_retire",
            disabled=evaluator is None,
            on_click=_retire,
            args=(evaluator.id, evaluator.name) if evaluator is not None else None,
        )
        if picked and picked.gates:
            st.caption(f"{picked.gates} of the gates rest on it and are retired with it.")
        elif picked:
            st.caption(frame.as_typed(picked.kind.what))
        else:
            st.caption("Choose a line to retire it. What it said of responses is kept.")


def _row(line: EvaluatorLine) -> dict[str, object]:
    return {
        "Evaluator": line.evaluator.name,
        "Kind": _USES[line.kind.use],
        "Set to": settings(line),
        "Scored": line.scored,
        "Unscored": line.unscored,
        "Mean": "–" if line.mean is None else f"{line.mean:.2f}",
        "Gates": line.gates,
        "What it does": line.kind.what,
    }


def settings(line: EvaluatorLine) -> str:
    """How it differs from its kind's own settings, in short."""
    if line.judging is not None:
        own = ", may judge its own family" if line.evaluator.params.get("may_judge_own_family") else ""
        return f"{line.evaluator.params['model']}{own}"
    usual = line.kind.params.defaults()
    changed = {name: found for name, found in line.evaluator.params.items() if found != usual.get(name)}
    said = ", ".join(f"{evaluator_form.label(name).lower()}: {_short(found)}" for name, found in changed.items())
    return said or "as the prompt says"


def _short(found: object) -> str:
    text = ", ".join(map(str, found)) if isinstance(found, list | tuple) else str(found)
    text = {"True": "yes", "False": "no"}.get(text, text)
    return text if len(text) <= 60 else f"{text[:60]} …"


@access.guarded(access.Role.ADMIN)
def _retire(evaluator_id: int, name: str) -> None:
    doing.do(
        lambda session: evaluators.retire(session, evaluator_id, clock.now()),
        done=f"'{name}' is retired.", kept="It is as it was.", place=_PLACE,
    )  # fmt: skip


def _score_again(lines: list[EvaluatorLine]) -> None:
    st.subheader("Score old responses again", anchor=False)
    job = jobs.known(_JOB)
    if job is not None and not job.is_over:
        _going_on()
        return
    if job is not None:
        _ended(job)
    with reading(engine()) as session:
        sets = {line.dataset.label: line.dataset.id for line in datasets.listed(session) if line.responses}
    if not sets:
        st.caption("There are no responses yet. New ones are scored as they arrive.")
        return
    by_id = {line.evaluator.id or 0: line.evaluator.name for line in lines if line.judging is None}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox("Responses of", [_ALL, *sets], key="datasets_rescore_of", width=260)
        picked = st.multiselect(
            "By", list(by_id), key="datasets_rescore_by", format_func=lambda one: by_id[one], width=420,
            placeholder="all that ask no model",
        )  # fmt: skip
        if st.button("Score again", icon=":material/restart_alt:", key="datasets_rescore"):
            _begin(sets.get(chosen), picked or list(by_id))
            st.rerun()
    st.caption("No model is called: what is stored is read again, and what was said before is replaced.")


def _begin(dataset_id: int | None, evaluator_ids: list[int]) -> None:
    database, at = engine(), clock.now()
    jobs.begin(_JOB, lambda job: _rescore(database, dataset_id, evaluator_ids, at, job))


def _rescore(database: Engine, dataset_id: int | None, evaluator_ids: list[int], at: datetime, job: Job) -> int:
    """One evaluator after the other, so that there is something to tell of how far it is."""
    written = 0
    for number, evaluator_id in enumerate(evaluator_ids):
        if job.is_stopped():
            break
        job.told(number, len(evaluator_ids))
        written += scoring.rescore(database, dataset_id=dataset_id, evaluator_ids=[evaluator_id], now=at)
    return written


@access.guarded(access.Role.ADMIN)
def _stop() -> None:
    jobs.stop(_JOB)


@st.fragment(run_every=0.7)
@access.guarded(access.Role.ADMIN)
def _going_on() -> None:
    job = jobs.known(_JOB)
    if job is None or job.is_over:
        st.rerun()
        return
    left = f" · about {max(1, round(job.left_s))} s left" if job.left_s is not None else ""
    st.progress(job.share, text=f"{job.done} of {job.total} evaluators are through{left}")
    st.button("Stop", icon=":material/stop:", key="datasets_rescore_stop", on_click=_stop, disabled=job.is_stopped())


def _ended(job: Job) -> None:
    if job.problem:
        frame.error_box(job.problem, "What was scored before that is kept.", "")
    else:
        stopped = " It was stopped before all were through." if job.is_stopped() else ""
        st.markdown(f":material/check: {n(job.result or 0, 'score')} written.{stopped}")
