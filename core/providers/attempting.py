"""One attempt, from its start to a Completion or a ProviderFault."""

import asyncio
from collections.abc import Awaitable, Callable

from core.domain.answering import FinishReason
from core.providers import faults
from core.providers.base import Completion, Endpoint, ProviderFault
from core.providers.hearing import Hearing, begin


async def attempt(endpoint: Endpoint, listen: Callable[[Hearing], Awaitable[None]], *, timeout_s: float) -> Completion:
    """Let ``listen`` fill a Hearing for at most ``timeout_s`` seconds, and judge what came of it.

    An answer whose finish reason has arrived is whole, whatever becomes of the connection afterwards; a short grace
    (FOR_USAGE_S, FOR_THE_END_S) is left to what may follow. Raises ProviderFault for everything else, a content
    filter's verdict included; only cancellation passes through.
    """
    limit = asyncio.timeout(timeout_s)
    hearing = begin(limit)
    try:
        async with limit:
            await listen(hearing)
    except ProviderFault:
        raise
    except Exception as error:
        if hearing.finish_reason is None or hearing.finished is None:
            raise faults.fault_of(error, endpoint, hearing, timeout_s=timeout_s) from None
    if hearing.finish_reason is None:
        raise faults.truncated(endpoint, hearing)
    if hearing.finish_reason is FinishReason.CONTENT_FILTER:
        raise faults.filtered(endpoint, hearing)
    return hearing.completion()
