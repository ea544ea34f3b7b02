"""How many requests of a run are in flight at once."""

import asyncio
from collections import Counter

import pytest
from sqlalchemy import Engine

from core.domain.answering import FinishReason, Timings, TokenUsage
from core.providers.base import ChatRequest, Completion, Endpoint
from core.services.runs.carrying import carry_out
from tests.services.runs.evaluations import make, planned, responses


@pytest.mark.regression("1.8")
def test_the_concurrency_bounds_the_requests_at_one_endpoint(engine: Engine) -> None:
    now: Counter[str] = Counter()
    most: Counter[str] = Counter()

    class Slow:
        """Answers after a moment, and counts who waits."""

        async def complete(self, endpoint: Endpoint, request: ChatRequest, *, timeout_s: float) -> Completion:
            here = endpoint.base_url or ""
            now.update([here, "everywhere"])
            for place in (here, "everywhere"):
                most[place] = max(most[place], now[place])
            await asyncio.sleep(0.1)
            now.subtract([here, "everywhere"])
            usage = TokenUsage(input_tokens=1, output_tokens=1)
            return Completion("Fine.", FinishReason.STOP, Timings(latency_ms=1.0), usage)

        async def close(self) -> None:
            """Nothing is open."""

    one, two = "http://127.0.0.1:9/v1", "http://127.0.0.1:9/other"
    run_id = planned(engine, make(engine, one, two, prompts=20), concurrency=3)
    carry_out(engine, run_id, score=False, opening=lambda _: Slow())
    assert len(responses(engine, run_id)) == 40
    assert most == {one: 3, two: 3, "everywhere": 6}
