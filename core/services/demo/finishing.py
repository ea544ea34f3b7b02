"""What follows once the demo is open: its scores, and the checks for drift as of their weeks."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from core import demo
from core.errors import BadInput
from core.services import scoring, workspace
from core.services.demo import known_scores
from core.services.watching import drift
from core.storage.engine import reading, write
from core.storage.tables import Dataset, Run, metadata
from core.storage.upsert import insert_into

_response, _score, _prompt = (metadata.tables[name] for name in ("response", "score", "prompt"))
_CHECKED_AFTER = timedelta(minutes=20)
_MOST_ROWS = 5_000


def finish_demo(engine: Engine, *, now: datetime, gently: bool = False) -> bool:
    """Score the demo's responses and check its runs for drift, where that is still to be done; whether it was.

    Each text is scored once, however many weeks it was given in. Broken off, it goes on at the next call; several
    processes may be at it. ``gently``: rest as long as it works, for a process that shows pages.
    """
    with reading(engine) as session:
        dataset = session.exec(select(Dataset).where(col(Dataset.is_demo), Dataset.name == demo.DATASET_NAME)).first()
        if dataset is None or not workspace.demo_is_opening(session):
            return False
        groups = _same_texts(session, dataset.id or 0)
    firsts = [ids[0] for ids in groups]
    write(engine, partial(known_scores.save, response_ids=firsts, now=now))
    scoring.score_responses(engine, firsts, now=now, gently=gently)
    write(engine, partial(_copy_scores, groups=[ids for ids in groups if len(ids) > 1]))
    _check_weeks(engine, dataset.name)
    write(engine, lambda session: workspace.forget(session, workspace.DEMO_OPENING))
    return True


def _same_texts(session: Session, dataset_id: int) -> list[list[int]]:
    """Ids of the responses to one prompt that say the same and ended alike, together."""
    r, groups = _response.c, dict[tuple[object, ...], list[int]]()
    query = sa.select(r.id, r.prompt_id, r.content_hash, r.finish_reason).join(_prompt, _prompt.c.id == r.prompt_id)
    for id, *same in session.execute(query.where(_prompt.c.dataset_id == dataset_id).order_by(r.id)):
        groups.setdefault(tuple(same), []).append(id)
    return list(groups.values())


def _copy_scores(session: Session, groups: Sequence[Sequence[int]]) -> None:
    s = _score.c
    firsts = {ids[0]: ids[1:] for ids in groups}
    said = session.execute(sa.select(_score).where(s.response_id.in_(list(firsts)))).mappings().all()
    keys = ["response_id", "evaluator_id"]
    names = (*keys, "value", "reason", "applies", "scored_at")
    rows = [
        {name: score[name] for name in names} | {"response_id": other}
        for score in said
        for other in firsts[score["response_id"]]
    ]
    adding = insert_into(session.get_bind().dialect.name, _score).on_conflict_do_nothing(index_elements=keys)
    for start in range(0, len(rows), _MOST_ROWS):
        session.connection().execute(adding, rows[start : start + _MOST_ROWS])


def _check_weeks(engine: Engine, dataset: str) -> None:
    """As the job does after every run, each with the time of its own week."""
    for run_id, at in _to_check(engine, dataset):
        try:
            drift.check(engine, dataset, run_id=run_id, now=at + _CHECKED_AFTER)
        except BadInput:  # another process is at it
            return


def _to_check(engine: Engine, dataset: str) -> list[tuple[int, datetime]]:
    with reading(engine) as session:
        baseline = drift.baseline(session, dataset)
        if baseline is None:
            return []
        ended = session.exec(
            select(Run).join(Dataset, col(Dataset.id) == Run.dataset_id).where(Dataset.name == dataset)
        )
        runs = [(run.id or 0, run.finished_at) for run in ended.all() if run.source == "demo" and run.finished_at]
        return sorted((one for one in runs if one[1] > baseline.pinned_at), key=lambda one: one[1])
