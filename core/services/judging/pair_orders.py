"""Ordering a judge of pairs: those that raters voted on and others of the same kind, and what that will cost."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from random import Random
from statistics import fmean

import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import Session

from core.domain import judging
from core.errors import BadInput
from core.services.asking.conversation import about_tokens, most_tokens
from core.services.judging.favouritism import own_candidates
from core.services.judging.judge_calls import endpoint_of_judge
from core.services.judging.judge_panel import fresh_code
from core.services.judging.pairing import Ids, compared, newest_pairs
from core.services.judging.voted_pairs import Response, Scope, alike, voted
from core.services.prices import Pricer
from core.services.scoring import evaluators, subjects
from core.storage.tables import Evaluator, metadata

_call = metadata.tables["judge_call"]
EVERY = 10**9
"""More pairs than there can be."""
_SAMPLE, _EARLIER_CALLS, _EXPECTED_OUTPUT_TOKENS = 40, 200, 80


@dataclass(frozen=True)
class PairOrder:
    """Which judge compares how many pairs of a study or of a dataset."""

    evaluator_id: int
    scope: Scope
    voted: int
    """Pairs that raters voted on, at most."""
    others: int
    """Pairs beside them that nobody voted on, at most."""
    seed: int = 0


@dataclass(frozen=True)
class PairPlan:
    """What an order comes to: pairs that the judge has not compared, and may."""

    pairs: tuple[Ids, ...]
    """In the random order in which they are asked about."""
    voted: int
    others: int
    voted_in_all: int
    """Pairs with votes that there are, compared or not."""
    compared: int
    """Of those, how many the judge has compared."""


@dataclass(frozen=True)
class PairEstimate:
    """What the calls of a plan cost, US dollars; both None where the judge's price is not known."""

    calls: int
    """Two a pair, without retries."""
    cost_usd: float | None
    """Expected."""
    most_usd: float | None
    """About the most: every reply as long as it may be."""


def plan(session: Session, order: PairOrder) -> PairPlan:
    """The pairs that an order comes to: drawn at random, the others as the voted ones are spread over candidates.

    Others are pairs of the same two candidates and runs as voted ones, for only those narrow a board; where nobody has
    voted, the newest answers' pairs. Raises NotFound, and BadInput for an evaluator that compares no pairs.
    """
    (judge,) = evaluators.by_id(session, [order.evaluator_id])
    if judge.kind != judging.PAIRWISE_KIND:
        raise BadInput(f"'{judge.name}' does not compare pairs. Choose a pairwise judge.")
    rng = Random(order.seed)  # noqa: S311
    own = set() if judge.params["may_judge_own_family"] else own_candidates(session, judge)
    done = compared(session, order.evaluator_id)
    there = [pair for pair in voted(session, order.scope) if not own & {each.candidate for each in pair}]
    ids = [_ids(pair) for pair in rng.sample(there, len(there))]
    chosen = [pair for pair in ids if pair not in done][: order.voted]
    others = _first(_others(session, order, there, own, rng), order.others, but=done | set(ids))
    pairs = [*chosen, *others]
    rng.shuffle(pairs)
    return PairPlan(tuple(pairs), len(chosen), len(others), len(ids), len(done.intersection(ids)))


def _others(
    session: Session, order: PairOrder, there: list[tuple[Response, Response]], own: set[int], rng: Random
) -> Iterable[Ids]:
    """Pairs without votes in the order in which they are taken: as many of each kind as it has votes, in proportion."""
    if not there:
        return newest_pairs(session, order.scope.study_of(session), without=own, rng=rng)
    votes: dict[tuple[object, ...], int] = defaultdict(int)
    for first, second in there:
        votes[first.source, second.source] += 1
    turns = []
    for kind, pairs in alike(session, there).items():
        drawn = rng.sample(pairs, len(pairs))
        turns += [((turn + rng.random()) / votes[kind], pair) for turn, pair in enumerate(drawn)]
    return [pair for _, pair in sorted(turns)]


def _first(pairs: Iterable[Ids], most: int, *, but: set[Ids]) -> list[Ids]:
    found: list[Ids] = []
    for pair in pairs:
        if len(found) >= most:
            break
        if pair not in but:
            found.append(pair)
    return found


def _ids(pair: tuple[Response, Response]) -> Ids:
    first, second = sorted(each.id for each in pair)
    return first, second


def compared_so_far(session: Session, evaluator_id: int) -> int:
    """How many pairs the judge has looked at."""
    p = metadata.tables["judge_preference"].c
    return int(session.execute(sa.select(sa.func.count()).where(p.evaluator_id == evaluator_id)).scalar_one())


def estimate(engine: Engine, session: Session, evaluator_id: int, found: PairPlan, *, now: datetime) -> PairEstimate:
    """What comparing the pairs of a plan takes, by some of them and by how long the judge's replies have been."""
    (judge,) = evaluators.by_id(session, [evaluator_id])
    calls, sample = 2 * len(found.pairs), found.pairs[:_SAMPLE]
    if not sample:
        return PairEstimate(0, 0.0, 0.0)
    messages = [pair for pair in (_messages(session, judge, each) for each in sample) if pair]
    pricer, endpoint, params = Pricer(engine), endpoint_of_judge(judge), judge.params
    output = min(_expected_output(session, evaluator_id), params["max_tokens"])

    def each(tokens: float, reply: float) -> float | None:
        return pricer.ceiling_usd(endpoint, params, input_tokens=round(tokens), max_tokens=round(reply), at=now)

    expected = each(fmean(about for about, _ in messages), output) if messages else None
    most = each(fmean(bound for _, bound in messages), params["max_tokens"]) if messages else None
    return PairEstimate(calls, None if expected is None else calls * expected, None if most is None else calls * most)


def _messages(session: Session, judge: Evaluator, pair: Ids) -> tuple[int, int] | None:
    """About how many tokens one question about a pair has, and how many at most; None where it is not asked."""
    two = {one.response_id: one.subject for one in subjects.read(session, list(pair))}
    if len(two) < 2 or not two[pair[0]].messages:
        return None
    first, second = two[pair[0]], two[pair[1]]
    asked = judging.pair_messages(first, second, judge.params["rubric"], fresh_code(first, second))
    return sum(about_tokens(message["content"]) for message in asked), most_tokens(asked)


def _expected_output(session: Session, evaluator_id: int) -> float:
    c = _call.c
    earlier = sa.select(c.output_tokens).where(c.evaluator_id == evaluator_id, c.output_tokens.is_not(None))
    found = session.execute(earlier.order_by(c.id.desc()).limit(_EARLIER_CALLS)).scalars().all()
    return fmean(found) if found else float(_EXPECTED_OUTPUT_TOKENS)
