"""The weekly runs of the demo's written candidates, as rows of runs, responses and attempts, dated back by weeks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from core.demo import story
from core.demo.story import Round
from core.demo.weeks import TurnFacts, WrittenAnswer
from core.domain.answering import CostBasis, TokenUsage
from core.domain.content_hash import digest
from core.domain.lengths import count_words
from core.domain.pricing import Rates, cost_usd
from core.services import prices
from core.storage.engine import reading
from core.storage.tables import Candidate, Prompt, Run, metadata

SOURCE = "demo"
_LAST_BEGUN = timedelta(days=6)
_HOUR = 6
_WEEK, _TOOK = timedelta(days=7), timedelta(minutes=24)
_DEARER_BEFORE_RUN = timedelta(hours=30)


def begun_at(of: Round, now: datetime) -> datetime:
    """When a run began, the last of them five or six days ago."""
    last = (now - _LAST_BEGUN).replace(hour=_HOUR, minute=0, second=0, microsecond=0)
    return last - (story.WEEKS - of.week) * _WEEK + timedelta(days=of.days)


def finished_at(of: Round, now: datetime) -> datetime:
    """When it ended."""
    return begun_at(of, now) + _TOOK


def dearer_from(now: datetime) -> datetime:
    """When Cedar's other price begins."""
    return begun_at(Round(story.DEARER_IN_WEEK), now) - _DEARER_BEFORE_RUN


@dataclass(frozen=True)
class Priced:
    """What a written candidate costs in one week."""

    rates_id: int
    rates: Rates


@dataclass(frozen=True)
class Places:
    """Ids by which the demo's files name things."""

    prompts: Mapping[str, int]
    candidates: Mapping[str, int]

    @classmethod
    def of(cls, session: Session, dataset_id: int) -> "Places":
        """Of the demo's dataset."""
        asked = session.exec(select(Prompt.external_id, Prompt.id).where(Prompt.dataset_id == dataset_id)).all()
        named = session.exec(select(Candidate.name, Candidate.id)).all()
        return cls({name: id for name, id in asked if id}, {name: id for name, id in named if id})


def priced(engine: Engine, now: datetime) -> dict[tuple[str, Round], Priced]:
    """(candidate, run) → its price then, by the rules that price every run; the rates are stored."""
    pricer = prices.Pricer(engine)
    with reading(engine) as session:
        entered = prices.overrides(session)
        candidates = session.exec(select(Candidate).where(col(Candidate.name).in_(story.HOUSES))).all()
    found = {}
    for candidate in candidates:
        for one in story.ROUNDS:
            rates = prices.rates_among(entered, candidate, at=begun_at(one, now))
            assert rates is not None
            found[candidate.name, one] = Priced(pricer.id_of(rates), rates)
    return found


def write_runs(
    session: Session,
    dataset_id: int,
    answers: Sequence[WrittenAnswer],
    costs: Mapping[tuple[str, Round], Priced],
    now: datetime,
) -> dict[Round, int]:
    """Write the answers as the runs that they are of, each with its id."""
    places, runs = Places.of(session, dataset_id), dict[Round, int]()
    for one in dict.fromkeys(answer.of for answer in answers):
        own = [answer for answer in answers if answer.of == one]
        run = _run(dataset_id, own, places, now)
        session.add(run)
        session.flush()
        runs[one] = run.id or 0
        rows = [_rows(answer, place, runs[one], places, costs[answer.candidate, one], now)
                for place, answer in enumerate(own)]  # fmt: skip
        attempts = [attempt for _, tried in rows for attempt in tried]
        session.execute(sa.insert(metadata.tables["response"]), [response for response, _ in rows])
        session.execute(sa.insert(metadata.tables["attempt"]), attempts)
        run.attempts, run.cost_usd = len(attempts), sum(attempt["cost_usd"] for attempt in attempts)
    return runs


def _run(dataset_id: int, answers: Sequence[WrittenAnswer], places: Places, now: datetime) -> Run:
    of = answers[0].of
    asked = dict.fromkeys(places.prompts[answer.prompt_id] for answer in answers)
    return Run(
        dataset_id=dataset_id,
        source=SOURCE,
        candidate_ids=[places.candidates[name] for name in story.HOUSES],
        prompt_ids=None if of.category is None else list(asked),
        planned=len(answers),
        responses=len(answers),
        started_at=begun_at(of, now),
        finished_at=finished_at(of, now),
        created_at=begun_at(of, now),
    )


def _rows(
    answer: WrittenAnswer, place: int, run_id: int, places: Places, price: Priced, now: datetime
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The response, and an attempt a turn; runs ask their candidates in turn, so times follow from the place."""
    unit = {
        "run_id": run_id,
        "prompt_id": places.prompts[answer.prompt_id],
        "candidate_id": places.candidates[answer.candidate],
        "repetition": 0,
    }
    at = begun_at(answer.of, now) + timedelta(seconds=1 + 6.5 * (place % 64) * 3 + place // 64)
    name = _answered_by(answer, now)
    attempts = [
        _attempt(unit, turn, facts, text, price, at, name, is_last=turn == len(answer.turns) - 1)
        for turn, (facts, text) in enumerate(zip(answer.facts, answer.turns, strict=True))
    ]
    first = answer.facts[0]
    response = unit | {
        "turns": list(answer.turns),
        "words": sum(map(count_words, answer.turns)),
        "content_hash": digest(list(answer.turns)),
        "latency_ms": round(sum(each.latency_ms for each in answer.facts), 1),
        "first_byte_ms": first.first_byte_ms,
        "ttft_ms": first.first_token_ms,
        "first_visible_ms": first.first_token_ms,
        "input_tokens": sum(each.input_tokens for each in answer.facts),
        "output_tokens": sum(each.output_tokens for each in answer.facts),
        "cost_usd": sum(attempt["cost_usd"] for attempt in attempts),
        "finish_reason": "stop",
        "attempts": len(attempts),
        "answered_by": name,
        "created_at": attempts[-1]["finished_at"],
    }
    return response, attempts


def _answered_by(answer: WrittenAnswer, now: datetime) -> str:
    """Names carry the month of their first week, as providers date their models."""
    is_new = answer.candidate == story.BIRCH and answer.of.week >= story.UPDATED_IN_WEEK
    since = begun_at(Round(story.UPDATED_IN_WEEK if is_new else 1), now)
    return f"{answer.candidate.casefold()}-{since:%Y-%m}"


def _attempt(
    unit: Mapping[str, Any],
    turn: int,
    facts: TurnFacts,
    text: str,
    price: Priced,
    at: datetime,
    answered_by: str,
    *,
    is_last: bool,
) -> dict[str, Any]:
    usage = TokenUsage(input_tokens=facts.input_tokens, output_tokens=facts.output_tokens)
    begun = at + timedelta(seconds=8 * turn)
    return dict(unit) | {
        "turn": turn,
        "number": 1,
        "endpoint": "primary",
        "started_at": begun,
        "finished_at": begun + timedelta(milliseconds=facts.latency_ms),
        "is_last": False,
        "first_byte_ms": facts.first_byte_ms,
        "first_token_ms": facts.first_token_ms,
        "first_visible_ms": facts.first_token_ms,
        "latency_ms": facts.latency_ms,
        "input_tokens": facts.input_tokens,
        "output_tokens": facts.output_tokens,
        "cost_usd": cost_usd(usage, price.rates),
        "cost_basis": str(CostBasis.REPORTED),
        "rates_id": price.rates_id,
        "finish_reason": "stop",
        "answered_by": answered_by,
        "is_warm": True,
        "text": None if is_last else text,
    }
