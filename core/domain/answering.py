"""What comes back from a model, in words that every provider shares: tokens, times, why it ended, what went wrong."""

from dataclasses import dataclass
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

_SYNONYMS = {
    "end_turn": FinishReason.STOP,
    "stop_sequence": FinishReason.STOP,
    "eos": FinishReason.STOP,
    "eos_token": FinishReason.STOP,
    "complete": FinishReason.STOP,
    "max_tokens": FinishReason.LENGTH,
    "max_output_tokens": FinishReason.LENGTH,
    "model_context_window_exceeded": FinishReason.LENGTH,
    "incomplete": FinishReason.TRUNCATED,
    "safety": FinishReason.CONTENT_FILTER,
    "prohibited_content": FinishReason.CONTENT_FILTER,
    "tool_use": FinishReason.TOOL_CALLS,
    "function_call": FinishReason.TOOL_CALLS,
}


def finish_reason_of(word: str) -> FinishReason | None:
    """Our word for a provider's, whose case does not matter; None where we have none."""
    plain = word.strip().lower()
    return FinishReason(plain) if plain in FinishReason.__members__.values() else _SYNONYMS.get(plain)


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


@dataclass(frozen=True)
class Timings:
    """Milliseconds from the request's start; None where that never came."""

    latency_ms: float
    first_byte_ms: float | None = None
    """The response's headers."""
    first_token_ms: float | None = None
    """Of any channel, reasoning too."""
    first_visible_ms: float | None = None
    """Of the answer itself."""
