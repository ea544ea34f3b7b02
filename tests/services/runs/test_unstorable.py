"""What no database can keep (halves of characters, NUL, numbers without end) stops no run, wherever it comes from."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from core.domain.answering import FinishReason, Timings, TokenUsage
from core.providers.base import ChatRequest, Completion, Endpoint
from core.services import runs
from core.services.asking.trial import try_out
from core.services.runs.carrying import carry_out
from core.services.scoring import evaluators
from core.storage.engine import reading, write
from core.storage.tables import Candidate, JudgeCall
from tests.providers.scripted import BREAK, Reply, ScriptedServer, event, json_reply, openai_chunk
from tests.services.runs.evaluations import NOW, attempts, make, planned, responses, the_run

HIGH, LOW = "\ud83d", "\ude00"
WHOLE = "\U0001f600"
LOST = "\ufffd"


@pytest.fixture
def script() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


def stream(*pieces: str, usage: Any = None, model: str = "model-2026", fingerprint: str | None = None) -> Reply:
    """An answer in these pieces; halves of characters go over the wire as JSON's escapes, as endpoints send them."""
    chunks = [openai_chunk({"content": piece}, model=model, system_fingerprint=fingerprint) for piece in pieces]
    return Reply([*chunks, openai_chunk({}, "stop", usage=usage), event("[DONE]")])


def ask(engine: Engine, script: ScriptedServer, *replies: Reply, **changes: Any) -> int:
    """The id of a run of one question that these replies answer."""
    script.say(*replies)
    run_id = planned(engine, make(engine, f"{script.url}/v1", prompts=1), **changes)
    carry_out(engine, run_id, score=False)
    return run_id


@pytest.mark.regression("1.4")
def test_halves_of_a_character_in_two_pieces_are_one_character(engine: Engine, script: ScriptedServer) -> None:
    run_id = ask(engine, script, stream("Well done ", HIGH, LOW, "!"))
    (response,) = responses(engine, run_id)
    assert (response.turns, the_run(engine, run_id).state) == ([f"Well done {WHOLE}!"], "done")


@pytest.mark.regression("1.4")
@pytest.mark.parametrize("odd", [HIGH, LOW, "\x00", LOW + HIGH], ids=["high", "low", "nul", "reversed"])
def test_what_cannot_be_stored_is_replaced_in_answer_model_and_fingerprint(
    engine: Engine, script: ScriptedServer, odd: str
) -> None:
    run_id = ask(engine, script, stream("It is ", odd, ".", model=f"m{odd}", fingerprint=f"f{odd}"))
    (response,) = responses(engine, run_id)
    lost = LOST * len(odd)
    assert response.turns == [f"It is {lost}."]
    assert (response.answered_by, response.fingerprint) == (f"m{lost}", f"f{lost}")
    assert the_run(engine, run_id).state == "done"


@pytest.mark.regression("1.4")
@pytest.mark.parametrize("odd", [HIGH, "\x00"], ids=["high", "nul"])
def test_what_cannot_be_stored_is_replaced_in_errors_and_in_what_had_arrived(
    engine: Engine, script: ScriptedServer, odd: str
) -> None:
    refusal = json_reply(400, json.dumps({"error": {"message": f"no {odd} here", "type": "invalid_request_error"}}))
    cut = Reply([openai_chunk({"content": f"begun {odd}"}, model=f"m{odd}"), BREAK])
    run_id = ask(engine, script, cut, refusal)
    first, second = attempts(engine, run_id)
    assert (first.text, first.answered_by) == (f"begun {LOST}", f"m{LOST}")
    assert f"no {LOST} here" in (second.error_message or "")
    assert the_run(engine, run_id).state == "done"

    script.say(stream("Now it goes."))
    runs.resume(engine, run_id, now=NOW)
    carry_out(engine, run_id, score=False)
    assert [response.turns for response in responses(engine, run_id)] == [["Now it goes."]]


@pytest.mark.regression("1.4")
def test_the_next_turn_is_asked_with_what_could_be_stored(engine: Engine, script: ScriptedServer) -> None:
    asked = [[{"role": "user", "content": "One?"}, {"role": "user", "content": "Two?"}]]
    script.say(stream(f"A{HIGH}"), stream("B"))
    run_id = planned(engine, make(engine, f"{script.url}/v1", prompts=asked))
    carry_out(engine, run_id, score=False)
    assert [response.turns for response in responses(engine, run_id)] == [[f"A{LOST}", "B"]]
    assert script.received[1].body["messages"][1]["content"] == f"A{LOST}"


@pytest.mark.regression("1.4")
@pytest.mark.parametrize("count", [10**30, -5, 2**31, True], ids=str)
def test_a_count_of_tokens_that_is_none_stops_nothing_and_pays_nothing_back(
    engine: Engine, script: ScriptedServer, count: object
) -> None:
    usage = {"prompt_tokens": count, "completion_tokens": count, "total_tokens": count}
    run_id = ask(engine, script, stream("Fine.", usage=usage))
    (response,) = responses(engine, run_id)
    assert response.turns == ["Fine."]
    assert response.cost_usd is not None
    assert response.cost_usd > 0
    assert attempts(engine, run_id)[0].cost_basis == "estimated"


@pytest.mark.regression("1.4")
def test_a_judges_reply_is_stored_too(engine: Engine, script: ScriptedServer) -> None:
    judge = {"provider": "openai", "model": "judge", "base_url": f"{script.url}/v1", "may_judge_own_family": True}
    write(engine, lambda session: evaluators.add(session, "llm_judge", "Judge", judge, NOW))
    verdict = stream('{"reason": "good ', HIGH, LOW, ' but \\u0000", "score": 4}', model=f"j{HIGH}")
    script.say(stream("An answer."), verdict)
    run_id = planned(engine, make(engine, f"{script.url}/v1", prompts=1))
    carry_out(engine, run_id)
    with reading(engine) as session:
        (call,) = session.exec(select(JudgeCall)).all()
    assert WHOLE in (call.reply or "")
    assert (call.value is not None, call.answered_by, the_run(engine, run_id).state) == (True, f"j{LOST}", "done")


@pytest.mark.regression("1.4")
def test_a_test_call_shows_what_can_be_shown(sqlite_engine: Engine, script: ScriptedServer) -> None:
    made = make(sqlite_engine, f"{script.url}/v1")
    script.say(stream("Hi ", HIGH, LOW, HIGH))
    with reading(sqlite_engine) as session:
        trial = try_out(sqlite_engine, session.get_one(Candidate, made.candidates[0]), now=NOW)
    assert trial.text == f"Hi {WHOLE}{LOST}"
    trial.text.encode()


@pytest.mark.regression("1.4")
def test_an_answer_that_cannot_be_stored_for_another_reason_fails_alone(engine: Engine) -> None:
    class Odd:
        """Every second answer has more tokens than a table's column holds."""

        asked = 0

        async def complete(self, endpoint: Endpoint, request: ChatRequest, *, timeout_s: float) -> Completion:
            Odd.asked += 1
            usage = TokenUsage(input_tokens=2**80 if Odd.asked % 2 else 5, output_tokens=5)
            return Completion("Fine.", FinishReason.STOP, Timings(latency_ms=1.0), usage)

        async def close(self) -> None:
            """Nothing is open."""

    run_id = planned(engine, make(engine, "http://127.0.0.1:9/v1", prompts=6))
    carry_out(engine, run_id, score=False, opening=lambda _: Odd())
    assert len(responses(engine, run_id)) == 3
    assert {each.error_kind for each in attempts(engine, run_id)} == {None, "malformed"}
    assert (the_run(engine, run_id).state, the_run(engine, run_id).failed) == ("done", 3)
