"""Later runs' answers: claims go by the pair of responses, and a share of the prompts is rated anew."""

from collections import defaultdict
from collections.abc import Container, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlmodel import Session

from core.domain import sampling
from core.services.studies.pool import Pool
from core.storage.tables import Study, metadata

Responses = tuple[int, int]
"""The ids of a pair's responses, that of the smaller candidate id first."""

Begun = Mapping[Responses, int]
"""The pairs of two candidates on one prompt that raters hold or have rated → how many raters; oldest first."""

_pair = metadata.tables["pair"]
_key = (_pair.c.prompt_id, _pair.c.first_candidate_id, _pair.c.second_candidate_id)
_in_share = (_pair.c.prompt_id * sampling.RERATED_STEP + _pair.c.study_id) % sampling.RERATED_PARTS < bindparam("parts")

_BEGUN_IN_SHARE = (
    sa.select(*_key, _pair.c.first_response_id, _pair.c.second_response_id, _pair.c.claimed)
    .where(_pair.c.study_id == bindparam("study"), _pair.c.claimed > 0, _in_share)
    .order_by(_pair.c.id)
)


def offered(
    begun: Begun, newest: Responses, seen: Container[Responses], *, overlap: int, is_rerated: bool
) -> Responses | None:
    """Which responses of two candidates to one prompt a rater may be given next, None where there are none.

    A pair that others have begun is finished first. The newest answers follow where none was begun, or else where
    the study has later runs' answers to this prompt rated anew.
    """
    unfinished = (pair for pair, claimed in begun.items() if claimed < overlap and pair not in seen)
    found = next(unfinished, None)
    if found is not None:
        return found
    if begun and not is_rerated:
        return None
    return newest if newest not in seen and begun.get(newest, 0) < overlap else None


def responses_of(row: sa.Row[Any]) -> Responses:
    """The responses of a row of a rater's history."""
    left, right = row.left_response_id, row.right_response_id
    return (left, right) if row.first_is_left else (right, left)


def more_wanted(session: Session, study: Study, pool: Pool) -> int:
    """How many pairs the study wants beyond one for each two candidates and prompt: later answers, begun or due."""
    if not pool.reruns:
        return 0
    begun = sa.select(*_key).where(_pair.c.study_id == study.id, _pair.c.claimed > 0)
    counts = [sa.select(sa.func.count()).select_from(each.subquery()) for each in (begun, begun.distinct())]
    again = sum(
        newest not in pairs and min(pairs.values()) >= study.overlap
        for newest, pairs in _begun_in_share(session, study, pool)
    )
    return int(session.execute(counts[0]).scalar_one() - session.execute(counts[1]).scalar_one()) + again


def more_for(session: Session, study: Study, pool: Pool, history: Sequence[sa.Row[Any]]) -> int:
    """Of the prompts and candidates that are done with for a rater, how many have later answers for them."""
    if not pool.reruns or not study.rerated_share:
        return 0
    own = [row for row in history if row.repeat_of_id is None]
    rated = {responses_of(row) for row in own if row.state in ("done", "skipped")}
    held = {responses_of(row) for row in own if row.state == "leased"}
    more = 0
    for newest, pairs in _begun_in_share(session, study, pool):
        others = {pair: claimed - (pair in held) for pair, claimed in pairs.items()}
        done_with = any(pair in rated or claimed >= study.overlap for pair, claimed in others.items())
        found = offered(others, newest, rated, overlap=study.overlap, is_rerated=True)
        more += done_with and found is not None
    return more


def _begun_in_share(session: Session, study: Study, pool: Pool) -> list[tuple[Responses, Begun]]:
    """The newest responses and the begun pairs, per candidates and prompt whose later answers are rated anew."""
    parts = round(study.rerated_share * sampling.RERATED_PARTS)
    if not parts or not pool.reruns:
        return []
    begun: dict[tuple[int, int, int], dict[Responses, int]] = defaultdict(dict)
    for row in session.connection().execute(_BEGUN_IN_SHARE, {"study": study.id, "parts": parts}):
        prompt, first, second, *responses, claimed = row
        if prompt in pool.reruns and pool.responses.get(prompt, {}).keys() >= {first, second}:
            begun[prompt, first, second][responses[0], responses[1]] = claimed
    return [(pool.newest(prompt, (first, second)), pairs) for (prompt, first, second), pairs in begun.items()]
