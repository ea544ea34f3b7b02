"""What answers cost at our traffic: with the champion, as recommended, and the difference."""

from collections.abc import Sequence

import streamlit as st

from core.domain.deciding import Decision
from core.domain.deciding.wording import comparison_sentence
from core.domain.words import UNKNOWN, percent, spend
from core.services.overview import Money
from core.ui.overview import addresses, leading
from core.ui.overview.view import View
from core.ui.quality import month
from core.ui.shared import frame
from core.ui.shared.colours import MOST_COLOURED
from core.ui.shared.slides import plain


def section(view: View) -> None:
    """The three figures, for whom each holds, and why not the cheapest."""
    with st.container(border=True, gap="small", height="stretch", key="overview_money"):
        st.subheader(_title(view.money), anchor=False)
        if view.money is None or view.recommendation is None:
            st.markdown(_nothing(view))
            return
        _figures(view, view.money)
        _whose(view, view.money)
        _cheapest(view, view.money)


def lines(view: View) -> list[str]:
    """The figures as sentences, for a report."""
    if view.money is None or view.recommendation is None:
        return [_nothing(view)]
    champion, usd = view.names[view.recommendation.champion], plain(written(view.money.champion_usd))
    today = f"{_title(view.money)} today, with {champion}: {usd}."
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
    champion, is_whole = view.recommendation.champion, _is_whole(money)
    today = _proof(view, money, [champion])
    with st.container(horizontal=True, gap="large", key="overview_figures"):
        _figure("today", "Today", written(money.champion_usd, is_whole=is_whole), view.called(champion), today)
        if not view.recommendation.is_change:
            _instead(view, money, is_whole=is_whole)
            return
        who = view.recommendation.candidates
        said = written(money.recommended_usd, is_whole=is_whole)
        _figure("recommended", "As recommended", said, _who(view), _proof(view, money, who))
        both = _proof(view, money, [champion, *who])
        _figure("difference", "Difference", _difference(money, is_whole=is_whole), _share(money), both)


def _proof(view: View, money: Money, candidates: Sequence[int]) -> addresses.Address:
    """The page that shows the amounts of these candidates, and as recommended, category by category."""
    assert view.recommendation is not None
    found = view.recommendation
    who = {category: found.by_category.get(category, found.champion) for category in money.traffic.answers}
    names = [view.names[of] for of in dict.fromkeys(candidates)]
    return addresses.month_of(view.label, names[:MOST_COLOURED], who)


def _instead(view: View, money: Money, *, is_whole: bool) -> None:
    """Where nothing is to change: what it would be with the challenger that the verdict over all speaks of."""
    whole = view.verdicts.of(None)
    found = next((one for one in money.each if whole is not None and one.candidate_id == whole.challenger), None)
    if whole is None or found is None or found.usd is None:
        return
    said = "not proven yet" if whole.decision is Decision.NOT_ENOUGH else "not recommended"
    to = _proof(view, money, [found.candidate_id or 0])
    _figure("instead", f"With {view.called(whole.challenger or 0)}", written(found.usd, is_whole=is_whole), said, to)


def _figure(key: str, title: str, figure: str, said: str, to: addresses.Address) -> None:
    with st.container(gap=None, width="content", key=f"overview_figure-{key}"):
        st.caption(title)
        leading.figure(figure, to)
        if said:
            st.caption(said)


def _is_whole(money: Money) -> bool:
    return month.is_in_dollars(money.champion_usd, money.recommended_usd)


def written(usd: float | None, *, is_whole: bool = False) -> str:
    """An amount, for Markdown."""
    return frame.dollars(spend(usd, is_whole=is_whole))


def _difference(money: Money, *, is_whole: bool) -> str:
    """Between the amounts as they are written, so that it adds up."""
    if money.champion_usd is None or money.recommended_usd is None:
        return UNKNOWN
    digits = 0 if is_whole else 2 if min(money.champion_usd, money.recommended_usd) >= 0.1 else 6
    saved = round(money.champion_usd, digits) - round(money.recommended_usd, digits)
    return f"{'−' if saved > 0 else '+' if saved < 0 else ''}{written(abs(saved), is_whole=is_whole)}"


def _share(money: Money) -> str:
    if money.saved_usd is None or not money.champion_usd:
        return ""
    share = money.saved_usd / money.champion_usd
    return f"{percent(abs(share))} {'less' if share >= 0 else 'more'}"


def _who(view: View) -> str:
    """Birch; Alder for safety and coding."""
    found = view.recommendation
    assert found is not None
    first, *others = found.candidates
    rest = [f"{view.called(of)} for {listed(found.categories_of(of))}" for of in others]
    return "; ".join([view.called(first), *rest])


def listed(categories: list[str]) -> str:
    """Categories as a sentence lists them, at most three of them."""
    names = [frame.as_typed(name) for name in categories[:3]]
    if len(categories) > 3:
        return f"{', '.join(names)} and {len(categories) - 3:,} more"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _whose(view: View, money: Money) -> None:
    """For how many answers, at which prices, and what is missing."""
    if money.traffic.is_monthly:
        said = (
            f"For {money.traffic.total:,.0f} answers a month, at what the newest run paid; judges and raters are apart."
        )
        leading.line(f":gray[{said}]", _proof(view, money, []))
    else:
        leading.line(
            ":gray[Categories as in the dataset.] To see it a month, an admin enters answers a month on Decisions.",
            addresses.settings(view.dataset),
        )
    if money.traffic.missing:
        st.caption(f":material/info: Without {listed(list(money.traffic.missing))}, where no traffic is entered.")
    if money.unknown:
        names = " and ".join(view.called(of) for of in money.unknown)
        st.caption(f":material/info: What {names} cost is unknown: a price is missing.")


def _cheapest(view: View, money: Money) -> None:
    """Why not the cheapest, where that is not recommended everywhere."""
    assert view.recommendation is not None
    known = [one for one in money.each if one.usd is not None]
    whole = view.verdicts.of(None)
    if not known or whole is None or view.recommendation.candidates == [known[0].candidate_id]:
        return
    cheapest = known[0]
    compared = next((one for one in whole.comparisons if one.challenger == cheapest.candidate_id), None)
    if compared is None:
        return
    price = f"{written(cheapest.usd)}{' a month' if money.traffic.is_monthly else ''}"
    name = view.called(compared.challenger)
    leading.line(f"The cheapest would be {name}, {price}", _proof(view, money, [compared.challenger]))
    why = frame.as_typed(comparison_sentence(compared, view.names))
    leading.line(f"**Why not {name}?** {why}", addresses.compared(view.dataset, None))
