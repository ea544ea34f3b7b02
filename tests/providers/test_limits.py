"""What headers and bodies tell of limits, and of when to come back."""

from datetime import UTC, datetime, timedelta

import pytest

from core.providers.error_bodies import delay_of
from core.providers.limits import duration_s, rate_limits, retry_after_s

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
EPOCH = NOW.timestamp()


def limits(headers: dict[str, str], *, is_refused: bool = False):
    raw = [(name.encode(), content.encode()) for name, content in headers.items()]
    return rate_limits(raw, now=NOW, is_refused=is_refused)


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("12", 12.0),
        ("0.83", 0.83),
        ("250ms", 0.25),
        ("2s", 2.0),
        ("1m 30s", 90.0),
        ("2 minutes", 120.0),
        ("6m0.5s", 360.5),
        (f"{EPOCH + 9:.0f}", 9.0),
        (f"{1000 * (EPOCH + 9):.0f}", 9.0),
        (f"{1e9 * (EPOCH + 9):.0f}", 9.0),
        (f"{EPOCH - 9:.0f}", 0.0),
        ((NOW + timedelta(seconds=9)).isoformat(), 9.0),
        ("Sun, 22 Nov 2026 12:00:09 GMT", 9.0),
        ("Sun, 22 Nov 2020 12:00:09 GMT", 0.0),
        ("Thu, 99 Foo 99999 25:61:00 GMT", None),
        ("soon", None),
        ("-3", None),
        ("nan", None),
        ("", None),
    ],
)
def test_a_time_to_wait_is_read_in_every_spelling(told: str, seconds: float | None) -> None:
    assert duration_s(told, now=NOW) == (None if seconds is None else pytest.approx(seconds, abs=0.001))


def test_the_header_in_milliseconds_goes_before_that_in_seconds() -> None:
    assert retry_after_s({"retry-after-ms": "250", "retry-after": "1"}, now=NOW) == 0.25
    assert retry_after_s({"retry-after": f"{EPOCH + 5:.0f}"}, now=NOW) == pytest.approx(5)
    assert retry_after_s({}, now=NOW) is None


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        (
            {
                "x-ratelimit-remaining-requests": "0",
                "x-ratelimit-reset-requests": "3s",
                "x-ratelimit-remaining-tokens": "5000",
                "x-ratelimit-reset-tokens": "1h",
            },
            3.0,
        ),
        (
            {
                "anthropic-ratelimit-requests-remaining": "9",
                "anthropic-ratelimit-requests-reset": "2026-11-22T13:00:00Z",
                "anthropic-ratelimit-input-tokens-remaining": "0",
                "anthropic-ratelimit-input-tokens-reset": "2026-11-22T12:00:04Z",
            },
            4.0,
        ),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": f"{1000 * EPOCH + 2000:.0f}"}, 2.0),
        ({"x-ratelimit-remaining-requests-day": "0", "x-ratelimit-reset-requests-day": "70"}, 70.0),
        ({"ratelimit-remaining": "0", "ratelimit-reset": "7"}, 7.0),
        ({"ratelimit": '"default";r=0;t=7'}, 7.0),
        ({"x-ratelimit-remaining": "3", "x-ratelimit-reset": "7"}, None),
        ({"x-ratelimit-limit": "0", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "7"}, None),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-tokens": "7"}, None),
    ],
)
def test_only_what_is_used_up_is_waited_for(headers: dict[str, str], wait_s: float | None) -> None:
    found = limits(headers)
    assert found is not None
    assert found.wait_s == (None if wait_s is None else pytest.approx(wait_s, abs=0.01))


def test_who_refuses_and_says_only_when_to_come_back_has_nothing_left() -> None:
    assert limits({"x-ratelimit-reset": "7"}).wait_s is None
    assert limits({"x-ratelimit-reset": "7"}, is_refused=True).wait_s == 7.0
    assert limits({"content-type": "x"}) is None


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        ({"error": {"details": [{"retryDelay": "34s"}]}}, 34.0),
        ({"error": {"message": "Rate limit reached. Please try again in 1m2.5s. See our page."}}, 62.5),
        ({"error": {"message": "Slow down", "retry_after": 3}}, 3.0),
        ({"error": {"metadata": {"headers": {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "9"}}}}, 9.0),
        ({"error": {"message": "Slow down", "details": "x", "metadata": []}}, None),
        ("try again in 5s", 5.0),
        (None, None),
    ],
)
def test_a_body_may_say_when_to_come_back(body: object, seconds: float | None) -> None:
    assert delay_of(body) == seconds
