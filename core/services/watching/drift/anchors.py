"""Judges asked again about frozen answers of the baseline: whether they still say what they said first."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from functools import partial

import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import Session

from core import clock
from core.domain import judging
from core.domain.scoring.base import Score
from core.services.asking.asking import Connections, Opening
from core.services.judging.judge_calls import Asker, JudgeQuestion, SharedBudget, close_abandoned
from core.services.judging.judge_panel import AT_ONCE, all_of, fresh_code, raise_if_hopeless
from core.services.scoring import evaluators as known
from core.services.scoring import records, subjects
from core.services.watching.drift.settings import AnchorSettings
from core.settings import without_secrets
from core.storage.engine import reading, write
from core.storage.tables import Evaluator, metadata
from core.storage.upsert import insert_into

_log = logging.getLogger(__name__)
_response, _score, _call, _run, _anchor = (
    metadata.tables[name] for name in ("response", "score", "judge_call", "run", "anchor_score")
)


@dataclass(frozen=True)
class Asked:
    """``problems``: why judges were not asked, or not about all."""

    problems: tuple[str, ...] = ()


def ask_again(
    engine: Engine,
    run_id: int,
    baseline: Sequence[int],
    settings: AnchorSettings,
    *,
    opening: Opening | None = None,
) -> Asked:
    """Ask every judge of single responses about some frozen answers of the baseline's runs, for a check of a run.

    What was asked for that check already is not asked again, whoever asked. At most ``settings.max_usd`` is spent on
    it, whatever the number of processes.
    """
    if not settings.is_on:
        return Asked()
    with reading(engine) as session:
        judges = known.judges(session, {judging.SCORE_KIND})
        frozen = {judge.id or 0: _frozen(session, judge, baseline, settings.answers) for judge in judges}
        wanted = {of: _lacking(session, of, run_id, ids) for of, ids in frozen.items()}
    judges = [judge for judge in judges if wanted[judge.id or 0]]
    if not judges:
        return Asked()
    write(engine, partial(close_abandoned, now=clock.now()))
    try:
        return Asked(tuple(asyncio.run(_ask(engine, run_id, judges, wanted, settings.max_usd, opening))))
    except Exception as error:  # no check waits for a judge
        _log.exception("run %s: the judges could not be asked again", run_id)
        return Asked((f"The judges could not be asked again ({without_secrets(str(error))[:200]}).",))


def _frozen(session: Session, judge: Evaluator, baseline: Sequence[int], answers: int) -> list[int]:
    """The same ones each time: spread evenly over what the judge scored, by candidate and prompt."""
    r, s = _response.c, _score.c
    query = (
        sa.select(r.id)
        .join(_score, (s.response_id == r.id) & (s.evaluator_id == judge.id))
        .where(r.run_id.in_(baseline), s.value.is_not(None))
        .order_by(r.candidate_id, r.prompt_id, r.id)
    )
    ids = list(session.execute(query).scalars())
    return [ids[place * len(ids) // answers] for place in range(answers)] if len(ids) > answers else ids


def _lacking(session: Session, judge: int, run_id: int, ids: Sequence[int]) -> list[int]:
    a = _anchor.c
    query = sa.select(a.response_id).where(a.evaluator_id == judge, a.run_id == run_id)
    there = set(session.execute(query).scalars())
    return [each for each in ids if each not in there]


async def _ask(
    engine: Engine,
    run_id: int,
    judges: Sequence[Evaluator],
    wanted: dict[int, list[int]],
    max_usd: float,
    opening: Opening | None,
) -> list[str]:
    problems: list[str] = []
    async with Connections(opening) as connections:
        asker = Asker(engine, connections, _cap(run_id, max_usd))
        for judge in judges:
            questions = _questions(engine, run_id, judge, wanted[judge.id or 0])
            problem = await all_of(questions, partial(_put, asker), AT_ONCE)
            if problem is not None and problem not in problems:
                problems.append(problem)
    return problems


def _cap(run_id: int, max_usd: float) -> SharedBudget:
    """Counts what this check's anchors cost: the calls about its frozen answers since the run that is checked ended."""
    c, r = _call.c, _run.c
    ended = sa.select(sa.func.coalesce(r.finished_at, r.created_at)).where(r.id == run_id).scalar_subquery()
    lock = sa.select(r.id).where(r.id == run_id).with_for_update(key_share=True)
    return SharedBudget(max_usd, (c.started_at >= ended) & _about_anchors(run_id), lock)


def _about_anchors(run_id: int) -> sa.ColumnElement[bool]:
    """Whether a call is about an answer of a run of the same dataset that was answered before this one."""
    others = _response.alias("frozen")
    return sa.exists().where(others.c.id == _call.c.response_id, others.c.run_id < run_id)


async def _questions(engine: Engine, run_id: int, judge: Evaluator, ids: Sequence[int]) -> AsyncIterator[JudgeQuestion]:
    for question in await asyncio.to_thread(_read, engine, run_id, judge, ids):
        yield question


def _read(engine: Engine, run_id: int, judge: Evaluator, ids: Sequence[int]) -> list[JudgeQuestion]:
    with reading(engine) as session:
        found = subjects.read(session, ids)
    return [
        JudgeQuestion(
            judge,
            one.response_id,
            judging.score_messages(one.subject, judge.params["rubric"], fresh_code(one.subject)),
            parse=judging.parse_score,
            is_open=partial(_is_open, judge.id or 0, one.response_id, run_id),
            keep=partial(_keep, judge.id or 0, one.response_id, run_id),
        )
        for one in found
    ]


async def _put(asker: Asker, question: JudgeQuestion) -> None:
    _, fault = await asker.put(question)
    raise_if_hopeless(question.evaluator, fault)


def _is_open(judge: int, response_id: int, run_id: int, session: Session) -> bool:
    return bool(_lacking(session, judge, run_id, [response_id]))


def _keep(judge: int, response_id: int, run_id: int, session: Session, said: Score) -> None:
    row = {
        "evaluator_id": judge,
        "response_id": response_id,
        "run_id": run_id,
        "value": said.value,
        "reason": records.storable(said.reason),
        "asked_at": clock.now(),
    }
    session.connection().execute(insert_into(session.get_bind().dialect.name, _anchor).on_conflict_do_nothing(), [row])
