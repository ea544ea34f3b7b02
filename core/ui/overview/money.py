"""What answers cost at our traffic: today, as recommended, and the difference."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core.domain.deciding import Decision
from core.domain.overview import answering
from core.domain.overview import who_answers as in_words
from core.domain.words import listed, n, spend
from core.services.overview import Money
from core.ui.overview import addresses
from core.ui.overview.view import View
from core.ui.quality import month
from core.ui.shared import frame, leading
from core.ui.shared.colours import MOST_COLOURED
from core.ui.shared.slides import plain


def section(view: View) -> None:
    """The three figures, and for whom each holds."""
    with st.container(border=True, gap="small", height="stretch", key="overview_money"):
        st.subheader(_title(view.money), anchor=False)
        if view.money is None or view.recommendation is None:
            st.markdown(_nothing(view))
            return
        _figures(view, view.money)
        _whose(view, view.money)


def lines(view: View) -> list[str]:
    """The figures as sentences, for a report."""
    if view.money is None or view.recommendation is None:
        return [_nothing(view)]
    usd = plain(written(view.money.today_usd))
    today = f"{_title(view.money)} today, with {plain(_who_today(view))}: {usd}."
    if not view.recommendation.is_change:
        return [today]
    return [today, f"As recommended: {plain(written(view.money.recommended_usd))}."]


def _title(money: Money | None) -> str:
    if money is None or money.traffic.is_monthly:
        return "What a month costs"
    return "What 1,000 answers cost"


def _nothing(view: View) -> str:
    if view.verdicts.champion is None:
        return "No champion is named, so there is no cost of today to compare with."
    return f"{view.called(view.verdicts.champion)} has no answers here, so what it costs is not known."


def _figures(view: View, money: Money) -> None:
    assert view.recommendation is not None
    is_whole, answering = _is_whole(money), [view.recommendation.champion, *view.recommendation.by_table.values()]
    with st.container(horizontal=True, gap="medium", key="overview_figures"):
        today = written(money.today_usd, is_whole=is_whole)
        _figure("today", "Today", today, _who_today(view), proof(view, money, answering))
        if not view.recommendation.is_change:
            _instead(view, money, is_whole=is_whole)
            return
        who = view.recommendation.candidates
        said = written(money.recommended_usd, is_whole=is_whole)
        _figure("recommended", "As recommended", said, _who(view), proof(view, money, who))
        both = proof(view, money, [*answering, *who])
        usd = month.difference(money.today_usd, money.recommended_usd, is_whole=is_whole)
        _figure("difference", "Difference", frame.dollars(usd), _share(view, money), both)


def proof(view: View, money: Money, candidates: Sequence[int]) -> leading.Address:
    """The page that shows the amounts of these candidates, and as recommended, category by category."""
    assert view.recommendation is not None
    found = view.recommendation
    who = answering(money.traffic.answers, found.champion, found.by_category)
    names = [view.names[of] for of in dict.fromkeys(candidates) if of in view.names]
    return addresses.month_of(view.label, names[:MOST_COLOURED], who)


def _instead(view: View, money: Money, *, is_whole: bool) -> None:
    """Where nothing is to change: what it would be without the routing table, or with the verdict's challenger."""
    if view.routed is not None:
        to = proof(view, money, [view.verdicts.champion or 0])
        alone = written(money.champion_usd, is_whole=is_whole)
        said = f"{_champion(view)}, without the routing table; why not stands below"
        _figure("instead", "Champion alone", alone, said, to)
        return
    whole = view.verdicts.of(None)
    found = next((one for one in money.each if whole is not None and one.candidate_id == whole.challenger), None)
    if whole is None or found is None or found.usd is None:
        return
    said = "not proven yet" if whole.decision is Decision.NOT_ENOUGH else "not recommended"
    to = proof(view, money, [found.candidate_id or 0])
    _figure("instead", f"With {view.called(whole.challenger or 0)}", written(found.usd, is_whole=is_whole), said, to)


def _figure(key: str, title: str, figure: str, said: str, to: leading.Address) -> None:
    with st.container(gap=None, width="content", key=f"overview_figure-{key}"):
        st.caption(title)
        leading.figure(figure, to)
        if said:
            st.caption(said)


def _is_whole(money: Money) -> bool:
    return month.is_in_dollars(money.today_usd, money.recommended_usd)


def written(usd: float | None, *, is_whole: bool = False) -> str:
    """An amount, for Markdown."""
    return frame.dollars(spend(usd, is_whole=is_whole))


def _share(view: View, money: Money) -> str:
    """How much of today's that is, and why less than per acceptable response where the champion keeps categories."""
    said = month.share(money.today_usd, money.recommended_usd)
    if not said or view.routed is not None:
        return said
    champion = view.verdicts.champion or 0
    kept = [] if view.recommendation is None else view.recommendation.categories_of(champion)
    where = n(len(kept), "category", "categories")
    return f"{said}, as {view.called(champion)} keeps {where}" if kept else said


def _who(view: View) -> str:
    """Who is recommended."""
    assert view.recommendation is not None
    return who_answers(view, view.recommendation.by_category)


def _who_today(view: View) -> str:
    """Who answers today, and by which table."""
    assert view.recommendation is not None
    if view.routed is None:
        return _champion(view)
    return f"{who_answers(view, view.recommendation.today)}, by routing table {view.routed.version}"


def who_answers(view: View, who: Mapping[str, int]) -> str:
    """Who answers which category, for Markdown."""
    answers = None if view.money is None else view.money.traffic.answers
    return frame.as_typed(in_words(who, view.names, answers))


def _champion(view: View) -> str:
    return view.called(view.verdicts.champion or 0)


def _whose(view: View, money: Money) -> None:
    """For how many answers, at which prices, and what is missing."""
    if money.traffic.is_monthly:
        said = (
            f"For {money.traffic.total:,.0f} answers a month, at what the newest run paid; without judges and raters."
        )
        leading.line(f":gray[{said}]", proof(view, money, []))
    else:
        leading.line(
            ":gray[Categories as in the dataset.] To see it a month, an admin enters answers a month on Decisions.",
            addresses.settings(view.dataset),
        )
    if money.traffic.missing:
        st.caption(
            f":material/info: Without {frame.as_typed(listed(money.traffic.missing))}, where no traffic is entered."
        )
    if money.unknown:
        names = " and ".join(view.called(of) for of in money.unknown)
        st.caption(f":material/info: What {names} cost is unknown: a price is missing.")
