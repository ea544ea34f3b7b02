"""What every prompt cost every candidate and what came of it: the clusters that intervals rest on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.domain.acceptability import Check
from core.services.quality.gathering import AttemptColumns, Floats, GivenUp, Ids
from core.services.quality.judged import Judged


@dataclass(frozen=True)
class PromptTable:
    """[candidates, prompts] each; nan where a part of the sum is not known.

    ``attempts``, ``retries``: how many.
    """

    seen: NDArray[np.bool_]
    paid_usd: Floats
    """All attempts, failed ones too."""
    open_usd: Floats
    """The part of it for responses without a verdict."""
    acceptable: Floats
    judged: Floats
    """Responses with a verdict and units given up."""
    attempts: Floats
    retries: Floats


def prompt_table(
    found: Judged, candidates: Sequence[int], attempts: AttemptColumns, failed: Sequence[GivenUp], turns: Ids
) -> PromptTable:
    """Add everything up. ``turns[p]``: the user turns of prompt p, 0 where it was not asked for.

    What failed and does not tell of its candidate is not judged.

    What runs with attempts cost is read from these; of imported responses their own cost and attempts are all there is.
    """
    failed = [unit for unit in failed if unit.tells_of_candidate]
    order = np.argsort(np.array(candidates, dtype=np.int64))
    ids = np.array(candidates, dtype=np.int64)[order]
    shape = len(candidates), len(found.prompts.id)

    def cell(candidate: Ids, prompt: Ids) -> Ids:
        row = order[np.searchsorted(ids, candidate)] if len(ids) else candidate
        return np.asarray(row * shape[1] + prompt, dtype=np.int64)

    def summed(cells: Ids, amounts: Floats | None = None) -> Floats:
        return np.bincount(cells, amounts, shape[0] * shape[1]).astype(float).reshape(shape)

    r, verdict = found.responses, found.verdict
    answered = cell(r.candidate, found.prompt)
    tried = cell(attempts.candidate, np.searchsorted(found.prompts.id, attempts.prompt))
    units = cell(
        np.array([unit.candidate_id for unit in failed], dtype=np.int64),
        np.searchsorted(found.prompts.id, np.array([unit.prompt_id for unit in failed], dtype=np.int64)),
    )
    alone = ~np.isin(r.run, attempts.run)
    is_open = verdict == Check.OPEN
    asked = turns[found.prompt] if len(found.prompt) else np.zeros(0, dtype=np.int64)
    paid = summed(tried, np.where(attempts.unpriced > 0, np.nan, attempts.cost_usd))
    return PromptTable(
        seen=(summed(answered) + summed(tried)) > 0,
        paid_usd=paid + summed(answered[alone], r.cost_usd[alone]),
        open_usd=summed(answered[is_open], r.cost_usd[is_open]),
        acceptable=summed(answered, (verdict == Check.PASSED).astype(float)),
        judged=summed(answered, (~is_open).astype(float)) + summed(units),
        attempts=summed(tried, attempts.made.astype(float)) + summed(answered[alone], r.attempts[alone]),
        retries=summed(tried, (attempts.made - attempts.turns).astype(float))
        + summed(answered[alone], (r.attempts - asked)[alone]),
    )
