"""What lies in the workspace: datasets and what is in them, prompts to look at, candidates to choose."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session, col, select

from core.errors import BadInput, NotFound
from core.services.studies.fields import clean_line
from core.storage.tables import Candidate, Dataset, Prompt, metadata

_prompt = metadata.tables["prompt"]
_response = metadata.tables["response"]
_run = metadata.tables["run"]
_dataset = metadata.tables["dataset"]
_imported = metadata.tables["imported_file"]
_taken = metadata.tables["decision_taken"]
_schedule = metadata.tables["schedule"]
LONGEST_NAME = 200


@dataclass(frozen=True)
class DatasetLine:
    """A dataset and its counts."""

    dataset: Dataset
    prompts: int
    textless: int
    """Prompts that are known by their ids only, because votes alone named them."""
    categories: dict[str, int]
    """Name → prompts, the largest first."""
    candidates: int
    responses: int


def listed(session: Session) -> list[DatasetLine]:
    """All datasets, the newest first."""
    categories, textless = _categories(session), _textless(session)
    answered = _answered(session)
    return [
        DatasetLine(
            dataset=dataset,
            prompts=sum(categories[dataset.id].values()),
            textless=textless.get(dataset.id, 0),
            categories=categories[dataset.id],
            candidates=answered.get(dataset.id, (0, 0))[0],
            responses=answered.get(dataset.id, (0, 0))[1],
        )
        for dataset in session.exec(select(Dataset).order_by(col(Dataset.id).desc()))
    ]


def versions(session: Session, name: str) -> list[int]:
    """The ids of the datasets of that name, the first version first."""
    query = select(Dataset.id).where(Dataset.name == name).order_by(col(Dataset.version))
    return [found for found in session.exec(query) if found is not None]


def categories(session: Session, dataset_id: int | None) -> list[str]:
    """The categories of one dataset's prompts, or of all but the demo's, by the alphabet."""
    query = select(Prompt.category).distinct()
    if dataset_id is not None:
        query = query.where(Prompt.dataset_id == dataset_id)
    else:
        query = query.join(Dataset, col(Dataset.id) == Prompt.dataset_id).where(~col(Dataset.is_demo))
    return sorted(session.exec(query))


def candidates(session: Session, dataset_id: int | None) -> list[Candidate]:
    """The candidates that answered one dataset's prompts, or any but the demo's, by name."""
    of = sa.select(_response.c.candidate_id).join(_run, _run.c.id == _response.c.run_id)
    if dataset_id is not None:
        of = of.where(_run.c.dataset_id == dataset_id)
    else:
        of = of.join(metadata.tables["dataset"], metadata.tables["dataset"].c.id == _run.c.dataset_id)
        of = of.where(metadata.tables["dataset"].c.is_demo.is_(False))
    return list(session.exec(select(Candidate).where(col(Candidate.id).in_(of)).order_by(Candidate.name)))


def prompts(
    session: Session, dataset_id: int, *, category: str | None = None, offset: int = 0, limit: int = 5
) -> tuple[list[Prompt], int]:
    """Some of a dataset's prompts in their order, and how many there are of that category (or in all)."""
    if session.get(Dataset, dataset_id) is None:
        raise NotFound("That dataset does not exist any more.")
    where = Prompt.dataset_id == dataset_id
    if category is not None:
        where = (where) & (Prompt.category == category)
    total = session.exec(select(sa.func.count()).select_from(Prompt).where(where)).one()
    page = select(Prompt).where(where).order_by(col(Prompt.id)).offset(offset).limit(limit)
    return list(session.exec(page)), int(total)


def _categories(session: Session) -> dict[int | None, dict[str, int]]:
    query = sa.select(_prompt.c.dataset_id, _prompt.c.category, sa.func.count())
    counted: dict[int | None, dict[str, int]] = defaultdict(dict)
    rows = session.execute(query.group_by(_prompt.c.dataset_id, _prompt.c.category)).all()
    for dataset, category, n in sorted(rows, key=lambda row: (-row[2], row[1])):
        counted[dataset][category] = n
    return counted


def _textless(session: Session) -> dict[int | None, int]:
    empty = sa.cast(_prompt.c.messages, sa.Text) == "[]"
    query = sa.select(_prompt.c.dataset_id, sa.func.count()).where(empty).group_by(_prompt.c.dataset_id)
    return {row[0]: row[1] for row in session.execute(query)}


def _answered(session: Session) -> dict[int | None, tuple[int, int]]:
    query = (
        sa.select(_run.c.dataset_id, sa.func.count(_response.c.candidate_id.distinct()), sa.func.count())
        .join(_response, _response.c.run_id == _run.c.id)
        .group_by(_run.c.dataset_id)
    )
    return {row[0]: (row[1], row[2]) for row in session.execute(query)}


def named(session: Session, name: str | None) -> Dataset:
    """The newest version of the dataset called ``name``; without a name the newest one, the demo last.

    Raises NotFound, which names those that are there.
    """
    query = select(Dataset).order_by(col(Dataset.is_demo), col(Dataset.id).desc())
    found = session.exec(query if name is None else query.where(Dataset.name == name)).first()
    if found is None:
        there = ", ".join(f"'{each}'" for each in session.exec(select(Dataset.name).distinct().order_by(Dataset.name)))
        wanted = "There is no dataset yet" if name is None else f"There is no dataset '{name}'"
        raise NotFound(f"{wanted}. {f'There are: {there}.' if there else 'Import prompts first.'}")
    return found


def rename(session: Session, dataset_id: int, name: str) -> str:
    """Give a dataset, in all its versions, another name; returns it tidied. Raises NotFound and BadInput."""
    dataset = session.get(Dataset, dataset_id)
    if dataset is None:
        raise NotFound("That dataset does not exist any more.")
    wanted, before = clean_line(name), dataset.name
    if not 1 <= len(wanted) <= LONGEST_NAME:
        raise BadInput(f"The name must have 1 to {LONGEST_NAME} characters.")
    if dataset.is_demo:
        raise BadInput("The demo keeps its name: it is told by it.")
    if wanted == before:
        return wanted
    if session.exec(select(Dataset.id).where(Dataset.name == wanted).limit(1)).first() is not None:
        raise BadInput(f"There is a dataset called '{wanted}' already. Choose another name.")
    session.execute(sa.update(_dataset).where(_dataset.c.name == before).values(name=wanted))
    session.execute(sa.update(_taken).where(_taken.c.dataset == before).values(dataset=wanted))
    session.execute(sa.update(_schedule).where(_schedule.c.dataset == before).values(dataset=wanted))
    _rename_place(session, f"dataset:{before}", f"dataset:{wanted}")
    return wanted


def _rename_place(session: Session, before: str, after: str) -> None:
    """Files that were imported into the dataset are known under its new name."""
    target = _imported.c.target
    mine = (target == before) | target.startswith(f"{before};columns:", autoescape=True)
    renamed = sa.literal(after) + sa.func.substr(target, len(before) + 1)
    session.execute(sa.update(_imported).where(mine).values(target=renamed))


def prompt_ids(session: Session, dataset_id: int, *, categories: Sequence[str] = ()) -> list[int]:
    """The ids of a dataset's prompts whose text is known, in their order; of some categories, or of all."""
    query = select(Prompt.id).where(Prompt.dataset_id == dataset_id, sa.cast(Prompt.messages, sa.Text) != "[]")
    if categories:
        query = query.where(col(Prompt.category).in_(categories))
    return [found for found in session.exec(query.order_by(col(Prompt.id))) if found is not None]
