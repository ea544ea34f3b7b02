"""What a month's answers cost with each candidate, by category: the amounts that *Overview* speaks of."""

from collections.abc import Mapping

import streamlit as st

from core.domain.words import UNKNOWN, percent, spend
from core.services import overview
from core.services.deciding import settings
from core.services.overview import Amount, Traffic
from core.storage.engine import reading
from core.ui.quality import page
from core.ui.quality.page import View
from core.ui.shared import arriving, frame, grids
from core.ui.shared.resources import engine

PLACE, MIX = "cost_at_month", "cost_mix"
"""In an address: that it leads here, and who answers which category, as ``mixed`` writes it."""
_WHOLE_FROM_USD = 1000.0
_MOST_MIXED = 40


def section(view: View) -> None:
    """A row for each candidate that is shown, and one for the candidates that a link to here recommends."""
    champion = next((each.id for each in view.report.candidates if each.is_champion), None)
    with reading(engine()) as session:
        entered = settings.settings(session).answers_a_month
    traffic = None if champion is None else overview.traffic_of(view.report, champion, entered)
    if traffic is None:
        return
    with arriving.place(PLACE, "What a month costs" if traffic.is_monthly else "What 1,000 answers cost"):
        st.subheader(_title(traffic), anchor=False)
        st.caption(_said(traffic))
        _table(view, traffic)


def mixed(who: Mapping[str, int]) -> list[str]:
    """Who answers which category, for an address; nothing where that would not fit into one."""
    return [f"{candidate}:{category}" for category, candidate in who.items()] if len(who) <= _MOST_MIXED else []


def _title(traffic: Traffic) -> str:
    return f"A month at {traffic.total:,.0f} answers" if traffic.is_monthly else "1,000 answers"


def _said(traffic: Traffic) -> str:
    """Where the amounts come from."""
    of = "answers a month as entered on *Decisions*" if traffic.is_monthly else "by category as the champion was asked"
    left_out = (
        f" Without {frame.as_typed(', '.join(traffic.missing))}, where none are entered." if traffic.missing else ""
    )
    return (
        f"The number of answers ({of}) × everything paid for the responses of the chosen runs ÷ their number, category "
        f"by category; an amount of all is their sum.{left_out}"
    )


def _table(view: View, traffic: Traffic) -> None:
    who = _asked(view, traffic)
    mix = overview.amount(view.report, traffic, who) if who else None
    each = {one.candidate_id: one for one in overview.amounts(view.report, traffic)}
    champion = next((each.get(one.id) for one in view.report.candidates if one.is_champion), None)
    name = next((one.name for one in view.report.candidates if one.is_champion), "")
    is_whole = is_in_dollars(*(one.usd for one in (champion, mix) if one is not None))
    rows: list[dict[str, object]] = []
    if mix is not None and mix.candidate_id is None:
        named = {category: f", {view.report.candidate(of).name}" for category, of in who.items()}
        cells = _cells(traffic, mix, named, is_whole=is_whole)
        rows.append({"Candidate": "As recommended", **_with_difference(cells, champion, mix, name, is_whole=is_whole)})
    for line in view.lines:
        if line.candidate_id in each:
            one = each[line.candidate_id]
            cells = _cells(traffic, one, {}, is_whole=is_whole)
            cells = _with_difference(cells, champion, one, name, is_whole=is_whole)
            rows.append({"Candidate": page.name_of(view, line), **cells})
    grids.show(rows, alt="What the same answers cost with each candidate, in all and by category")


def _with_difference(
    cells: dict[str, object], champion: Amount | None, one: Amount, name: str, *, is_whole: bool
) -> dict[str, object]:
    """The cells, with the amount beside the champion's after the amount itself."""
    today = None if champion is None else champion.usd
    said = "–"
    if one is not champion:
        of = share(today, one.usd)
        said = f"{difference(today, one.usd, is_whole=is_whole)}{f' ({of})' if of else ''}"
    (first, amount), *others = cells.items()
    return {first: amount, f"Beside {name}": said, **dict(others)}


def is_in_dollars(*amounts: float | None) -> bool:
    """Whether amounts, of the champion and as recommended, are so large that nobody reads cents."""
    return max((usd or 0.0 for usd in amounts), default=0.0) >= _WHOLE_FROM_USD


def difference(today: float | None, instead: float | None, *, is_whole: bool) -> str:
    """From one amount to another as both are written, so that it adds up."""
    if today is None or instead is None:
        return UNKNOWN
    digits = 0 if is_whole else 2 if min(today, instead) >= 0.1 else 6
    saved = round(today, digits) - round(instead, digits)
    return f"{'−' if saved > 0 else '+' if saved < 0 else ''}{spend(abs(saved), is_whole=is_whole)}"


def share(today: float | None, instead: float | None) -> str:
    """How much of the first amount that is, in words; empty where that cannot be said."""
    if today is None or instead is None or not today:
        return ""
    return f"{percent(abs(today - instead) / today)} {'less' if instead <= today else 'more'}"


def _cells(traffic: Traffic, one: Amount, named: Mapping[str, str], *, is_whole: bool) -> dict[str, object]:
    of_all = "A month" if traffic.is_monthly else "1,000 answers"
    cells: dict[str, object] = {of_all: grids.Number(spend(one.usd, is_whole=is_whole), one.usd)}
    for name, number in traffic.answers.items():
        usd = one.by_category[name]
        written = f"{spend(usd, is_whole=is_whole)}{named.get(name, '')}"
        cells[f"{name} ({number:,.0f})"] = grids.Number(written, usd)
    return cells


def _asked(view: View, traffic: Traffic) -> dict[str, int]:
    """Who answers which category, as the address says; empty where it says nothing, or not of all of them."""
    there = {str(each.id): each.id for each in view.report.candidates}
    parts = [asked.partition(":") for asked in st.query_params.get_all(MIX)[:_MOST_MIXED]]
    who = {category: there[of] for of, _, category in parts if of in there and category in traffic.answers}
    return who if set(who) == set(traffic.answers) else {}
