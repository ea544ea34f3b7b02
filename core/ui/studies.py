"""The list of studies with how far each is, and pausing, opening and closing one."""

import streamlit as st

from core.services import studies, study_progress
from core.services.study_progress import StudyProgress
from core.storage.engine import reading
from core.storage.tables import Study
from core.ui import access, doing, frame
from core.ui.resources import engine

CHOSEN, _NEW = "edit", "new"
BADGES = {
    "open": ("Open", "green", ":material/play_circle:"),
    "paused": ("Paused", "orange", ":material/pause_circle:"),
    "closed": ("Closed", "gray", ":material/lock:"),
}
_ACTIONS = {
    "open": ("Open", ":material/play_arrow:"),
    "paused": ("Pause", ":material/pause:"),
    "closed": ("Close", ":material/lock:"),
}


def chosen() -> StudyProgress | None:
    """The study that the address names, None where it names none (or one that is gone)."""
    asked = st.query_params.get(CHOSEN, "")
    if asked in ("", _NEW):
        return None
    with reading(engine()) as session:
        found = next((each for each in study_progress.all_progress(session) if str(each.study.id) == asked), None)
    if found is None:
        _show_list()
    return found


def is_new() -> bool:
    """Whether the address asks for the form for a new study."""
    return st.query_params.get(CHOSEN) == _NEW


def new_button() -> None:
    """The button that opens the form for a new study."""
    st.button("New study", icon=":material/add:", type="primary", key="studies_new_study", on_click=_show, args=(_NEW,))


def back_button() -> None:
    """The way back to the list."""
    st.button(
        "All studies", icon=":material/arrow_back:", type="tertiary", key="studies_all_studies", on_click=_show_list
    )


def cards() -> None:
    """Every study as a card: its state, how far it is, and what can be done with it."""
    with reading(engine()) as session:
        lines = study_progress.all_progress(session)
        newest = study_progress.newest_vote_id(session)
    raters = _rater_counts(str(engine().url), newest)
    doing.problem("studies")
    for line in lines:
        with st.container(border=True, gap="small"):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
                    _name(line)
                st.space("stretch")
                with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
                    _state_buttons(line)
                    st.button(
                        "Edit",
                        icon=":material/tune:",
                        key=f"studies_edit_{line.study.id}",
                        on_click=_show,
                        args=(line.study.id,),
                    )
            _progress(line, raters.get(line.study.id or 0, 0))


def head(line: StudyProgress) -> None:
    """The head of one study's page: the way back, its name and state, how far it is."""
    back_button()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.title(frame.as_typed(line.study.name), anchor=False, width="content")
        _badge(line)
        st.space("stretch")
        _state_buttons(line)
    doing.problem("studies")
    with reading(engine()) as session:
        newest = study_progress.newest_vote_id(session)
    _progress(line, _rater_counts(str(engine().url), newest).get(line.study.id or 0, 0))


def _name(line: StudyProgress) -> None:
    st.markdown(f"**{frame.as_typed(line.study.name)}**", width="content")
    _badge(line)


def _badge(line: StudyProgress) -> None:
    word, color, icon = BADGES[line.study.state]
    st.badge(word, color=color, icon=icon)  # type: ignore[arg-type]


def _progress(line: StudyProgress, raters: int) -> None:
    if line.wanted:
        st.progress(line.share)
    facts = [
        f"**{line.done:,}** of {line.wanted:,} ratings ({line.share:.0%})" if line.wanted else "No pairs yet",
        f"{line.pairs:,} {_word(line.pairs, 'pair')} × {line.study.overlap} {_word(line.study.overlap, 'rater')}",
        _votes(line),
        f"{raters:,} {_word(raters, 'rater')} so far",
        f"over {frame.as_typed(study_progress.scope_in_words(line))}",
    ]
    st.caption(" · ".join(facts if line.wanted else [facts[0], *facts[2:]]))
    if not line.wanted:
        st.caption("It needs responses of two candidates to the same prompt. Import them on *Data*.")


def _votes(line: StudyProgress) -> str:
    votes = f"{line.votes:,} {_word(line.votes, 'vote')}"
    if line.simulated == 0:
        return votes
    return f"{votes}, " + ("all simulated" if line.simulated == line.votes else f"{line.simulated:,} of them simulated")


def _word(n: int, one: str) -> str:
    return one if n == 1 else f"{one}s"


def _state_buttons(line: StudyProgress) -> None:
    state = line.study.state
    for other in studies.STATES:
        if other == state or (other == "closed" and line.study.is_default):
            continue
        label, icon = _ACTIONS[other]
        label = "Reopen" if other == "open" and state == "closed" else label
        if other == "paused" and state == "closed":
            continue
        if st.button(label, icon=icon, type="tertiary", key=f"studies_{other}_{line.study.id}"):
            st.dialog(f"{label} this study?", icon=icon)(_confirm)(line, other, label)


@access.guarded(access.Role.ADMIN)
def _confirm(line: StudyProgress, state: str, label: str) -> None:
    st.markdown(f"**{frame.as_typed(line.study.name)}**")
    for sentence in consequences(line, state):
        st.markdown(sentence)
    with st.container(horizontal=True):
        if st.button(
            label,
            type="primary",
            icon=_ACTIONS[state][1],
            key="studies_state_yes",
            on_click=_set_state,
            args=(line.study, state),
        ):
            st.rerun()
        if st.button("Leave as it is", key="studies_state_no"):
            st.rerun()


@access.guarded(access.Role.ADMIN)
def _set_state(study: Study, state: str) -> None:
    doing.do(
        lambda session: studies.set_state(session, study.id or 0, state),
        done=f"'{study.name}' is {state} now.",
        kept="The study is as it was.",
        place="studies",
    )


def consequences(line: StudyProgress, state: str) -> list[str]:
    """What changing to ``state`` means for raters, for pairs in hand and for votes."""
    if state == "open":
        return ["Raters get pairs again with their next click. Who was in the middle of one finds it as they left it."]
    held = line.in_hand
    in_hand = f"{held:,} {_word(held, 'pair')} {'is' if held == 1 else 'are'} in raters' hands now. " if held else ""
    back = "until you open it again" if state == "paused" else "and the study leaves their list"
    return [
        f"Raters get no further pairs {back}.",
        f"{in_hand}Nothing is lost: answers given so far stay and count, also those on a pair that is not finished. "
        f"The next answer is not taken; the rater reads that the study is {state}, and finds the same pair again "
        "if you open it later.",
    ]


@access.guarded(access.Role.ADMIN)
def _show(study_id: int | str) -> None:
    st.query_params[CHOSEN] = str(study_id)


@access.guarded(access.Role.ADMIN)
def _show_list() -> None:
    st.query_params.pop(CHOSEN, None)


@st.cache_data(max_entries=4, show_spinner=False)
def _rater_counts(database: str, newest_vote_id: int) -> dict[int, int]:  # noqa: ARG001 - they are the cache's key
    with reading(engine()) as session:
        return study_progress.rater_counts(session)
