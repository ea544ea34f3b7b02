"""Counting imported votes into the tallies as they come: the same as a rebuild, without reading them again."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from sqlmodel import Session

from core.domain.votes import Outcome
from core.services.importing.bulk import BulkAdd
from core.services.tallies import BUCKETS, COUNTERS, WINS2, hold

_MOST_HELD = 300_000
_SIDES = ("study_id", "simulated", "question_id", "left_id", "right_id")
_PAIR_KEYS = (*_SIDES, "category", "length_bin", "masked")
_OUTCOMES = tuple(COUNTERS[outcome] for outcome in Outcome)
_CLUSTER_KEYS = ("kind", *_SIDES, "bucket")
Cell = tuple[Any, ...]


class VoteCounts:
    """Votes of imported raters in one study, counted by cell; ``write`` adds them to the tallies.

    A pair cell is (question, left, right, category, length bin, masked, outcome); a cluster cell
    (question, left, right, bucket, outcome).
    """

    def __init__(self, session: Session, study_id: int) -> None:
        self._session = session
        self._of_all = (study_id, False)
        self._pairs: Counter[Cell] = Counter()
        self._clusters: dict[str, Counter[Cell]] = {"rater": Counter(), "prompt": Counter()}

    def add(self, pairs: Iterable[Cell], raters: Iterable[Cell], prompts: Iterable[Cell]) -> None:
        """Count a batch, given by its cells; writes what is held when it grows large."""
        self._pairs.update(pairs)
        self._clusters["rater"].update(raters)
        self._clusters["prompt"].update(prompts)
        if len(self._pairs) + sum(map(len, self._clusters.values())) > _MOST_HELD:
            self.write()

    def write(self) -> None:
        """Add what was counted to the tallies, in the session's transaction."""
        hold(self._session)
        self._write_pairs()
        for kind, cells in self._clusters.items():
            self._write_clusters(kind, cells)
            cells.clear()
        self._pairs.clear()

    def _write_pairs(self) -> None:
        sums: dict[Cell, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
        for (*cell, outcome), n in self._pairs.items():
            sums[tuple(cell)][outcome] = n
        rows = [(*self._of_all, *cell, *counts) for cell, counts in sums.items()]
        BulkAdd(self._session, "pair_tally", _PAIR_KEYS, _OUTCOMES).write(rows)

    def _write_clusters(self, kind: str, cells: Counter[Cell]) -> None:
        sums: dict[Cell, list[int]] = defaultdict(lambda: [0, 0])
        for (*cell, outcome), n in cells.items():
            found = sums[tuple(cell)]
            found[0] += n
            found[1] += n * WINS2[outcome]
        rows = [(kind, *self._of_all, *cell, *counts) for cell, counts in sorted(sums.items())]
        BulkAdd(self._session, "cluster_tally", _CLUSTER_KEYS, ("n", "wins2")).write(rows)


def bucket(key: int) -> int:
    """The cluster bucket of a rater's or a prompt's id."""
    return key % BUCKETS
