"""Editing a study's questions: their words, adding one, dropping one and bringing it back."""

import streamlit as st

from core import clock
from core.domain.words import n
from core.services.studies import questions, studies
from core.services.studies.progress import StudyProgress
from core.services.studies.studies import QuestionText
from core.storage.engine import reading
from core.storage.tables import Question
from core.ui.shared import access, doing, frame
from core.ui.shared.resources import engine

_EDITED = "_edited_question"


def questions_of(line: StudyProgress) -> None:
    """Every question as a form, those no longer asked below, and a form for a further one."""
    study_id = line.study.id or 0
    with reading(engine()) as session:
        all_questions = studies.questions(session, study_id)
        votes = questions.votes(session, study_id)
    is_draft = line.study.state == studies.DRAFT
    later = "" if is_draft else " A change shows with the next pair; votes cast before it stay."
    st.caption(f"Raters answer these one after the other with the keys 1 to 4.{later}")
    doing.problem("questions")
    asked = [question for question in all_questions if question.is_asked]
    for question in asked:
        is_movable = is_draft and question is not all_questions[0]
        _question(question, votes.get(question.id or 0, 0), is_draft=is_draft, is_movable=is_movable)
    if not asked:
        st.caption("No question yet. Add one below: a study opens with at least one.")
    resting = [question for question in all_questions if not question.is_asked]
    if resting:
        st.markdown("**Not asked**")
        for question in resting:
            _resting(question, votes.get(question.id or 0, 0))
    with st.expander("Add a question", icon=":material/add:", key="studies_add_question"):
        _new_question(study_id)


def _question(question: Question, votes: int, *, is_draft: bool, is_movable: bool) -> None:
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
                st.markdown(f"**{frame.as_typed(question.title)}**", width="content")
                st.caption(_key_and_votes(question, votes), width="content")
            st.space("stretch")
            with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
                _removal(question, votes, is_draft=is_draft, is_movable=is_movable)
                st.button(
                    "Edit",
                    icon=":material/edit:",
                    key=f"studies_edit_question_{question.id}",
                    disabled=st.session_state.get(_EDITED) == question.id,
                    on_click=_set_edited,
                    args=(question.id,),
                )
        if st.session_state.get(_EDITED) == question.id:
            _edit(question, votes)
            return
        st.markdown(frame.as_typed(question.wording))
        with st.container(horizontal=True, gap="small"):
            for number, answer in enumerate(question.answers, 1):
                st.badge(f"{number} {frame.as_typed(answer)}", color="gray")


def _removal(question: Question, votes: int, *, is_draft: bool, is_movable: bool) -> None:
    """The buttons that move a draft's question and delete it; one that raters know, or that has votes, is dropped."""
    given = (question.id or 0, question.title)
    if is_movable:
        st.button(
            "Ask earlier",
            icon=":material/arrow_upward:",
            type="tertiary",
            key=f"studies_earlier_{question.id}",
            on_click=_ask_earlier,
            args=given,
        )
    if is_draft and not votes:
        st.button(
            "Delete",
            icon=":material/delete:",
            type="tertiary",
            key=f"studies_delete_question_{question.id}",
            on_click=_delete,
            args=given,
        )
        return
    st.button(
        "Drop",
        icon=":material/remove:",
        type="tertiary",
        key=f"studies_drop_{question.id}",
        help="Raters are not asked it any more. Its votes stay, and it can be brought back.",
        on_click=_drop,
        args=given,
    )


@access.guarded(access.Role.ADMIN)
def _set_edited(question_id: int | None) -> None:
    st.session_state[_EDITED] = question_id


def _edit(question: Question, votes: int) -> None:
    place = f"question_{question.id}"
    if votes:
        st.caption(f"{n(votes, 'vote')} were cast on the words as they are. They stay.")
    with st.form(f"studies_{place}", border=False):
        text = _fields(place, question, key_is_fixed=votes > 0)
        with st.container(horizontal=True):
            saved = st.form_submit_button("Save", type="primary")
            left = st.form_submit_button("Cancel")
    if saved:
        worded = doing.do(
            lambda session: questions.word(session, question.id or 0, text),
            done=f"'{text.title.strip()}' is saved.",
            kept="The question is as it was.",
            place=place,
        )
        left = worded is not None
    if left:
        _set_edited(None)
        st.rerun()
    doing.problem(place)


def _fields(key: str, question: Question | None, *, key_is_fixed: bool) -> QuestionText:
    longest = questions.LONGEST
    with st.grid(2, min_column_width=260):
        title = st.text_input(
            "Title", question.title if question else "", max_chars=longest["title"], key=f"studies_{key}_title"
        )
        name = st.text_input(
            "Key",
            question.key if question else "",
            max_chars=longest["key"],
            key=f"studies_{key}_key",
            disabled=key_is_fixed,
            placeholder="Made from the title",
            help="How exports, boards and the command line name it. It stays once there are votes.",
        )
    wording = st.text_input(
        "What raters read",
        question.wording if question else "",
        max_chars=longest["wording"],
        key=f"studies_{key}_wording",
    )
    before = question.answers if question else ["A", "B", "", ""]
    with st.grid(4, min_column_width=150):
        answers = [
            st.text_input(
                questions.answer_label(number - 1),
                before[number - 1],
                max_chars=longest["answer"],
                key=f"studies_{key}_answer_{number}",
            )
            for number in range(1, 5)
        ]
    return QuestionText(name, title, wording, (answers[0], answers[1], answers[2], answers[3]))


def _key_and_votes(question: Question, votes: int) -> str:
    return f"{frame.as_typed(question.key)} · {n(votes, 'vote')}"


def _resting(question: Question, votes: int) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(frame.as_typed(question.title), width="content")
        st.caption(_key_and_votes(question, votes), width="content")
        st.space("stretch")
        st.button(
            "Ask it" if not question.wording else "Bring back",
            icon=":material/undo:",
            type="tertiary",
            key=f"studies_restore_{question.id}",
            on_click=_restore,
            args=(question.id or 0, question.title),
        )


def _new_question(study_id: int) -> None:
    with st.form("studies_new_question", border=False):
        text = _fields("new_question", None, key_is_fixed=False)
        st.caption("The third answer counts as half a win for each; the fourth too, and is shown as a rate of its own.")
        sent = st.form_submit_button("Add", type="primary")
    if sent:
        added = doing.do(
            lambda session: questions.add(session, study_id, text),
            done="Raters are asked it from their next pair on.",
            kept="No question was added.",
            place="new_question",
        )
        if added is not None:
            for name in [name for name in st.session_state if str(name).startswith("studies_new_question_")]:
                del st.session_state[name]
            st.rerun()
    doing.problem("new_question")


@access.guarded(access.Role.ADMIN)
def _drop(question_id: int, title: str) -> None:
    doing.do(
        lambda session: questions.drop(session, question_id, now=clock.now()),
        done=f"'{title}' is not asked any more. Its votes stay.",
        kept="It is still asked.",
        place="questions",
    )


@access.guarded(access.Role.ADMIN)
def _restore(question_id: int, title: str) -> None:
    doing.do(
        lambda session: questions.restore(session, question_id),
        done=f"'{title}' is asked from the next pair on.",
        kept="It is still not asked.",
        place="questions",
    )


@access.guarded(access.Role.ADMIN)
def _delete(question_id: int, title: str) -> None:
    doing.do(
        lambda session: questions.delete(session, question_id),
        done=f"'{title}' is deleted.",
        kept="It is still there.",
        place="questions",
    )


@access.guarded(access.Role.ADMIN)
def _ask_earlier(question_id: int, title: str) -> None:
    doing.do(
        lambda session: questions.ask_earlier(session, question_id),
        done=f"'{title}' is asked earlier.",
        kept="The order is as it was.",
        place="questions",
    )
