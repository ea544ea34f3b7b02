"""What lies before candidates' proven changes: left out, without its times, or at the prices since."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from sqlmodel import Session

from core.domain.deciding import Changed
from core.services import prices
from core.services.deciding.changes import Change, changes, runs_around
from core.services.leaderboards.moments import Moment
from core.services.quality.gathering import AttemptColumns
from core.services.quality.judged import Judged
from core.services.quality.scope import LeftOut

Floats = NDArray[np.float64]
Ids = NDArray[np.int64]


@dataclass(frozen=True)
class Before:
    """All that is otherwise before some changes."""

    changes: tuple[Change, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    untimed: tuple[LeftOut, ...] = ()
    """Whose times count for nothing."""
    prices: Mapping[tuple[int, int], float] = field(default_factory=dict)
    """(candidate, run) → by how much its costs have to be multiplied."""

    def is_timed(self, run: Ids, candidate: Ids, prompt: Ids) -> NDArray[np.bool_]:
        """[n] whether the times count of what is of this run, candidate and prompt."""
        found = np.ones(len(run), dtype=bool)
        for one in self.untimed:
            found &= ~one.holds(run, candidate, prompt)
        return found

    def restated(self, found: Judged, attempts: AttemptColumns) -> tuple[Judged, AttemptColumns]:
        """With costs at the prices since."""
        if not self.prices:
            return found, attempts
        r = found.responses
        responses = replace(r, cost_usd=r.cost_usd * self._multiples(r.run, r.candidate))
        paid = attempts.cost_usd * self._multiples(attempts.run, attempts.candidate)
        return replace(found, responses=responses), replace(attempts, cost_usd=paid)

    def _multiples(self, run: Ids, candidate: Ids) -> Floats:
        found = np.ones(len(run))
        for (of, in_run), multiple in self.prices.items():
            found[(candidate == of) & (run == in_run)] = multiple
        return found


def before(
    session: Session, dataset_ids: Sequence[int], category_of: Mapping[int, str], up_to: Moment | None = None
) -> Before:
    """What lies before the changes on a dataset, of all its versions; ``category_of`` their prompts.

    ``up_to``: before those that were known at that moment.
    """
    found = changes(session, dataset_ids, up_to_run=None if up_to is None else up_to.run_id)
    left_out: dict[Changed, list[LeftOut]] = {what: [] for what in Changed}
    multiples: dict[tuple[int, int], float] = {}
    for change in found:
        earlier, since = runs_around(session, dataset_ids, change)
        if change.what is Changed.PRICES:
            rates = prices.rates_since(session, change.candidate_id, since)
            for run_id in earlier:
                ratio = prices.cost_ratio(session, change.candidate_id, run_id, rates)
                multiples[change.candidate_id, run_id] = ratio
        some = frozenset(prompt for prompt, category in category_of.items() if category == change.category)
        one = LeftOut(change.candidate_id, earlier, None if change.category is None else some)
        left_out[change.what].append(one)
    return Before(found, tuple(left_out[Changed.ANSWERS]), tuple(left_out[Changed.TIMES]), multiples)
