"""The planted server itself: foretold, told apart, and never left behind."""

import http.client
import json
import subprocess
import sys

import pytest

from tests.planted import Outcome, PlantedPlan, planted
from tests.planted.plan import key_of, plan_from
from tests.planted.server import ROOT

ASKED = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "What is the capital of France?"}]}


@pytest.fixture(scope="module")
def server():
    with planted() as running:
        yield running


def post(server, request: dict, path: str = "/v1/chat/completions") -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        connection.request("POST", path, json.dumps(request), {"content-type": "application/json"})
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def test_a_plan_is_the_same_on_the_other_side_of_a_pipe():
    plan = PlantedPlan(outcomes=(Outcome("refusal", 0.5),), tries=(Outcome("hang"),), script=[["a", "b"]], total_ms=7)
    assert plan_from(plan.as_json()) == plan


def test_shares_are_kept_and_the_same_question_fares_the_same_each_time():
    plan = PlantedPlan(outcomes=(Outcome("status", 0.2), Outcome("refusal", 0.1)))
    keys = [key_of("openai", ASKED, f"Question {number}?") for number in range(5_000)]
    drawn = [plan.outcome(key, 0).kind for key in keys]
    assert drawn == [plan.outcome(key, 0).kind for key in keys]
    assert drawn.count("status") / 5_000 == pytest.approx(0.2, abs=0.02)
    assert drawn.count("refusal") / 5_000 == pytest.approx(0.1, abs=0.02)
    assert drawn != [plan.outcome(key, 1).kind for key in keys]


def test_answers_follow_the_script_and_the_journal_says_what_was_charged(server):
    server.use(PlantedPlan(script=[["capital", "Paris."]], text="I do not know {prompt}", input_tokens=9, pieces=1))
    assert '"content":"Paris."' in post(server, ASKED | {"stream_options": {"include_usage": True}})[1]
    assert '"text": "Paris."' in post(server, ASKED, "/v1/messages")[1]
    first, second = server.journal()
    assert (first.api, second.api, first.text, first.outcome) == ("openai", "anthropic", "Paris.", "answered")
    assert (first.input_tokens, first.output_tokens, first.is_charged, first.is_whole) == (9, 1, True, True)
    server.forget()
    assert server.journal() == []


def test_the_tries_of_a_request_go_before_the_shares_and_what_is_refused_is_not_charged(server):
    server.use(PlantedPlan(tries=(Outcome("status", status=529, retry_after_s=2.5),)))
    assert [post(server, ASKED)[0] for _ in range(3)] == [529, 200, 200]
    assert [call.is_charged for call in server.journal()] == [False, True, True]
    assert [call.occurrence for call in server.journal()] == [0, 1, 2]


def test_the_server_ends_with_whoever_started_it():
    command = [sys.executable, "-m", "tests.planted"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert int(process.stdout.readline()) > 0
        process.stdin.close()
        assert process.wait(timeout=10) == 0
