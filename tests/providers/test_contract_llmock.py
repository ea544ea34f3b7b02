"""Both adapters against llmock: whole answers, and each of its faults as the right kind with what had arrived."""

from collections.abc import Callable

import pytest
from llmock.pytest_plugin import LLMock

from core.domain.answering import FaultKind, FinishReason
from core.providers.base import Endpoint
from tests.providers.conftest import QUESTION, ask, ask_all, fault_from
from tests.providers.dialects import Dialect


@pytest.fixture
def endpoint(dialect: Dialect, mock: LLMock) -> Endpoint:
    return dialect.endpoint(mock.base_url(dialect.name).removesuffix("/v1"))


def test_a_whole_answer_comes_with_text_tokens_model_and_times_in_order(endpoint: Endpoint, mock: LLMock) -> None:
    mock.reply("Of course, here it is.")
    answer = ask(endpoint)
    assert (answer.text, answer.finish_reason) == ("Of course, here it is.", FinishReason.STOP)
    assert (answer.answered_by, answer.reasoning) == ("model", "")
    assert answer.usage is not None and answer.usage.output_tokens is not None and answer.usage.output_tokens > 0
    times = answer.timings
    assert times.first_byte_ms is not None and times.first_token_ms is not None
    assert 0 < times.first_byte_ms <= times.first_token_ms == times.first_visible_ms <= times.latency_ms


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, FaultKind.BAD_REQUEST),
        (401, FaultKind.AUTH),
        (403, FaultKind.AUTH),
        (404, FaultKind.BAD_REQUEST),
        (413, FaultKind.BAD_REQUEST),
        (422, FaultKind.BAD_REQUEST),
        (500, FaultKind.SERVER),
        (502, FaultKind.SERVER),
        (503, FaultKind.OVERLOAD),
        (504, FaultKind.TIMEOUT),
        (529, FaultKind.OVERLOAD),
    ],
)
def test_each_status_is_the_right_kind_of_fault(endpoint: Endpoint, mock: LLMock, status: int, kind: FaultKind) -> None:
    mock.fail(status)
    fault = fault_from(endpoint)
    assert (fault.kind, fault.http_status, fault.text, fault.usage) == (kind, status, "", None)
    assert fault.timings.first_byte_ms is not None and fault.timings.first_token_ms is None
    assert "127.0.0.1" in str(fault)


def test_a_rate_limit_says_when_to_come_back(endpoint: Endpoint, mock: LLMock) -> None:
    mock.rate_limit(retry_after=2.5)
    fault = fault_from(endpoint)
    assert (fault.kind, fault.http_status, fault.retry_after_s) == (FaultKind.RATE_LIMIT, 429, 2.5)


def test_an_empty_purse_is_not_a_rate_limit(endpoint: Endpoint, mock: LLMock) -> None:
    mock.fail(429, code="insufficient_quota", message="You exceeded your current quota.")
    fault = fault_from(endpoint)
    assert fault.kind is FaultKind.QUOTA and not fault.kind.is_passing


def test_nothing_is_tried_twice_behind_our_back(endpoint: Endpoint, mock: LLMock) -> None:
    mock.fail(503, times=None)
    fault_from(endpoint)
    assert len(mock.requests) == 1


def test_a_slow_first_token_is_seen_after_the_first_byte(endpoint: Endpoint, mock: LLMock) -> None:
    mock.slow_first_token(0.3)
    times = ask_all(endpoint, [QUESTION])[0].timings
    assert times.first_token_ms is not None and times.first_token_ms >= 290
    assert times.first_byte_ms is not None and times.first_byte_ms < times.first_token_ms


Break = Callable[[LLMock], LLMock]


@pytest.mark.parametrize(
    ("break_it", "kind"),
    [
        (lambda mock: mock.stall(after_chunks=5, seconds=30), FaultKind.TIMEOUT),
        (lambda mock: mock.disconnect(after_chunks=5), FaultKind.CONNECTION),
        (lambda mock: mock.truncate(after_chunks=5), FaultKind.TRUNCATED),
        (lambda mock: mock.corrupt(after_chunks=5), FaultKind.MALFORMED),
    ],
    ids=["stall", "disconnect", "truncate", "malformed"],
)
def test_a_broken_stream_is_the_right_fault_and_keeps_what_had_arrived(
    endpoint: Endpoint, mock: LLMock, break_it: Break, kind: FaultKind
) -> None:
    whole = "One two three four five six seven eight nine ten."
    break_it(mock.reply(whole))
    fault = fault_from(endpoint, timeout_s=1.0)
    assert fault.kind is kind and fault.kind.is_passing
    assert fault.text and whole.startswith(fault.text) and fault.text != whole
    assert fault.timings.first_token_ms is not None
    assert fault.timings.first_token_ms <= fault.timings.latency_ms


def test_an_empty_answer_is_an_answer(endpoint: Endpoint, mock: LLMock) -> None:
    mock.reply("")
    answer = ask(endpoint)
    assert (answer.text, answer.finish_reason) == ("", FinishReason.STOP)
    assert answer.timings.first_visible_ms is None


def test_limits_that_the_headers_tell_are_read(endpoint: Endpoint, mock: LLMock) -> None:
    mock.limits(rpm=60, tpm=90_000)
    limits = ask(endpoint).limits
    assert limits is not None and limits.remaining_requests == 59
    assert limits.reset_s is not None


def test_where_headers_tell_no_limits_none_are_known(endpoint: Endpoint) -> None:
    assert ask(endpoint).limits is None
