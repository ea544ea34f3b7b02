"""The pinned baseline, how to move it, and every check that was made."""

from functools import partial

import streamlit as st
from sqlmodel import Session

from core import clock
from core.domain.people import Role
from core.domain.words import n, when
from core.services import quality
from core.services.datasets import datasets
from core.services.quality import RunRef, run_name
from core.services.watching import drift
from core.services.watching.drift import Baseline
from core.storage.engine import reading
from core.storage.tables import Person
from core.ui.drift.choice import View
from core.ui.shared import access, doing, facts, grids
from core.ui.shared.resources import engine

_PLACE, _RUNS, _WHY = "drift_baseline", "drift_runs", "drift_why"
_LONGEST_WHY = 500


def section(view: View, person: Person) -> None:
    """Which runs everything is held against; for admins a form to move it; below it all checks."""
    st.subheader("Baseline", anchor=False)
    doing.problem(_PLACE)
    baseline = view.state.baseline
    if baseline is None:
        st.markdown("None is pinned yet, so nothing is watched.")
    else:
        _pinned(baseline)
    if Role.of(person.role) >= Role.ADMIN:
        with st.expander("Move the baseline" if baseline else "Pin a baseline", icon=":material/push_pin:"):
            _form(view)
    else:
        st.caption("Admins move the baseline.")
    _checks(view)


def _pinned(baseline: Baseline) -> None:
    runs = ", ".join(map(str, baseline.run_ids))
    known = f"{baseline.repetitions:.1f} to each prompt by each candidate" if baseline.repetitions else "not known yet"
    facts.show(
        {
            "Number": str(baseline.number),
            "Runs": runs,
            "Answers": known,
            "Pinned": f"{when(baseline.pinned_at)}, by {baseline.pinned_by or 'itself'}",
            "Why": baseline.why,
        }
    )


def _form(view: View) -> None:
    runs = _ended(view)
    if not runs:
        st.markdown("No run of this dataset has ended yet. Evaluate it first: *Re-evaluate* in the sidebar.")
        return
    moving = view.state.baseline is not None
    st.caption(
        "Later runs are held against the runs that you choose. About nine answers a prompt and candidate make a good "
        "baseline; with fewer, only larger changes show."
        if not moving
        else "Move it when a change is meant to stay: a new model that you accept, a gate that you edited. The newest "
        "run is checked again. About nine answers a prompt and candidate make a good one. What was pinned before stays "
        "on record."
    )
    by_name = {run_name(run): run.id for run in runs}
    st.multiselect("Runs", list(by_name), key=_RUNS, placeholder="Whole runs, best one after another")
    st.text_area("Why", key=_WHY, max_chars=_LONGEST_WHY, placeholder="For whoever asks later")
    st.button(
        "Move it" if moving else "Pin it",
        type="primary",
        key="drift_move",
        on_click=access.guarded(access.Role.ADMIN)(partial(_move, view.dataset, by_name)),
    )


def _move(dataset: str, by_name: dict[str, int]) -> None:
    chosen = [by_name[name] for name in st.session_state.get(_RUNS, []) if name in by_name]
    if not chosen:
        doing.refuse("No run was chosen.", kept="The baseline is as it was.", place=_PLACE)
        return
    person, why = access.current_person(), str(st.session_state.get(_WHY, "")).strip()

    def work(session: Session) -> Baseline:
        person_id = None if person is None else person.id
        return drift.pin(session, dataset, sorted(chosen), person_id=person_id, why=why, now=clock.now())

    moved = doing.do(
        work,
        done="Pinned. Later runs are checked against it.",
        kept="The baseline is as it was.",
        place=_PLACE,
        role=Role.ADMIN,
    )
    if moved is not None:
        st.session_state[_RUNS], st.session_state[_WHY] = [], ""


def _ended(view: View) -> list[RunRef]:
    """The runs of all versions that came to their end, the newest first."""
    with reading(engine()) as session:
        listed = [run for id_ in datasets.versions(session, view.dataset) for run in quality.runs(session, id_)]
    return sorted((run for run in listed if run.state == "done"), key=lambda run: -run.id)


def _checks(view: View) -> None:
    checks = view.state.checks
    if not checks:
        return
    with st.expander(f"All {n(len(checks), 'check')}", icon=":material/checklist:"):
        rows: list[dict[str, object]] = [
            {
                "Run": line.run_id,
                "Checked": when(line.at),
                "Baseline": line.baseline_number,
                "Alarms": line.alarms,
                "Watches": line.watches,
            }
            for line in checks
        ]
        grids.show(
            rows, alt="Every check, the newest first", quiet=[not (line.alarms or line.watches) for line in checks]
        )
        st.caption("Alarms and watches as each check left them; a change that holds is found each time.")
