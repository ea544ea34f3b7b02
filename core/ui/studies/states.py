"""Opening, pausing and closing a study, and deleting a draft: what it means is said before it is done."""

import streamlit as st

from core.domain.words import n
from core.services.demo import naming
from core.services.people import study_raters
from core.services.studies import overlaps, settings, studies
from core.services.studies.overlaps import SharedPairs
from core.services.studies.progress import StudyProgress
from core.storage.engine import reading
from core.storage.tables import Study
from core.ui.shared import access, doing, frame
from core.ui.shared.resources import engine

BADGES = {
    "draft": ("Draft", "blue", ":material/edit_note:"),
    "open": ("Open", "green", ":material/play_circle:"),
    "paused": ("Paused", "orange", ":material/pause_circle:"),
    "closed": ("Closed", "gray", ":material/lock:"),
}
_ICONS = {"open": ":material/play_arrow:", "paused": ":material/pause:", "closed": ":material/lock:"}
_WAYS = {
    "draft": {"open": "Open"},
    "open": {"paused": "Pause", "closed": "Close"},
    "paused": {"open": "Open", "closed": "Close"},
    "closed": {"open": "Reopen"},
}


def badge(line: StudyProgress) -> None:
    """The study's state as a badge."""
    word, color, icon = BADGES[line.study.state]
    st.badge(word, color=color, icon=icon)  # type: ignore[arg-type]


def buttons(line: StudyProgress) -> None:
    """What the study can become; each asks first."""
    is_draft = line.study.state == studies.DRAFT
    for state, label in _WAYS[line.study.state].items():
        if state == "closed" and line.study.is_default:
            continue
        kind = "primary" if is_draft else "tertiary"
        if st.button(label, icon=_ICONS[state], type=kind, key=f"studies_{state}_{line.study.id}"):  # type: ignore[arg-type]
            st.dialog(f"{label} this study?", icon=_ICONS[state])(_confirm)(line, state, label)
    if is_draft and st.button(
        "Delete", icon=":material/delete:", type="tertiary", key=f"studies_delete_{line.study.id}"
    ):
        _confirm_delete(line.study)


@access.guarded(access.Role.ADMIN)
def _confirm(line: StudyProgress, state: str, label: str) -> None:
    st.markdown(f"**{frame.as_typed(line.study.name)}**")
    for sentence in consequences(line, state):
        st.markdown(sentence)
    if state == "open":
        with reading(engine()) as session:
            found = overlaps.with_open(session, line.study)
        warn(found)
    with st.container(horizontal=True):
        if st.button(
            label,
            type="primary",
            icon=_ICONS[state],
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


@st.dialog("Delete this draft?", icon=":material/delete:")
@access.guarded(access.Role.ADMIN)
def _confirm_delete(study: Study) -> None:
    with reading(engine()) as session:
        invited = study_raters.invited_people(session, study.id or 0)
    st.markdown(f"**{frame.as_typed(study.name)}** goes for good, with its questions and guidelines.")
    if invited:
        st.markdown(
            f"{n(len(invited), 'person', 'people')} invited to it stay here; their links then lead to whatever "
            "else they may rate."
        )
    with st.container(horizontal=True):
        if st.button(
            "Delete the draft", type="primary", key="studies_delete_yes", on_click=_delete, args=(study.id or 0,)
        ):
            st.rerun()
        if st.button("Keep it", key="studies_delete_no"):
            st.rerun()


@access.guarded(access.Role.ADMIN)
def _delete(study_id: int) -> None:
    gone = doing.do(
        lambda session: settings.delete_draft(session, study_id),
        done="The draft is deleted.",
        kept="It is still here.",
        place="studies",
    )
    if gone is not None:
        st.query_params.pop("edit", None)


def warn(found: list[SharedPairs]) -> None:
    """Say which two studies give out the same pairs, and what to do."""
    for each in found:
        pairs = n(each.pairs, "pair")
        st.warning(
            f"**{frame.as_typed(each.first.name)}** and **{frame.as_typed(each.second.name)}** share {pairs}: "
            "raters do that work twice, and the votes count apart. Pause one, or let them compare different prompts.",
            icon=":material/content_copy:",
        )


def consequences(line: StudyProgress, state: str) -> list[str]:
    """What changing to ``state`` means for raters, for pairs in hand and for votes."""
    if state == "open":
        return _first_opening(line) if line.study.state == studies.DRAFT else [_AGAIN]
    held = line.in_hand
    in_hand = f"{n(held, 'pair')} {'is' if held == 1 else 'are'} in raters' hands now. " if held else ""
    back = "until you open it again" if state == "paused" else "and the study leaves their list"
    return [
        f"Raters get no further pairs {back}.",
        f"{in_hand}Nothing is lost: answers given so far stay and count, also those on a pair that is not finished. "
        f"The next answer is not taken; the rater reads that the study is {state}, and finds the same pair again "
        "if you open it later.",
    ]


_AGAIN = "Raters get pairs again with their next click. Who was in the middle of one finds it as they left it."


def _first_opening(line: StudyProgress) -> list[str]:
    study = line.study
    with reading(engine()) as session:
        chosen = len(studies.rater_ids(session, study.id or 0))
        default = next((each for each in studies.listed(session) if each.is_default and each.state == "open"), None)
        is_demo = naming.is_demo(session, study)
    who = "Everybody who rates gets"
    if not study.everybody_rates:
        who = n(chosen, "chosen person gets", "chosen people get")
    said = [
        f"{who} its {n(line.pairs, 'pair')} with the next click."
        if line.pairs
        else "It has no pairs yet. Raters get them once two candidates have answered the same prompt."
    ]
    if not study.guidelines.strip():
        said.append("It has no guidelines, so raters begin without any.")
    if default is not None and not is_demo:
        said.append(
            f"*{frame.as_typed(default.name)}* is then offered only to those who have begun it; its votes stay."
        )
    said.append("Once it is open, questions can be worded anew and dropped, but no longer deleted or moved.")
    return said
