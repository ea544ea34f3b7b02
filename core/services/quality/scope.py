"""Which responses the figures are about: of each prompt its newest run, or the runs asked for."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlmodel import Session, col, select

from core.services.columns import ANSWERED, TRIED, Stored
from core.services.datasets import datasets
from core.services.leaderboards.moments import Moment
from core.services.workspace import counts_simulated
from core.storage.tables import GOING, Dataset, Run, metadata

_response, _attempt = metadata.tables["response"], metadata.tables["attempt"]
_candidate = metadata.tables["candidate"]
Ids = NDArray[np.int64]
IMPORTED, ENDED = "import", "done"


@dataclass(frozen=True)
class LeftOut:
    """What a candidate answered in some runs, to all prompts or to some, counts for nothing."""

    candidate_id: int
    runs: frozenset[int]
    prompts: frozenset[int] | None = None
    """None: all."""

    def holds(self, run: Ids, candidate: Ids, prompt: Ids) -> NDArray[np.bool_]:
        """[n] whether what is of this run, candidate and prompt is left out."""
        mine = (candidate == self.candidate_id) & np.isin(run, list(self.runs))
        return np.asarray(mine if self.prompts is None else mine & np.isin(prompt, list(self.prompts)))


@dataclass(frozen=True)
class Scope:
    """A dataset's responses, so that candidates are compared on the same prompts.

    Neither ``run_id`` nor ``all_runs``: the prompts of the champion (where it was asked none, of the candidate that was
    asked the most), each in the newest run that asked it, with all repetitions: the newest of those that came to their
    end, else of all. What was imported counts as one run, however many files it came in. ``shared``: of that, the
    prompts alone that every candidate was asked, or every one of ``among``.
    """

    dataset_id: int
    run_id: int | None = None
    """One run, with all that it asked."""
    all_runs: bool = False
    """All of them together."""
    shared: bool = False
    among: frozenset[int] = frozenset()
    up_to: Moment | None = None
    """With the runs and votes that stood at this moment, and none that came later."""
    left_out: tuple[LeftOut, ...] = ()
    """Of ``all_runs``, for instance what was answered before a candidate changed."""


@dataclass(frozen=True)
class RunRef:
    """A run to choose."""

    id: int
    source: str
    state: str
    """As stored."""
    problem: str | None
    created_at: datetime
    candidates: frozenset[int]
    """Ids of those that it asked or that answered in it."""


def runs(session: Session, dataset_id: int, up_to: Moment | None = None) -> list[RunRef]:
    """The dataset's runs in which anything happened, the newest first; ``up_to``: those that had begun by then."""
    query = select(Run).where(Run.dataset_id == dataset_id).order_by(col(Run.id).desc())
    listed = session.exec(query if up_to is None else query.where(col(Run.id) <= up_to.run_id)).all()
    took_part = _took_part(session, [run.id or 0 for run in listed])
    return [
        RunRef(run.id or 0, run.source, run.state, run.problem, run.created_at, frozenset(took_part[run.id or 0]))
        for run in listed
        if took_part[run.id or 0]
    ]


def newest_answered(session: Session, dataset: str) -> Dataset:
    """The newest version in which anything happened; where that is true of none, the newest."""
    newest = datasets.named(session, dataset)
    for dataset_id in reversed(datasets.versions(session, dataset)):
        if runs(session, dataset_id):
            return session.get_one(Dataset, dataset_id)
    return newest


def _took_part(session: Session, ids: list[int]) -> dict[int, set[int]]:
    stored, found = Stored(session, ids, (ANSWERED, TRIED)), defaultdict[int, set[int]](set)
    for part, table in ((ANSWERED, _response), (TRIED, _attempt)):
        there = {run_id: stored.candidates(run_id, part) for run_id in ids}
        for run_id, candidates in there.items():
            found[run_id] |= candidates or set()
        others = [run_id for run_id, candidates in there.items() if candidates is None]
        seen = sa.select(table.c.run_id, table.c.candidate_id).where(table.c.run_id.in_(others)).distinct()
        for run_id, candidate_id in session.execute(seen) if others else ():
            found[run_id].add(candidate_id)
    return found


def rules(session: Session) -> dict[str, object]:
    """By name what figures rest on beside responses and votes, as something that differs once it was changed."""
    gate, evaluator = (metadata.tables[name].c for name in ("gate", "evaluator"))
    champion = sa.select(_candidate.c.id).where(_candidate.c.is_champion)
    price = metadata.tables["price_override"].c
    standing = {
        "gates": sa.select(gate.id).where(gate.retired_at.is_(None)),
        "evaluators": sa.select(evaluator.id).where(evaluator.retired_at.is_(None)),
        "the champion": champion,
        "prices": sa.select(sa.func.max(price.id)),
    }
    found: dict[str, object] = {
        name: sorted(str(one) for one in session.execute(query).scalars()) for name, query in standing.items()
    }
    return found | {"whether simulated votes count": counts_simulated(session)}


def as_of(session: Session, listed: Iterable[RunRef]) -> tuple[int, ...]:
    """Another for other figures: changes with what they rest on, where no run of the dataset is under way."""
    counts = [
        sa.select(sa.func.count(), sa.func.coalesce(sa.func.max(table.c.id), 0)).where(table.c.retired_at.is_(None))
        for table in (metadata.tables["gate"], metadata.tables["evaluator"])
    ]
    found = [int(number) for query in counts for number in session.execute(query).one()]
    champion = sa.select(sa.func.max(_candidate.c.id)).where(_candidate.c.is_champion)
    found += [int(session.execute(champion).scalar() or 0)]
    states = [(run.id, run.state) for run in listed]
    found += [id for id, state in states if state == ENDED]
    if any(state in GOING for _, state in states):
        return (*found, 0)
    return (*found, int(session.execute(sa.select(sa.func.max(_response.c.id))).scalar() or 0))
