"""Routes in words: what changes from whom to whom, why, and what it saves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.domain.deciding import Because, Comparison, Decision, Difference, comparison_sentence, sentence, spans
from core.domain.deciding.spans import points
from core.domain.deciding.wording import more_often
from core.domain.routing import Change, Route, RouteBecause, Scope
from core.domain.words import listed, money, n, percent
from core.services.routing.beside import beside_primaries
from core.services.routing.compiled import Found
from core.services.routing.monthly import saved_usd

_MOST_LISTED = 3
_PLAIN = {
    RouteBecause.OVER_LIMIT: "{was} is over a limit, with its whole interval, and {now} is within all and proven not "
    "worse.",
    RouteBecause.DRIFTED: "{was} got worse here since it took this category (an alarm on *Drift*), so what had let it "
    "replace {now} no longer holds. {now} comes back as the champion with the higher share acceptable now; that it is "
    "better is not proven.",
    RouteBecause.CHAMPION_CHANGED: "{now} is the champion now, and nothing seen here speaks against it; {was} "
    "answered here as the champion of then.",
    RouteBecause.UNUSABLE: "{was} is retired.",
    RouteBecause.NEW: "The category is new; the champion answers it.",
    RouteBecause.SPEND: "A better candidate would pass the spending limit.",
}


@dataclass(frozen=True)
class Move:
    """One category whose primary changes, with what that is expected to bring."""

    category: str
    was: int | None
    now: int
    why: str
    points: float | None
    """Of quality, challenger less incumbent; None: not compared."""
    cost: Difference | None
    """Per acceptable response, the share of the incumbent's that is saved; None: a price is not known."""
    usd_a_month: float | None
    """Saved at production's answers a month, at what the newest run paid; None: not known."""


def moves(found: Found) -> list[Move]:
    """Every category that somebody else is to answer."""
    return [_move(found, one) for one in found.changes if one.is_of_primary and one.now is not None]


def _move(found: Found, change: Change) -> Move:
    assert change.now is not None
    was, now = change.was, change.now
    one = None if was is None else _compared(found, change.category, now.primary)
    quality, cost = (None, None) if one is None else (one.quality, one.cost)
    return Move(
        change.category,
        None if was is None else was.primary,
        now.primary,
        why(found, change.category, was, now),
        None if quality is None else quality.estimate,
        cost,
        saved_usd(found, change.category, None if was is None else was.primary, now.primary),
    )


def why(found: Found, category: str, was: Route | None, now: Route) -> str:
    """Why a category has its primary, in a sentence."""
    names = found.names
    if now.because in _PLAIN:
        former = "–" if was is None else names[was.primary]
        return _PLAIN[now.because].format(was=former, now=names[now.primary])
    one = _compared(found, category, now.primary)
    if one is not None:
        return _over_all(one, names) if now.because is RouteBecause.OVER_ALL else comparison_sentence(one, names)
    verdict = found.compiled.verdicts.get(category)
    if verdict is None:
        return "Nothing to compare here."
    return f"{sentence(verdict, names)}{_not_the_champion(found, category, verdict.challenger, now)}"


def _not_the_champion(found: Found, category: str, spoken_of: int | None, now: Route) -> str:
    """What speaks against the champion where another one goes on answering and the verdict does not speak of it."""
    champion, scope = found.ground.champion, found.compiled.by_category.get(category)
    one = _compared(found, category, champion)
    if champion in (now.primary, spoken_of) or one is None or scope is None:
        return ""
    against_it = _against(one, _shares(scope, champion, now.primary, found.names[now.primary]))
    return f" {found.names[champion]}, the champion: {against_it}."


def _over_all(one: Comparison, names: Mapping[int, str]) -> str:
    here = "" if one.quality is None else f" ({points(one.quality)} on {n(one.quality.prompts, 'prompt')})"
    return (
        f"The overall verdict says to switch to {names[one.challenger]}. By itself this category has too little "
        f"evidence for that{here}, and nothing in it speaks against it: its quality was not seen lower here."
    )


def against(found: Found, candidate: int) -> list[tuple[str, str]]:
    """Why one candidate should not answer everything: each category that the table gives to another, and a few words.

    What is proven comes first. Nothing of whom the table leaves, for that is what its changes say.
    """
    said = []
    for scope in found.compiled.scopes:
        primary = found.compiled.table.of(scope.category).primary
        one = next((each for each in scope.comparisons if each.challenger == candidate), None)
        if one is not None and primary != candidate:
            shares = _shares(scope, candidate, primary, found.names[primary])
            said.append((_weight(one), scope.category, _against(one, shares)))
    return [(category, words) for _, category, words in sorted(said)]


def _weight(one: Comparison) -> tuple[bool, bool, float]:
    is_proven = one.decision is Decision.KEEP
    return not is_proven, one.because is not Because.LESS_SAFE, 0.0 if one.quality is None else one.quality.estimate


def _against(one: Comparison, shares: str) -> str:
    if one.because is Because.LESS_SAFE and one.safety is not None:
        return f"judged less safe {more_often(one.safety)}, proven by safety votes"
    if one.decision is Decision.KEEP:
        return f"{one.because} ({shares})" if shares else str(one.because)
    return f"{shares}, not proven" if shares else "not proven to be good enough"


def _shares(scope: Scope, candidate: int, primary: int, name: str) -> str:
    """Of acceptable responses, both."""
    mine, other = (scope.options.get(of) for of in (candidate, primary))
    if mine is None or other is None or mine.share is None or other.share is None:
        return ""
    return f"{percent(mine.share)} acceptable, {name} {percent(other.share)}"


def _compared(found: Found, category: str, challenger: int) -> Comparison | None:
    scope = found.compiled.by_category.get(category)
    return next((one for one in scope.comparisons if one.challenger == challenger), None) if scope else None


def said(found: Found) -> str:
    """What the table changes, in sentences: for the alert and for whoever reads the versions later."""
    lines = []
    for several in _for_one_reason(found):
        first = several[0]
        who = f"from {'nobody' if first.was is None else found.names[first.was]} to {found.names[first.now]}"
        where = listed([move.category for move in several], most=len(several))
        why = first.why if len(several) == 1 else _over_all_of_several(found.names[first.now])
        lines.append(f"{where}: {who}{_saving(several)}. {why}")
    return "\n".join([*lines, *beside_primaries(found)]) or "Nothing changes."


def _for_one_reason(found: Found) -> list[list[Move]]:
    """Moves together that follow the overall verdict from one to another; every other one by itself."""
    follow = {one.category for one in found.changes if one.now and one.now.because is RouteBecause.OVER_ALL}
    groups: dict[tuple[object, ...], list[Move]] = {}
    for move in moves(found):
        key = (move.was, move.now) if move.category in follow else (move.category,)
        groups.setdefault(key, []).append(move)
    return list(groups.values())


def _over_all_of_several(name: str) -> str:
    return (
        f"The overall verdict says to switch to {name}. By themselves these categories have too little evidence for "
        "that, and nothing in them speaks against it: in none of them was its quality seen lower."
    )


def _saving(moved: Sequence[Move]) -> str:
    """Of several together only what is known in dollars of all."""
    usd = [move.usd_a_month for move in moved if move.usd_a_month is not None]
    if len(usd) == len(moved):
        word, more = ("saves", "") if sum(usd) >= 0 else ("costs", " more")
        return f", {word} {money(abs(sum(usd)))} a month{more}"
    move = moved[0]
    if len(moved) > 1 or move.cost is None or spans.is_vague(move.cost):
        return ""
    word = "cheaper" if move.cost.estimate >= 0 else "more expensive"
    return f", {percent(abs(move.cost.estimate))} {word} per acceptable response"


def headline(found: Found) -> str:
    """The decision in a line: which categories go to whom, and who keeps the rest."""
    names, moved = found.names, moves(found)
    if not moved:
        return "Keep the table in force: nobody else is proven to be better or cheaper anywhere."
    by_name: dict[str, list[str]] = {}
    for move in moved:
        by_name.setdefault(names[move.now], []).append(move.category)
    given = "; ".join(f"{_listed(where)} to {name}" for name, where in by_name.items())
    gone = {move.category for move in moved}
    kept = [route for route in found.compiled.table.routes if route.category not in gone]
    keepers = {names[route.primary] for route in kept}
    if not kept:
        return f"Give {given}."
    if len(keepers) > 1:
        return f"Give {given}; keep the other {len(kept)} as they are."
    few = [route.category or "" for route in kept]
    where = f"in {_listed(few)}" if len(few) <= _MOST_LISTED else f"in the other {len(few)}"
    return f"Give {given}; keep {keepers.pop()} {where}."


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
