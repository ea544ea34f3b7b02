"""Drift from end to end: providers on loopback change what they answer, and a check names which of them did what."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from core.domain.drift import Tier
from core.domain.drift.causes import Cause
from tests.services.watching.loopback_provider import LoopbackProvider, loopback_provider
from tests.services.watching.over_http import asked


@pytest.fixture
def providers() -> Iterator[tuple[LoopbackProvider, ...]]:
    """Three servers."""
    with loopback_provider(1) as a, loopback_provider(2) as b, loopback_provider(3) as c:
        yield a, b, c


@pytest.mark.long
def test_a_new_model_behind_a_name_a_price_and_longer_answers_are_each_put_down_to_what_they_are(
    sqlite_engine: Engine, providers: tuple[LoopbackProvider, ...]
):
    made = asked(sqlite_engine, providers)
    for _ in range(3):
        made.run()
    assert made.check() == []
    a, b, c = providers
    a.quality, a.name = 0.2, "model-2"
    made.price("B", 1.6)
    b.output_tokens = 100
    c.output_tokens = 180
    made.run()
    found = {(one.candidate, one.metric.name): one for one in made.check()}
    fallen, dearer, longer = found["A", "acceptable"], found["B", "cost_usd"], found["C", "cost_usd"]
    assert (fallen.tier, fallen.causes) == (Tier.ALARM, (Cause.MODEL_VERSION,))
    assert "answers as 'model-2' instead of 'model-1'" in fallen.sentence
    assert (dearer.causes, longer.causes) == ((Cause.PRICES,), (Cause.PROVIDER,))
    assert {one.candidate for one in found.values() if one.metric.name == "acceptable"} == {"A"}
