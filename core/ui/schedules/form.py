"""The dialog for a schedule, new or changed: what is asked, and when, with its plain reading as it is typed."""

import streamlit as st
from sqlmodel import Session

from core import clock
from core.domain.cron import check_zone, zones
from core.errors import BadInput
from core.services.watching import schedules
from core.services.watching.schedules import Choices, ScheduleDraft, ScheduleLine
from core.storage.engine import reading
from core.storage.tables import Schedule
from core.ui.schedules import preview
from core.ui.shared import access, doing
from core.ui.shared.resources import engine

_OPEN, _PLACE, _NEW, _NEWEST = "_schedules_open", "schedules_form", 0, 0
_RHYTHMS = {"Every week": "0 6 * * 0", "Every month": "0 6 1 * *", "Every day": "0 6 * * *"}
_NAME, _DATASET, _CANDIDATES = "schedules_name", "schedules_dataset", "schedules_candidates"
_VERSION, _TIMES, _APART, _CAP = "schedules_version", "schedules_times", "schedules_apart", "schedules_cap"
_CRON, _ZONE = "schedules_cron", "schedules_zone"


def new_button() -> None:
    """The button that opens the dialog for a new schedule."""
    st.button("New schedule", icon=":material/add:", type="primary", key="schedules_new", on_click=_open)


def edit_button(line: ScheduleLine) -> None:
    """The button that opens the dialog for a schedule."""
    st.button(
        "Edit", icon=":material/tune:", type="tertiary", key=f"schedules_edit_{line.id}", on_click=_open, args=(line,)
    )


def dialog_if_open() -> None:
    """The dialog, while it is open."""
    if _OPEN in st.session_state:
        _dialog()


@access.guarded(access.Role.ADMIN)
def _open(line: ScheduleLine | None = None) -> None:
    st.session_state[_OPEN] = _NEW if line is None else line.id
    with reading(engine()) as session:
        there = schedules.choices(session)
    draft = _usual(there) if line is None else schedules.draft_of(line.schedule)
    said = {
        _NAME: draft.name,
        _DATASET: draft.dataset if draft.dataset in there.datasets else None,
        _VERSION: draft.version or _NEWEST,
        _CANDIDATES: list(draft.candidate_ids),
        _TIMES: draft.repetitions,
        _APART: draft.apart_s / 3600,
        _CAP: draft.max_usd,
        _CRON: draft.cron,
        _ZONE: draft.zone,
    }
    for key, value in said.items():
        st.session_state[key] = value


@access.guarded(access.Role.ADMIN)
def _close() -> None:
    st.session_state.pop(_OPEN, None)


def _usual(there: Choices) -> ScheduleDraft:
    """Every Sunday morning, where the browser is, over the newest dataset."""
    try:
        zone = check_zone(str(st.context.timezone or "UTC"))
    except BadInput:
        zone = "UTC"
    return ScheduleDraft(dataset=next(iter(there.datasets), ""), cron=_RHYTHMS["Every week"], zone=zone)


@st.dialog("Schedule", width="medium", icon=":material/event_repeat:", on_dismiss=_close)
@access.guarded(access.Role.ADMIN)
def _dialog() -> None:
    with reading(engine()) as session:
        there = schedules.choices(session)
    dataset, version = _dataset(there)
    those = st.multiselect(
        "Candidates",
        list(dict.fromkeys((*there.candidates, *st.session_state.get(_CANDIDATES, ())))),
        format_func=lambda each: there.candidates.get(each) or f"{there.others.get(each, 'deleted')} (cannot be asked)",
        placeholder="All that can be asked then",
        key=_CANDIDATES,
    )
    repetitions, apart_s, cap = _amount()
    cron, zone = _when()
    draft = ScheduleDraft(
        dataset=dataset or "",
        cron=cron,
        zone=zone,
        name=st.session_state.get(_NAME) or "",
        version=version,
        candidate_ids=tuple(those),
        repetitions=repetitions,
        apart_s=apart_s,
        max_usd=cap,
    )
    is_right = preview.show(draft, there)
    st.text_input("Name", key=_NAME, max_chars=schedules.LONGEST_NAME, placeholder=f"Like the dataset: {dataset}")
    doing.problem(_PLACE)
    _buttons(draft, is_right and dataset is not None)


def _dataset(there: Choices) -> tuple[str | None, int | None]:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        dataset = st.selectbox("Dataset", list(there.datasets), key=_DATASET, width=360)
        versions = there.datasets.get(dataset or "", [])
        if st.session_state.get(_VERSION) not in versions:
            st.session_state[_VERSION] = _NEWEST
        version = st.selectbox(
            "Version",
            [_NEWEST, *versions],
            format_func=lambda each: "The newest then" if each == _NEWEST else f"Always {each}",
            key=_VERSION,
            width=180,
        )
    return dataset, version or None


def _amount() -> tuple[int, float, float | None]:
    """How often each prompt is asked, how far apart, and for how much at most."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        times = int(st.number_input("Times each", 1, schedules.MOST_REPETITIONS, key=_TIMES, width=150) or 1)
        cap = st.number_input(
            "Spending cap of a run, US$ (optional)",
            min_value=0.0,
            value=None,
            step=1.0,
            key=_CAP,
            placeholder="No cap",
            width=270,
            help="Each run stops before it spends more than this. Empty: no cap.",
        )
        apart_h = 0.0
        if times > 1:
            said = "0: all at once. 8: at its time, 8 h later, 16 h later …: how a provider does over the day."
            most_h = float(schedules.MOST_APART_H)
            apart_h = st.number_input("Hours apart", 0.0, most_h, key=_APART, step=1.0, width=150, help=said)
    return times, 3600 * float(apart_h or 0.0), None if cap is None else float(cap)


def _when() -> tuple[str, str]:
    """The cron text and the time zone; the usual ones are one click."""
    st.markdown(":small[When]")
    with st.container(horizontal=True, gap="small"):
        for label, text in _RHYTHMS.items():
            st.button(label, key=f"schedules_rhythm_{text}", on_click=_set_rhythm, args=(text,))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        cron = st.text_input(
            "Cron text",
            key=_CRON,
            width=240,
            help="Minute, hour, day of month, month, day of week (0 is Sunday). Press Enter to read it.",
        )
        zone = st.selectbox("Time zone", zones(), key=_ZONE, width=300)
    return cron, zone or "UTC"


@access.guarded(access.Role.ADMIN)
def _set_rhythm(text: str) -> None:
    st.session_state[_CRON] = text


def _buttons(draft: ScheduleDraft, is_right: bool) -> None:
    is_new = st.session_state.get(_OPEN) == _NEW
    with st.container(horizontal=True, gap="small"):
        st.button(
            "Add the schedule" if is_new else "Save",
            type="primary",
            key="schedules_save",
            disabled=not is_right,
            on_click=_save,
            args=(draft,),
        )
        st.button("Not now", type="tertiary", key="schedules_close", on_click=_close)
    if _OPEN not in st.session_state:
        st.rerun()


@access.guarded(access.Role.ADMIN)
def _save(draft: ScheduleDraft) -> None:
    """Write it, once: a doubled press finds the dialog closed."""
    schedule_id = st.session_state.get(_OPEN)
    if schedule_id is None:
        return
    person, now = access.current_person(), clock.now()

    def work(session: Session) -> Schedule:
        if schedule_id == _NEW:
            return schedules.add(session, draft, now=now, person_id=person.id if person else None)
        return schedules.change(session, schedule_id, draft, now=now)

    kept = "Nothing was changed; your choices are as they were."
    done = doing.do(work, done="Added." if schedule_id == _NEW else "Saved.", kept=kept, place=_PLACE)
    if done is not None:
        _close()
