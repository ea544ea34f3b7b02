"""Why not somebody who alone would cost less than what is recommended."""

from collections.abc import Sequence

import streamlit as st

from core.domain.deciding import Verdict
from core.domain.deciding.wording import comparison_parts
from core.services.deciding import words
from core.services.overview import Amount, Money
from core.ui.overview import addresses, money
from core.ui.overview.view import View
from core.ui.shared import frame, leading

_MOST_ASKED_ABOUT, _MOST_CATEGORIES = 4, 3


def section(view: View) -> None:
    """Why not somebody who alone would cost less: the cheapest, and whom the verdict over all names, everywhere."""
    whole, costs = view.verdicts.of(None), view.money
    chosen = [] if costs is None else _asked_about(view, costs)
    if whole is None or costs is None or not chosen:
        return
    with st.container(border=True, gap="small", key="overview_cheaper"):
        _why_not_they(view, costs, whole, chosen)


def _why_not_they(view: View, costs: Money, whole: Verdict, chosen: Sequence[Amount]) -> None:
    prices = ", ".join(f"{view.called(one.candidate_id or 0)} {money.written(one.usd)}" for one in chosen)
    who = [one.candidate_id or 0 for one in chosen]
    per = "a month" if costs.traffic.is_monthly else "1,000 answers"
    leading.line(f"Cheaper, each for all answers, {per}: {prices}", money.proof(view, costs, who))
    for of in who:
        _why_not(view, whole, of)


def _asked_about(view: View, costs: Money) -> list[Amount]:
    """At most four who alone cost less than what is recommended: the cheapest, the challenger, and the best others."""
    limit, whole = costs.recommended_usd, view.verdicts.of(None)
    if view.recommendation is None or limit is None:
        return []
    compared = {one.challenger: one.quality for one in whole.comparisons} if whole is not None else {}
    compared |= {view.recommendation.champion: None} if compared else {}
    less = [
        one
        for one in costs.each
        if one.usd is not None and one.candidate_id in compared and one.usd < limit
        and view.recommendation.candidates != [one.candidate_id]
    ]  # fmt: skip
    named = set() if whole is None else {whole.challenger, whole.champion}

    def in_order(one: Amount) -> tuple[bool, bool, float]:
        quality = compared[one.candidate_id or 0]
        return one is not less[0], one.candidate_id not in named, 1.0 if quality is None else -quality.estimate

    first = sorted(less, key=in_order)[:_MOST_ASKED_ABOUT]
    return [one for one in less if one in first]


def _why_not(view: View, whole: Verdict, of: int) -> None:
    """Of whom the verdict over all names, what speaks against that one in each category that it does not reach."""
    found, name = view.verdicts, view.called(of)
    if of == whole.champion:
        _why_not_champion(view, name)
        return
    out = words.exceptions(found, whole) if of == whole.challenger else []
    if not out:
        compared = next(one for one in whole.comparisons if one.challenger == of)
        why = comparison_parts(compared, found.names)[1]
        leading.line(f"**Why not {name}?** Overall: {frame.as_typed(why)}", addresses.compared(view.dataset, None, of))
        return
    there = [here for category in out[:_MOST_CATEGORIES] if (here := found.of(category)) is not None]
    for place, here in enumerate(there):
        asked = "" if place else f"**Why not {name} everywhere?** "
        said = frame.as_typed(f"In {here.category}: {words.against(found, here, of)}")
        leading.line(f"{asked}{said}", addresses.compared(view.dataset, here.category, of))


def _why_not_champion(view: View, name: str) -> None:
    """What speaks against the champion in each category that another is to answer."""
    others = {} if view.recommendation is None else view.recommendation.by_category
    out = [category for category, of in others.items() if of != view.verdicts.champion][:_MOST_CATEGORIES]
    there = [here for category in out if (here := view.verdicts.of(category)) is not None]
    for place, here in enumerate(there):
        asked = "" if place else f"**Why not {name} everywhere?** "
        said = words.against_champion(view.verdicts, here, others[here.category or ""])
        leading.line(
            f"{asked}{frame.as_typed(f'In {here.category}: {said}')}", addresses.verdict(view.dataset, here.category)
        )
