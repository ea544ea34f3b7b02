"""The prompts of all versions of a dataset, told apart by their content."""

from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa
from sqlmodel import Session

from core.domain.drift import Prompts
from core.services.datasets import datasets
from core.services.quality.gathering import Ids
from core.storage.tables import metadata

_prompt = metadata.tables["prompt"]


@dataclass(frozen=True)
class Contents:
    """Every content once; codes are places in ``hashes``."""

    hashes: list[str]
    prompts: Prompts
    """[contents] the category is the newest version's."""
    ids: Ids
    """Ids of prompts, ascending."""
    code: Ids
    """[ids] of each its content's code."""
    versions: dict[int, Ids]
    """Dataset → the codes that it has, ascending."""

    def codes_of(self, prompt_ids: Ids) -> Ids:
        """The codes of some prompts."""
        return np.asarray(self.code[np.searchsorted(self.ids, prompt_ids)] if len(prompt_ids) else prompt_ids)

    def here(self, category: str | None) -> Ids:
        """The codes in a category, or with None all."""
        if category is None:
            return np.arange(len(self.hashes))
        return np.flatnonzero(self.prompts.category == self.prompts.names.index(category))


def contents(session: Session, dataset: str) -> Contents:
    """Of the dataset of that name."""
    p = _prompt.c
    versions = datasets.versions(session, dataset)
    query = sa.select(p.id, p.dataset_id, p.content_hash, p.category).where(p.dataset_id.in_(versions))
    codes: dict[str, int] = {}
    category: dict[int, str] = {}
    rows = [
        (row.id, row.dataset_id, codes.setdefault(row.content_hash, len(codes)), row.category)
        for row in session.execute(query.order_by(p.id))
    ]
    for _, _, code, name in rows:
        category[code] = name
    names = sorted(set(category.values()))
    place = {name: number for number, name in enumerate(names)}
    found = np.array([row[:3] for row in rows], dtype=np.int64).reshape(-1, 3)
    return Contents(
        hashes=list(codes),
        prompts=Prompts(
            np.array([place[category[code]] for code in range(len(codes))], dtype=np.int64),
            tuple(names),
        ),
        ids=found[:, 0],
        code=found[:, 2],
        versions={version: np.unique(found[found[:, 1] == version, 2]) for version in versions},
    )
