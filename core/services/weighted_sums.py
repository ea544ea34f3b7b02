"""The sums over votes that the rater-weighted counts are made of, as SQL; the database does the adding."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from core.domain.ranking.counts import HEAVY_VOTER_SLOPE
from core.domain.votes import TOO_FAST_WEIGHT, Outcome
from core.services.tallies import is_current, is_simulated
from core.storage.tables import metadata

MOST_CLUSTERS = 64

_vote = metadata.tables["vote"]
_prompt = metadata.tables["prompt"]
_person = metadata.tables["person"]


def categories(session: Session, question_id: int) -> list[str]:
    """The categories of the prompts that the question has votes on, in order of the alphabet."""
    voted = sa.select(_vote.c.prompt_id).where(_vote.c.question_id == question_id)
    query = sa.select(_prompt.c.category).where(_prompt.c.id.in_(voted)).distinct().order_by(_prompt.c.category)
    return list(session.execute(query).scalars())


def distinct(session: Session, question_id: int, column: str) -> int:
    """How many different raters (rater_id) or prompts (prompt_id) the question's votes have."""
    query = sa.select(sa.func.count(sa.distinct(_vote.c[column]))).where(_vote.c.question_id == question_id)
    return int(session.execute(query).scalar_one())


def _whole(flag: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    return sa.case((flag, 1), else_=0)


def _cell_keys() -> list[sa.ColumnElement[Any]]:
    sides = [_vote.c.left_candidate_id, _vote.c.right_candidate_id, _vote.c.length_bin]
    return [_prompt.c.category, *sides, _whole(_vote.c.masked), _whole(is_simulated())]


def _weight(question_id: int) -> tuple[sa.Subquery, sa.ColumnElement[Any]]:
    """Each rater's weight 1/(1 + 0.02 (n − 1)), and a vote's: less where it was cast faster than reading allows."""
    n = sa.func.count()
    raters = (
        sa.select(_vote.c.rater_id, (1.0 / (1.0 + HEAVY_VOTER_SLOPE * (n - 1))).label("weight"))
        .where(_vote.c.question_id == question_id, is_current())
        .group_by(_vote.c.rater_id)
        .subquery("raters")
    )
    return raters, raters.c.weight * sa.case((_vote.c.too_fast, TOO_FAST_WEIGHT), else_=1.0)


def _from_votes(question_id: int, raters: sa.Subquery, columns: Sequence[sa.ColumnElement[Any]]) -> sa.Select[Any]:
    rows = (
        _vote.join(_person, _person.c.id == _vote.c.rater_id)
        .join(_prompt, _prompt.c.id == _vote.c.prompt_id)
        .join(raters, raters.c.rater_id == _vote.c.rater_id)
    )
    return sa.select(*columns).select_from(rows).where(_vote.c.question_id == question_id, is_current())


def by_cell(question_id: int) -> sa.Select[Any]:
    """Rows of category, left, right, length bin, masked, simulated, outcome, Σ weight, Σ weight²."""
    raters, weight = _weight(question_id)
    keys = [*_cell_keys(), _vote.c.outcome]
    sums = [sa.func.sum(weight), sa.func.sum(weight * weight)]
    return _from_votes(question_id, raters, [*keys, *sums]).group_by(*_numbers(len(keys)))


def by_cluster(question_id: int, column: str, clusters: int) -> sa.Select[Any]:
    """Rows of category, left, right, length bin, masked, simulated, cluster, Σ weight, Σ weight × left's win.

    ``column`` (rater_id or prompt_id) tells clusters apart; more than MOST_CLUSTERS of them share buckets.
    """
    raters, weight = _weight(question_id)
    key = _vote.c[column]
    bucket = key if clusters <= MOST_CLUSTERS else key % sa.literal_column(str(MOST_CLUSTERS))
    wins = sa.case((_vote.c.outcome == int(Outcome.LEFT), 1.0), (_vote.c.outcome == int(Outcome.RIGHT), 0.0), else_=0.5)
    keys = [*_cell_keys(), bucket]
    return _from_votes(question_id, raters, [*keys, sa.func.sum(weight), sa.func.sum(weight * wins)]).group_by(
        *_numbers(len(keys))
    )


def by_rater(question_id: int) -> sa.Select[Any]:
    """Rows of category, rater, simulated, votes."""
    raters, _ = _weight(question_id)
    keys = [_prompt.c.category, _vote.c.rater_id, _whole(is_simulated())]
    return _from_votes(question_id, raters, [*keys, sa.func.count()]).group_by(*_numbers(len(keys)))


def _numbers(count: int) -> list[sa.ColumnElement[Any]]:
    """GROUP BY 1, 2, …: the first ``count`` columns of the SELECT."""
    return [sa.literal_column(str(number)) for number in range(1, count + 1)]
