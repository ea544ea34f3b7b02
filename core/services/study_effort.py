"""How much work a study is for one rater: pairs, and about how long they take."""

import statistics
from itertools import islice

import sqlalchemy as sa
from sqlmodel import Session

from core.services import studies
from core.services.pools import Pool, pool_of
from core.storage.tables import Study, metadata

_WORDS_PER_MINUTE = 230
_MINUTES_PER_ANSWER = 0.1
_MEASURED_FROM, _MEASURED_OVER = 10, 200
_LONGEST_PAIR_S = 600.0
_LOOKED_AT = 500

_assignment = metadata.tables["assignment"]
_response = metadata.tables["response"]


def effort(session: Session, study: Study) -> tuple[int, float]:
    """(pairs asked of one rater, minutes that they take), the minutes as measured, else from the texts' length."""
    pool = pool_of(session, study)
    pairs = min(pool.pairs, study.pairs_per_rater or pool.pairs)
    measured = _measured_minutes(session, study.id or 0)
    return pairs, pairs * (measured if measured is not None else _reading_minutes(session, study, pool))


def in_words(pairs: int, minutes: float) -> str:
    """For example '40 pairs, about 45 minutes in all'; empty where there are no pairs."""
    if not pairs:
        return ""
    number = "1 pair" if pairs == 1 else f"{pairs:,} pairs"
    if minutes < 90:
        whole = max(5, 5 * round(minutes / 5))
        return f"{number}, about {whole} minutes in all"
    return f"{number}, about {minutes / 60:.0f} hours in all, at your own pace"


def _measured_minutes(session: Session, study_id: int) -> float | None:
    """The median minutes that raters of the study took for a pair lately; None before ten were rated."""
    query = (
        sa.select(_assignment.c.shown_at, _assignment.c.finished_at)
        .where(
            _assignment.c.study_id == study_id,
            _assignment.c.state == "done",
            _assignment.c.shown_at.is_not(None),
            _assignment.c.finished_at.is_not(None),
        )
        .order_by(_assignment.c.id.desc())
        .limit(_MEASURED_OVER)
    )
    spent = [min(_LONGEST_PAIR_S, (end - start).total_seconds()) for start, end in session.execute(query)]
    return statistics.median(spent) / 60 if len(spent) >= _MEASURED_FROM else None


def _reading_minutes(session: Session, study: Study, pool: Pool) -> float:
    some = list(islice((id for of_prompt in pool.responses.values() for id in of_prompt.values()), _LOOKED_AT))
    words = session.execute(sa.select(sa.func.avg(_response.c.words)).where(_response.c.id.in_(some))).scalar() or 0
    asked = len(studies.questions(session, study.id or 0, asked_only=True))
    return 2 * float(words) / _WORDS_PER_MINUTE + asked * _MINUTES_PER_ANSWER
