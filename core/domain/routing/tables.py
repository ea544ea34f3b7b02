"""Which candidate answers which category: routes, the table that they make, and why each is as it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class RouteBecause(StrEnum):
    """Why a route has its primary."""

    KEPT = "no other is proven to be better or cheaper"
    NEW = "the champion answers what nobody was compared in"
    SWITCH = "two proofs: not worse, and better or cheaper"
    CHEAPER = "practically equal, and proven cheaper"
    OVER_ALL = "the overall verdict says to switch, and nothing here speaks against it"
    OVER_LIMIT = "the one before is over a limit, and this one is proven not worse"
    DRIFTED = "the one before got worse, so that what let it replace the champion no longer holds"
    CHAMPION_CHANGED = "the champion was changed"
    UNUSABLE = "the one before cannot be asked any more"
    SPEND = "a better one would pass the spending limit"


class Occasion(StrEnum):
    """What made somebody compile a table that is proposed, as stored."""

    VERDICT = "verdict"
    DRIFT = "drift"
    ASKED = "asked"


class FellBack(StrEnum):
    """Why a candidate was passed over for the next one, as stored."""

    FAILED = "failed"
    RATE_LIMITED = "rate_limited"
    TOO_SLOW = "too_slow"
    CANNOT_BE_ASKED = "cannot_be_asked"


@dataclass(frozen=True)
class Limits:
    """What a table must keep to; absent: no limit."""

    latency_ms: Mapping[str | None, float] = field(default_factory=dict)
    """The longest p95 by category, under None in those that have none of their own."""
    refusals: float | None = None
    """The largest share of refusals where an answer was wanted, in every category."""
    spend_usd_a_month: float | None = None
    """For all categories together, at production's answers a month."""


@dataclass(frozen=True)
class Route:
    """Who answers a category, and who does where that one fails or takes too long."""

    category: str | None
    """None: whatever has no route of its own."""
    primary: int
    fallbacks: tuple[int, ...] = ()
    """In the order in which they are asked."""
    timeout_ms: float | None = None
    """To the whole answer of the primary: past it the next one is asked. None: its latency is not known."""
    because: RouteBecause = RouteBecause.KEPT


@dataclass(frozen=True)
class RoutingTable:
    """A route for each category, and one for everything else."""

    routes: tuple[Route, ...]
    """By category, in their order; none for None."""
    otherwise: Route
    """The champion's."""

    @property
    def candidates(self) -> set[int]:
        """Everybody who may be asked by it."""
        return {of for route in (*self.routes, self.otherwise) for of in (route.primary, *route.fallbacks)}

    @property
    def primaries(self) -> dict[str, int]:
        """By category, who answers first."""
        return {route.category: route.primary for route in self.routes if route.category is not None}

    def of(self, category: str | None) -> Route:
        """The route of a category; what it does not know goes to ``otherwise``."""
        return next((route for route in self.routes if route.category == category), self.otherwise)
