"""Editing one study: its guidelines, who rates it, its numbers."""

import streamlit as st
from sqlmodel import Session

from core.services.people import study_raters
from core.services.studies import fields, progress, settings, studies
from core.services.studies.progress import StudyProgress
from core.storage.engine import reading
from core.storage.tables import Person, Study
from core.ui.shared import doing, frame
from core.ui.shared.rendering import show_text
from core.ui.shared.resources import engine
from core.ui.studies import creation

_NAMES_SHOWN = 20
PARTS = ("Questions", "Guidelines", "Who rates", "Settings")


def guidelines_of(line: StudyProgress) -> None:
    """The guidelines beside how raters see them, and the words on when more is expected."""
    study = line.study
    with st.grid(2, min_column_width=420, gap="medium") as grid:
        with grid.cell():
            text = st.text_area(
                "Guidelines, in Markdown",
                study.guidelines,
                height=420,
                max_chars=fields.LONGEST_GUIDELINES,
                key=f"studies_guidelines_{study.id}",
                placeholder="What are these answers for? What makes one better? When should one skip a pair?",
            )
            more = st.text_input(
                "When more is expected",
                study.more_expected,
                max_chars=fields.LONGEST_MORE,
                key=f"studies_more_{study.id}",
                placeholder="The next pairs come on Monday.",
                help="Raters read it beside the thank you, when nothing is left to rate.",
            )
            _save_guidelines(study, text, more)
        with grid.cell():
            st.caption("How raters see it, before their first pair and behind the key G")
            if text.strip():
                show_text(text, key=f"studies_preview_{study.id}", label="Guidelines")
            else:
                st.caption("Without guidelines raters begin at once.")


def _save_guidelines(study: Study, text: str, more: str) -> None:
    changed = (text.strip(), more.strip()) != (study.guidelines, study.more_expected)
    doing.problem("guidelines")
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Save", type="primary", key="studies_save_guidelines", disabled=not changed):
            doing.do(
                lambda session: settings.save_guidelines(session, study.id or 0, guidelines=text, more_expected=more),
                done="Saved. Raters see it with their next click.",
                kept="The guidelines are as they were; your text is still in the field.",
                place="guidelines",
            )
            st.rerun()
        st.caption("Not saved yet" if changed else "Nothing to save")


def raters_of(line: StudyProgress) -> None:
    """Whether everybody rates this study, or only some."""
    study = line.study
    with reading(engine()) as session:
        before = studies.rater_ids(session, study.id or 0)
        invited = study_raters.invited_people(session, study.id or 0)
    everybody, people = creation.raters_fields(f"raters_{study.id}", everybody=study.everybody_rates, chosen=before)
    st.caption("Who is taken off keeps their votes, and loses the study from their list at the next click.")
    doing.problem("raters")
    if st.button("Save", type="primary", key="studies_save_raters"):
        doing.do(
            lambda session: studies.set_raters(session, study.id or 0, None if everybody else people),
            done="Everybody rates it now." if everybody else f"{len(people)} rate it now.",
            kept="Who rates is as it was.",
            place="raters",
        )
        st.rerun()
    _invited(study, invited)


def _invited(study: Study, people: list[Person]) -> None:
    """Who was invited to this study by name, and the way to invite more."""
    st.divider()
    if people:
        names = ", ".join(frame.as_typed(person.name) for person in people[:_NAMES_SHOWN])
        more = f" and {len(people) - _NAMES_SHOWN:,} more" if len(people) > _NAMES_SHOWN else ""
        st.markdown(f"**Invited to this study:** {names}{more}")
    else:
        st.markdown("Nobody was invited to this study by name yet.")
    if study.state == "closed":
        return
    st.page_link(
        "people.py",
        label="Invite raters to it",
        icon=":material/person_add:",
        query_params={"invite": "one", "study": str(study.id)},
    )


def settings_of(line: StudyProgress) -> None:
    """Name, what is compared (until rating begins), and how much of it is wanted."""
    study, key = line.study, f"settings_{line.study.id}"
    name = st.text_input("Name", study.name, max_chars=fields.LONGEST_NAME, key=f"studies_{key}_name")
    with reading(engine()) as session:
        is_fixed = study.is_default or settings.has_begun(session, study.id or 0)
    scope = None
    if is_fixed:
        _fixed_scope(line)
    else:
        scope = creation.scope_fields(
            key, dataset_id=study.dataset_id, categories=study.categories, candidates=study.candidate_ids
        )
    overlap, goal = creation.amount_fields(key, overlap=study.overlap, goal=study.pairs_per_rater)
    st.caption(creation.amount_in_words(scope.pairs if scope else line.pairs, overlap))
    if overlap < study.overlap:
        st.caption("Pairs that have more ratings than that keep them all; they are only given out no more.")
    share = creation.rerated_field(key, share=study.rerated_share)
    doing.problem("settings")
    if st.button("Save", type="primary", key="studies_save_settings"):
        _save_settings(study.id or 0, name, scope, overlap, goal, share)


def _fixed_scope(line: StudyProgress) -> None:
    why = "it takes in whatever comes" if line.study.is_default else "rating has begun, so this stays"
    st.caption(f"Over {frame.as_typed(progress.scope_in_words(line))}: {why}. For another choice make another study.")


def _save_settings(
    study_id: int, name: str, scope: creation.Scope | None, overlap: int, goal: int | None, share: float
) -> None:
    def work(session: Session) -> None:
        settings.save_settings(session, study_id, name=name, overlap=overlap, pairs_per_rater=goal, rerated_share=share)
        if scope is not None:
            settings.save_scope(
                session,
                study_id,
                dataset_id=scope.dataset_id,
                categories=scope.categories,
                candidate_ids=scope.candidate_ids,
            )

    doing.do(work, done="Saved.", kept="The study is as it was.", place="settings")
    st.rerun()
