"""LLM judges at work: they grade the responses of a run that they have not graded yet, or say whether they refuse."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from functools import partial

import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import Session

from core import clock
from core.domain import judging
from core.domain.answering import FaultKind
from core.domain.scoring.base import Score
from core.errors import NotFound
from core.services.asking.asking import Connections, Opening
from core.services.judging.judge_calls import Asker, JudgeQuestion, Parse, SharedBudget, close_abandoned
from core.services.judging.judge_panel import AT_ONCE, all_of, answerers, fresh_code, raise_if_hopeless, why_not_asked
from core.services.judging.judge_summary import JudgeSummary, judge_summary
from core.services.scoring import evaluators as known
from core.services.scoring import records, refusal, subjects
from core.services.scoring.service import score_missing
from core.storage.engine import reading, write
from core.storage.tables import Evaluator, Run, metadata

_log = logging.getLogger(__name__)
_response, _score, _call, _run, _evaluator = (
    metadata.tables[name] for name in ("response", "score", "judge_call", "run", "evaluator")
)
_CHUNK = 64
_ASKED: dict[str, tuple[Callable[..., list[dict[str, str]]], Parse]] = {
    judging.SCORE_KIND: (judging.score_messages, judging.parse_score),
    judging.REFUSAL_KIND: (judging.refusal_messages, judging.parse_refusal),
}


def judge_run(
    engine: Engine,
    run_id: int,
    *,
    evaluator_ids: Sequence[int] | None = None,
    max_usd: float | None = None,
    opening: Opening | None = None,
    at_once: int = AT_ONCE,
) -> JudgeSummary:
    """Have the judges in use grade the responses of a run that lack their grade; returns when they are done.

    A judge of refusals is asked about those alone of which the classifier, which looks first, could not tell.
    ``max_usd``: the most that judges may have spent on this run in all, earlier calls included; by default what the
    run's own cap leaves of it. It is reserved before a call is sent, whatever the number of processes. What a judge
    could not be asked is unscored with the reason, and asked again next time; what it said is never asked again.
    ``problem`` of the summary says why responses were left. Judges of the same family are not asked, unless they may.
    """
    with reading(engine) as session:
        run = session.get(Run, run_id)
        if run is None:
            raise NotFound(f"There is no run {run_id}.")
        chosen = known.judges(session) if evaluator_ids is None else known.by_id(session, evaluator_ids)
        classifiers = [evaluator for evaluator in known.scoring(session) if evaluator.kind == refusal.KIND.key]
    chosen = [evaluator for evaluator in chosen if evaluator.kind in known.SINGLE_JUDGES]
    if not chosen:
        return JudgeSummary()
    if classifiers and any(evaluator.kind == judging.REFUSAL_KIND for evaluator in chosen):
        score_missing(engine, run_id=run_id, evaluators=classifiers)
    if max_usd is None and run.max_usd is not None:
        max_usd = max(0.0, run.max_usd - run.cost_usd)
    write(engine, partial(close_abandoned, now=clock.now()))
    problems = asyncio.run(_judge(engine, run, chosen, _cap_of(run_id, max_usd), opening, at_once))
    with reading(engine) as session:
        done = judge_summary(session, [each.id for each in chosen if each.id is not None], run_id=run_id)
    return replace(done, problem=" ".join(problems))


def _cap_of(run_id: int, max_usd: float | None) -> SharedBudget:
    its_responses = sa.select(_response.c.id).where(_response.c.run_id == run_id)
    lock = sa.select(_run.c.id).where(_run.c.id == run_id).with_for_update(key_share=True)
    return SharedBudget(max_usd, _call.c.response_id.in_(its_responses), lock)


async def _judge(
    engine: Engine, run: Run, evaluators: Sequence[Evaluator], cap: SharedBudget, opening: Opening | None, at_once: int
) -> list[str]:
    problems: list[str] = []
    async with Connections(opening) as connections:
        asker = Asker(engine, connections, cap)
        for evaluator in evaluators:
            questions = _questions(engine, run, evaluator)
            problem = await all_of(questions, partial(_grade, asker), at_once)
            if problem is not None and problem not in problems:
                problems.append(problem)
    return problems


async def _grade(asker: Asker, question: JudgeQuestion) -> None:
    said, fault = await asker.put(question)
    if fault is not None:
        keep = partial(_keep, question.evaluator, question.response_id, said=said)
        await asyncio.to_thread(write, asker.engine, keep)
        raise_if_hopeless(question.evaluator, fault)


async def _questions(engine: Engine, run: Run, evaluator: Evaluator) -> AsyncIterator[JudgeQuestion]:
    assert run.id is not None
    lacking = await asyncio.to_thread(_read_lacking, engine, run.id, evaluator)
    for ids in subjects.in_chunks(lacking, _CHUNK):
        if await asyncio.to_thread(_was_cancelled, engine, run):
            return
        for question in await asyncio.to_thread(_chunk, engine, evaluator, ids):
            yield question


def _was_cancelled(engine: Engine, run: Run) -> bool:
    """Whether the run was cancelled since ``run`` was read."""
    with reading(engine) as session:
        now = session.get(Run, run.id)
    return now is None or (now.state == "cancelled" and run.state != "cancelled")


def _read_lacking(engine: Engine, run_id: int, evaluator: Evaluator) -> list[int]:
    query = sa.select(_response.c.id).where(_response.c.run_id == run_id, _lacks(evaluator))
    with reading(engine) as session:
        return list(session.execute(query.order_by(_response.c.id)).scalars())


def _lacks(evaluator: Evaluator) -> sa.ColumnElement[bool]:
    """Whether a row of ``response`` has neither a grade nor a reply that could not be read, and was not blocked."""
    scored = (_score.c.response_id == _response.c.id) & (_score.c.evaluator_id == evaluator.id)
    replied = (_call.c.response_id == _response.c.id) & (_call.c.evaluator_id == evaluator.id)
    settled = _score.c.value.is_not(None) | _score.c.applies.is_(False)
    blocked = _call.c.error_kind == str(FaultKind.CONTENT_FILTER)
    answered = sa.exists().where(replied, _call.c.reply.is_not(None) | blocked)
    lacking = ~sa.exists().where(scored, settled) & ~answered
    return lacking & _untold() if evaluator.kind == judging.REFUSAL_KIND else lacking


def _untold() -> sa.Exists:
    """Whether the classifier of refusals, where it is in use, looked at a row of ``response`` and could not tell."""
    classifies = sa.exists().where(
        _evaluator.c.id == _score.c.evaluator_id,
        _evaluator.c.kind == refusal.KIND.key,
        _evaluator.c.retired_at.is_(None),
    )
    could_not_tell = _score.c.value.is_(None) & _score.c.applies.is_(True)
    return sa.exists().where(_score.c.response_id == _response.c.id, could_not_tell, classifies)


def _chunk(engine: Engine, evaluator: Evaluator, ids: Sequence[int]) -> list[JudgeQuestion]:
    """The questions about some responses; for those that are not asked about, the reason is written."""
    with reading(engine) as session:
        found = subjects.read(session, ids)
        who = answerers(session, ids)
    questions, aside = [], []
    for one in found:
        why_not = why_not_asked(evaluator, one, who[one.response_id])
        if why_not is None:
            questions.append(_question(evaluator, one))
        else:
            aside.append(_row(evaluator, one.response_id, why_not))
    if aside:
        write(engine, partial(records.save, rows=aside))
    return questions


def _question(evaluator: Evaluator, one: subjects.Scored) -> JudgeQuestion:
    messages, parse = _ASKED[evaluator.kind]
    return JudgeQuestion(
        evaluator,
        one.response_id,
        messages(one.subject, evaluator.params["rubric"], fresh_code(one.subject)),
        parse=parse,
        is_open=partial(_is_lacking, evaluator, one.response_id),
        keep=partial(_keep, evaluator, one.response_id),
    )


def _is_lacking(evaluator: Evaluator, response_id: int, session: Session) -> bool:
    query = sa.select(_response.c.id).where(_response.c.id == response_id, _lacks(evaluator))
    return session.execute(query).first() is not None


def _keep(evaluator: Evaluator, response_id: int, session: Session, said: Score) -> None:
    records.save(session, [_row(evaluator, response_id, said)])


def _row(evaluator: Evaluator, response_id: int, said: Score) -> records.ScoreRow:
    assert evaluator.id is not None
    reason = f"{evaluator.name}: {said.reason}" if evaluator.kind == judging.REFUSAL_KIND else said.reason
    said = replace(said, reason=records.storable(reason))
    return records.row(response_id, evaluator.id, said, clock.now())
