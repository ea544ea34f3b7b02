"""Every figure that is reported of a run, against a server whose times, tokens, failures and refusals are known.

Counts, tokens and costs are held to the server's own journal exactly. Times are held to what the journal says was sent
when, in pairs, attempt by attempt: the plan is what the server meant to do, and on a busy machine it is late itself.
"""

from collections import Counter, defaultdict
from datetime import UTC, datetime
from statistics import median

import pytest
from genai_prices import Usage, calc_price
from sqlmodel import select

from core.services import runs
from core.services.quality.text import report_object
from core.storage.engine import open_engine, reading, writing
from core.storage.schema import upgrade
from core.storage.tables import Attempt, Candidate, Dataset, Prompt, Response, Run
from tests.planted import Outcome, PlantedCall, PlantedPlan, planted

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
PROMPTS = 60
APIS = {"openai": "gpt-4o", "anthropic": "claude-sonnet-4-5"}
TIMES = {"first_byte_ms": 20, "first_token_ms": 20, "first_visible_ms": 40, "latency_ms": 40}
"""What is measured → half of what lies between it and what comes next, in ms."""
KINDS = {
    429: "rate_limit",
    500: "server_error",
    400: "bad_request",
    "truncated": "truncated",
    "disconnect": "connection",
    "malformed": "malformed",
}
PLAN = PlantedPlan(
    first_byte_ms=40,
    first_token_ms=80,
    first_visible_ms=120,
    total_ms=200,
    reasoning="Let me think.",
    input_tokens=1_200,
    cached_tokens=200,
    reasoning_tokens=50,
    output_tokens=300,
    outcomes=(
        Outcome("status", share=0.10, status=429, retry_after_s=0.02),
        Outcome("status", share=0.05, status=500),
        Outcome("status", share=0.05, status=400),
        Outcome("truncated", share=0.05),
        Outcome("disconnect", share=0.05),
        Outcome("malformed", share=0.03),
        Outcome("refusal", share=0.08),
        Outcome("length", share=0.05),
    ),
    seed=3,
)


class Seen:
    """A run that was carried out, and what the server saw of it."""

    def __init__(self, database: str, *, at_once: int = 8) -> None:
        with planted(PLAN) as server:
            engine = open_engine(database)
            upgrade(engine)
            run_id = _order(engine, server, at_once)
            runs.carry_out(engine, run_id)
            self.journal = server.journal()
        with reading(engine) as session:
            self.run = session.get(Run, run_id)
            self.attempts = session.exec(select(Attempt).order_by(Attempt.id)).all()
            self.responses = session.exec(select(Response)).all()
            self.prompts = {prompt.id: prompt.messages[0]["content"] for prompt in session.exec(select(Prompt))}
            self.candidates = {one.id: one for one in session.exec(select(Candidate))}
            self.report = report_object(session, session.exec(select(Dataset)).one(), run_id=run_id)
        engine.dispose()

    def attempts_of(self, name: str) -> list[Attempt]:
        return [attempt for attempt in self.attempts if self.candidates[attempt.candidate_id].name == name]

    def calls_of(self, name: str) -> list[PlantedCall]:
        return [call for call in self.journal if call.api == name]

    def reported(self, name: str) -> dict:
        return next(one for one in self.report["candidates"] if (one["candidate"], one["category"]) == (name, None))

    def pairs(self) -> list[tuple[Attempt, PlantedCall]]:
        """Each attempt with the call that the server saw of it: they share the unit, and their order within it."""
        calls = defaultdict(list)
        for call in self.journal:
            calls[call.api, call.prompt].append(call)
        matched = []
        for attempt in self.attempts:
            unit = self.candidates[attempt.candidate_id].name, self.prompts[attempt.prompt_id]
            matched.append((attempt, calls[unit].pop(0)))
        assert not any(calls.values()), "the server saw calls that nobody wrote down"
        return matched


def _order(engine, server, at_once: int) -> int:
    with writing(engine) as session:
        dataset = Dataset(name="planted", content_hash="planted", created_at=NOW)
        asked = [
            Candidate(
                name=api,
                provider=api,
                model=model,
                settings={"base_url": server.url_for(api), "max_tokens": 500},
                position=position,
                created_at=NOW,
            )
            for position, (api, model) in enumerate(APIS.items())
        ]
        session.add_all([dataset, *asked])
        session.flush()
        for number in range(PROMPTS):
            message = {"role": "user", "content": f"Question {number}?"}
            fields = {"external_id": str(number), "messages": [message], "tags": [], "content_hash": str(number)}
            session.add(Prompt(dataset_id=dataset.id, **fields))
        session.flush()
        order = runs.RunOrder(dataset.id, [one.id for one in asked], concurrency=at_once, seed=1)
        return runs.plan(session, order, now=datetime.now(UTC)).id


@pytest.fixture(scope="module")
def seen(tmp_path_factory) -> Seen:
    return Seen(f"sqlite:///{tmp_path_factory.mktemp('truth') / 'planted.db'}")


def _kind(call: PlantedCall) -> str | None:
    return KINDS.get(call.status) or KINDS.get(call.outcome)


def test_the_plan_was_carried_out_in_every_way_that_it_names(seen):
    happened = Counter(call.outcome if call.status == 200 else call.status for call in seen.journal)
    assert set(happened) == {"answered", "refusal", "length", *KINDS}
    assert seen.run.state == "done"


def test_every_call_is_an_attempt_of_its_kind_and_every_unit_one_response_or_given_up(seen):
    assert [attempt.error_kind for attempt, _ in seen.pairs()] == [_kind(call) for _, call in seen.pairs()]
    assert len(seen.attempts) == len(seen.journal) == seen.run.attempts
    given_up = [attempt for attempt in seen.attempts if attempt.is_last]
    assert len(given_up) == seen.run.failed
    units = Counter((one.candidate_id, one.prompt_id) for one in (*seen.responses, *given_up))
    assert len(units) == PROMPTS * len(APIS)
    assert set(units.values()) == {1}


def test_a_request_is_tried_again_after_what_may_pass_and_only_then(seen):
    tries = defaultdict(list)
    for attempt in seen.attempts:
        tries[attempt.candidate_id, attempt.prompt_id].append(attempt.error_kind)
    for kinds in tries.values():
        assert all(kind not in (None, "bad_request") for kind in kinds[:-1])
        assert kinds[-1] in (None, "bad_request")
    retries = sum(len(kinds) - 1 for kinds in tries.values())
    passing = {"rate_limit", "server_error", "truncated", "connection", "malformed"}
    assert retries == sum(_kind(call) in passing for call in seen.journal) > 10


@pytest.mark.parametrize("name", APIS)
def test_what_is_reported_of_a_candidate_is_what_the_server_did(seen, name):
    calls, reported = seen.calls_of(name), seen.reported(name)
    ends = Counter(call.outcome for call in calls if _kind(call) is None)
    answered = ends.total()
    assert reported["responses"] == answered
    assert reported["errors"] == PROMPTS - answered == sum(call.status == 400 for call in calls)
    assert reported["attempts"] == len(calls)
    assert (reported["refusals"], reported["incomplete"]) == (ends["refusal"], ends["length"])
    assert reported["input_tokens"] == 1_200 * answered
    assert reported["output_tokens"] == 300 * answered


@pytest.mark.parametrize("name", APIS)
def test_costs_are_those_of_the_tokens_that_were_charged_to_the_last_digit(seen, name):
    each = float(
        calc_price(
            Usage(input_tokens=1_200, cache_read_tokens=200, output_tokens=300), APIS[name], provider_id=name
        ).total_price
    )
    paired = [(attempt, call) for attempt, call in seen.pairs() if call.api == name]
    for attempt, call in paired:
        if _kind(call) is None:
            assert (attempt.cost_basis, attempt.cost_usd) == ("reported", each)
            tokens = attempt.input_tokens, attempt.cached_tokens, attempt.output_tokens
            assert tokens == (call.input_tokens, call.cached_tokens, call.output_tokens)
            assert attempt.reasoning_tokens == (50 if name == "openai" else None)
        elif call.is_charged:
            # The stream broke before its last tokens were told: what is known is a part, and never nothing.
            assert attempt.cost_basis in ("reported", "estimated")
            assert 0 < attempt.cost_usd < each
        else:
            assert (attempt.cost_basis, attempt.cost_usd) == ("nothing", 0.0)
    total = sum(attempt.cost_usd for attempt, _ in paired)
    assert seen.reported(name)["cost_usd"] == pytest.approx(total, rel=1e-12)
    assert seen.run.unpriced == 0


def test_the_run_has_spent_what_its_attempts_cost(seen):
    assert seen.run.cost_usd == pytest.approx(sum(attempt.cost_usd for attempt in seen.attempts), rel=1e-12)
    in_responses = sum(response.cost_usd for response in seen.responses)
    given_up = {(one.candidate_id, one.prompt_id) for one in seen.attempts if one.is_last}
    lost = sum(one.cost_usd for one in seen.attempts if (one.candidate_id, one.prompt_id) in given_up)
    assert in_responses + lost == pytest.approx(seen.run.cost_usd, rel=1e-12)


@pytest.mark.parametrize("name", APIS)
def test_each_time_is_that_of_what_it_is_called_after(seen, name):
    """Never before the server sent it; and where nothing else kept the machine, long before what the server sent next.

    How near the times are is measured by the benchmark open_loop.
    """
    whole = [(attempt, call) for attempt, call in seen.pairs() if call.api == name and _kind(call) is None]
    for time, before_ms in TIMES.items():
        sent = "ended_ms" if time == "latency_ms" else time
        late_ms = [getattr(attempt, time) - getattr(call, sent) for attempt, call in whole]
        # The server looks at its clock once it has handed over what it sent, and may be kept from it for a moment.
        assert -20 < min(late_ms) < before_ms, time
    reported = seen.reported(name)
    assert reported["latency_ms"]["p50"] == pytest.approx(median(one.latency_ms for one, _ in whole), rel=0.05)
    assert reported["ttft_ms"]["p50"] == pytest.approx(median(one.first_token_ms for one, _ in whole), rel=0.05)
    assert all(call.first_byte_ms >= 39 and call.ended_ms >= 199 for call in seen.journal if _kind(call) is None)
