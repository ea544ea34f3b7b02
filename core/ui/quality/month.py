"""What a month's answers cost with each candidate, by category: the amounts that *Overview* speaks of."""

from collections.abc import Mapping

import streamlit as st

from core.domain.overview import Routed, answering
from core.domain.words import UNKNOWN, percent, spend
from core.services import overview
from core.services.deciding import settings
from core.services.overview import Amount, Traffic
from core.storage.engine import reading
from core.ui.quality import leads, page
from core.ui.quality.choice import dataset_name
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
    champion = next((one for one in view.report.candidates if one.is_champion), None)
    by_table = _by_table(view, traffic)
    mixed = _mixes(view, traffic, by_table)
    mixes = {name: overview.amount(view.report, traffic, who) for name, who in mixed.items()}
    each = {one.candidate_id: one for one in overview.amounts(view.report, traffic)}
    alone = None if champion is None else each.get(champion.id)
    today = next(iter(mixes.values())) if by_table else alone
    beside = "Beside today" if by_table or champion is None else f"Beside {champion.name}"
    is_whole = is_in_dollars(*(one.usd for one in (today, *mixes.values()) if one is not None))
    shown: list[tuple[str | grids.Name, Amount]] = list(mixes.items())
    shown += [(page.name_of(view, line), each[line.candidate_id]) for line in view.lines if line.candidate_id in each]
    rows: list[dict[str, object]] = []
    for name, one in shown:
        first, *others = _cells(view, traffic, one, mixed.get(str(name), {}), is_whole=is_whole).items()
        said = "–" if one is today else _difference(today, one, is_whole=is_whole)
        rows.append({"Candidate": name, **dict([first]), beside: said, **dict(others)})
    grids.show(rows, alt="What the same answers cost with each candidate, in all and by category")
    if not st.query_params.get_all(MIX):
        leads.recommendation(view)


def _by_table(view: View, traffic: Traffic) -> Routed | None:
    """The routing table in force, where it has others than the champion answer what is counted here, all in scope."""
    champion = next((one.id for one in view.report.candidates if one.is_champion), None)
    with reading(engine()) as session:
        found = overview.routed(session, dataset_name(view.choice), champion)
    here = {one.id for one in view.report.candidates}
    others = set() if found is None else {found.by_category[at] for at in traffic.answers if at in found.by_category}
    return found if others and others <= here else None


def _mixes(view: View, traffic: Traffic, by_table: Routed | None) -> dict[str, Mapping[str, int]]:
    """Who answers by the routing table in force, first; and as a link to here recommends, where that is another."""
    asked = _asked(view, traffic)
    mixes: dict[str, Mapping[str, int]] = {}
    if by_table is not None:
        champion = next(one.id for one in view.report.candidates if one.is_champion)
        today = answering(traffic.answers, champion, by_table.by_category)
        is_same = asked == today
        mixes[f"Today{' and as recommended' if is_same else ''}, by routing table {by_table.version}"] = today
        asked = {} if is_same else asked
    return mixes | ({"As recommended": asked} if len(set(asked.values())) > 1 else {})


def _difference(today: Amount | None, one: Amount, *, is_whole: bool) -> str:
    """The amount beside today's."""
    usd = None if today is None else today.usd
    of = share(usd, one.usd)
    return f"{difference(usd, one.usd, is_whole=is_whole)}{f' ({of})' if of else ''}"


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


def _cells(
    view: View, traffic: Traffic, one: Amount, who: Mapping[str, int], *, is_whole: bool
) -> dict[str, grids.Number]:
    """An amount in all and by category; of several together with who answers there."""
    of_all = "A month" if traffic.is_monthly else "1,000 answers"
    cells = {of_all: grids.Number(spend(one.usd, is_whole=is_whole), one.usd)}
    for category, number in traffic.answers.items():
        usd = one.by_category[category]
        by = f", {view.report.candidate(who[category]).name}" if category in who else ""
        cells[f"{category} ({number:,.0f})"] = grids.Number(f"{spend(usd, is_whole=is_whole)}{by}", usd)
    return cells


def _asked(view: View, traffic: Traffic) -> dict[str, int]:
    """Who answers which category, as the address says; empty where it says nothing, or not of all of them."""
    there = {str(each.id): each.id for each in view.report.candidates}
    parts = [asked.partition(":") for asked in st.query_params.get_all(MIX)[:_MOST_MIXED]]
    who = {category: there[of] for of, _, category in parts if of in there and category in traffic.answers}
    return who if set(who) == set(traffic.answers) else {}
