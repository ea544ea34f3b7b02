"""What a run will take, before it is begun: calls, dollars, seconds."""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean

from sqlmodel import Session, col, select

from core.domain.answering import TokenUsage
from core.domain.pricing import Rates, cost_usd, most_usd
from core.errors import EvenhandError
from core.providers.presets import endpoints_of
from core.services import prices
from core.services.asking.conversation import about_tokens, asked_at, messages_before, most_tokens
from core.services.asking.costing import most_output
from core.services.runs.orders import DEFAULT_CONCURRENCY, RunOrder, chosen_candidates, prompts_of
from core.storage.tables import Attempt, Candidate, Prompt, Response, Run

_EARLIER_RESPONSES = 200
_EXPECTED_OUTPUT_TOKENS = 300
_EXPECTED_START_S = 1.0
_EXPECTED_TOKENS_PER_S = 40.0
_AT_ONCE_LOCALLY = 1
_EXPECTED_LOAD_S = 4.0
_EARLIER_STARTS, _LEAST_LOAD_S = 20, 0.1
_LEAST_STEP_USD, _ROUNDING = 0.0001, 1e-9
_SIZE_STEP = 64
Place = tuple[str, str | None, str | None]


@dataclass(frozen=True)
class RunEstimate:
    """Both are None where a price is unknown: ``unpriced`` names those candidates.

    ``seconds``: expected, at full concurrency, spreading left out; ``load_s`` of them until the model on this machine
    is loaded.
    """

    calls: int
    """One for each turn to be answered, without retries."""
    prompts: int
    cost_usd: float | None
    """Expected."""
    most_usd: float | None
    """The most that as many calls can cost."""
    seconds: float | None
    unpriced: tuple[str, ...] = ()
    load_s: float = 0.0


@dataclass(frozen=True)
class _Asked:
    """Sizes of what is asked: sums over all turns of all prompts, and how many turns have how large a bound."""

    prompts: int
    turns: int
    input_tokens: int
    earlier_answers: int
    bounds: Counter[tuple[int, int]]


@dataclass(frozen=True)
class _Expected:
    """What one turn of a candidate is expected to take."""

    output_tokens: float
    seconds: float


def estimate(session: Session, order: RunOrder, *, now: datetime) -> RunEstimate:
    """What ``order`` will take. Raises BadInput as ``plan`` does for what cannot be asked.

    Output length and latency are the means of a candidate's last 200 responses; where it has none, 300 tokens (or its
    max_tokens, if less), a second, and 40 tokens a second. Input is counted at four characters a token. The most is
    bounded by the bytes sent and by max_tokens. A model on this machine is loaded first, which takes as long as it took
    the last times.
    """
    candidates = chosen_candidates(session, order)
    asked = _asked(prompts_of(session, order))
    repetitions = order.repetitions
    expected_usd, highest_usd, unpriced = 0.0, 0.0, list[str]()
    busy_s: defaultdict[Place, float] = defaultdict(float)
    entered = prices.overrides(session)
    for candidate in candidates:
        expected = _expected(session, candidate)
        rates = prices.rates_among(entered, candidate, at=now)
        busy_s[_place(candidate)] += repetitions * asked.turns * expected.seconds
        if rates is None:
            unpriced.append(candidate.name)
            continue
        expected_usd += repetitions * _expected_usd(rates, asked, expected)
        highest_usd += repetitions * _most_usd(rates, asked, most_output(candidate.settings))
    load_s = _load_s(session, [each for each in candidates if _place(each)[0] == "local"])
    return RunEstimate(
        calls=len(candidates) * repetitions * asked.turns,
        prompts=asked.prompts,
        cost_usd=None if unpriced else expected_usd,
        most_usd=None if unpriced else highest_usd,
        seconds=load_s + _seconds(busy_s, order.concurrency or DEFAULT_CONCURRENCY) if asked.turns else None,
        unpriced=tuple(unpriced),
        load_s=load_s if asked.turns else 0.0,
    )


def cap_to_end(session: Session, run_id: int, *, now: datetime) -> float | None:
    """A spending cap with which the run should come to its end: what it has spent, and the most that the rest may cost.

    US dollars, rounded up. None where that is not known: a price is missing, or a candidate cannot be asked any more.
    """
    run = session.get(Run, run_id)
    if run is None or not run.planned:
        return None
    order = RunOrder(run.dataset_id, run.candidate_ids or [], run.prompt_ids, run.repetitions)
    try:
        most_usd = estimate(session, order, now=now).most_usd
    except EvenhandError:
        return None
    if not most_usd:
        return None
    return rounded_up(run.cost_usd + most_usd * (1 - run.responses / run.planned))


def rounded_up(usd: float) -> float:
    """Up to two digits that tell, and to 0.0001 US dollars."""
    step = max(10.0 ** (math.floor(math.log10(usd)) - 1), _LEAST_STEP_USD)
    return round(math.ceil(usd / step - _ROUNDING) * step, 4)


def _asked(prompts: Sequence[Prompt]) -> _Asked:
    there = turns = tokens = earlier = 0
    bounds: Counter[tuple[int, int]] = Counter()
    for prompt in prompts:
        asked = len(asked_at(prompt.messages))
        there += asked > 0
        for turn in range(asked):
            messages = messages_before(prompt.messages, [""] * turn)
            turns, earlier = turns + 1, earlier + turn
            tokens += sum(about_tokens(message["content"]) for message in messages)
            bounds[math.ceil(most_tokens(messages) / _SIZE_STEP) * _SIZE_STEP, turn] += 1
    return _Asked(there, turns, tokens, earlier, bounds)


def _expected(session: Session, candidate: Candidate) -> _Expected:
    query = (
        select(Response.turns, Response.output_tokens, Response.latency_ms)
        .where(Response.candidate_id == candidate.id)
        .order_by(col(Response.id).desc())
        .limit(_EARLIER_RESPONSES)
    )
    earlier = session.exec(query).all()
    tokens = [output / max(1, len(turns)) for turns, output, _ in earlier if output is not None]
    seconds = [latency_ms / 1000 / max(1, len(turns)) for turns, _, latency_ms in earlier if latency_ms is not None]
    output_tokens = fmean(tokens) if tokens else float(min(_EXPECTED_OUTPUT_TOKENS, most_output(candidate.settings)))
    guess_s = _EXPECTED_START_S + output_tokens / _EXPECTED_TOKENS_PER_S
    return _Expected(output_tokens, fmean(seconds) if seconds else guess_s)


def _load_s(session: Session, local: Sequence[Candidate]) -> float:
    """Seconds until a model on this machine is loaded; 0 where none is asked.

    Loading is not part of an answer's latency: it is the rest of the time that the attempt took which began it.
    """
    if not local:
        return 0.0
    query = (
        select(Attempt.started_at, Attempt.finished_at, Attempt.latency_ms)
        .join(Candidate, col(Candidate.id) == Attempt.candidate_id)
        .where(Candidate.provider == "local", col(Attempt.is_warm).is_(False), col(Attempt.latency_ms).is_not(None))
        .order_by(col(Attempt.id).desc())
        .limit(_EARLIER_STARTS)
    )
    found = session.exec(query).all()
    rests = [(ended - began).total_seconds() - (ms or 0.0) / 1000 for began, ended, ms in found if ended is not None]
    loads = [rest for rest in rests if rest > _LEAST_LOAD_S]
    return fmean(loads) if loads else _EXPECTED_LOAD_S


def _expected_usd(rates: Rates, asked: _Asked, expected: _Expected) -> float:
    """The cost of the mean call, as often as there are calls."""
    if not asked.turns:
        return 0.0
    input_tokens = (asked.input_tokens + asked.earlier_answers * expected.output_tokens) / asked.turns
    usage = TokenUsage(input_tokens=round(input_tokens), output_tokens=round(expected.output_tokens))
    return asked.turns * (cost_usd(usage, rates) or 0.0)


def _most_usd(rates: Rates, asked: _Asked, most_output_tokens: int) -> float:
    return sum(
        calls * most_usd(rates, input_tokens=size + turn * most_output_tokens, max_output_tokens=most_output_tokens)
        for (size, turn), calls in asked.bounds.items()
    )


def _place(candidate: Candidate) -> Place:
    assert candidate.provider is not None and candidate.model is not None
    return endpoints_of(candidate.provider, candidate.model, candidate.settings)[0].place


def _seconds(busy_s: Mapping[Place, float], concurrency: int) -> float:
    """Places are asked beside each other, each with so many requests at once; the local model answers one at a time."""
    at_once = {place: _AT_ONCE_LOCALLY if place[0] == "local" else concurrency for place in busy_s}
    return max((took / at_once[place] for place, took in busy_s.items()), default=0.0)
