"""Which pairs of responses a judge is asked about: spread over prompts and candidates, those not compared yet."""

from collections import defaultdict
from collections.abc import Container, Iterator, Sequence
from itertools import combinations, islice
from random import Random

import sqlalchemy as sa
from sqlmodel import Session

from core.errors import BadInput, NotFound
from core.services.judging.judge_calls import NOT_ASKED
from core.services.studies.pool import pool_of
from core.storage.tables import Study, metadata

_response, _preference = metadata.tables["response"], metadata.tables["judge_preference"]
Ids = tuple[int, int]


def pairs_to_judge(
    session: Session,
    evaluator_id: int,
    *,
    run_id: int | None = None,
    study_id: int | None = None,
    limit: int = 500,
    seed: int = 0,
) -> list[Ids]:
    """At most ``limit`` pairs of responses (smaller id first) that the judge has not compared.

    Of a run: any two candidates' responses to one prompt in one repetition; of a study: those that raters are shown.
    Drawn at random by ``seed``, one of each prompt before a second of any.
    """
    if (run_id is None) == (study_id is None):
        raise BadInput("Name either a run or a study to take pairs from.")
    rng, done = Random(seed), compared(session, evaluator_id)  # noqa: S311
    if run_id is not None:
        pairs = _spread(_of_run(session, run_id), rng)
    else:
        study = session.get(Study, study_id)
        if study is None:
            raise NotFound(f"There is no study {study_id}.")
        pairs = newest_pairs(session, study, rng=rng)
    return list(islice((pair for pair in pairs if pair not in done), limit))


def _of_run(session: Session, run_id: int) -> list[list[int]]:
    r = _response.c
    query = sa.select(r.prompt_id, r.repetition, r.id).where(r.run_id == run_id, r.words > 0).order_by(r.id)
    groups: dict[Ids, list[int]] = defaultdict(list)
    for prompt_id, repetition, response_id in session.execute(query):
        groups[prompt_id, repetition].append(response_id)
    return list(groups.values())


def newest_pairs(session: Session, study: Study, *, without: Container[int] = (), rng: Random) -> Iterator[Ids]:
    """Every pair of newest responses in a study's pool once, spread over prompts; ``without`` some candidates."""
    pools = pool_of(session, study).responses.values()
    groups = [sorted(id for candidate, id in each.items() if candidate not in without) for each in pools]
    return _spread(groups, rng)


def _spread(groups: Sequence[list[int]], rng: Random) -> Iterator[Ids]:
    """Every pair of every group once: round by round one of each group, in a random order."""
    remaining = []
    for group in rng.sample(groups, len(groups)):
        pairs = list(combinations(sorted(group), 2))
        rng.shuffle(pairs)
        remaining.append(pairs)
    while remaining:
        remaining = [pairs for pairs in remaining if pairs]
        for pairs in remaining:
            yield pairs.pop()


def compared(session: Session, evaluator_id: int) -> set[Ids]:
    """The pairs that need no asking: with an outcome, with replies that hold none, or not the judge's to compare."""
    p = _preference.c
    settled = p.outcome.is_not(None) | p.reason.not_like(f"%{NOT_ASKED}%")
    query = sa.select(p.first_response_id, p.second_response_id).where(p.evaluator_id == evaluator_id, settled)
    return {(first, second) for first, second in session.execute(query)}
