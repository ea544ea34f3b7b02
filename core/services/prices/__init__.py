"""What requests cost: the rates that hold for a candidate, what an admin entered, and pricing an old run again."""

from core.services.prices.overrides import enter_override, overrides, withdraw
from core.services.prices.pricer import Pricer, Quote
from core.services.prices.repricing import PricedRun, RepriceSummary, priced_runs, reprice
from core.services.prices.restating import cost_ratio, kept_rates, rates_since
from core.services.prices.sources import AskedModel, rates_among, rates_for, rates_of

__all__ = [
    "AskedModel",
    "PricedRun",
    "Pricer",
    "Quote",
    "RepriceSummary",
    "cost_ratio",
    "enter_override",
    "kept_rates",
    "overrides",
    "priced_runs",
    "rates_among",
    "rates_for",
    "rates_of",
    "rates_since",
    "reprice",
    "withdraw",
]
