"""What if: the tables beside one model for all, in quality, cost, latency and regret."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from core.domain.words import money, percent, seconds
from core.services.routing import Policy, View
from core.ui.routing import made_of
from core.ui.routing.made_of import Way
from core.ui.shared import access, frame, grids
from core.ui.shared.grids import Number

_SHOWN = 8


def section(found: View) -> None:
    """A row each: the table in force, the one that the evidence allows, the champion and others for everything."""
    st.subheader("What if one model answered everything?", anchor=False)
    first, others = _ways(found)
    st.caption(basis(found))
    _table(found, first, "Quality, cost, latency and regret of the tables and of one model for all", "first")
    if others:
        with st.expander(f"{len(others)} more candidates"):
            _table(found, others, "The same of the other candidates", "others")
    st.caption(regret(found))


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
        "Acceptable": _number(one.share, "no verdicts", percent),
        "Per 1,000 answers": _number(None if one.cost_usd is None else 1000 * one.cost_usd, "unknown", money),
        "A month": _number(one.usd_a_month, "not known", money),
        "Median": _number(one.p50_ms, "not measured", seconds),
        "p95": _number(one.p95_ms, "not measured", seconds),
        "Refused": _number(one.refusals, "not known", percent),
        "Misses, held out": _number(one.misses, "–", lambda share: f"{100 * share:.1f} points"),
    }


def _number(value: float | None, unknown: str, write) -> Number:  # type: ignore[no-untyped-def]
    return Number(unknown if value is None else write(value), value)


def basis(found: View) -> str:
    """By what categories are weighted, and in whose eyes."""
    weights = "production's answers a month" if found.ifs.weighted_by_answers else "prompts"
    human = "in the eyes of raters" if found.ifs.compiled.is_human else "by automatic verdicts where raters are too few"
    return (
        f"Categories weighted by {weights}. Acceptable {human}. Costs hold everything paid, failed attempts too; "
        "*unknown* is a price that nobody entered, never nothing."
    )


def regret(found: View) -> str:
    """What the tables and the best single model miss on prompts held out."""
    regret = found.ifs.regret
    if regret is None:
        return "Regret is not known yet: it takes prompts in every category that candidates were asked in common."
    single = frame.as_typed(found.names.get(found.ifs.single or 0, "the best single model"))
    best = regret.hindsight
    hindsight = "" if best is None else (
        f", the single model that is best in hindsight ({frame.as_typed(found.names.get(best, '?'))}) "
        f"{100 * regret.alone[best]:.1f} %"
    )  # fmt: skip
    return (
        ":material/science: *Misses, held out*: points of acceptable answers that the best candidate of each category "
        f"would win. The {regret.prompts:,} prompts are dealt to {regret.folds} folds, and each prompt is answered as "
        f"what the others alone lead to says: by the table {100 * regret.table:.1f} % acceptable, by the one model for "
        f"all that was best on the others (mostly {single}) {100 * regret.single:.1f} %. Who knows these prompts gets "
        f"more by chance: an oracle {100 * regret.oracle:.1f} %{hindsight}."
    )
