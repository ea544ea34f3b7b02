"""What of a workspace is the demo, by the names under which pages let it be chosen."""

from dataclasses import dataclass

from sqlmodel import Session, col, select

from core.storage.tables import Dataset, Study


@dataclass(frozen=True)
class DemoNames:
    """The demo as pages name it."""

    names: frozenset[str]
    """Of its datasets, with their versions and without, and of the studies over it; empty where it is not here."""
    is_alone: bool
    """Whether there is no other dataset."""


def demo_names(session: Session) -> DemoNames:
    """Of the demo that is here."""
    datasets = session.exec(select(Dataset)).all()
    mine = [dataset for dataset in datasets if dataset.is_demo]
    over = select(Study.name).where(col(Study.dataset_id).in_([dataset.id for dataset in mine]))
    studies = session.exec(over).all() if mine else ()
    names = {name for dataset in mine for name in (dataset.name, dataset.label)} | set(studies)
    return DemoNames(frozenset(names), len(mine) == len(datasets))


def is_demo(session: Session, study: Study) -> bool:
    """Whether a study rests on the demo's answers."""
    dataset = session.get(Dataset, study.dataset_id) if study.dataset_id else None
    return dataset is not None and dataset.is_demo
