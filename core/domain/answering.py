"""What comes back from a model, in words that every provider shares: tokens, times, why it ended, what went wrong."""

import re
from dataclasses import dataclass, fields
from enum import StrEnum


class FinishReason(StrEnum):
    """Why an answer ended. TRUNCATED: the stream ended without saying why; INCOMPLETE holds what is cut short."""

    STOP = "stop"
    LENGTH = "length"
    REFUSAL = "refusal"
    CONTENT_FILTER = "content_filter"
    TOOL_CALLS = "tool_calls"
    TRUNCATED = "truncated"
    OTHER = "other"


INCOMPLETE = frozenset({FinishReason.LENGTH, FinishReason.TRUNCATED})

_F = FinishReason
_SYNONYMS = {
    word: reason
    for reason, words in (
        (
            _F.STOP,
            "stopped stop_sequence stop_string stop_string_found end_turn end eos eos_token eos_found eot endoftext "
            "end_of_text end_of_turn end_of_sequence complete completed done finish finished success word normal "
            "stop_word stop_token",
        ),
        (
            _F.LENGTH,
            "max_tokens max_token max_output max_output_tokens max_tokens_reached max_predicted_tokens_reached "
            "max_new_tokens max_length model_length length_limit limit token_limit error_limit context context_length "
            "context_length_reached context_length_exceeded context_window model_context_window_exceeded length_capped "
            "max_completion_tokens token_limit_reached context_window_exceeded",
        ),
        (_F.REFUSAL, "refused"),
        (
            _F.CONTENT_FILTER,
            "content_filtered content_policy_violation safety image_safety recitation blocklist prohibited_content "
            "spii sensitive guardrail guardrails guardrail_intervened moderation flagged blocked error_toxic",
        ),
        (_F.TOOL_CALLS, "tool_use tool_call tool_calling function_call function_calls"),
        (_F.TRUNCATED, "incomplete not_finished"),
    )
    for word in words.split()
}
_NO_REASON = frozenset({"", "null", "none", "nil", "unspecified"})
_FAILED = frozenset(
    {"error", "failed", "abort", "aborted", "cancelled", "canceled", "network_error", "server_error", "timeout"}
    | {"time_limit", "user_cancel", "insufficient_system_resource", "load", "unload"}
)
_LONGEST_WORD = 200
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NOT_OF_A_WORD = re.compile(r"[^a-z0-9]+")
_PREFIX = re.compile(r"(?:finish_reason|stop_reason)_")


def finish_reason_of(word: str) -> FinishReason | None:
    """Our word for a provider's, however that is spelt (MAX_TOKENS, maxTokens, max-tokens); None where we have none."""
    plain = _plain(word)
    if plain in FinishReason.__members__.values():
        return FinishReason(plain)
    return _F.CONTENT_FILTER if plain.startswith("content_filter") else _SYNONYMS.get(plain)


def is_unfinished(word: str) -> bool:
    """Whether a provider's word for why an answer ended says that it has not, as "null" does."""
    return _plain(word) in _NO_REASON


def is_failure(word: str) -> bool:
    """Whether a provider's word for why an answer ended says that the endpoint failed."""
    return _plain(word) in _FAILED


def _plain(word: str) -> str:
    """The word in snake case, without what enumerations put before their members."""
    last = word[:_LONGEST_WORD].strip().rpartition(".")[2]
    return _PREFIX.sub("", _NOT_OF_A_WORD.sub("_", _HUMP.sub("_", last).lower()).strip("_"), count=1)


class FaultKind(StrEnum):
    """What went wrong with an attempt; ``is_passing`` ones are tried again."""

    RATE_LIMIT = "rate_limit"
    OVERLOAD = "overload"
    SERVER = "server_error"
    TIMEOUT = "timeout"
    CONNECTION = "connection"
    TRUNCATED = "truncated"
    MALFORMED = "malformed"
    BAD_REQUEST = "bad_request"
    AUTH = "auth"
    QUOTA = "quota"
    CONTENT_FILTER = "content_filter"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"

    @property
    def is_passing(self) -> bool:
        """Whether another try may succeed."""
        return self in _PASSING


_PASSING = frozenset(
    {
        FaultKind.RATE_LIMIT,
        FaultKind.OVERLOAD,
        FaultKind.SERVER,
        FaultKind.TIMEOUT,
        FaultKind.CONNECTION,
        FaultKind.TRUNCATED,
        FaultKind.MALFORMED,
    }
)


class CostBasis(StrEnum):
    """What an attempt's cost rests on.

    REPORTED: tokens as the provider gave them. ESTIMATED: our own count of what was sent and received before the stream
    broke. RESERVED: nothing was heard back, so the most it can have cost. NOTHING: refused before any work was done.
    """

    REPORTED = "reported"
    ESTIMATED = "estimated"
    RESERVED = "reserved"
    NOTHING = "nothing"


@dataclass(frozen=True)
class TokenUsage:
    """Tokens of one answer; None is not known. Input includes cached ones, output includes reasoning ones."""

    input_tokens: int | None = None
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    output_tokens: int | None = None

    def then(self, later: "TokenUsage") -> "TokenUsage":
        """What is known once ``later`` is told, too: its counts, save where it is silent or says 0 of what was more."""
        return TokenUsage(
            **{each.name: _known(getattr(self, each.name), getattr(later, each.name)) for each in fields(self)}
        )


def _known(before: int | None, now: int | None) -> int | None:
    return before if now is None or (now == 0 and before is not None) else now


@dataclass(frozen=True)
class Timings:
    """Milliseconds from the request's start; None where that never came."""

    latency_ms: float
    """To the last token of an answer; of a fault, to when it was known."""
    first_byte_ms: float | None = None
    """The response's headers."""
    first_token_ms: float | None = None
    """Of any channel, reasoning too; None where the answer came in one piece."""
    first_visible_ms: float | None = None
    """Of the answer proper, after whatever was thought aloud."""
