"""What an endpoint says of an error, in whichever shape: whether it is one, its codes, its words, when to come back."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from core import clock
from core.providers.limits import duration_s, rate_limits

_WITHIN = ("error", "errors", "Error", "fault", "detail", "base_resp", "response")
_CODES = ("code", "type", "status", "error_type", "error_code", "errorCode", "status_code", "statusCode", "__type")
_WORDS = ("message", "Message", "msg", "detail", "error_message", "errorMessage", "error_msg", "status_msg")
_ALL_WORDS = (*_WORDS, "error", "faultstring", "error_description", "description", "reason", "title")
_NUMBERS = ("code", "error_code", "errorCode", "status_code", "statusCode", "error_type")
_OF_AN_ERROR = re.compile(r"error|exception|invalid|fail|denied|exceeded|limit|timeout", re.IGNORECASE)
_ANSWERS = ("choices", "delta", "content", "content_block", "usage")
_ERRORS = frozenset({"error", "exception", "failed", "failure", "fail"})
_ALL_WELL = frozenset({"", "0", "200", "200.0", "ok", "success", "none", "null", "true"})
_MOST_DEPTH = 6
_MOST_WORDS = 8_000  # characters that are looked at
_SCRIPT = re.compile(r"<(script|style)\b[^<>]*>.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_TAGS = re.compile(r"<[^<>]*>")
_PAGE = re.compile(r"\s*<(?:!doctype html|html|head|body|title|h1|center)\b", re.IGNORECASE)
_AGAIN_IN = re.compile(
    r"(?:try again|retry|wait)(?: again)? (?:in|after|for) ((?:\d{1,9}(?:\.\d{1,9})? ?(?:ms|[smh])){1,3})\b"
)
_IN_SECONDS = ("retry_after", "retry_after_seconds", "retryAfter")


class StreamError(Exception):
    """A fault that an answer with status 200 itself reports.

    ``body``: its error object or its words. ``is_bare``: it came instead of a stream.
    """

    def __init__(self, body: object, *, is_bare: bool = False) -> None:
        super().__init__("the answer reports an error")
        self.body, self.is_bare = body, is_bare


def is_error(told: Mapping[str, Any], name: str = "", *, is_bare: bool = False) -> bool:
    """Whether what was told, as an event of that ``name`` or bare (see Told), reports that something went wrong."""
    if name in _ERRORS or told.get("object") == "error" or told.get("type") == "error":
        return True
    if told.get("error"):
        return not _is_well(told["error"])
    if told.get("choices") or told.get("delta") or told.get("content_block"):
        return False
    return _reports_failure(told) or _tells_only_what_went_wrong(told, is_bare=is_bare)


def _is_well(error: object) -> bool:
    """Whether an error object says that there was none."""
    if isinstance(error, Mapping):
        return not error.get("message") and str(error.get("code", "")).casefold() in _ALL_WELL
    return isinstance(error, str) and error.casefold() in _ALL_WELL


def _reports_failure(told: Mapping[str, Any]) -> bool:
    """Whether a sign of failure stands in it."""
    if told.get("success") is False or told.get("errors") or isinstance(told.get("fault"), Mapping):
        return True
    if any(str(told.get(name)).casefold() in _ERRORS for name in ("status", "type", "event")):
        return True
    base = told.get("base_resp")
    return isinstance(base, Mapping) and str(base.get("status_code", 0)).casefold() not in _ALL_WELL


def _tells_only_what_went_wrong(told: Mapping[str, Any], *, is_bare: bool) -> bool:
    """Whether it tells no part of an answer, but words and, in a stream, what makes them those of an error."""
    if _own_words(told, _WORDS) is None:
        return False
    numbers = [str(told[name]).casefold() for name in _NUMBERS if isinstance(told.get(name), str | int | float)]
    if numbers:
        return not set(numbers) <= _ALL_WELL
    if any(field in told for field in _ANSWERS):
        return False
    kind = told.get("type")
    return is_bare or not isinstance(kind, str) or _OF_AN_ERROR.search(kind) is not None


def is_page(words: str) -> bool:
    """Whether it is a web page."""
    return _PAGE.match(words) is not None


def codes_of(body: object) -> list[str]:
    """The error's codes in small letters, the innermost first."""
    return [
        str(error[name]).casefold()
        for error in _errors(body)
        for name in _CODES
        if isinstance(error.get(name), str | int | float)
    ]


def words_of(body: object) -> str:
    """The error's words on one line, without mark-up; its JSON where it has none, and nothing of nothing."""
    found = next((words for error in _errors(body) if (words := _own_words(error, _ALL_WORDS))), None)
    if found is None:
        found = body if isinstance(body, str) else _as_json(body)
    raw = next((raw for error in _errors(body) if (raw := _raw(error))), "")
    plain = _SCRIPT.sub(" ", f"{found[:_MOST_WORDS]} {raw}")
    return " ".join(_TAGS.sub(" ", plain).split())


def _as_json(body: object) -> str:
    try:
        return json.dumps(body, ensure_ascii=False) if body else ""
    except RecursionError:
        return ""


def delay_of(body: object) -> float | None:
    """When to come back in seconds, where the body tells: as Google's, OpenRouter's and OpenAI's do."""
    now = clock.now()
    for error in _errors(body):
        told = next((error[name] for name in _IN_SECONDS if isinstance(error.get(name), str | int | float)), None)
        details = error.get("details")
        for detail in details if isinstance(details, list) else ():
            if isinstance(detail, Mapping) and isinstance(detail.get("retryDelay"), str):
                told = detail["retryDelay"]
        if told is not None and (seconds := duration_s(str(told), now=now)) is not None:
            return seconds
        metadata = error.get("metadata")
        headers = metadata.get("headers") if isinstance(metadata, Mapping) else None
        if isinstance(headers, Mapping):
            limits = rate_limits(
                [(str(k).encode(), str(v).encode()) for k, v in headers.items()], now=now, is_refused=True
            )
            if limits is not None and limits.wait_s is not None:
                return limits.wait_s
    again = _AGAIN_IN.search(words_of(body)[:_MOST_WORDS].casefold())
    return duration_s(again[1].replace(" ", ""), now=now) if again else None


def _errors(body: object, depth: int = 0) -> Iterator[Mapping[str, Any]]:
    """The objects that may describe the error, the innermost first."""
    if isinstance(body, list) and body:
        body = body[0]
    if not isinstance(body, Mapping) or depth > _MOST_DEPTH:
        return
    for name in _WITHIN:
        yield from _errors(body.get(name), depth + 1)
    yield body


def _own_words(error: Mapping[str, Any], names: Sequence[str]) -> str | None:
    for name in names:
        words = error.get(name)
        if isinstance(words, list):
            words = "; ".join(each for each in words[:9] if isinstance(each, str))
        if isinstance(words, str) and words.strip():
            return words
    return None


def _raw(error: Mapping[str, Any]) -> str:
    """What a gateway passes on of its upstream's own words."""
    metadata = error.get("metadata")
    raw = metadata.get("raw") if isinstance(metadata, Mapping) else None
    return raw[:_MOST_WORDS] if isinstance(raw, str) else ""
