"""Carrying a run out: what is asked in which order, what is kept of it, and how it ends."""

import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from core.domain.answering import FaultKind, Timings
from core.domain.content_hash import digest
from core.errors import BadInput
from core.providers import open_provider
from core.providers.base import ChatRequest, Completion, Endpoint, ProviderFault
from core.services import scoring
from core.services.runs import RunProgress, cancel, carry_out, resume
from core.settings import PROJECT_ROOT
from core.storage.engine import open_engine, reading, writing
from core.storage.tables import Candidate, Response, Run, Score
from tests.echo import echoing
from tests.planted import Outcome, PlantedPlan, PlantedServer
from tests.services.runs.evaluations import (
    NOW,
    assistant,
    attempts,
    counters_are_true,
    make,
    planned,
    responses,
    the_run,
    unit,
    user,
)

pytestmark = pytest.mark.one_database
WATCHED = """
import sys
import threading
from core.services.runs import carry_out
from core.storage.engine import open_engine


class Loads:
    def find_spec(self, name, path=None, target=None):
        if name in ("anthropic", "openai", "onnxruntime", "vaderSentiment", "pyarrow", "pandas"):
            print(name, "loaded", "in the loop" if threading.current_thread() is threading.main_thread() else "apart")


engine = open_engine(sys.argv[1])
sys.meta_path.insert(0, Loads())
sys.addaudithook(lambda event, _: print("asked") if event == "socket.connect" else None)
carry_out(engine, int(sys.argv[2]))
"""


def test_every_candidate_answers_every_prompt_as_often_as_wanted(engine: Engine, server: PlantedServer):
    made = make(engine, server.base_url, server.base_url, prompts=3)
    run_id = planned(engine, made, repetitions=2)
    told: list[RunProgress] = []
    ended = carry_out(engine, run_id, on_progress=told.append, score=False)
    assert (ended.state, ended.planned, ended.responses, ended.failed, ended.left) == ("done", 12, 12, 0, 0)
    assert told[-1] == ended
    wanted = {(c, p, r) for c in made.candidates for p in made.prompts for r in range(2)}
    assert Counter(map(unit, responses(engine, run_id))) == Counter(wanted)
    counters_are_true(engine, run_id)
    run = the_run(engine, run_id)
    assert (run.worker, run.problem) == (None, None)
    assert run.started_at <= run.finished_at


def test_a_response_holds_what_was_measured(engine: Engine, server: PlantedServer):
    server.use(
        PlantedPlan(
            first_byte_ms=20,
            first_token_ms=40,
            first_visible_ms=40,
            total_ms=80,
            text="It is 42.",
            input_tokens=11,
            cached_tokens=4,
            output_tokens=7,
            answered_by="model-0-2026",
        )
    )
    made = make(engine, server.base_url, prompts=1)
    run_id = planned(engine, made)
    carry_out(engine, run_id, score=False)
    (response,), (attempt,) = responses(engine, run_id), attempts(engine, run_id)
    assert response.turns == ["It is 42."]
    assert (response.words, response.content_hash) == (3, digest(["It is 42."]))
    assert (response.input_tokens, response.cached_tokens, response.output_tokens) == (11, 4, 7)
    assert (response.finish_reason, response.answered_by, response.fingerprint) == (
        "stop",
        "model-0-2026",
        "fp_planted",
    )
    assert response.cost_usd == pytest.approx((11 * 1000 + 7 * 2000) / 1e6)
    assert response.attempts == 1
    assert 20 <= response.first_byte_ms <= response.ttft_ms <= response.first_visible_ms <= response.latency_ms
    assert (attempt.cost_basis, attempt.endpoint, attempt.number, attempt.turn) == ("reported", "primary", 1, 0)
    assert attempt.cost_usd == response.cost_usd <= attempt.reserved_usd
    assert attempt.rates_id is not None
    assert attempt.is_warm is False
    assert (attempt.text, attempt.error_kind) == (None, None)


def test_what_a_model_thought_is_kept_apart_from_what_it_answered(engine: Engine, server: PlantedServer):
    server.use(PlantedPlan(first_visible_ms=10, total_ms=20, text="It is 42.", reasoning="Six times seven."))
    asked = [[user("How much?"), user("Are you sure?")], [user("And now?")]]
    run_id = planned(engine, make(engine, server.base_url, prompts=asked))
    carry_out(engine, run_id, score=False)
    came = {len(response.turns): response for response in responses(engine, run_id)}
    assert (came[1].turns, came[1].reasoning) == (["It is 42."], ["Six times seven."])
    assert (came[2].turns, came[2].reasoning) == (["It is 42."] * 2, ["Six times seven."] * 2)
    assert came[1].words == 3
    first = next(attempt for attempt in attempts(engine, run_id) if attempt.text is not None)
    assert (first.text, first.reasoning) == ("It is 42.", "Six times seven."), "for the run that goes on from there"


def test_a_model_that_does_not_say_what_it_thought_thought_nothing(engine: Engine, server: PlantedServer):
    run_id = planned(engine, make(engine, server.base_url, prompts=1))
    carry_out(engine, run_id, score=False)
    assert [response.reasoning for response in responses(engine, run_id)] == [None]


def test_work_is_interleaved_at_random_and_the_seed_says_how(engine: Engine, server: PlantedServer):
    made = make(engine, server.base_url, server.base_url, prompts=10)

    def asked(seed: int) -> list[tuple[str, str]]:
        server.forget()
        carry_out(engine, planned(engine, made, seed=seed, concurrency=1), score=False)
        return [(call.model, call.prompt) for call in server.journal()]

    first, again, other = asked(1), asked(1), asked(2)
    assert first == again
    assert sorted(first) == sorted(other)
    assert first != other
    changes = sum(before[0] != after[0] for before, after in pairwise(first))
    assert changes > 4, "the candidates are asked one after the other"
    assert first != sorted(first)


def test_a_conversation_is_played_turn_by_turn_with_the_candidates_own_answers(engine: Engine, server: PlantedServer):
    server.use(PlantedPlan(text="You said: {prompt}", input_tokens=10, output_tokens=4, first_byte_ms=5, total_ms=10))
    made = make(engine, server.base_url, prompts=[[user("One?"), user("Two?"), user("Three?")]])
    run_id = planned(engine, made)
    carry_out(engine, run_id, score=False)
    (response,) = responses(engine, run_id)
    assert response.turns == ["You said: One?", "You said: Two?", "You said: Three?"]
    assert (response.attempts, response.input_tokens, response.output_tokens) == (3, 30, 12)
    turns = attempts(engine, run_id)
    assert [attempt.turn for attempt in turns] == [0, 1, 2]
    assert response.latency_ms == pytest.approx(sum(attempt.latency_ms for attempt in turns))
    assert response.ttft_ms == turns[0].first_token_ms
    assert response.cost_usd == pytest.approx(sum(attempt.cost_usd for attempt in turns))


def test_answers_that_the_prompt_carries_are_context(engine: Engine, server: PlantedServer):
    made = make(engine, server.base_url, prompts=[[user("One?"), assistant("Given."), user("Two?")]])
    run_id = planned(engine, made)
    carry_out(engine, run_id, score=False)
    assert [len(response.turns) for response in responses(engine, run_id)] == [1]
    assert [call.prompt for call in server.journal()] == ["Two?"]


def test_a_failed_later_turn_is_tried_again_from_there(engine: Engine, server: PlantedServer):
    made = make(engine, server.base_url, prompts=[[user("One?"), user("Two?")]])
    run_id = planned(engine, made)
    assert carry_out(engine, run_id, score=False, opening=FailingAt("Two?")).failed == 1
    server.forget()
    resume(engine, run_id, now=NOW)
    assert carry_out(engine, run_id, score=False).state == "done"
    assert [call.prompt for call in server.journal()] == ["Two?"]
    (response,) = responses(engine, run_id)
    assert response.turns == ["A planted answer to: One?", "A planted answer to: Two?"]
    assert response.attempts == len(attempts(engine, run_id)) == 3
    assert [(each.turn, each.number) for each in attempts(engine, run_id)] == [(0, 1), (1, 1), (1, 2)]
    assert response.cost_usd == pytest.approx(sum(each.cost_usd for each in attempts(engine, run_id)))
    counters_are_true(engine, run_id)


class FailingAt:
    """Opens real providers, whose endpoint refuses one question."""

    def __init__(self, question: str) -> None:
        self.question = question

    def __call__(self, endpoint: Endpoint) -> "FailingAt":
        self.provider = open_provider(endpoint)
        return self

    async def complete(self, endpoint: Endpoint, request: ChatRequest, *, timeout_s: float) -> Completion:
        if request.messages[-1]["content"] == self.question:
            raise ProviderFault(FaultKind.BAD_REQUEST, "refused", timings=Timings(latency_ms=1.0), http_status=400)
        return await self.provider.complete(endpoint, request, timeout_s=timeout_s)

    async def close(self) -> None:
        await self.provider.close()


def test_what_is_given_up_counts_as_failed_and_can_be_tried_again(engine: Engine, server: PlantedServer):
    server.use(PlantedPlan(outcomes=(Outcome("status", status=400),)))
    made = make(engine, server.base_url, prompts=2)
    run_id = planned(engine, made)
    ended = carry_out(engine, run_id, score=False)
    assert (ended.state, ended.responses, ended.failed, ended.cost_usd) == ("done", 0, 2, 0.0)
    last = attempts(engine, run_id)
    assert [(each.is_last, each.error_kind, each.http_status, each.cost_basis) for each in last] == [
        (True, "bad_request", 400, "nothing")
    ] * 2
    server.use(PlantedPlan())
    resume(engine, run_id, now=NOW)
    assert the_run(engine, run_id).failed == 0
    ended = carry_out(engine, run_id, score=False)
    assert (ended.state, ended.responses, ended.failed, ended.attempts) == ("done", 2, 0, 4)
    assert [each.number for each in attempts(engine, run_id)] == [1, 1, 2, 2]
    counters_are_true(engine, run_id)


def test_a_filtered_answer_and_one_that_always_breaks_off_are_kept_as_such(engine: Engine, server: PlantedServer):
    server.use(PlantedPlan(outcomes=(Outcome("content_filter"),)))
    made = make(engine, server.base_url, prompts=1)
    filtered = planned(engine, made)
    assert carry_out(engine, filtered, score=False).responses == 1
    assert responses(engine, filtered)[0].finish_reason == "content_filter"
    assert [(each.error_kind, each.is_last) for each in attempts(engine, filtered)] == [("content_filter", False)]
    server.use(PlantedPlan(outcomes=(Outcome("truncated"),), text="one two three four five six"))
    broken = planned(engine, made, deadline_s=1.5)
    assert carry_out(engine, broken, score=False).responses == 1
    assert responses(engine, broken)[0].finish_reason == "truncated"
    assert responses(engine, broken)[0].turns[0]
    tries = attempts(engine, broken)
    assert len(tries) > 1
    assert {(each.error_kind, each.is_last, each.cost_basis) for each in tries} == {("truncated", False, "estimated")}
    assert all(0 < each.cost_usd <= each.reserved_usd for each in tries)


def test_what_was_never_sent_costs_nothing_and_what_was_never_answered_the_most(engine: Engine, server: PlantedServer):
    made = make(engine, "http://127.0.0.1:9/v1", prompts=1)
    unreached = planned(engine, made, deadline_s=1.0)
    carry_out(engine, unreached, score=False)
    assert {(each.error_kind, each.cost_usd, each.cost_basis) for each in attempts(engine, unreached)} == {
        ("connection", 0.0, "nothing")
    }
    server.use(PlantedPlan(outcomes=(Outcome("hang"),)))
    with writing(engine) as session:
        candidate = session.get_one(Candidate, made.candidates[0])
        candidate.settings = candidate.settings | {"base_url": server.base_url}
        session.add(candidate)
    unanswered = planned(engine, made, deadline_s=1.0)
    carry_out(engine, unanswered, score=False)
    (attempt,) = attempts(engine, unanswered)
    assert (attempt.error_kind, attempt.cost_basis, attempt.is_last) == ("timeout", "reserved", True)
    assert attempt.cost_usd == attempt.reserved_usd > 0
    counters_are_true(engine, unanswered)


def test_what_broke_off_is_counted_as_far_as_it_came(engine: Engine, server: PlantedServer):
    server.use(PlantedPlan(outcomes=(Outcome("disconnect"),), text="one two three four five six"))
    run_id = planned(engine, make(engine, server.base_url, prompts=1), deadline_s=2.0)
    carry_out(engine, run_id, score=False)
    # The last may meet the deadline first, before anything came.
    tries = [each for each in attempts(engine, run_id) if each.error_kind == "connection"]
    assert tries
    assert {each.cost_basis for each in tries} == {"estimated"}
    for each in tries:
        assert each.output_tokens == -(-len(each.text) // 4)
        assert each.cost_usd == pytest.approx((each.input_tokens * 1000 + each.output_tokens * 2000) / 1e6)


def test_responses_are_scored_when_the_run_is_done(engine: Engine, server: PlantedServer):
    scoring.ensure_defaults(engine, now=NOW)
    run_id = planned(engine, make(engine, server.base_url, prompts=3))
    assert carry_out(engine, run_id).state == "done"
    with reading(engine) as session:
        scored = set(session.exec(select(Score.response_id)))
    assert scored == {response.id for response in responses(engine, run_id)}


def test_scores_that_fail_are_said_to_be_missing_and_lose_no_response(
    sqlite_database: str, server: PlantedServer, monkeypatch: pytest.MonkeyPatch
):
    engine = open_engine(sqlite_database)

    def fail(*_args: object) -> int:
        raise ValueError("no tokenizer")

    monkeypatch.setattr(scoring, "score_responses", fail)
    run_id = planned(engine, make(engine, server.base_url, prompts=3))
    ended = carry_out(engine, run_id)
    assert (ended.state, ended.responses) == ("done", 3)
    assert "no tokenizer" in ended.problem
    engine.dispose()


def test_a_run_stops_at_its_cap_and_goes_on_when_it_is_raised(engine: Engine, server: PlantedServer):
    server.use(PlantedPlan(input_tokens=10, output_tokens=20, first_byte_ms=5, total_ms=10))
    made = make(engine, server.base_url, prompts=12)
    cost = (10 * 1000 + 20 * 2000) / 1e6
    run_id = planned(engine, made, max_usd=6 * cost, concurrency=8)
    ended = carry_out(engine, run_id, score=False)
    assert ended.state == "stopped"
    assert 0 < ended.responses < 12
    assert ended.cost_usd <= 6 * cost
    assert "spending cap" in ended.problem
    assert f"{ended.left} responses are left" in ended.problem
    resume(engine, run_id, now=NOW, max_usd=1.0)
    ended = carry_out(engine, run_id, score=False)
    assert (ended.state, ended.responses, ended.problem) == ("done", 12, None)
    counters_are_true(engine, run_id)


def test_resuming_without_raising_the_cap_spends_nothing_more(engine: Engine, server: PlantedServer):
    server.use(PlantedPlan(input_tokens=10, output_tokens=20))
    made = make(engine, server.base_url, prompts=12)
    run_id = planned(engine, made, max_usd=0.4, concurrency=8)
    first = carry_out(engine, run_id, score=False)
    for _ in range(3):
        resume(engine, run_id, now=NOW)
        again = carry_out(engine, run_id, score=False)
        assert again.state == "stopped"
        assert again.cost_usd <= 0.4
    assert again.responses - first.responses <= 1


def test_a_run_with_unknown_prices_says_so_and_costs_nothing_known(engine: Engine, server: PlantedServer):
    made = make(engine, server.base_url, prompts=2, settings={})
    run_id = planned(engine, made)
    ended = carry_out(engine, run_id, score=False)
    assert (ended.state, ended.unpriced, ended.cost_usd) == ("done", 2, 0.0)
    assert [response.cost_usd for response in responses(engine, run_id)] == [None, None]
    counters_are_true(engine, run_id)


def test_a_refused_candidate_is_given_no_more_work_and_the_rest_goes_on(
    engine: Engine, server: PlantedServer, other_server: PlantedServer
):
    other_server.use(PlantedPlan(outcomes=(Outcome("status", status=401),)))
    made = make(engine, server.base_url, other_server.base_url, prompts=30)
    run_id = planned(engine, made, concurrency=2)
    ended = carry_out(engine, run_id, score=False)
    assert ended.state == "stopped"
    assert ended.responses == 30
    assert 3 <= ended.failed < 10
    assert "'model-1'" in ended.problem
    assert "key" in ended.problem
    other_server.use(PlantedPlan())
    resume(engine, run_id, now=NOW)
    ended = carry_out(engine, run_id, score=False)
    assert (ended.state, ended.responses, ended.failed) == ("done", 60, 0)
    assert len(server.journal()) == 30


def test_the_fallback_that_answered_is_on_record(engine: Engine, server: PlantedServer, other_server: PlantedServer):
    server.use(PlantedPlan(outcomes=(Outcome("status", status=401),)))
    fallback = {"base_url": other_server.base_url, "input_usd_per_mtok": 1.0, "output_usd_per_mtok": 2.0}
    made = make(engine, server.base_url, prompts=1, settings={"fallback": fallback})
    run_id = planned(engine, made)
    assert carry_out(engine, run_id, score=False).responses == 1
    assert [(each.endpoint, each.error_kind) for each in attempts(engine, run_id)] == [
        ("primary", "auth"),
        ("fallback", None),
    ]
    assert responses(engine, run_id)[0].cost_usd == attempts(engine, run_id)[1].cost_usd > 0


def _meanwhile(condition: Callable[[], bool], act: Callable[[], object]) -> threading.Thread:
    def wait() -> None:
        until = time.monotonic() + 20
        while not condition() and time.monotonic() < until:
            time.sleep(0.02)
        act()

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def test_a_cancelled_run_keeps_what_had_arrived_and_can_go_on(engine: Engine, server: PlantedServer):
    server.use(PlantedPlan(first_byte_ms=1500, total_ms=1500))
    made = make(engine, server.base_url, prompts=30)
    run_id = planned(engine, made, concurrency=4)
    seen = []

    def cancel_with_some_in_hand() -> None:
        seen.extend(server.journal())
        server.use(PlantedPlan(first_byte_ms=60_000, total_ms=60_000))
        cancel(engine, run_id, now=datetime.now(UTC))

    waiting = _meanwhile(lambda: the_run(engine, run_id).attempts >= 6, cancel_with_some_in_hand)
    ended = carry_out(engine, run_id, score=False)
    waiting.join()
    assert ended.state == "cancelled"
    assert 1 <= ended.responses < 30
    cancelled = [each for each in attempts(engine, run_id) if each.error_kind == "cancelled"]
    assert 1 <= len(cancelled) <= 4
    assert all(each.finished_at is not None and each.cost_usd is not None for each in attempts(engine, run_id))
    assert not any(each.is_last for each in cancelled)
    counters_are_true(engine, run_id)
    seen += server.journal()
    server.use(PlantedPlan())
    assert len(seen) <= ended.attempts
    resume(engine, run_id, now=NOW)
    ended = carry_out(engine, run_id, score=False)
    assert (ended.state, ended.responses) == ("done", 30)
    assert max(Counter(map(unit, responses(engine, run_id))).values()) == 1


def test_a_run_that_ended_cannot_be_cancelled_and_one_that_is_done_not_resumed(engine: Engine, server: PlantedServer):
    run_id = planned(engine, make(engine, server.base_url, prompts=1))
    carry_out(engine, run_id, score=False)
    with pytest.raises(BadInput, match=r"done already"):
        cancel(engine, run_id, now=NOW)
    with pytest.raises(BadInput, match=r"is done"):
        resume(engine, run_id, now=NOW)


def test_a_queued_run_is_cancelled_at_once(engine: Engine, server: PlantedServer):
    run_id = planned(engine, make(engine, server.base_url))
    cancel(engine, run_id, now=NOW)
    assert carry_out(engine, run_id, score=False).state == "cancelled"
    assert server.journal() == []


def test_repetitions_begin_no_sooner_than_they_may(engine: Engine, server: PlantedServer):
    made = make(engine, server.base_url, prompts=3)
    run_id = planned(engine, made, repetitions=2, spread_s=[0.0, 2.0])
    carry_out(engine, run_id, score=False)
    started_at = the_run(engine, run_id).started_at
    by_repetition = {0: [], 1: []}
    for attempt in attempts(engine, run_id):
        by_repetition[attempt.repetition].append(attempt.started_at)
    assert min(by_repetition[1]) >= started_at + timedelta(seconds=2)
    assert max(by_repetition[0]) < started_at + timedelta(seconds=2)


@pytest.mark.every_database
def test_two_runs_at_once_both_come_to_their_end(engine: Engine, server: PlantedServer):
    server.use(PlantedPlan(first_byte_ms=20, total_ms=40))
    made = make(engine, server.base_url, prompts=10)
    ids = [planned(engine, made, seed=seed) for seed in (1, 2)]
    threads = [threading.Thread(target=carry_out, args=(engine, run_id), kwargs={"score": False}) for run_id in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for run_id in ids:
        assert the_run(engine, run_id).state == "done"
        assert len(responses(engine, run_id)) == 10
        counters_are_true(engine, run_id)


@pytest.mark.every_database
def test_who_lost_the_claim_sends_nothing_more(engine: Engine, server: PlantedServer):
    server.use(PlantedPlan(first_byte_ms=50, total_ms=100))
    made = make(engine, server.base_url, prompts=60)
    run_id = planned(engine, made, concurrency=2)

    def take_over() -> None:
        with writing(engine) as session:
            run = session.get_one(Run, run_id, with_for_update=True)
            run.worker, run.heartbeat_at = "elsewhere/1 1 aaaa", datetime.now(UTC)
            session.add(run)

    thief = _meanwhile(lambda: the_run(engine, run_id).responses >= 4, take_over)
    finisher = _meanwhile(
        lambda: the_run(engine, run_id).worker == "elsewhere/1 1 aaaa" and time.sleep(2) is None,
        lambda: _set_state(engine, run_id, "done"),
    )
    carry_out(engine, run_id, score=False)
    thief.join()
    finisher.join()
    sent = len(server.journal())
    assert sent == the_run(engine, run_id).attempts == len(attempts(engine, run_id))
    assert sent < 60
    assert the_run(engine, run_id).worker == "elsewhere/1 1 aaaa"


def _set_state(engine: Engine, run_id: int, state: str) -> None:
    with writing(engine) as session:
        run = session.get_one(Run, run_id)
        run.state = state
        session.add(run)


def test_a_unit_whose_answer_another_process_still_wrote_is_not_counted_as_failed_too(
    engine: Engine, server: PlantedServer
):
    server.use(PlantedPlan(outcomes=(Outcome("hang"),)))
    made = make(engine, server.base_url, prompts=2)
    run_id = planned(engine, made, deadline_s=1.0)

    def write_late() -> None:
        while not attempts(engine, run_id):
            time.sleep(0.01)
        with writing(engine) as session:
            late = {"run_id": run_id, "prompt_id": made.prompts[0], "candidate_id": made.candidates[0]}
            session.add(Response(**late, repetition=0, turns=["Late."], content_hash="late", words=1, created_at=NOW))
            session.get_one(Run, run_id).responses += 1

    lost = threading.Thread(target=write_late)
    lost.start()
    ended = carry_out(engine, run_id, score=False)
    lost.join()
    assert (ended.responses, ended.failed, ended.left) == (1, 1, 0)
    counters_are_true(engine, run_id)


def test_loading_what_asking_and_scoring_take_is_no_time_of_anybody_who_is_asked(
    sqlite_engine: Engine,
) -> None:
    with echoing() as echo:
        made = make(sqlite_engine, echo.address, f"{echo.address}/v1", prompts=1)
        with writing(sqlite_engine) as session:
            session.get_one(Candidate, made.candidates[0]).provider = "anthropic"
        run_id = planned(sqlite_engine, made)
        address = sqlite_engine.url.render_as_string(hide_password=False)
        command = [sys.executable, "-c", WATCHED, address, str(run_id)]
        done = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, timeout=300, check=True)
    said = done.stdout.splitlines()
    loaded, asked = said[: said.index("asked")], said[said.index("asked") :]
    libraries = "anthropic", "onnxruntime", "openai", "pyarrow", "vaderSentiment"
    assert sorted(loaded) == [f"{library} loaded apart" for library in libraries]
    assert set(asked) == {"asked"}
