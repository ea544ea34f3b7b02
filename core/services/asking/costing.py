"""What an attempt cost, also one that failed: by the provider's own count, by ours, at most, or surely nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.domain.answering import CostBasis, FaultKind, TokenUsage
from core.providers.base import ChatRequest, Endpoint, Message
from core.services.asking.asking import Tried
from core.services.asking.conversation import about_tokens, most_tokens
from core.services.prices import Pricer

DEFAULT_MAX_TOKENS = 4096
_REFUSED_BEFORE_WORK = frozenset(
    {
        FaultKind.RATE_LIMIT,
        FaultKind.OVERLOAD,
        FaultKind.SERVER,
        FaultKind.BAD_REQUEST,
        FaultKind.AUTH,
        FaultKind.QUOTA,
        FaultKind.CONTENT_FILTER,
    }
)
_NO_CONNECTION = frozenset({"ConnectError", "ConnectTimeout", "ConnectionRefusedError", "gaierror"})


@dataclass(frozen=True)
class Cost:
    """``cost_usd`` None: the price is not known."""

    cost_usd: float | None
    basis: CostBasis
    usage: TokenUsage | None = None
    """The tokens it was computed from, and with which prices."""
    rates_id: int | None = None


def most_output(settings: Mapping[str, Any]) -> int:
    """The candidate's max_tokens; where it sets none, 4,096, which is then also what is sent.

    So that every answer has an upper bound that a spending cap can count on, and is the same with and without a cap.
    """
    return int(settings.get("max_tokens") or DEFAULT_MAX_TOKENS)


def ceiling_usd(
    pricer: Pricer,
    endpoint: Endpoint,
    settings: Mapping[str, Any],
    request: ChatRequest,
    *,
    at: datetime,
    is_fallback: bool = False,
) -> float | None:
    """The most that one attempt at ``request`` can cost; None where the price is not known."""
    return pricer.ceiling_usd(
        endpoint,
        settings,
        input_tokens=most_tokens(request.messages),
        max_tokens=request.max_tokens or DEFAULT_MAX_TOKENS,
        at=at,
        is_fallback=is_fallback,
    )


def cost_of(
    pricer: Pricer, tried: Tried, settings: Mapping[str, Any], request: ChatRequest, *, ceiling: float | None
) -> Cost:
    """What ``tried`` cost. ``settings``: the candidate's. ``ceiling``: what was set aside.

    REPORTED where the provider gave its tokens. Without those: ESTIMATED from the characters sent and received where
    an answer (or a part of one) arrived; NOTHING where the endpoint refused, failed without a token, or was never
    reached; RESERVED, the most it can have cost, where it was sent and nothing was heard (a timeout, a connection lost,
    a cancellation).
    """
    answer = tried.completion or tried.fault
    assert answer is not None
    usage, at = answer.usage, tried.started_at
    if usage is not None and usage.input_tokens is not None and usage.output_tokens is not None:
        basis = CostBasis.REPORTED
    elif tried.completion is not None or answer.text or answer.reasoning:
        basis = CostBasis.ESTIMATED
        usage = _counted(request.messages, answer.text + answer.reasoning, usage)
    elif _is_free(tried):
        return Cost(0.0, CostBasis.NOTHING, usage)
    else:
        return Cost(ceiling, CostBasis.RESERVED, usage)
    quote = pricer.quote(
        tried.endpoint, settings, usage, answered_by=answer.answered_by, at=at, is_fallback=tried.is_fallback
    )
    return Cost(quote.cost_usd, basis, usage, quote.rates_id)


def _counted(messages: Sequence[Message], received: str, known: TokenUsage | None) -> TokenUsage:
    sent = sum(about_tokens(message["content"]) for message in messages)
    heard = known or TokenUsage()
    return TokenUsage(
        input_tokens=sent if heard.input_tokens is None else heard.input_tokens,
        cached_tokens=heard.cached_tokens,
        cache_write_tokens=heard.cache_write_tokens,
        output_tokens=max(about_tokens(received), heard.output_tokens or 0),
    )


def _is_free(tried: Tried) -> bool:
    fault = tried.fault
    assert fault is not None
    return fault.kind in _REFUSED_BEFORE_WORK or (fault.kind is FaultKind.CONNECTION and _was_never_reached(fault))


def _was_never_reached(fault: BaseException) -> bool:
    """Whether no connection came about; a connection that broke may have carried the request."""
    cause: BaseException | None = fault
    while cause is not None:
        if type(cause).__name__ in _NO_CONNECTION:
            return True
        cause = cause.__cause__ or cause.__context__
    return False
