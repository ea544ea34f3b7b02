"""Which study imported votes go to."""

from datetime import datetime

from sqlmodel import Session, select

from core.services.studies import fields, studies
from core.storage.tables import Dataset, Study


def study(session: Session, name: str | None) -> Study | None:
    """The study called ``name``, or the default one; None where it is still to be made."""
    wanted = Study.is_default if name is None else Study.name == fields.clean_line(name)
    return session.exec(select(Study).where(wanted)).first()


def new_study(session: Session, name: str | None, dataset: Dataset, now: datetime) -> Study:
    """The default study, or a new one called ``name`` over the dataset that the votes are on."""
    if name is None:
        return studies.ensure_default(session, now=now)
    return studies.create(session, name=name, now=now, dataset_id=dataset.id)


def places(study: Study, question: str) -> tuple[str, str]:
    """Where votes are entered that all name their question, and where those are of which some do not."""
    return f"study:{study.id}", f"study:{study.id};question:{question}"
