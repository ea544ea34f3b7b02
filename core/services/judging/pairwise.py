"""Pairwise judges at work: which of two responses to a prompt is better, asked in both orders."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import count

import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import Session

from core import clock
from core.domain import judging
from core.domain.judging import Preference
from core.domain.scoring.base import Score
from core.errors import BadInput
from core.services.asking.asking import Connections, Opening
from core.services.judging.judge_calls import Asker, JudgeQuestion, SharedBudget, close_abandoned
from core.services.judging.judge_panel import AT_ONCE, all_of, answerers, fresh_code, raise_if_hopeless, why_not_asked
from core.services.judging.judge_summary import JudgeSummary, judge_summary
from core.services.judging.pairing import compared
from core.services.scoring import evaluators as known
from core.services.scoring import subjects
from core.services.scoring.records import storable
from core.services.scoring.subjects import Scored
from core.storage.engine import reading, write
from core.storage.tables import Evaluator, metadata
from core.storage.upsert import insert_into

_call, _preference, _evaluator = (metadata.tables[name] for name in ("judge_call", "judge_preference", "evaluator"))
_CHUNK = 64
Ids = tuple[int, int]
Pair = tuple[Scored, Scored]


@dataclass(frozen=True)
class Watch:
    """Who looks on: is told how many of how many pairs are through, and may end it between two."""

    told: Callable[[int, int], None] = lambda done, total: None  # noqa: ARG005
    is_stopped: Callable[[], bool] = lambda: False


def judge_pairs(
    engine: Engine,
    evaluator_id: int,
    pairs: Sequence[Ids],
    *,
    max_usd: float | None = None,
    opening: Opening | None = None,
    at_once: int = AT_ONCE,
    watch: Watch | None = None,
) -> JudgeSummary:
    """Have a pairwise judge compare pairs of responses to the same prompt; returns when it is done.

    ``pairs``: response ids; those that it has compared are left out (see ``pairing``). They are asked about as they
    come, so that a random order stays one where the spending cap ends it early. Each is asked about in both orders,
    and a disagreement is a tie. ``max_usd``: the most that these calls may cost, reserved before each is sent. A pair
    that could not be asked about has no outcome and is asked about next time.
    Raises NotFound, and BadInput for another kind of evaluator or two responses to different prompts.
    """
    with reading(engine) as session:
        (judge,) = known.by_id(session, [evaluator_id])
        done = compared(session, evaluator_id)
        wanted = [pair for pair in dict.fromkeys((min(pair), max(pair)) for pair in pairs) if pair not in done]
        _check(session, wanted)
        newest = session.execute(sa.select(sa.func.coalesce(sa.func.max(_call.c.id), 0))).scalar_one()
    if judge.kind != judging.PAIRWISE_KIND:
        raise BadInput(f"'{judge.name}' does not compare pairs. Choose a pairwise judge.")
    write(engine, partial(close_abandoned, now=clock.now()))
    lock = sa.select(_evaluator.c.id).where(_evaluator.c.id == evaluator_id).with_for_update(key_share=True)
    cap = SharedBudget(max_usd, (_call.c.evaluator_id == evaluator_id) & (_call.c.id > newest), lock)
    problem = asyncio.run(_compare_all(engine, judge, wanted, cap, opening, at_once, watch or Watch()))
    with reading(engine) as session:
        return replace(judge_summary(session, evaluator_id), problem=problem or "")


async def _compare_all(
    engine: Engine,
    judge: Evaluator,
    pairs: Sequence[Ids],
    cap: SharedBudget,
    opening: Opening | None,
    at_once: int,
    watch: Watch,
) -> str | None:
    through = count(1)

    async def compare(pair: Pair) -> None:
        await _compare(asker, judge, pair)
        watch.told(next(through), len(pairs))

    async with Connections(opening) as connections:
        asker = Asker(engine, connections, cap)
        return await all_of(_to_compare(engine, judge, pairs, watch), compare, at_once)


async def _to_compare(engine: Engine, judge: Evaluator, pairs: Sequence[Ids], watch: Watch) -> AsyncIterator[Pair]:
    for start in range(0, len(pairs), _CHUNK):
        for pair in await asyncio.to_thread(_chunk, engine, judge, pairs[start : start + _CHUNK]):
            if watch.is_stopped():
                return
            yield pair


def _chunk(engine: Engine, judge: Evaluator, pairs: Sequence[Ids]) -> list[Pair]:
    """The pairs to ask about, with their responses; for those that are not, the reason is written."""
    ids = sorted({response for pair in pairs for response in pair})
    with reading(engine) as session:
        found = {one.response_id: one for one in subjects.read(session, ids)}
        who = answerers(session, ids)
    wanted = []
    for first, second in ((found[first_id], found[second_id]) for first_id, second_id in pairs):
        why_not = why_not_asked(judge, first, who[first.response_id])
        why_not = why_not or why_not_asked(judge, second, who[second.response_id])
        if why_not is None:
            wanted.append((first, second))
        else:
            aside = Preference(None, None, why_not.reason)
            write(engine, partial(_keep, judge=judge, pair=(first, second), preference=aside))
    return wanted


def _check(session: Session, pairs: Sequence[Ids]) -> None:
    """Raise BadInput unless each pair is two responses to one prompt."""
    r = metadata.tables["response"].c
    prompts: dict[int, int] = {}
    for ids in subjects.in_chunks([response for pair in pairs for response in pair], 1000):
        query = sa.select(r.id, r.prompt_id).where(r.id.in_(ids))
        prompts |= {row.id: row.prompt_id for row in session.execute(query)}
    for first, second in pairs:
        if first == second or first not in prompts or prompts[first] != prompts.get(second):
            raise BadInput(f"The responses {first} and {second} are not two answers to one prompt.")


async def _compare(asker: Asker, judge: Evaluator, pair: Pair) -> None:
    first, second = pair
    forward = await _in_order(asker, judge, first, second)
    backward = await _in_order(asker, judge, second, first)
    said = judging.both_orders(forward, backward)
    await asyncio.to_thread(write, asker.engine, partial(_keep, judge=judge, pair=pair, preference=said))


async def _in_order(asker: Asker, judge: Evaluator, first: Scored, second: Scored) -> Score:
    """What the judge says of them in this order: now, or when it was asked before."""
    earlier = await asyncio.to_thread(_reply, asker.engine, judge, first, second)
    if earlier is not None:
        return judging.parse_choice(earlier)
    code = fresh_code(first.subject, second.subject)
    question = JudgeQuestion(
        judge,
        first.response_id,
        judging.pair_messages(first.subject, second.subject, judge.params["rubric"], code),
        other_id=second.response_id,
        parse=judging.parse_choice,
        is_open=partial(_is_unanswered, judge, first, second),
    )
    said, fault = await asker.put(question)
    raise_if_hopeless(judge, fault)
    return said


def _reply(engine: Engine, judge: Evaluator, first: Scored, second: Scored) -> str | None:
    with reading(engine) as session:
        found: str | None = session.execute(_replies(judge, first, second)).scalar()
    return found


def _is_unanswered(judge: Evaluator, first: Scored, second: Scored, session: Session) -> bool:
    return session.execute(_replies(judge, first, second)).first() is None


def _replies(judge: Evaluator, first: Scored, second: Scored) -> sa.Select[tuple[str]]:
    """What the judge replied about the two in this order, the oldest reply."""
    c = _call.c
    query = sa.select(c.reply).where(
        c.evaluator_id == judge.id,
        c.response_id == first.response_id,
        c.other_response_id == second.response_id,
        c.reply.is_not(None),
    )
    return query.order_by(c.id).limit(1)


def _keep(session: Session, *, judge: Evaluator, pair: Pair, preference: Preference) -> None:
    first, second = pair
    said = {
        "outcome": None if preference.outcome is None else int(preference.outcome),
        "orders_agree": preference.orders_agree,
        "reason": storable(preference.reason)[:1000],
        "created_at": clock.now(),
    }
    keys = {
        "evaluator_id": judge.id,
        "first_response_id": first.response_id,
        "second_response_id": second.response_id,
    }
    row = keys | {"prompt_id": first.prompt_id} | said
    statement = insert_into(session.get_bind().dialect.name, _preference)
    session.connection().execute(statement.on_conflict_do_update(index_elements=list(keys), set_=said), row)
