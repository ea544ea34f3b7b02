"""What a table changes beside primaries, in words: who answers instead, how long is waited, who answers all else."""

from core.domain.deciding import Because
from core.domain.routing import Route
from core.domain.words import listed, seconds
from core.services.routing.compiled import Found

_ALL_ELSE = "everything else"


def beside_primaries(found: Found) -> list[str]:
    """A sentence for all categories in which the same changes; none where no table is in force."""
    if found.ground.in_force is None:
        return []
    groups: dict[str, list[str]] = {}
    for change in found.changes:
        if change.was is not None and change.now is not None and not change.is_of_primary:
            said = _changed(found, change.was, change.now)
            groups.setdefault(said, []).append(change.category)
    was, now = found.in_force_table.otherwise, found.compiled.table.otherwise
    if (was.primary, was.fallbacks, was.timeout_ms) != (now.primary, now.fallbacks, now.timeout_ms):
        groups.setdefault(_changed(found, was, now), []).append(_ALL_ELSE)
    return [f"{listed(where, most=len(where))}: {said}." for said, where in groups.items()]


def _changed(found: Found, was: Route, now: Route) -> str:
    said = []
    if (was.primary, was.fallbacks) != (now.primary, now.fallbacks):
        said.append(f"{_line(found, now)} (before: {_line(found, was)}){_why(found, was, now)}")
    if was.timeout_ms != now.timeout_ms:
        said.append(f"timeout {_waits(now)} (before: {_waits(was)})")
    return ", ".join(said)


def _why(found: Found, was: Route, now: Route) -> str:
    """What speaks against who falls back no more: safety votes, or an alarm on drift."""
    scope, gone = found.compiled.by_category.get(now.category or ""), set(was.fallbacks) - set(now.fallbacks)
    if scope is None:
        return ""
    harmful = [
        one.challenger for one in scope.comparisons if one.because is Because.LESS_SAFE and one.challenger in gone
    ]
    fell = [one for one in sorted(gone & {*scope.worsened}) if one not in harmful]
    less_safe, worse = ([_name(found, one) for one in those] for those in (harmful, fell))
    said = [f"safety votes prove {listed(less_safe)} less safe than {_name(found, now.primary)}"] if less_safe else []
    said += [f"{listed(worse)} got worse here"] if worse else []
    return f", as {' and '.join(said)}" if said else ""


def _line(found: Found, route: Route) -> str:
    instead = [_name(found, one) for one in route.fallbacks] or ["nobody"]
    return ", then ".join([_name(found, route.primary), *instead])


def _name(found: Found, candidate: int) -> str:
    return found.names.get(candidate, "?")


def _waits(route: Route) -> str:
    return "not known" if route.timeout_ms is None else seconds(route.timeout_ms)
