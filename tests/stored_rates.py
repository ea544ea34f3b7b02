"""Reads rates back from how they are stored: nothing of them is lost there."""

from collections.abc import Mapping
from typing import Any

from core.domain.pricing import Rates, Tariff, Tier


def rates_from(stored: Mapping[str, Any]) -> Rates:
    """The rates that ``as_json`` wrote."""
    batch = stored.get("batch")
    fields = dict(stored) | {"tiers": _tiers_from(stored), "batch": None}
    if batch is not None:
        fields["batch"] = Tariff(**(dict(batch) | {"tiers": _tiers_from(batch)}))
    return Rates(**fields)


def _tiers_from(stored: Mapping[str, Any]) -> tuple[Tier, ...]:
    return tuple(Tier(**tier) for tier in stored.get("tiers", ()))
