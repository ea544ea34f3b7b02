"""What tokens cost: rates as they stood at a request's time, complete enough to compute its cost again later.

Published rates come from the genai-prices library, which is looked into once per model: it takes milliseconds.
Amounts are computed in decimals, so that the same tokens and rates always give the same cost to the last digit.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from importlib.metadata import version
from typing import Any

from genai_prices.data_snapshot import find_provider_by_id, get_snapshot
from genai_prices.types import ModelInfo, ModelPrice, PriceVariant, TieredPrices

from core.domain.answering import TokenUsage

PUBLISHED = f"genai-prices {version('genai-prices')}"
_BATCH = {"processing": "batch"}
_MILLION = Decimal(1_000_000)
_LIBRARY_NAMES = {
    "input_usd_per_mtok": "input_mtok",
    "output_usd_per_mtok": "output_mtok",
    "cached_input_usd_per_mtok": "cache_read_mtok",
    "cache_write_usd_per_mtok": "cache_write_mtok",
    "reasoning_usd_per_mtok": "output_reasoning_mtok",
}


@dataclass(frozen=True, kw_only=True)
class TokenPrices:
    """US dollars per million tokens; None: cached and written-to-cache ones cost as input, reasoning ones as output."""

    input_usd_per_mtok: float
    output_usd_per_mtok: float
    cached_input_usd_per_mtok: float | None = None
    cache_write_usd_per_mtok: float | None = None
    reasoning_usd_per_mtok: float | None = None

    @property
    def dearest_input_usd_per_mtok(self) -> float:
        """The most that an input token can cost, cached or written to the cache or neither."""
        rest = (self.cached_input_usd_per_mtok, self.cache_write_usd_per_mtok)
        return max(self.input_usd_per_mtok, *(price for price in rest if price is not None), 0.0)

    @property
    def dearest_output_usd_per_mtok(self) -> float:
        """The most that an output token can cost, reasoning or not."""
        return max(self.output_usd_per_mtok, self.reasoning_usd_per_mtok or 0.0)


@dataclass(frozen=True, kw_only=True)
class Tier(TokenPrices):
    """Prices of *all* tokens of a request whose input, cached tokens included, is above this many tokens."""

    above_input_tokens: int


@dataclass(frozen=True, kw_only=True)
class Tariff(TokenPrices):
    """Prices, and the tiers that replace them for long inputs (in rising order)."""

    tiers: tuple[Tier, ...] = ()

    def prices_for(self, input_tokens: int) -> TokenPrices:
        """The prices of a request with this many input tokens, cached ones included."""
        reached = [tier for tier in self.tiers if input_tokens > tier.above_input_tokens]
        return reached[-1] if reached else self


@dataclass(frozen=True, kw_only=True)
class Rates(Tariff):
    """What one model of one provider charges at one time."""

    source: str
    """genai-prices and its version | candidate | admin | local."""
    provider: str
    model: str
    request_usd: float = 0.0
    """Charged for each request."""
    batch: Tariff | None = None
    """What the provider's batch API charges; None where that is not known."""

    @property
    def is_free(self) -> bool:
        """Whether no number of tokens costs anything."""
        tariffs = (self, *self.tiers)
        dear = (
            price for each in tariffs for price in (each.dearest_input_usd_per_mtok, each.dearest_output_usd_per_mtok)
        )
        return self.request_usd == 0 and not any(dear)

    def as_json(self) -> dict[str, Any]:
        """The rates as JSON: all that they were made of."""
        return asdict(self) | {"tiers": [asdict(tier) for tier in self.tiers]}

    @property
    def content_hash(self) -> str:
        """SHA-256 of the JSON: equal rates have equal hashes, on every machine."""
        return hashlib.sha256(json.dumps(self.as_json(), sort_keys=True).encode()).hexdigest()


def cost_usd(usage: TokenUsage | None, rates: Rates, *, batch: bool = False) -> float | None:
    """What ``usage`` costs; None where the tokens are not known, or contradict themselves (more cached than input).

    ``batch``: sent through the provider's batch API. Where its price is not known the standard one is taken: ask
    ``rates.batch is None`` to say so. Cached tokens that the provider does not mention cost as input.
    """
    if rates.is_free:
        return 0.0
    if usage is None or usage.input_tokens is None or usage.output_tokens is None:
        return None
    cached, written = usage.cached_tokens or 0, usage.cache_write_tokens or 0
    reasoning = usage.reasoning_tokens or 0
    plain, spoken = usage.input_tokens - cached - written, usage.output_tokens - reasoning
    if min(plain, spoken, cached, written, reasoning) < 0:
        return None
    tariff: Tariff = rates.batch if batch and rates.batch is not None else rates
    prices = tariff.prices_for(usage.input_tokens)
    total = (
        plain * _exact(prices.input_usd_per_mtok)
        + cached * _exact(_or(prices.cached_input_usd_per_mtok, prices.input_usd_per_mtok))
        + written * _exact(_or(prices.cache_write_usd_per_mtok, prices.input_usd_per_mtok))
        + spoken * _exact(prices.output_usd_per_mtok)
        + reasoning * _exact(_or(prices.reasoning_usd_per_mtok, prices.output_usd_per_mtok))
    )
    return float(total / _MILLION + _exact(rates.request_usd))


def most_usd(rates: Rates, *, input_tokens: int, max_output_tokens: int) -> float:
    """The most that a request can cost with at most so many tokens, whatever is cached, reasoned or tiered."""
    reached = [rates, *(tier for tier in rates.tiers if input_tokens > tier.above_input_tokens)]
    dearest = max(
        input_tokens * _exact(prices.dearest_input_usd_per_mtok)
        + max_output_tokens * _exact(prices.dearest_output_usd_per_mtok)
        for prices in reached
    )
    return float(dearest / _MILLION + _exact(rates.request_usd))


@lru_cache(maxsize=8192)
def _exact(price: float) -> Decimal:
    """The decimal that was meant: 0.1 is a tenth."""
    return Decimal(repr(price))


def _or(price: float | None, otherwise: float) -> float:
    return otherwise if price is None else price


def public_rates(model: str, *, provider: str | None, at: datetime) -> Rates | None:
    """The published rates of a provider's model for a request at ``at``; None where they are not known.

    ``provider``: its id in genai-prices, None for one that publishes no prices. No other provider's prices are ever
    taken for a model that this one does not list, though the library would at times.
    """
    if at.tzinfo is None:
        raise ValueError("a time without a zone has no price")
    if provider is None:
        return None
    found = _listed(model.lower(), provider.lower())
    if found is None:
        return None
    charged_by, info = found
    standard = info.get_prices(at)
    variants = tuple(variant for variant in info.price_variants or () if _is_batch(variant, at))
    key = (charged_by, info.id, id(standard), tuple(map(id, variants)))
    # Keyed by identity: the library keeps its price objects for as long as the process lives.
    if key not in _converted:
        batch = info.get_prices(at, _BATCH) if variants else None
        _converted[key] = _rates(charged_by, info.id, standard, batch)
    return _converted[key]


_converted: dict[tuple[str, str, int, tuple[int, ...]], Rates | None] = {}


def provider_of_url(base_url: str) -> str | None:
    """The genai-prices id of the provider whose own address ``base_url`` is; None where no provider claims it."""
    try:
        return get_snapshot().find_provider(None, None, base_url).id
    except LookupError:
        return None


@lru_cache(maxsize=4096)
def _listed(model: str, provider: str) -> tuple[str, ModelInfo] | None:
    known = find_provider_by_id(get_snapshot().providers, provider)
    # The library also finds a provider whose name only contains the id: that is a guess.
    if known is None or known.id != provider:
        return None
    info = known.find_model(model)
    return None if info is None else (known.id, info)


def _is_batch(variant: PriceVariant, at: datetime) -> bool:
    return variant.when == _BATCH and (variant.constraint is None or variant.constraint.active(at))


def _rates(provider: str, model: str, standard: ModelPrice, batch: ModelPrice | None) -> Rates | None:
    prices, discounted = _tariff(standard), _tariff(batch) if batch is not None else None
    if prices is None:
        return None
    per_thousand = _base(standard.requests_kcount) or 0.0
    request_usd = float(_exact(per_thousand) / 1000)
    return Rates(
        source=PUBLISHED, provider=provider, model=model, request_usd=request_usd, batch=discounted, **_fields(prices)
    )


def _fields(tariff: Tariff) -> dict[str, Any]:
    return {name: getattr(tariff, name) for name in (*_LIBRARY_NAMES, "tiers")}


def _tariff(price: ModelPrice) -> Tariff | None:
    """The library's prices in our words; None where input or output has none (not a chat model, or not known)."""
    listed = {ours: getattr(price, theirs) for ours, theirs in _LIBRARY_NAMES.items()}
    if listed["input_usd_per_mtok"] is None or listed["output_usd_per_mtok"] is None:
        return None
    starts = {tier.start for one in listed.values() if isinstance(one, TieredPrices) for tier in one.tiers}
    tiers = tuple(
        Tier(above_input_tokens=start, **{name: _above(one, start) for name, one in listed.items()})  # type: ignore[arg-type]
        for start in sorted(starts)
    )
    return Tariff(tiers=tiers, **{name: _base(one) for name, one in listed.items()})  # type: ignore[arg-type]


def _base(price: Decimal | TieredPrices | None) -> float | None:
    if price is None:
        return None
    return float(price.base if isinstance(price, TieredPrices) else price)


def _above(price: Decimal | TieredPrices | None, start: int) -> float | None:
    if not isinstance(price, TieredPrices):
        return _base(price)
    reached = [tier.price for tier in price.tiers if tier.start <= start]
    return float(reached[-1] if reached else price.base)
