"""The table in force, and what the one that the evidence allows would change in it."""

from collections.abc import Sequence

import streamlit as st

from core.domain.deciding import Difference, spans
from core.domain.deciding.spans import signed
from core.domain.routing import Route, RouteBecause, RoutingTable
from core.domain.words import listed, money, percent, seconds
from core.services.quality import What
from core.services.routing import Move, View
from core.ui.overview import addresses
from core.ui.routing import made_of
from core.ui.shared import frame, grids, leading
from core.ui.shared.grids import Cell

_MOST_SAID = 20


def difference(found: View) -> None:
    """Category by category: from whom to whom, why, and what it saves; and why the others stay."""
    if found.moves:
        st.subheader("What would change", anchor=False)
        grids.leading(
            [_leading(found, move) for move in found.moves],
            alt="Each category that somebody else would answer, with the reason and what it saves",
            key="routing_moves",
        )
        if any(move.cost is not None and spans.is_vague(move.cost) for move in found.moves):
            st.caption(
                "*Cost per acceptable* is not known well enough where few prompts leave open how many answers are "
                "acceptable; *A month* is what the answers cost, which is known."
            )
        _reasons(found)
    moved = {move.category for move in found.moves}
    staying = [category for category in found.whys if category not in moved]
    if staying:
        with st.expander("Why the others stay" if found.moves else "Why each category stays"):
            _said(found, staying, "staying")
    if found.differs or found.in_force is None:
        with st.expander("The whole table as it would be: fallbacks and timeouts"):
            _table(found, found.table, "whole")
            _alone(found, found.table)
            if found.moves:
                beside_primaries(found)


def rows_of_moves(found: View) -> list[dict[str, object]]:
    """A row for each category that somebody else would answer."""
    return [_move(found, move) for move in found.moves]


def _said(found: View, categories: Sequence[str], key: str) -> None:
    """Why, each leading to its verdict; in very many categories their names lead there, in the table."""
    with st.container(gap="xsmall", key=f"routing_said-{key}"):
        for category in categories[:_MOST_SAID]:
            said = f"**{frame.as_typed(category)}**: {frame.as_typed(found.whys[category])}"
            leading.line(said, addresses.verdict(found.dataset, category))
    rest = categories[_MOST_SAID:]
    st.markdown("\n".join(f"- **{frame.as_typed(of)}**: {frame.as_typed(found.whys[of])}" for of in rest))


def _reasons(found: View) -> None:
    """Why each moves; those that follow the overall verdict in one sentence, for the figures stand in the table."""
    moving = [move.category for move in found.moves]
    follow = [of for of in moving if found.table.of(of).because is RouteBecause.OVER_ALL]
    if len(follow) > 1:
        names = ", ".join(f"**{frame.as_typed(of)}**" for of in follow)
        said = (
            f"{names}: the overall verdict says to switch. None of them has enough evidence for that by itself, and "
            "nothing in them speaks against it: quality was not seen lower there."
        )
        with st.container(key="routing_said-follow"):
            leading.line(said, addresses.verdict(found.dataset, None))
        moving = [of for of in moving if of not in follow]
    _said(found, moving, "moves")


def beside_primaries(found: View) -> None:
    """What would be another beside who answers first: fallbacks, timeouts, who answers everything else."""
    if found.beside:
        st.markdown("\n".join(f"- {frame.as_typed(line)}" for line in found.beside))


def _move(found: View, move: Move) -> dict[str, object]:
    was = found.candidates.get(move.was or 0)
    now = found.candidates[move.now]
    return {
        "Category": move.category,
        "From": "–" if was is None else grids.Name(was.name, was.position),
        "To": grids.Name(now.name, now.position),
        "Quality": "not compared" if move.points is None else f"{signed(100 * move.points)} points",
        "Cost per acceptable": _cost(move.cost),
        "A month": _monthly(move.usd_a_month),
    }


def _leading(found: View, move: Move) -> dict[str, object]:
    """Differences lead to the comparison where it is with the champion, else to the figures of both."""
    row = _move(found, move)
    both = made_of.figures(found, move.category, [one for one in (move.was, move.now) if one is not None])
    compared = both if move.was != found.champion else addresses.verdict(found.dataset, move.category)
    to = {"Category": addresses.verdict(found.dataset, move.category)}
    known = (("Quality", move.points, compared), ("Cost per acceptable", move.cost, compared),
             ("A month", move.usd_a_month, both))  # fmt: skip
    to |= {head: there for head, figure, there in known if figure is not None}
    return row | {head: made_of.link(str(row[head]), there) for head, there in to.items()}


def _cost(found: Difference | None) -> str:
    if found is None:
        return "not comparable"
    if spans.is_vague(found):
        return spans.VAGUE
    return f"{percent(abs(found.estimate))} {'cheaper' if found.estimate >= 0 else 'more expensive'}"


def _monthly(usd: float | None) -> str:
    if usd is None:
        return "not known"
    return f"saves {money(usd)}" if usd >= 0 else f"costs {money(-usd)} more"


def in_force(found: View) -> None:
    """Who answers what today."""
    version = found.in_force
    st.subheader("The table in force", anchor=False)
    if version is None:
        st.caption(
            "Nobody has accepted a table yet, so the champion, "
            f"{frame.as_typed(found.names[found.champion])}, answers every category, without a fallback."
        )
    else:
        by = "" if version.decided_by is None else f" by {frame.as_typed(version.decided_by)}"
        st.caption(f"Version {version.id}, accepted{by} on {version.decided_at:%-d %b %Y}.")
        _table(found, found.in_force_table, "in_force")
    _warnings(found)


def _table(found: View, table: RoutingTable, key: str) -> None:
    alt = "A routing table: for each category who answers, who follows, and the timeout"
    grids.leading(rows(found, table), alt=alt, key=f"routing_table-{key}")
    st.caption(
        ":material/timer: A timeout runs to the whole answer: past it, or where the primary fails or is rate-limited, "
        "the next in line is asked, never both at once. It is a quarter more than what 99 of 100 answers take, and no "
        "more than the latency limit."
    )


def rows(found: View, table: RoutingTable) -> list[dict[str, object]]:
    """A row for each route, the one for everything else last."""
    return [_row(found, route) for route in (*table.routes, table.otherwise)]


def _warnings(found: View) -> None:
    """Limits that somebody is over all the same, and who got worse."""
    for category, broken in found.breaches.items():
        name = frame.as_typed(found.names[found.table.of(category).primary])
        st.caption(
            f":material/warning: {frame.as_typed(category)}: {name} is {broken}, and nobody within the limits is "
            "proven not worse."
        )
    if found.in_force is not None:
        _alone(found, found.in_force_table)
    _worsened(found, found.in_force_table)


def _alone(found: View, table: RoutingTable) -> None:
    """Categories in which nobody falls back: where the primary fails, so does the request."""
    alone = [route.category for route in table.routes if route.category is not None and not route.fallbacks]
    if alone and len(found.candidates) > 1:
        are = "has" if len(alone) == 1 else "have"
        where = frame.as_typed(listed(alone, most=len(alone)))
        st.caption(
            f":material/warning: {where} {are} nobody behind the primary: where it fails, so does the request. Whoever "
            "safety votes prove less safe, is over a limit or was never acceptable there does not fall back."
        )


def _worsened(found: View, table: RoutingTable) -> None:
    """Who got worse where the table has it answer: by an alarm in the category, or over all."""
    for candidate, where in found.drifted:
        routes = table.routes if where is None else [route for route in table.routes if route.category == where]
        if not any(candidate in (route.primary, *route.fallbacks) for route in routes):
            continue
        place = "overall" if where is None else f"in {frame.as_typed(where)}"
        name = frame.as_typed(found.names.get(candidate, "?"))
        said = f"{name} got worse {place} since this table was compiled, as an alarm on Drift says"
        with st.container(key=f"routing_said-worse-{candidate}-{where}"):
            leading.line(said, addresses.finding(found.dataset, None), icon=":material/monitoring:")


def _row(found: View, route: Route) -> dict[str, object]:
    primary, category, waits = found.candidates.get(route.primary), route.category, _waits(route)
    slowest = None if category is None else made_of.behind(found, category, route.primary, What("slowest"))
    return {
        "Category": _category(found, category),
        "Primary": "?" if primary is None else grids.Name(primary.name, primary.position),
        "Then": _others(found, route),
        "Timeout": waits if slowest is None else made_of.link(waits, slowest),
    }


def _category(found: View, category: str | None) -> Cell:
    if category is None:
        return "everything else"
    return made_of.link(category, addresses.verdict(found.dataset, category))


def _others(found: View, route: Route | None) -> str:
    if route is None or not route.fallbacks:
        return "nobody"
    return ", then ".join(found.names.get(one, "?") for one in route.fallbacks)


def _waits(route: Route | None) -> str:
    return "not known" if route is None or route.timeout_ms is None else seconds(route.timeout_ms)
