"""The list of studies with how far each is, and the head of one study's page."""

import streamlit as st

from core.domain.words import n, percent
from core.services.studies import overlaps, progress, studies
from core.services.studies.progress import StudyProgress
from core.storage.engine import reading
from core.ui.shared import access, doing, filters, frame
from core.ui.shared.resources import engine
from core.ui.studies import states

CHOSEN, _NEW = "edit", "new"


def chosen() -> StudyProgress | None:
    """The study that the address names, None where it names none (or one that is gone)."""
    asked = st.query_params.get(CHOSEN, "")
    if asked in ("", _NEW):
        return None
    with reading(engine()) as session:
        found = next((each for each in progress.all_progress(session) if str(each.study.id) == asked), None)
    if found is None:
        _show_list()
        filters.gone("study", [asked], "all studies")
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
        lines = progress.all_progress(session)
        newest = progress.newest_vote_id(session)
        twice = overlaps.among_open(session)
        has_named = overlaps.has_named_open(session)
    filters.say_gone()
    raters = _rater_counts(str(engine().url), newest)
    doing.problem("studies")
    states.warn(twice)
    for line in lines:
        with st.container(border=True, gap="small"):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
                    _name(line)
                st.space("stretch")
                with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
                    states.buttons(line)
                    st.button(
                        "Edit",
                        icon=":material/tune:",
                        key=f"studies_edit_{line.study.id}",
                        on_click=_show,
                        args=(line.study.id,),
                    )
            _progress(line, raters.get(line.study.id or 0, 0))
            if line.study.is_default and line.study.state == "open" and has_named:
                st.caption("While a study with a name is open, only those who have begun this one are offered it.")


def head(line: StudyProgress) -> None:
    """The head of one study's page: the way back, its name and state, how far it is."""
    back_button()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.title(frame.as_typed(line.study.name), anchor=False, width="content")
        states.badge(line)
        st.space("stretch")
        states.buttons(line)
    doing.problem("studies")
    with reading(engine()) as session:
        newest = progress.newest_vote_id(session)
        twice = overlaps.with_open(session, line.study) if line.study.state == "open" else []
    if line.study.state == studies.DRAFT:
        st.caption(
            "A draft: no rater sees it. Word its questions, write guidelines, say who rates it, then press *Open*."
        )
    states.warn(twice)
    _progress(line, _rater_counts(str(engine().url), newest).get(line.study.id or 0, 0))


def _name(line: StudyProgress) -> None:
    st.markdown(f"**{frame.as_typed(line.study.name)}**", width="content")
    states.badge(line)


def _progress(line: StudyProgress, raters: int) -> None:
    if line.wanted:
        st.progress(line.share)
    facts = [
        f"**{line.done:,}** of {line.wanted:,} ratings ({percent(line.share)})" if line.wanted else "No pairs yet",
        f"{n(line.pairs, 'pair')} × {n(line.study.overlap, 'rater')}",
        _votes(line),
        f"{n(raters, 'rater')} so far",
        f"over {frame.as_typed(progress.scope_in_words(line))}",
    ]
    st.caption(" · ".join(facts if line.wanted else [facts[0], *facts[2:]]))
    if not line.wanted:
        st.caption("It needs responses of two candidates to the same prompt. Import them on *Data*.")


def _votes(line: StudyProgress) -> str:
    votes = n(line.votes, "vote")
    if line.simulated == 0:
        return votes
    return f"{votes}, " + ("all simulated" if line.simulated == line.votes else f"{line.simulated:,} of them simulated")


@access.guarded(access.Role.ADMIN)
def _show(study_id: int | str) -> None:
    st.query_params[CHOSEN] = str(study_id)


@access.guarded(access.Role.ADMIN)
def _show_list() -> None:
    st.query_params.pop(CHOSEN, None)


@st.cache_data(max_entries=4, show_spinner=False)
def _rater_counts(database: str, newest_vote_id: int) -> dict[int, int]:  # noqa: ARG001 - they are the cache's key
    with reading(engine()) as session:
        return progress.rater_counts(session)
