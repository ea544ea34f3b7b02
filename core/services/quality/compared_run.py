"""One of two runs that are compared: its responses and given-up units, averaged by prompt for each candidate."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlmodel import Session

from core.domain import changes
from core.domain.acceptability import Check
from core.services.quality import gathering
from core.services.quality.gathering import GivenUp
from core.services.quality.judged import Judged, judged
from core.services.quality.scope import Scope

Floats = NDArray[np.float64]
Ids = NDArray[np.int64]


@dataclass(frozen=True)
class ComparedRun:
    """What one run brought, by candidate id."""

    found: Judged
    failed: dict[int, Ids]
    """The places of the prompts of units given up, one a unit."""
    rows: dict[int, Ids]
    """The places of its responses."""
    seen: dict[int, NDArray[np.bool_]]
    """[prompts] whether the run asked it."""

    @classmethod
    def read(cls, session: Session, dataset_id: int, run_id: int) -> "ComparedRun":
        """Read and judge the run."""
        found = judged(session, Scope(dataset_id, run_id))
        units = gathering.given_up(session, found.cells)
        who, size = found.responses.candidate, len(found.prompts.id)
        failed = {of: _places(found, units, of) for of in {unit.candidate_id for unit in units}}
        rows = {of: np.flatnonzero(who == of) for of in {*np.unique(who).tolist(), *failed}}
        seen = {}
        for of, own in rows.items():
            seen[of] = np.zeros(size, dtype=bool)
            seen[of][found.prompt[own]] = True
            seen[of][failed.get(of, np.zeros(0, dtype=np.int64))] = True
        return cls(found, failed, rows, seen)

    def means(self, of: int, values: Floats) -> Floats:
        """[prompts] means of what ``values`` says of the candidate's responses."""
        own = self.rows[of]
        return changes.per_prompt(self.found.prompt[own], values[own], len(self.found.prompts.id))

    def shares(self, of: int) -> Floats:
        """[prompts] the share acceptable; without a verdict a response counts on neither side."""
        own, verdict = self.rows[of], self.found.verdict[self.rows[of]]
        passed = np.where(verdict == Check.OPEN, np.nan, (verdict == Check.PASSED).astype(float))
        missing = self.failed.get(of, np.zeros(0, dtype=np.int64))
        place = np.concatenate([self.found.prompt[own], missing])
        value = np.concatenate([passed, np.zeros(len(missing))])
        return changes.per_prompt(place, value, len(self.found.prompts.id))


def _places(found: Judged, units: list[GivenUp], of: int) -> Ids:
    ids = [unit.prompt_id for unit in units if unit.candidate_id == of]
    return np.asarray(np.searchsorted(found.prompts.id, np.array(ids, dtype=np.int64)), dtype=np.int64)
