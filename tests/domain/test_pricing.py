"""Prices: to the cent with the library that publishes them, complete when stored, and never a guess."""

import json
import random
from datetime import UTC, datetime, timedelta

import pytest
from genai_prices import Usage, calc_price
from genai_prices.data_snapshot import get_snapshot
from hypothesis import given
from hypothesis import strategies as st

from core.domain.answering import TokenUsage
from core.domain.pricing import Rates, Tariff, Tier, cost_usd, most_usd, provider_of_url, public_rates
from tests.stored_rates import rates_from

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
KNOWN = [
    ("openai", "gpt-4o", "gpt-4o"),
    ("openai", "gpt-4o-2024-08-06", "gpt-4o"),
    ("openai", "o3", "o3"),
    ("anthropic", "claude-sonnet-4-5-20250929", "claude-sonnet-4-5"),
    ("google", "gemini-2.5-pro", "gemini-2.5-pro"),
    ("mistral", "mistral-small-latest", "mistral-small-latest"),
    ("deepseek", "deepseek-chat", "deepseek-chat"),
    ("groq", "llama-3.3-70b-versatile", "llama-3.3-70b-versatile"),
    ("openrouter", "openai/gpt-4o", "openai/gpt-4o"),
    ("perplexity", "sonar-pro", "sonar-pro"),
]


def known(model: str = "gpt-4o", provider: str = "openai", at: datetime = AT) -> Rates:
    rates = public_rates(model, provider=provider, at=at)
    assert rates is not None
    return rates


def simple(**more) -> Rates:
    return Rates(
        **{
            "source": "test",
            "provider": "p",
            "model": "m",
            "input_usd_per_mtok": 2.0,
            "output_usd_per_mtok": 8.0,
            **more,
        }
    )


def library_usd(provider: str, model: str, usage: TokenUsage, *, at: datetime, batch: bool = False) -> float:
    counts = {
        "input_tokens": usage.input_tokens,
        "cache_read_tokens": usage.cached_tokens,
        "cache_write_tokens": usage.cache_write_tokens,
        "output_tokens": usage.output_tokens,
        "output_reasoning_tokens": usage.reasoning_tokens,
    }
    context = {"processing": "batch"} if batch else None
    found = calc_price(Usage(**counts), model, provider_id=provider, genai_request_timestamp=at, price_context=context)
    return float(found.total_price)


@pytest.mark.parametrize(("provider", "name", "model"), KNOWN)
def test_a_known_model_costs_what_the_library_says_whatever_was_cached_or_reasoned(provider, name, model):
    rates = known(name, provider)
    assert rates.model == model
    for usage in (
        TokenUsage(input_tokens=1_000, output_tokens=500),
        TokenUsage(input_tokens=1_000, cached_tokens=900, output_tokens=500),
        TokenUsage(input_tokens=50_000, cached_tokens=100, cache_write_tokens=40_000, output_tokens=1),
        TokenUsage(input_tokens=7, output_tokens=4_000, reasoning_tokens=3_990),
        TokenUsage(input_tokens=300_000, output_tokens=10),
    ):
        for batch in (False, True):
            assert cost_usd(usage, rates, batch=batch) == library_usd(provider, name, usage, at=AT, batch=batch)


def test_every_model_that_the_library_prices_for_chat_is_priced_alike_and_its_stored_rates_give_the_same_again():
    rng, priced = random.Random(5), 0
    for provider in get_snapshot().providers:
        for model in rng.sample(provider.models, min(6, len(provider.models))):
            at = AT - timedelta(days=rng.randint(0, 700), hours=rng.randint(0, 23))
            rates = public_rates(model.id, provider=provider.id, at=at)
            if rates is None:
                continue
            priced += 1
            sent = rng.choice([900, 120_000, 400_000])
            cached, answered = rng.randint(0, sent), rng.randint(0, 9_000)
            usage = TokenUsage(sent, cached, rng.randint(0, sent - cached), rng.randint(0, answered), answered)
            stored = rates_from(json.loads(json.dumps(rates.as_json())))
            assert stored == rates
            assert stored.content_hash == rates.content_hash
            for batch in (False, True):
                wanted = library_usd(provider.id, model.id, usage, at=at, batch=batch)
                assert cost_usd(usage, stored, batch=batch) == wanted, (provider.id, model.id)
    assert priced > 150


def test_a_published_price_is_the_one_of_the_day_and_of_the_hour():
    before, after = (known("o3", at=datetime(2025, 6, day, tzinfo=UTC)) for day in (9, 10))
    assert (before.input_usd_per_mtok, after.input_usd_per_mtok) == (10.0, 2.0)
    dear, cheap = (known("deepseek-chat", "deepseek", AT.replace(hour=hour)) for hour in (9, 20))
    assert dear.output_usd_per_mtok == 2 * cheap.output_usd_per_mtok


def test_a_long_input_pays_the_tier_for_all_its_tokens():
    rates = known("claude-sonnet-4-5", "anthropic")
    assert [tier.above_input_tokens for tier in rates.tiers] == [200_000]
    assert cost_usd(TokenUsage(input_tokens=200_000, output_tokens=0), rates) == 0.6
    assert cost_usd(TokenUsage(input_tokens=200_001, output_tokens=0), rates) == pytest.approx(1.200006, abs=1e-12)


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("openai", "gpt-9-imagined"),
        ("openai", "claude-sonnet-4-5"),
        ("azure", "gpt-5.2"),  # the library would fall back to another provider's price
        ("openai-like", "gpt-4o"),  # the library would find a provider by part of its name
        ("openrouter", "openrouter/auto"),
        ("tokenmix", "gpt-4o"),
        ("openai", "text-embedding-3-small"),  # no output price: not a chat model
        ("", "gpt-4o"),
        (None, "gpt-4o"),
    ],
)
def test_what_the_provider_does_not_list_is_unknown_and_not_taken_from_another(provider, model):
    assert public_rates(model, provider=provider, at=AT) is None


def test_a_batch_costs_the_published_batch_price_and_where_there_is_none_the_standard_one_and_says_so():
    usage = TokenUsage(input_tokens=1_000_000, output_tokens=0)
    listed = known("o3")
    assert listed.batch is not None
    assert cost_usd(usage, listed, batch=True) == cost_usd(usage, listed) / 2
    unlisted = known("deepseek-chat", "deepseek")
    assert unlisted.batch is None
    assert cost_usd(usage, unlisted, batch=True) == cost_usd(usage, unlisted)
    assert known("o3", at=datetime(2025, 7, 1, tzinfo=UTC)).batch is None, "not listed yet on that day"


@pytest.mark.parametrize(
    "usage",
    [
        None,
        TokenUsage(),
        TokenUsage(input_tokens=5),
        TokenUsage(output_tokens=5),
        TokenUsage(input_tokens=5, cached_tokens=6, output_tokens=1),
        TokenUsage(input_tokens=5, output_tokens=1, reasoning_tokens=2),
    ],
)
def test_tokens_that_are_not_known_or_contradict_themselves_have_no_cost(usage):
    assert cost_usd(usage, simple()) is None
    assert cost_usd(usage, simple(input_usd_per_mtok=0.0, output_usd_per_mtok=0.0)) == 0.0


def test_cached_and_reasoning_tokens_without_a_price_of_their_own_cost_as_input_and_output():
    usage = TokenUsage(
        input_tokens=1_000, cached_tokens=400, cache_write_tokens=100, output_tokens=100, reasoning_tokens=60
    )
    assert cost_usd(usage, simple()) == 0.0028
    dear = simple(cached_input_usd_per_mtok=0.0, cache_write_usd_per_mtok=4.0, reasoning_usd_per_mtok=10.0)
    assert cost_usd(usage, dear) == pytest.approx((500 * 2 + 100 * 4 + 40 * 8 + 60 * 10) / 1e6, abs=1e-18)


tokens = st.integers(0, 400_000)


@given(sent=tokens, cached=tokens, written=tokens, answered=tokens, reasoned=tokens)
def test_the_most_that_a_request_can_cost_is_never_less_than_what_it_costs(sent, cached, written, answered, reasoned):
    cached = min(cached, sent)
    usage = TokenUsage(sent, cached, min(written, sent - cached), min(reasoned, answered), answered)
    odd = simple(
        cache_write_usd_per_mtok=3.0,
        reasoning_usd_per_mtok=1.0,
        request_usd=0.01,
        tiers=(Tier(above_input_tokens=100_000, input_usd_per_mtok=1.0, output_usd_per_mtok=2.0),),
        batch=Tariff(input_usd_per_mtok=1.0, output_usd_per_mtok=4.0),
    )
    for rates in (odd, known(), known("claude-sonnet-4-5", "anthropic"), known("gemini-2.5-pro", "google")):
        assert cost_usd(usage, rates) <= most_usd(rates, input_tokens=sent, max_output_tokens=answered)


def test_rates_that_differ_in_anything_have_another_hash():
    variants = [
        simple(),
        simple(source="other"),
        simple(cached_input_usd_per_mtok=0.0),
        simple(tiers=(Tier(above_input_tokens=5, input_usd_per_mtok=1.0, output_usd_per_mtok=1.0),)),
        simple(batch=Tariff(input_usd_per_mtok=1.0, output_usd_per_mtok=4.0)),
    ]
    assert len({rates.content_hash for rates in variants}) == len(variants)
    assert all(rates_from(rates.as_json()) == rates for rates in variants)


def test_an_address_tells_its_owner_and_one_that_nobody_claims_tells_nothing():
    assert provider_of_url("https://openrouter.ai/api/v1") == "openrouter"
    assert provider_of_url("http://127.0.0.1:8000/v1") is None
