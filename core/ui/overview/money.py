"""What answers cost at our traffic: with the champion, as recommended, and the difference."""

import streamlit as st

from core.domain.deciding.wording import comparison_sentence
from core.domain.words import percent
from core.services.overview import Money
from core.ui.overview import addresses, links
from core.ui.overview.view import View
from core.ui.shared import frame

_UNKNOWN = "unknown"


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


def _title(money: Money | None) -> str:
    if money is None or money.is_monthly:
        return "What a month costs"
    return "What 1,000 answers cost"


def _nothing(view: View) -> str:
    if view.verdicts.champion is None:
        return "No champion is named, so there is no cost of today to compare with."
    return f"{view.called(view.verdicts.champion)} has no answers here, so what it costs is not known."


def _figures(view: View, money: Money) -> None:
    assert view.recommendation is not None
    champion = view.recommendation.champion
    today = addresses.figures(view.label, candidates=[view.names[champion]])
    with st.container(horizontal=True, gap="medium"):
        _figure("Today", written(money.champion_usd), view.called(champion), today)
        if not view.recommendation.is_change:
            return
        who = [view.names[of] for of in view.recommendation.candidates]
        there = addresses.figures(view.label, candidates=who[: len(view.coloured)])
        _figure("As recommended", written(money.recommended_usd), _who(view), there)
        _figure("Difference", _difference(money), _share(money), there)


def _figure(title: str, figure: str, said: str, to: addresses.Address) -> None:
    with st.container(gap=None, width="content", key=f"overview_figure-{title}"):
        st.caption(title)
        links.line(figure, to)
        if said:
            st.caption(said)


def written(usd: float | None) -> str:
    """An amount, in whole dollars from a hundred on."""
    if usd is None:
        return _UNKNOWN
    if abs(usd) >= 100:
        return f"\\${usd:,.0f}"
    return f"\\${usd:,.2f}" if abs(usd) >= 0.1 or not usd else f"\\${usd:.2g}"


def _difference(money: Money) -> str:
    saved = money.saved_usd
    if saved is None:
        return _UNKNOWN
    return f"{'−' if saved > 0 else '+' if saved < 0 else ''}{written(abs(saved))}"


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
    rest = [f"{view.called(of)} for {_listed(found.categories_of(of))}" for of in others]
    return "; ".join([view.called(first), *rest])


def _listed(categories: list[str]) -> str:
    names = [frame.as_typed(name) for name in categories[:3]]
    if len(categories) > 3:
        return f"{', '.join(names)} and {len(categories) - 3:,} more"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _whose(view: View, money: Money) -> None:
    """For how many answers, at which prices, and what is missing."""
    if money.is_monthly:
        links.line(
            f":gray[For {money.total:,.0f} answers a month, at what the newest run paid; judges and raters are apart.]",
            addresses.decisions(view.dataset),
        )
    else:
        links.line(
            ":gray[Per 1,000 answers, categories as in the dataset.] Enter answers a month to see it in your traffic.",
            addresses.decisions(view.dataset),
        )
    if money.missing:
        st.caption(f":material/info: Without {_listed(list(money.missing))}, where no traffic is entered.")
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
    price = f"{written(cheapest.usd)}{' a month' if money.is_monthly else ''}"
    why = frame.as_typed(comparison_sentence(compared, view.names))
    said = f"**Why not the cheapest, {view.called(cheapest.candidate_id)}** ({price})? {why}"
    links.line(said, addresses.verdict(view.dataset, None))
