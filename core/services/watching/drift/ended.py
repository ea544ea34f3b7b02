"""The runs of a dataset that can be judged: ended, in their order, with how much of it each answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

import sqlalchemy as sa
from cachetools import LRUCache
from sqlmodel import Session, col, select

from core.services.datasets import datasets
from core.services.quality.scope import ENDED
from core.storage.tables import Run, metadata

_response, _prompt = metadata.tables["response"], metadata.tables["prompt"]
_WHOLE = 0.9
_answered: LRUCache[tuple[str, int, int], "Answered"] = LRUCache(10_000)
_lock = Lock()


@dataclass(frozen=True)
class EndedRun:
    """A run that came to its end."""

    id: int
    dataset_id: int
    at: datetime
    """When it ended; of what was imported, when it came."""
    is_slice: bool
    """Whether it was asked for some of the prompts alone."""
    responses: int


@dataclass(frozen=True)
class Answered:
    """What a run answered."""

    prompts: int
    repetitions: dict[int, float]
    """Candidate → answers a prompt."""


def ended_runs(session: Session, dataset: str) -> list[EndedRun]:
    """Those of all versions of the dataset of that name, in the order in which they ended."""
    query = select(Run).where(col(Run.dataset_id).in_(datasets.versions(session, dataset)), Run.state == ENDED)
    found = [
        EndedRun(run.id or 0, run.dataset_id, run.finished_at or run.created_at, bool(run.prompt_ids), run.responses)
        for run in session.exec(query)
    ]
    return sorted(found, key=lambda run: (run.at, run.id))


def answered(session: Session, run: EndedRun) -> Answered:
    """How much of its dataset the run answered; remembered, as a run that ended stays as it is."""
    key = (str(session.get_bind().engine.url), run.id, run.responses)
    with _lock:
        known = _answered.get(key)
    if known is None:
        r = _response.c
        query = sa.select(r.candidate_id, sa.func.count(), sa.func.count(r.prompt_id.distinct()))
        rows = session.execute(query.where(r.run_id == run.id).group_by(r.candidate_id)).all()
        known = Answered(
            max((prompts for _, _, prompts in rows), default=0), {who: n / prompts for who, n, prompts in rows}
        )
        with _lock:
            _answered[key] = known
    return known


def is_whole(session: Session, run: EndedRun) -> bool:
    """Whether it answered the dataset, and not a slice of it."""
    if run.is_slice:
        return False
    count = sa.select(sa.func.count()).where(_prompt.c.dataset_id == run.dataset_id)
    return answered(session, run).prompts >= _WHOLE * int(session.execute(count).scalar_one()) > 0


def since(runs: Sequence[EndedRun], baseline: Sequence[int]) -> list[EndedRun]:
    """The runs that ended after the last one of the baseline."""
    last = max(((run.at, run.id) for run in runs if run.id in baseline), default=None)
    return [] if last is None else [run for run in runs if (run.at, run.id) > last and run.id not in baseline]
