"""Both adapters against a real model: SmolLM2 on xllamacpp, which speaks OpenAI's and Anthropic's API."""

from dataclasses import replace

from core.domain.answering import FinishReason
from core.providers.base import ChatRequest, Endpoint
from core.providers.presets import request_of
from core.providers.quirks import Quirk
from tests.providers.conftest import ask, ask_all
from tests.providers.dialects import Dialect

ASKED = [{"role": "user", "content": "Tell me about the sea."}]


def at(url: str, dialect: Dialect) -> Endpoint:
    endpoint = dialect.endpoint(url)
    return replace(endpoint, quirks=endpoint.quirks | {Quirk.NO_KEEP_ALIVE})


def test_a_real_model_answers_with_tokens_and_times(dialect: Dialect, model_url: str) -> None:
    answer = ask(at(model_url, dialect), ChatRequest(ASKED, max_tokens=5, temperature=0.0), timeout_s=60)
    assert answer.text.strip() and answer.finish_reason is FinishReason.LENGTH
    assert answer.usage is not None and answer.usage.output_tokens == 5
    assert answer.usage.input_tokens is not None and answer.usage.input_tokens > 5
    assert answer.answered_by == "SmolLM2-135M-Instruct"
    times = answer.timings
    assert times.first_byte_ms is not None and times.first_token_ms is not None
    assert 0 < times.first_byte_ms <= times.first_token_ms == times.first_visible_ms < times.latency_ms


def test_a_real_model_is_given_the_system_prompt_and_the_earlier_turns(dialect: Dialect, model_url: str) -> None:
    later = [*ASKED, {"role": "assistant", "content": "It is salty."}, {"role": "user", "content": "Why?"}]
    asked = [
        request_of({"max_tokens": 1, "system": system}, turns)
        for system, turns in (
            ("Hi.", ASKED),
            ("You are a marine biologist.", ASKED),
            ("You are a marine biologist.", later),
        )
    ]
    answers = ask_all(at(model_url, dialect), asked, timeout_s=60)
    counts = [answer.usage.input_tokens or 0 for answer in answers if answer.usage is not None]
    assert 0 < counts[0] < counts[1] < counts[2]


def test_repetitions_differ_by_their_seed_and_each_can_be_had_again(model_url: str) -> None:
    settings = {"temperature": 1.5, "max_tokens": 8, "seed": 11}
    asked = [request_of(settings, ASKED, repetition=repetition) for repetition in (0, 1, 0)]
    first, second, again = ask_all(at(model_url, Dialect("openai")), asked, timeout_s=60)
    assert first.text == again.text != second.text
