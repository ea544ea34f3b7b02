"""Compiling a routing table: a category leaves its incumbent only where the evidence proves that it may."""

from collections import Counter
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field

from core.domain.deciding import Because, Claim, Comparison, Decision, may_follow
from core.domain.routing.options import Option, breach, sure_breach, timeout_ms
from core.domain.routing.tables import Limits, Route, RouteBecause, RoutingTable

MOST_FALLBACKS = 2
STEADY = 1.5
"""A timeout stays as it is while the new one is less than so many times as long or as short."""
_HARMS = frozenset({Because.LESS_SAFE, Because.CONTRADICTION})


@dataclass(frozen=True)
class Scope:
    """What a category's route is compiled from."""

    category: str
    incumbent: Route
    """The route in force; where there is none, the champion's."""
    comparisons: Sequence[Comparison]
    """Everybody against the incumbent's primary, as the verdict in the category orders them."""
    against_champion: Mapping[int, Comparison]
    """Everybody against the champion, where the incumbent is another."""
    options: Mapping[int, Option]
    """By candidate: those that may answer."""
    answers_a_month: float | None = None
    has_drifted: bool = False
    """Whether an alarm says that the incumbent got worse since it took this category."""
    worsened: Collection[int] = frozenset()
    """Who got worse here, as an alarm says that stands: they relieve nobody."""
    against_new: Sequence[Comparison] | None = None
    """Everybody against a new primary, for who falls back behind it; None: not known, or the primary stays."""


@dataclass(frozen=True)
class Compiling:
    """What holds for all categories."""

    champion: int
    limits: Limits
    usable: Collection[int] = frozenset()
    """Who can be asked now: not retired, and a model is behind the name."""
    places: Mapping[int, Hashable] = field(default_factory=dict)
    """Where each is asked: a fallback elsewhere is there when the primary's provider is not."""
    over_all: Comparison | None = None
    """The champion against whom the verdict over all says to switch to; None: it says nothing of the kind."""
    champion_then: int | None = None
    """The champion when the table in force was proposed; None: there is none."""


def compile_table(scopes: Sequence[Scope], told: Compiling) -> RoutingTable:
    """The table that the evidence allows; the incumbent stays wherever it is in doubt.

    A primary goes where the verdict says *switch*; where it is practically equal and another one is proven cheaper;
    the champion where the verdict over all says *switch*, or another one is champion now, and nothing in the category
    speaks against it; where it is surely over a limit and another within all is proven not worse; where an alarm took
    back what had let it replace the champion; and where it cannot be asked any more. Who takes over for its price alone
    must be proven not worse than the champion too: else many small steps would add up. What raises spending above its
    limit does not come.
    """
    chosen = {scope.category: _primary(scope, told) for scope in scopes}
    was = {scope.category: scope.incumbent.primary for scope in scopes}
    for category in _too_dear(scopes, chosen, told):
        chosen[category] = was[category], RouteBecause.SPEND
    routes = tuple(_route(scope, *chosen[scope.category], told) for scope in scopes)
    return RoutingTable(routes, _otherwise(routes, told))


def _otherwise(routes: Sequence[Route], told: Compiling) -> Route:
    """The champion, behind it who stands in most routes, and as long as it may take anywhere."""
    named = Counter(one for route in routes for one in (route.primary, *route.fallbacks) if one != told.champion)
    waits = [route.timeout_ms for route in routes if route.primary == told.champion]
    longest = None if None in waits else max((ms for ms in waits if ms is not None), default=None)
    often = sorted(named, key=lambda one: (-named[one], one))
    return Route(None, told.champion, tuple(often[:MOST_FALLBACKS]), longest)


def spend_usd_a_month(scopes: Sequence[Scope], primaries: Mapping[str, int]) -> float | None:
    """At production's answers a month; None: answers or a price are not known."""
    total = 0.0
    for scope in scopes:
        option = scope.options.get(primaries[scope.category])
        cost = None if option is None else option.cost_usd
        if scope.answers_a_month is None or (cost is None and scope.answers_a_month > 0):
            return None
        total += scope.answers_a_month * (cost or 0.0)
    return total


def _primary(scope: Scope, told: Compiling) -> tuple[int, RouteBecause]:
    was = scope.incumbent.primary
    if was not in told.usable:
        return _instead(scope, told)
    for test, because in ((_is_switch, RouteBecause.SWITCH), (_is_cheaper, RouteBecause.CHEAPER)):
        found = [one for one in scope.comparisons if test(one) and _may(one, scope, told)]
        if found:
            return found[0].challenger, because
    follower = _follows_over_all(scope, told) or _follows_champion(scope, told)
    if follower is not None:
        return follower
    own = scope.options.get(was)
    if own is not None and sure_breach(own, scope.category, told.limits):
        found = [one for one in scope.comparisons if _is_as_good(one) and _may(one, scope, told)]
        if found:
            return max(found, key=lambda one: _share(scope, one.challenger)).challenger, RouteBecause.OVER_LIMIT
    if scope.has_drifted and was != told.champion and _share(scope, told.champion) > _share(scope, was):
        return told.champion, RouteBecause.DRIFTED
    return was, RouteBecause.NEW if scope.incumbent.because is RouteBecause.NEW else RouteBecause.KEPT


def _instead(scope: Scope, told: Compiling) -> tuple[int, RouteBecause]:
    """Somebody has to answer: the champion, else the first fallback that can be asked, else the best."""
    ranked = _ranked(scope, told, but=scope.incumbent.primary)
    for one in (told.champion, *scope.incumbent.fallbacks, *ranked):
        if one in told.usable:
            return one, RouteBecause.UNUSABLE
    return scope.incumbent.primary, RouteBecause.KEPT


def _follows_over_all(scope: Scope, told: Compiling) -> tuple[int, RouteBecause] | None:
    """Whom the verdict over all says to switch to, where that takes nothing from this category by what was seen."""
    if told.over_all is None or scope.incumbent.primary != told.champion:
        return None
    whom = told.over_all.challenger
    return (whom, RouteBecause.OVER_ALL) if _takes_nothing(whom, scope, told) else None


def _follows_champion(scope: Scope, told: Compiling) -> tuple[int, RouteBecause] | None:
    """Today's champion, where the champion of then answers and nothing that was seen here speaks against that."""
    if scope.incumbent.primary != told.champion_then or scope.incumbent.primary == told.champion:
        return None
    return (told.champion, RouteBecause.CHAMPION_CHANGED) if _takes_nothing(told.champion, scope, told) else None


def _takes_nothing(whom: int, scope: Scope, told: Compiling) -> bool:
    here = next((one for one in scope.comparisons if one.challenger == whom), None)
    return here is not None and may_follow(here) and _may(here, scope, told)


def _is_switch(one: Comparison) -> bool:
    return one.decision is Decision.SWITCH


def _is_cheaper(one: Comparison) -> bool:
    return one.decision is Decision.PRACTICALLY_EQUAL and one.cheaper == one.challenger


def _is_as_good(one: Comparison | None) -> bool:
    """Whether it is proven not worse by the margin, and nothing speaks against it."""
    if one is None or one.because in _HARMS:
        return False
    return any(proof.claim is Claim.NOT_WORSE and proof.is_proven for proof in one.proofs)


def _may(one: Comparison, scope: Scope, told: Compiling) -> bool:
    """Whether a challenger can be asked, is within the limits, and is no step down from the champion."""
    option = scope.options.get(one.challenger)
    if option is None or one.challenger not in told.usable or breach(option, scope.category, told.limits):
        return False
    if told.champion in (one.challenger, scope.incumbent.primary) or one.because in _BETTER:
        return True
    return _is_as_good(scope.against_champion.get(one.challenger))


_BETTER = frozenset({Because.BETTER, Because.BETTER_AND_CHEAPER})


def _share(scope: Scope, candidate: int) -> float:
    option = scope.options.get(candidate)
    return -1.0 if option is None or option.share is None else option.share


def _too_dear(scopes: Sequence[Scope], chosen: Mapping[str, tuple[int, RouteBecause]], told: Compiling) -> list[str]:
    """The categories that have to stay as they are for the spending limit, those that raise it most first."""
    limit = told.limits.spend_usd_a_month
    if limit is None:
        return []
    now = {category: candidate for category, (candidate, _) in chosen.items()}
    staying: list[str] = []
    raises = sorted(((_raise(scope, now[scope.category]), scope) for scope in scopes), key=lambda each: -each[0])
    for raised, scope in raises:
        total = spend_usd_a_month(scopes, now)
        if raised <= 0 or (total is not None and total <= limit):
            break
        if scope.answers_a_month is not None and scope.incumbent.primary in told.usable:
            now[scope.category] = scope.incumbent.primary
            staying.append(scope.category)
    return staying


def _raise(scope: Scope, candidate: int) -> float:
    """By how many US dollars a month it costs more than the incumbent; infinite where its price is not known."""
    was, now = (scope.options.get(one) for one in (scope.incumbent.primary, candidate))
    if candidate == scope.incumbent.primary or was is None or was.cost_usd is None:
        return 0.0
    if now is None or now.cost_usd is None:
        return float("inf")
    return (scope.answers_a_month or 0.0) * (now.cost_usd - was.cost_usd)


def _route(scope: Scope, primary: int, because: RouteBecause, told: Compiling) -> Route:
    option, was = scope.options.get(primary), scope.incumbent
    waits = None if option is None else timeout_ms(option, scope.category, told.limits)
    if (
        primary == was.primary
        and waits is not None
        and was.timeout_ms is not None
        and _is_steady(waits, was.timeout_ms)
    ):
        waits = was.timeout_ms
    return Route(scope.category, primary, _fallbacks(scope, primary, told), waits, because)


def _is_steady(now: float | None, was: float | None) -> bool:
    return now is not None and was is not None and was / STEADY < now < was * STEADY


def _fallbacks(scope: Scope, primary: int, told: Compiling) -> tuple[int, ...]:
    """Those in force as long as they can be asked; then the best others, first who is asked elsewhere."""
    ranked = _ranked(scope, told, but=primary)
    kept = [one for one in scope.incumbent.fallbacks if one in ranked] if primary == scope.incumbent.primary else []
    here = told.places.get(primary)
    others = sorted((one for one in ranked if one not in kept), key=lambda one: told.places.get(one) == here)
    return tuple([*kept, *others][:MOST_FALLBACKS])


def _ranked(scope: Scope, told: Compiling, *, but: int) -> list[int]:
    """Who could answer instead, the surest first: within the limits, not proven less safe than ``but``, no worse than
    they were.

    Whose answers here were never acceptable would relieve nobody.
    """
    is_new = but != scope.incumbent.primary and scope.against_new is not None
    beside = scope.against_new if is_new and scope.against_new is not None else scope.comparisons
    harmful = {one.challenger for one in beside if one.because is Because.LESS_SAFE} | {*scope.worsened}
    within = [
        one for one in scope.options.values()
        if one.candidate in told.usable and one.candidate != but and one.candidate not in harmful
        and not breach(one, scope.category, told.limits) and one.share
    ]  # fmt: skip
    return [one.candidate for one in sorted(within, key=lambda one: (-one.share_lower, one.candidate))]
