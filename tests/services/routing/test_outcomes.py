"""Outcomes of routed requests: what was noted before a kill is there, whole, and nothing else is."""

import multiprocessing
import os
import signal
import time
from multiprocessing.connection import Connection
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine

from core.services.routing import outcomes
from core.storage.engine import open_engine, reading
from core.storage.tables import RouteOutcome
from tests.long import times
from tests.services.routing.tables import DATASET, candidates
from tests.workspace import NOW

_forks = multiprocessing.get_context("fork")


def row(primary: int, **changes: Any) -> dict[str, Any]:
    """An outcome of a request that nobody answered."""
    told = {
        "dataset": DATASET, "proposed_id": None, "category": "support", "primary_id": primary, "answered_id": None,
        "fell_back_because": "failed", "tries": [{"candidate_id": primary, "was_sent": True}], "latency_ms": 10.0,
        "first_visible_ms": None, "cost_usd": None, "created_at": NOW,
    }  # fmt: skip
    return told | changes


def _notes(address: str, primary: int, told: Connection) -> None:
    engine = open_engine(address)
    while True:
        told.send(outcomes.record(engine, row(primary)))


@pytest.mark.parametrize("seed", range(times(1, 6)))
def test_killed_while_noting_every_outcome_that_was_noted_is_there_and_whole(engine: Engine, seed: int):
    (primary,) = candidates(engine, None)
    address, random = engine.url.render_as_string(hide_password=False), Random(seed)
    noted: list[int] = []
    for _ in range(3):
        ours, theirs = _forks.Pipe(duplex=False)
        child = _forks.Process(target=_notes, args=(address, primary, theirs), daemon=True)
        child.start()
        theirs.close()
        noted.append(ours.recv())
        time.sleep(random.uniform(0.01, 0.2))
        os.kill(child.pid or 0, signal.SIGKILL)
        child.join()
        while ours.poll():
            try:
                noted.append(ours.recv())
            except EOFError:
                break
    with reading(engine) as session:
        there = session.execute(sa.select(RouteOutcome.id, RouteOutcome.tries)).all()
        (sums,) = outcomes.by_category(session, DATASET)
    assert set(noted) <= {id for id, _ in there}
    assert len(there) <= len(noted) + 3, "one a kill may be noted and not told"
    assert all(tries == row(primary)["tries"] for _, tries in there)
    assert (sums.requests, sums.failed, sums.cost_usd) == (len(there), len(there), None)
