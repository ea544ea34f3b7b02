"""What changed, a sentence each: alarms first, then what is on the watch list, then what is no longer so."""

import streamlit as st

from core.domain.words import ago, n, when
from core.services.watching.drift import DriftState, FindingLine
from core.ui.drift import messages
from core.ui.drift.choice import View, look_at
from core.ui.drift.words import TIERS, where
from core.ui.shared import doing, frame

_MOST, _MOST_CLOSED = 8, 20
_TIERS_SAID = (
    "Alarm: a false one in at most 5 % of years, for all candidates, categories and metrics together. Watch: of what "
    "stands there, about one in ten is chance."
)


def section(view: View) -> None:
    """The answer: what changed since the check before, what still holds, and what does not any more."""
    state = view.state
    with st.container(border=True, gap="small"):
        st.header(_headline(state), anchor=False)
        if state.check is None:
            _not_yet(state)
            return
        doing.problem(messages.PLACE)
        told = messages.told(view)
        messages.counted(view, told)
        findings = (*state.alarms, *state.watches)
        for one in findings[:_MOST]:
            _line(view, one, told)
        if len(findings) > _MOST:
            with st.expander(f"{len(findings) - _MOST:,} more", icon=":material/expand_more:"):
                for one in findings[_MOST:]:
                    _line(view, one, told)
        _closed(state)
        _rests_on(view)


def _closed(state: DriftState) -> None:
    closed = _no_longer_so(state)
    if not closed:
        return
    with st.expander(f"{n(len(closed), 'earlier change')}, no longer so", icon=":material/check:"):
        for one in closed[:_MOST_CLOSED]:
            st.markdown(_ended(state, one))
        if len(closed) > _MOST_CLOSED:
            st.caption(f"And {n(len(closed) - _MOST_CLOSED, 'other change')}.")


def _ended(state: DriftState, one: FindingLine) -> str:
    """Of what scope it was, what was told, and why it is told no more."""
    run = None if state.check is None else state.check.run_id
    elsewhere = [
        where(other.category).lower() if other.category is None else f"in {where(other.category)}"
        for other in state.told
        if (other.candidate_id, other.metric.name) == (one.candidate_id, one.metric.name)
    ]
    goes_on = f" The change goes on {' and '.join(elsewhere)}, see above." if elsewhere else ""
    said = (
        f"{where(one.category)}, on {n(one.prompts, 'prompt')} in run {one.run_id}: {one.sentence} In run {run} it is "
        f"within what varies by chance, or too small to be told.{goes_on}"
    )
    return frame.as_typed(said)


def _no_longer_so(state: DriftState) -> list[FindingLine]:
    """What was found before and is not any more; a change that is told otherwise now (since another run) goes on."""
    if state.check is None:
        return []
    stands = {(one.candidate_id, one.category, one.metric.name) for one in state.findings}
    return [
        one
        for one in state.check.closed
        if (one.candidate_id, one.category, one.metric.name) not in stands and not _is_of_a_category(state, one)
    ]


def _is_of_a_category(state: DriftState, one: FindingLine) -> bool:
    """Whether it was told of all prompts by a run that asked one category alone, where the change stands."""
    return one.category is None and any(
        (other.candidate_id, other.metric.name, other.prompts) == (one.candidate_id, one.metric.name, one.prompts)
        for other in state.findings
    )


def _headline(state: DriftState) -> str:
    if state.check is None:
        return "Nothing has been checked yet"
    alarms, watches = len(state.alarms), len(state.watches)
    if alarms:
        return f"{n(alarms, 'alarm')}" + (f", and {watches:,} on the watch list" if watches else "")
    if watches:
        return f"No alarm; {n(watches, 'change')} on the watch list"
    return "Nothing changed beyond chance"


def _not_yet(state: DriftState) -> None:
    st.markdown(frame.as_typed(state.waiting) or "The next run is checked when it has ended and is scored.")
    if state.baseline is None:
        st.markdown(
            "A baseline pins itself as soon as whole runs have given about nine answers a prompt and candidate: run "
            "the dataset again (*Schedules*, or *Re-evaluate* in the sidebar), with repetitions. Or an admin pins one "
            "below."
        )


def _line(view: View, one: FindingLine, told: messages.Told) -> None:
    word, icon, colour = TIERS[one.tier]
    is_shown = view.finding is not None and view.finding.id == one.id
    with st.container(gap=None):
        st.markdown(f":{colour}-badge[{icon} {word}] {frame.as_typed(one.sentence)}")
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.caption(_news(view, one), width="content")
            st.button(
                "Shown below" if is_shown else "Look closely",
                key=f"drift_look-{one.id}",
                type="tertiary",
                disabled=is_shown,
                on_click=look_at,
                args=(one.id,),
            )
            messages.button(told, one, key=f"drift_acknowledge-{one.id}")


def _news(view: View, one: FindingLine) -> str:
    check = view.state.check
    if check is not None and one.open_since_run == check.run_id:
        said = ":material/fiber_new: New since the check before"
    else:
        said = f"Open since run {one.open_since_run}, {when(one.open_since_at)} ({ago(one.open_since_at, view.now)})"
    if one.category is not None:
        return said
    parts = [
        frame.as_typed(part.category or "")
        for part in view.state.findings
        if part.is_of_total and (part.candidate_id, part.metric) == (one.candidate_id, one.metric)
    ]
    return f"{said}. By itself it shows in {', '.join(parts)}" if parts else said


def _rests_on(view: View) -> None:
    state, check = view.state, view.state.check
    assert check is not None
    if not state.findings:
        st.markdown(_calm(state))
    said = [f"Run {check.run_id}, checked {when(check.at)} ({ago(check.at, view.now)})"]
    if state.baseline is not None:
        said.append(f"against baseline {state.baseline.number}: {_runs(state.baseline.run_ids)}")
    if state.trends:
        candidates, metrics = (len({getattr(one, name) for one in state.trends}) for name in ("candidate_id", "metric"))
        said.append(f"{n(len(state.trends), 'figure')} of {n(candidates, 'candidate')}, {n(metrics, 'metric')}")
    st.caption(f":material/rule: {' · '.join(said)}. {_TIERS_SAID}")
    if state.waiting:
        st.caption(f":material/hourglass_top: {frame.as_typed(state.waiting)}")
    for note in check.notes:
        st.caption(f":material/info: {frame.as_typed(note)}")
    if state.unwatched:
        names = ", ".join(frame.as_typed(name) for name in state.unwatched[:_MOST])
        more = f" and {len(state.unwatched) - _MOST:,} more" if len(state.unwatched) > _MOST else ""
        st.caption(
            f":material/info: Not watched, for the baseline has no answers of them: {names}{more}. Move the baseline "
            "to runs that asked them."
        )


def _calm(state: DriftState) -> str:
    """Since when nothing was found, in how many checks."""
    quiet = 0
    for line in state.checks:
        if line.alarms or line.watches:
            break
        quiet += 1
    first = state.checks[quiet - 1] if quiet else None
    if first is None:
        return "What moved lies within what answers and prompts vary by anyway."
    return (
        f"Nothing since run {first.run_id}, {when(first.at)}: {n(quiet, 'check')} in a row without a finding. What "
        "moved lies within what answers and prompts vary by anyway."
    )


def _runs(ids: tuple[int, ...]) -> str:
    return f"run {ids[0]}" if len(ids) == 1 else f"runs {', '.join(map(str, ids))}"
