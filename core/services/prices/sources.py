"""Where a price comes from: entered by an admin, named by the candidate, nothing for a local model, or published."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from sqlmodel import Session

from core.domain.pricing import Rates, provider_of_url, public_rates
from core.providers import fields
from core.providers.presets import PRESETS, price_provider_of
from core.services.prices.overrides import overrides, valid_at
from core.storage.tables import Candidate, PriceOverride

LOCAL = "local"


@dataclass(frozen=True)
class AskedModel:
    """What is priced: a model as its candidate names it, where it is asked, and the name it answered under."""

    provider: str
    model: str
    base_url: str | None = None
    answered_by: str | None = None


def rates_for(
    asked: AskedModel, settings: Mapping[str, Any], entered: Sequence[PriceOverride], *, at: datetime
) -> Rates | None:
    """The rates of a request at ``at``; None where nobody knows them.

    In this order: what an admin entered for the model, what the candidate's ``settings`` say, nothing for a local
    model, what the provider publishes. Only where none of these knows the configured name, the name that answered.
    """
    return (
        valid_at(entered, provider=asked.provider, model=asked.model, at=at)
        or _own(asked, settings)
        or _local(asked)
        or _published(asked, asked.model, at)
        or _of_the_name_that_answered(asked, entered, at)
    )


def rates_of(session: Session, candidate: Candidate, *, at: datetime) -> Rates | None:
    """The rates that hold at ``at`` for a candidate's primary endpoint; None: unknown, or it names no model."""
    return rates_among(overrides(session), candidate, at=at)


def rates_among(entered: Sequence[PriceOverride], candidate: Candidate, *, at: datetime) -> Rates | None:
    """Like ``rates_of``, out of what ``overrides`` gives: for many candidates that is read once."""
    if not candidate.provider or not candidate.model:
        return None
    settings = candidate.settings or {}
    asked = AskedModel(candidate.provider.strip().casefold(), candidate.model.strip(), settings.get("base_url"))
    return rates_for(asked, settings, entered, at=at)


def _own(asked: AskedModel, settings: Mapping[str, Any]) -> Rates | None:
    """The candidate's own price; one without the other says nothing of what a request costs."""
    paid, answered = settings.get("input_usd_per_mtok"), settings.get("output_usd_per_mtok")
    if paid is None or answered is None:
        return None
    return _named(asked.provider, asked.model, float(paid), float(answered), settings.get("cached_input_usd_per_mtok"))


@lru_cache(maxsize=1024)
def _named(provider: str, model: str, paid: float, answered: float, cached: float | None) -> Rates:
    return Rates(
        source="candidate",
        provider=provider,
        model=model,
        input_usd_per_mtok=paid,
        output_usd_per_mtok=answered,
        cached_input_usd_per_mtok=cached,
    )


def _local(asked: AskedModel) -> Rates | None:
    if asked.provider != LOCAL:
        return None
    return Rates(source=LOCAL, provider=LOCAL, model=asked.model, input_usd_per_mtok=0.0, output_usd_per_mtok=0.0)


def _published(asked: AskedModel, model: str, at: datetime) -> Rates | None:
    return public_rates(model, provider=_charging(asked.provider, asked.base_url), at=at)


def _of_the_name_that_answered(asked: AskedModel, entered: Sequence[PriceOverride], at: datetime) -> Rates | None:
    name = asked.answered_by
    if not name or name == asked.model:
        return None
    return valid_at(entered, provider=asked.provider, model=name, at=at) or _published(asked, name, at)


@lru_cache(maxsize=1024)
def _charging(provider: str, base_url: str | None) -> str | None:
    """Who charges for it, by its genai-prices id: the owner of the address, else the provider that is named.

    An address nobody is known to own is taken for a proxy to the named provider: a gateway with prices of its own is
    named as such (the presets openrouter, tokenmix, …) or has its prices entered.
    """
    if base_url and not fields.is_loopback(base_url):
        for preset in PRESETS:
            if preset.base_url and urlsplit(preset.base_url).hostname == urlsplit(base_url).hostname:
                return preset.price_provider
        owner = provider_of_url(base_url)
        if owner is not None:
            return owner
    return price_provider_of(provider)
