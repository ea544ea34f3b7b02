"""A check for CI: whether a candidate is proven worse or dearer than another beyond a limit."""

from dataclasses import dataclass, replace
from math import isfinite
from typing import Any

from sqlmodel import Session

from core.domain.deciding import Comparison, Difference, Margins, since, spans
from core.errors import BadInput
from core.services.candidates import candidates
from core.services.deciding.settings import settings
from core.services.deciding.verdicts import compared

CHAMPION = "champion"
_FINEST, _MOST = 0.005, 0.9


@dataclass(frozen=True)
class ReleaseCheck:
    """What is asked. The limits are shares: of responses acceptable, and of the cost per acceptable response."""

    candidate: str
    against: str
    """A candidate's name, or CHAMPION."""
    max_drop: float
    max_cost: float
    require_proof: bool = False
    """Whether it must be proven that it stays within both limits."""
    category: str | None = None


@dataclass(frozen=True)
class Release:
    """What came of it."""

    check: ReleaseCheck
    against: str
    passed: bool
    reason: str
    """In one line."""
    compared: Comparison | None


def check_release(session: Session, dataset: str, check: ReleaseCheck) -> Release:
    """Hold ``check`` against all that was answered to the dataset of that name.

    Raises NotFound for a candidate that does not exist, and BadInput where there is no champion, both are the same, or
    the category has no prompts.
    """
    (candidate,) = candidates.ids_named(session, [check.candidate])
    champion = candidates.champion(session)
    if check.against == CHAMPION and champion is None:
        raise BadInput("There is no champion. Choose one on Candidates, or name a candidate with --against.")
    if check.against == CHAMPION and champion is not None:
        against, other = champion.id or 0, champion.name
    else:
        (against,), other = candidates.ids_named(session, [check.against]), check.against
    if candidate == against:
        raise BadInput(f"'{check.candidate}' is what it would be compared with. Name another one with --against.")
    wanted = settings(session)
    drop = max(check.max_drop, _FINEST)
    margins = Margins(over_all=drop, in_category=drop, cost=min(max(check.max_cost, _FINEST), _MOST))
    found = compared(session, dataset, [candidate, against], against, replace(wanted, margins=margins))
    verdict = found.of(check.category)
    if verdict is None and check.category is not None and check.category not in found.costs_usd:
        there = ", ".join(sorted(filter(None, found.costs_usd))) or "none"
        raise BadInput(f"'{dataset}' has no prompt in {check.category}. Its categories: {there}.")
    one = next(iter(verdict.comparisons), None) if verdict else None
    passed, reason = _judged(check, one, check.candidate, other)
    changed = since(verdict, found.names) if verdict else []
    return Release(check, other, passed, " ".join([reason, *changed]), one)


def _judged(check: ReleaseCheck, one: Comparison | None, name: str, other: str) -> tuple[bool, str]:
    if one is None or one.quality is None:
        said = f"{name} and {other} were not asked the same prompts{_where(check)}, so nothing is proven"
        return not check.require_proof, f"{_word(not check.require_proof)}: {said}."
    drop = one.quality.upper < -check.max_drop
    cost = one.cost is not None and one.cost.upper < -check.max_cost
    if drop or cost:
        proven = [what for what, is_proven in ((_quality(one.quality), drop), (_cost(one.cost), cost)) if is_proven]
        return False, f"FAIL: {name} against {other}{_where(check)}: proven beyond the limit: {' and '.join(proven)}."
    kept = one.quality.lower >= -check.max_drop, one.cost is not None and one.cost.lower >= -check.max_cost
    said = f"{name} against {other}{_where(check)}: {_quality(one.quality)}; {_cost(one.cost)}"
    if all(kept):
        return True, f"PASS: {said}; proven within the limits."
    open_ = " and ".join(what for what, is_kept in zip(("quality", "cost"), kept, strict=True) if not is_kept)
    return not check.require_proof, f"{_word(not check.require_proof)}: {said}; open: {open_}."


def _word(passed: bool) -> str:
    return "PASS" if passed else "FAIL"


def _where(check: ReleaseCheck) -> str:
    return f" in {check.category}" if check.category else ""


def _quality(found: Difference) -> str:
    return f"quality {spans.signed(100 * found.estimate)} points ({spans.span(found)}, {found.source})"


def _cost(found: Difference | None) -> str:
    if found is None:
        return "cost not comparable (a price is unknown, or one has no acceptable response)"
    return f"cost per acceptable {spans.cost(found)}"


def release_object(found: Release) -> dict[str, Any]:
    """The object of ``evenhand gate --json``."""
    one = found.compared
    return {
        "candidate": found.check.candidate,
        "against": found.against,
        "category": found.check.category,
        "passed": found.passed,
        "reason": found.reason,
        "max_drop_points": 100 * found.check.max_drop,
        "max_cost_percent": 100 * found.check.max_cost,
        "require_proof": found.check.require_proof,
        "quality": None if one is None or one.quality is None else _span(one.quality),
        "cost_rise": None if one is None or one.cost is None else _rise(one.cost),
    }


def _rise(found: Difference) -> dict[str, Any]:
    most = -found.lower if isfinite(found.lower) else None
    return {"value": -found.estimate, "lower": -found.upper, "upper": most}


def _span(found: Difference) -> dict[str, Any]:
    return {"value": found.estimate, "lower": found.lower, "upper": found.upper, "source": str(found.source)}
