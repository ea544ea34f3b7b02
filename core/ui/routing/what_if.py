"""What if: the tables beside one model for all, in quality, cost, latency, and how far each is from the best."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from core.domain.words import UNKNOWN, money, n, percent, seconds, spend
from core.services.routing import Policy, View
from core.ui.overview import addresses
from core.ui.quality.month import is_in_dollars
from core.ui.routing import made_of
from core.ui.routing.made_of import Way
from core.ui.shared import access, frame, grids, leading
from core.ui.shared.grids import Number

_SHOWN, _REASONS = 8, 3


def section(found: View) -> None:
    """A row each: the table in force, the one that the evidence allows, the champion and others for everything."""
    st.subheader("What if one model answered everything?", anchor=False)
    first, others = _ways(found)
    st.caption(basis(found))
    _table(found, first, "Quality, cost, latency and regret of the tables and of one model for all", "first")
    if others:
        with st.expander(f"{len(others)} more candidates"):
            _table(found, others, "The same of the other candidates", "others")
    _why_not(found)
    st.caption(regret(found))


def _why_not(found: View) -> None:
    """Of who alone looks better or cheaper than the table: what the verdicts say against it where others answer."""
    with st.container(gap="xsmall", key="routing_said-why-not"):
        for line in why_not(found):
            name, reasons = found.names[line], found.against[line]
            each = [f"in {frame.as_typed(category)} {frame.as_typed(why)}" for category, why in reasons[:_REASONS]]
            more = len(reasons) - len(each)
            said = "; ".join([*each, f"and {n(more, 'more category', 'more categories')}"] if more else each)
            to = addresses.verdict(found.dataset, reasons[0][0])
            leading.line(f"**Why not {frame.as_typed(name)} everywhere?** {said[:1].upper()}{said[1:]}.", to)
    if why_not(found):
        st.caption(
            "A share acceptable does not weigh harm, and in one of all a category with little traffic counts for "
            "little. A table moves each category by its own evidence, and not where safety votes prove harm."
        )


def why_not(found: View) -> list[int]:
    """Of whom there is something to say."""
    return [candidate for candidate, reasons in found.against.items() if reasons]


def _table(found: View, ways: Sequence[Way], alt: str, key: str) -> None:
    """Choosing a figure shows what it is made of."""
    listed, key = [_row(found, one.policy, one.label) for one in ways], f"routing_what_if-{key}"
    choose = access.guarded(access.Role.ANALYST)(partial(_chosen, ways, listed, key))
    grids.choosable(listed, alt=alt, key=key, on_choose=choose)


def _chosen(ways: Sequence[Way], listed: list[dict[str, object]], key: str) -> None:
    cell = grids.chosen(key, listed)
    if cell is not None:
        made_of.choose(ways[cell[0]])


def _ways(found: View) -> tuple[list[Way], list[Way]]:
    """The tables and the first candidates alone, and the other candidates."""
    ways = made_of.ways(found)
    shown = len(ways) - len(found.ifs.singles) + _SHOWN
    return ways[:shown], ways[shown:]


def tables(found: View) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """A row for each table and the first candidates alone, and of the other candidates."""
    first, others = ([_row(found, one.policy, one.label) for one in ways] for ways in _ways(found))
    return first, others


def _row(found: View, one: Policy, title: str) -> dict[str, object]:
    candidate = found.candidates.get(one.candidate or 0)
    who: object = title
    if candidate is not None:
        who = grids.Name(candidate.name, candidate.position, is_champion=candidate.id == found.champion)
    return {
        "Who answers": who,
        "Acceptable": _number(one.share, "no verdicts", percent if one.is_human else _in_part_automatic),
        "Per 1,000 answers": _number(None if one.cost_usd is None else 1000 * one.cost_usd, "unknown", money),
        "A month": Number("not known" if one.usd_a_month is None else month(found, one), one.usd_a_month),
        "Median": _number(one.p50_ms, "not measured", seconds),
        "p95": _number(one.p95_ms, "not measured", seconds),
        "Refused": _number(one.refusals, "not known", percent),
        "Short of the best": _number(one.misses, "–", lambda share: f"{100 * share:.1f} points"),
    }


def _in_part_automatic(share: float) -> str:
    return f"{percent(share)} *"


def month(found: View, one: Policy) -> str:
    """What a month costs, written as on *Overview*."""
    if one.usd_a_month is None:
        return UNKNOWN
    is_whole = is_in_dollars(found.ifs.in_force.usd_a_month, found.ifs.compiled.usd_a_month)
    return spend(one.usd_a_month, is_whole=is_whole)


def _number(value: float | None, unknown: str, write) -> Number:  # type: ignore[no-untyped-def]
    return Number(unknown if value is None else write(value), value)


def basis(found: View) -> str:
    """By what categories are weighted, and in whose eyes."""
    return (
        f"*Acceptable*: {judged_by(found)}{_unlike(found)}. *Per 1,000 answers*: everything paid in all runs, failed "
        "attempts too; *unknown* is a price that nobody entered. *A month*: as on *Overview*, at what the newest run "
        "paid."
    )


def judged_by(found: View) -> str:
    """Whose judgement the shares acceptable are, and what categories count in them."""
    they_judge_all = all(one.is_human for one in (found.ifs.in_force, found.ifs.compiled, *found.ifs.singles))
    who = "by raters" if they_judge_all else "by raters (* in part automatically, where they are too few)"
    return f"{who}, {counted(found)}"


def counted(found: View) -> str:
    """What categories count in shares over all."""
    return f"each category counted by its {'answers a month' if found.ifs.weighted_by_answers else 'prompts'}"


def _unlike(found: View) -> str:
    """Why other pages have other shares of the same name."""
    if not found.ifs.weighted_by_answers:
        return ""
    return " (on *Cost & quality* every prompt counts alike, so categories with little traffic count for more there)"


def regret(found: View) -> str:
    """How far the tables and the best single model are from the best, on prompts that they were not chosen by."""
    regret = found.ifs.regret
    if regret is None:
        return (
            "How far each is from the best is not known yet: it takes prompts in every category that candidates were "
            "asked in common."
        )
    single = frame.as_typed(found.names.get(found.ifs.single or 0, "the best single model"))
    best = regret.hindsight
    hindsight = "" if best is None else (
        f", the single model that is best in hindsight ({frame.as_typed(found.names.get(best, '?'))}) "
        f"{100 * regret.alone[best]:.1f} %"
    )  # fmt: skip
    return (
        ":material/science: *Short of the best* (regret): points of acceptable answers below a choice that knows the "
        "best candidate of each category beforehand (an oracle), which nobody does. It is tried on prompts that were "
        f"held out: the {regret.prompts:,} prompts are dealt to {regret.folds} parts, and each part is answered as the "
        f"other parts lead to. Acceptable there: {100 * regret.table:.1f} % by tables made this way, "
        f"{100 * regret.single:.1f} % by the one model that was best on the other parts (mostly {single}), "
        f"{100 * regret.oracle:.1f} % by the "
        f"oracle{hindsight}."
    )
