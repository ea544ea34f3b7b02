"""What answers cost a month with whom a table names: by the very amounts that *Overview* adds up."""

from collections.abc import Mapping

from core.domain.routing import Scope
from core.services.routing.compiled import Found


def usd_a_month(found: Found, primaries: Mapping[str, int]) -> float | None:
    """At production's answers a month, of all categories; None: answers or a price are not known."""
    each = [_usd(found, scope, primaries[scope.category]) for scope in found.compiled.scopes]
    known = [usd for usd in each if usd is not None]
    return sum(known) if known and len(known) == len(each) else None


def saved_usd(found: Found, category: str, was: int | None, now: int) -> float | None:
    """By how much a month costs less with another candidate in a category; None: not known."""
    scope = found.compiled.by_category.get(category)
    if scope is None or was is None:
        return None
    before, after = (_usd(found, scope, one) for one in (was, now))
    return None if before is None or after is None else before - after


def _usd(found: Found, scope: Scope, candidate: int) -> float | None:
    if not scope.answers_a_month:
        return scope.answers_a_month
    each = _usd_an_answer(found, scope, candidate)
    return None if each is None else scope.answers_a_month * each


def _usd_an_answer(found: Found, scope: Scope, candidate: int) -> float | None:
    """At what the newest run paid; where it did not ask the candidate, over all runs."""
    newest = found.paid.get((candidate, scope.category))
    if newest is not None:
        return newest.usd_an_answer
    option = scope.options.get(candidate)
    return None if option is None else option.cost_usd
