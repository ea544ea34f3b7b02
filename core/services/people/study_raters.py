"""Who rates a study, which studies a rater is offered, and where an invitation leads."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlmodel import Session, col, select

from core.errors import BadInput, NotFound
from core.storage.tables import Assignment, Dataset, Invitation, Person, Study, StudyRater


def for_rater(session: Session, person_id: int) -> list[Study]:
    """The studies that are open or paused and that this person may rate, the one they were invited to first.

    The default study, and the demo's, are for whoever has nothing else: they are left out once a named study is open
    to this person or they were invited to one, except where they have begun them. Nobody whose access has ended is
    offered any.
    """
    person = session.get(Person, person_id)
    if person is None or person.revoked_at is not None:
        return []
    demo = set(session.exec(select(Dataset.id).where(col(Dataset.is_demo))))
    invited = invited_to(session, person_id)
    mine = [study for study in _allowed(session, person_id) if study.state in ("open", "paused")]
    has_own = any(study.state == "open" and not _is_catch_all(study, demo) for study in mine)
    has_own = has_own or (invited is not None and not _is_catch_all(invited, demo))

    first = None if invited is None else invited.id

    def is_offered(study: Study) -> bool:
        is_named = study.id == first or not _is_catch_all(study, demo)
        return is_named or not has_own or has_begun(session, study.id or 0, person_id)

    def place(study: Study) -> tuple[bool, bool, bool, int]:
        return study.id != first, study.dataset_id in demo, study.is_default, study.id or 0

    return sorted((study for study in mine if is_offered(study)), key=place)


def _allowed(session: Session, person_id: int) -> list[Study]:
    chosen = select(StudyRater.study_id).where(StudyRater.person_id == person_id)
    return list(session.exec(select(Study).where(col(Study.everybody_rates) | col(Study.id).in_(chosen))))


def _is_catch_all(study: Study, demo: set[int | None]) -> bool:
    return study.is_default or study.dataset_id in demo


def has_begun(session: Session, study_id: int, person_id: int) -> bool:
    """Whether this person was ever given a pair of the study."""
    mine = select(Assignment.id).where(Assignment.study_id == study_id, Assignment.rater_id == person_id)
    return session.exec(mine.limit(1)).first() is not None


def invited_to(session: Session, person_id: int) -> Study | None:
    """The study that this person's newest invitation names; None where it names none."""
    newest = (
        select(Invitation.study_id)
        .where(Invitation.person_id == person_id)
        .order_by(col(Invitation.id).desc())
        .limit(1)
    )
    study_id = session.exec(newest).first()
    return None if study_id is None else session.get(Study, study_id)


def awaited(session: Session, person_id: int, *, but_for: Sequence[Study] = ()) -> str | None:
    """Words for a rater on the study they were invited to, while it gives them no pair.

    None where they were invited to none, or to one of ``but_for``.
    """
    study = invited_to(session, person_id)
    if study is None or study.id in {each.id for each in but_for}:
        return None
    if study.id not in {each.id for each in _allowed(session, person_id)}:
        return (
            f"You were invited to '{study.name}', which others rate now. "
            "If you expected to rate it, ask the person who invited you."
        )
    said = {
        "draft": f"'{study.name}', which you were invited to, has not opened yet. Its pairs will be here once it has.",
        "paused": f"'{study.name}', which you were invited to, is paused. You go on here once it is open again.",
        "closed": f"'{study.name}', which you were invited to, is closed. What you rated stays and counts.",
        "open": f"'{study.name}', which you were invited to, has no pairs for you just now. More will be here.",
    }[study.state]
    return f"{said} {study.more_expected}".strip()


def set_raters(session: Session, study_id: int, person_ids: Sequence[int] | None) -> None:
    """Who rates the study: these people, or everybody (None). Raises BadInput."""
    study = session.get(Study, study_id)
    if study is None:
        raise NotFound("That study does not exist any more.")
    if person_ids is not None and not person_ids:
        raise BadInput("Who rates: nobody is chosen. Choose at least one person, or let everybody rate.")
    for person_id in person_ids or ():
        _checked_rater(session, person_id)
    study.everybody_rates = person_ids is None
    session.execute(sa.delete(StudyRater).where(col(StudyRater.study_id) == study_id))
    session.add_all(StudyRater(study_id=study_id, person_id=person) for person in sorted(set(person_ids or ())))


def let_rate(session: Session, study: Study, person_id: int) -> None:
    """Put this person among those who rate the study, where not everybody does."""
    _checked_rater(session, person_id)
    assert study.id is not None
    if not study.everybody_rates and session.get(StudyRater, (study.id, person_id)) is None:
        session.add(StudyRater(study_id=study.id, person_id=person_id))
        session.flush()


def _checked_rater(session: Session, person_id: int) -> None:
    person = session.get(Person, person_id)
    if person is None or person.kind != "human":
        raise NotFound("Who rates: one of the people chosen is not here any more. Choose again.")
    if person.revoked_at is not None:
        raise BadInput(f"Who rates: the access of {person.name} has ended. Let them back in on People, or leave them.")


def rater_ids(session: Session, study_id: int) -> list[int]:
    """The people chosen to rate the study; empty where everybody does."""
    return list(session.exec(select(StudyRater.person_id).where(StudyRater.study_id == study_id)))


def raters_to_choose(session: Session) -> list[Person]:
    """The people who can be chosen to rate."""
    query = select(Person).where(Person.kind == "human", col(Person.revoked_at).is_(None))
    return list(session.exec(query.order_by(Person.name)))


def invited_people(session: Session, study_id: int) -> list[Person]:
    """Those whose newest invitation names this study and whose access has not ended, by name."""
    newest = select(sa.func.max(col(Invitation.id))).group_by(col(Invitation.person_id))
    query = (
        select(Person)
        .join(Invitation, col(Invitation.person_id) == col(Person.id))
        .where(Invitation.study_id == study_id, col(Invitation.id).in_(newest), col(Person.revoked_at).is_(None))
    )
    return list(session.exec(query.order_by(Person.name)))
