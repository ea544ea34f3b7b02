"""What a line of figures is about: one candidate's prompts, responses and units given up, over all or in a category."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.services.quality.gathering import GivenUp, Ids
from core.services.quality.judged import Judged
from core.services.quality.prompt_table import PromptTable


@dataclass(frozen=True)
class Part:
    """A candidate's part in one category: its row of the table, its prompts, its responses, its units given up."""

    candidate_id: int
    category: str | None
    row: int
    prompts: NDArray[np.bool_]
    of: int
    """The prompts that candidates are compared on there."""
    responses: Ids
    """Places, ascending."""
    units: list[GivenUp]
    prompt_of_unit: Ids
    """Places of their prompts."""


def parts(found: Judged, candidates: Sequence[int], table: PromptTable, failed: Sequence[GivenUp]) -> Iterator[Part]:
    """Every candidate over all, then in each category in which it was asked anything."""
    compared, by_candidate = found.cells.prompts_of, defaultdict(list)
    for unit in failed:
        by_candidate[unit.candidate_id].append(unit)
    for row, candidate in enumerate(candidates):
        seen, own = table.seen[row], np.flatnonzero(found.responses.candidate == candidate)
        units = by_candidate[candidate]
        at = np.searchsorted(found.prompts.id, np.array([unit.prompt_id for unit in units], dtype=np.int64))
        if seen.any():
            yield Part(candidate, None, row, seen, int(compared.sum()), own, units, at)
        for number, category in enumerate(found.categories):
            here = found.category_of_prompt == number
            if (seen & here).any():
                inside = here[at]
                these = own[found.category[own] == number]
                some = [unit for unit, is_inside in zip(units, inside, strict=True) if is_inside]
                yield Part(candidate, category, row, seen & here, int((compared & here).sum()), these, some, at[inside])
