"""The list of schedules: when each is due, what it asks, what became of it, and what can be done with it."""

import streamlit as st
from sqlmodel import Session

from core import clock
from core.domain.cron_words import shown, standing
from core.services.candidates import candidates
from core.services.watching import schedules
from core.services.watching.schedules import FireLine, ScheduleLine
from core.settings import get_settings
from core.storage.engine import reading
from core.storage.tables import ScheduleFire
from core.ui.schedules import form, words
from core.ui.shared import access, doing, frame
from core.ui.shared.resources import engine

_PLACE = "schedules"


def section() -> None:
    """Every schedule as a card; or, where there is none, what one is and how to have one."""
    with reading(engine()) as session:
        lines, there = schedules.listed(session), schedules.choices(session)
    if not lines and not (there.datasets and there.candidates):
        _nothing_to_ask(bool(there.datasets))
        return
    if not lines:
        _none_yet()
        return
    form.new_button()
    if not get_settings().scheduler:
        st.caption("This process leaves schedules alone (EVENHAND_SCHEDULER=0): `evenhand scheduler` sees to them.")
    doing.problem(_PLACE)
    for line in lines:
        _card(line)


def _none_yet() -> None:
    frame.empty_state(
        "Nothing runs by itself yet",
        "A schedule asks the same prompts again every week, say, so that you notice when a model changes and verdicts "
        "rest on more than one day. It says what a run costs before it is added, and keeps to a spending cap.",
        icon=":material/event_repeat:",
    )
    with st.container(horizontal=True, horizontal_alignment="center"):
        form.new_button()


def _nothing_to_ask(has_prompts: bool) -> None:
    missing = "Define a candidate on *Candidates*" if has_prompts else "Import prompts on *Data*"
    frame.empty_state(
        "Nothing runs by itself yet",
        f"A schedule puts the prompts of a dataset before candidates again and again. {missing} first; then add one "
        "here.",
        icon=":material/event_repeat:",
    )


def _card(line: ScheduleLine) -> None:
    with st.container(border=True, gap="small", key=f"schedules_card_{line.id}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
                st.markdown(f"**{frame.as_typed(line.schedule.name)}**", width="content")
                _badge(words.STATES[line.state])
            st.space("stretch")
            with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
                _buttons(line)
        st.markdown(frame.as_typed(_when(line)))
        st.caption(frame.as_typed(words.asked(line)))
        if line.last is not None:
            fire(line.last)


def _when(line: ScheduleLine) -> str:
    said = standing(line.cron, line.next_at, clock.now())
    said = f"{said[:1].upper()}{said[1:]}"
    return said if line.next_at is None else f"{said} ({shown(line.next_at, line.cron)})"


def fire(line: FireLine, *, named: bool = False) -> None:
    """What became of a due time and why, and the way to its run. ``named``: which schedule's it was, too."""
    with st.container(gap=None):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            _badge(words.became(line))
            if named:
                st.markdown(f":small[**{frame.as_typed(line.schedule)}**]", width="content")
            st.caption(frame.as_typed(words.due(line)), width="content")
            if line.run_id is not None:
                st.page_link(
                    "runs.py",
                    label=f"Run {line.run_id}",
                    icon=":material/play_circle:",
                    query_params={"run": str(line.run_id)},
                    width="content",
                )
        if line.fire.why:
            st.caption(frame.as_typed(line.fire.why))


def _badge(badge: words.Badge) -> None:
    word, icon, colour = badge
    st.badge(word, icon=f":material/{icon}:", color=colour)  # type: ignore[arg-type]


def _buttons(line: ScheduleLine) -> None:
    st.button(
        "Run now",
        icon=":material/play_arrow:",
        type="tertiary",
        key=f"schedules_run_{line.id}",
        on_click=_run_now,
        args=(line,),
        disabled=line.last is not None and line.last.is_going,
    )
    key = f"schedules_pause_{line.id}"
    if line.schedule.is_paused:
        st.button("Resume", icon=":material/resume:", type="tertiary", key=key, on_click=_resume, args=(line,))
    else:
        st.button("Pause", icon=":material/pause:", type="tertiary", key=key, on_click=_pause, args=(line,))
    form.edit_button(line)
    if st.button("Remove", icon=":material/delete:", type="tertiary", key=f"schedules_remove_{line.id}"):
        _confirm_removal(line)


@access.guarded(access.Role.ADMIN)
def _run_now(line: ScheduleLine) -> None:
    person, now = access.current_person(), clock.now()
    with reading(engine()) as session:
        lines = candidates.listed(session, now)

    def work(session: Session) -> ScheduleFire:
        return schedules.run_now(session, line.id, lines, now=now, person_id=person.id if person else None)

    fire = doing.do(work, done="Queued: it begins in a moment.", kept="Nothing was begun.", place=_PLACE)
    if fire is not None and fire.run_id is None:
        doing.say("It was not run.")
        doing.refuse(fire.why, kept="Nothing was begun; the history has it.", place=_PLACE)


@access.guarded(access.Role.ADMIN)
def _pause(line: ScheduleLine) -> None:
    doing.do(
        lambda session: schedules.pause(session, line.id),
        done="Paused. It skips its times until you resume it.",
        kept="The schedule is as it was.",
        place=_PLACE,
    )


@access.guarded(access.Role.ADMIN)
def _resume(line: ScheduleLine) -> None:
    doing.do(
        lambda session: schedules.resume(session, line.id, now=clock.now()),
        done="Resumed. It runs from its next time on.",
        kept="The schedule is as it was.",
        place=_PLACE,
    )


@st.dialog("Remove this schedule?", icon=":material/delete:")
@access.guarded(access.Role.ADMIN)
def _confirm_removal(line: ScheduleLine) -> None:
    st.markdown(f"**{frame.as_typed(line.schedule.name)}** runs no more. Its history and its runs stay.")
    if line.last is not None and line.last.is_going:
        st.markdown(f"Run {line.last.run_id} goes on to its end; cancel it on *Runs* if it should not.")
    with st.container(horizontal=True):
        if st.button("Remove", type="primary", key="schedules_remove_yes", on_click=_remove, args=(line,)):
            st.rerun()
        if st.button("Keep it", key="schedules_remove_no"):
            st.rerun()


@access.guarded(access.Role.ADMIN)
def _remove(line: ScheduleLine) -> None:
    doing.do(
        lambda session: schedules.remove(session, line.id, now=clock.now()),
        done="Removed. Its history stays.",
        kept="It is still here.",
        place=_PLACE,
    )
