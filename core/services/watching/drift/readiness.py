"""Whether a run is scored: a check of what is still being scored would take the slow answers for bad ones."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session

from core.domain.judging import SCORE_KIND
from core.services.columns import Stored
from core.services.scoring import evaluators as known
from core.services.watching.drift.ended import EndedRun
from core.storage.tables import metadata

_response, _score = metadata.tables["response"], metadata.tables["score"]
_JUDGES_WAITED_FOR = timedelta(hours=2)


def unscored(session: Session, runs: Sequence[EndedRun], newest: EndedRun, *, now: datetime) -> list[int]:
    """Those of the runs that an evaluator in use has not seen whole; judges are waited for two hours, of ``newest``."""
    wanted = [one.id or 0 for one in known.scoring(session)]
    judges = [one.id or 0 for one in known.judges(session, {SCORE_KIND})]
    stored = Stored(session, [run.id for run in runs])
    is_fresh = now - newest.at < _JUDGES_WAITED_FOR
    return [
        run.id
        for run in runs
        if any(not stored.has_scores(run.id, each) and _lacks(session, run.id, each) for each in wanted)
        or (is_fresh and run.id == newest.id and any(_lacks(session, run.id, each) for each in judges))
    ]


def _lacks(session: Session, run_id: int, evaluator: int) -> bool:
    said = sa.exists().where(_score.c.response_id == _response.c.id, _score.c.evaluator_id == evaluator)
    query = sa.select(_response.c.id).where(_response.c.run_id == run_id, ~said).limit(1)
    return session.execute(query).first() is not None
