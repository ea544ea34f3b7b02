"""What answers cost a month, or per 1,000 where no traffic is entered: today, and as the verdicts recommend."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from core.domain.overview import Recommendation, Spent, SpentBy, recommended, thousand, usd_for
from core.services import quality
from core.services.datasets import datasets
from core.services.deciding import Verdicts
from core.services.quality import Line, QualityReport, Scope


@dataclass(frozen=True)
class Amount:
    """What a candidate's answers cost."""

    candidate_id: int
    usd: float | None
    """None: a price is not known."""


@dataclass(frozen=True)
class Money:
    """What the same answers cost with the champion and with whom the verdicts recommend."""

    answers: Mapping[str, float]
    """How many, by category."""
    is_monthly: bool
    """A month's, as entered; else 1,000 in the proportion of the champion's."""
    missing: tuple[str, ...]
    """Categories without an entry, where others have one: they are not counted."""
    champion_usd: float | None
    """None: a price is not known."""
    recommended_usd: float | None
    each: tuple[Amount, ...]
    """With each candidate alone, the cheapest first, those of unknown cost last."""
    unknown: tuple[int, ...]
    """Whose cost is not known, of the champion and those recommended."""

    @property
    def saved_usd(self) -> float | None:
        """What the recommendation saves; below 0 it costs more."""
        known = self.champion_usd is not None and self.recommended_usd is not None
        return (self.champion_usd or 0.0) - (self.recommended_usd or 0.0) if known else None

    @property
    def total(self) -> float:
        """How many answers in all."""
        return sum(self.answers.values())


def recommendation_of(found: Verdicts, report: QualityReport) -> Recommendation | None:
    """Who is to give each category's answers; before there are verdicts the champion. None without one."""
    unchanged = None if found.champion is None else dict.fromkeys(report.categories, found.champion)
    whom = recommended(found.verdicts)
    return Recommendation(found.champion or 0, unchanged) if whom is None and unchanged is not None else whom


def costs_object(session: Session, found: Verdicts) -> dict[str, Any] | None:
    """What answers cost as of today and as recommended, in ``evenhand decide --json``; None: nothing to reckon from."""
    report = quality.report(session, Scope(datasets.named(session, found.dataset).id or 0))
    recommendation = recommendation_of(found, report)
    money = recommendation and money_of(report, recommendation, found.settings.answers_a_month)
    if not money or not recommendation:
        return None
    names = found.names
    return {
        "answers": dict(money.answers),
        "is_monthly": money.is_monthly,
        "categories_without_traffic": list(money.missing),
        "recommended": {category: names[of] for category, of in recommendation.by_category.items()},
        "champion_usd": money.champion_usd,
        "recommended_usd": money.recommended_usd,
        "saved_usd": money.saved_usd,
        "candidates_usd": {names[one.candidate_id]: one.usd for one in money.each},
    }


def money_of(report: QualityReport, recommendation: Recommendation, entered: Mapping[str, float]) -> Money | None:
    """At what was paid in the report's scope, failed attempts too; None where the champion answered nothing there.

    ``entered``: answers a month by category, of all datasets.
    """
    spent = _spent(report.lines)
    champion, who = recommendation.champion, recommendation.by_category
    asked = {category: spent[champion, category].answers for category in who if (champion, category) in spent}
    asked = {category: count for category, count in asked.items() if count}
    if not asked:
        return None
    monthly = {category: entered[category] for category in asked if entered.get(category)}
    answers = monthly or thousand(asked)
    each = [Amount(of, usd_for(dict.fromkeys(answers, of), spent, answers)) for of in _answered(report)]
    there = {category: who[category] for category in answers}
    return Money(
        answers=answers,
        is_monthly=bool(monthly),
        missing=tuple(category for category in asked if monthly and category not in monthly),
        champion_usd=usd_for(dict.fromkeys(answers, champion), spent, answers),
        recommended_usd=usd_for(there, spent, answers),
        each=tuple(sorted(each, key=lambda one: (one.usd is None, one.usd or 0.0, one.candidate_id))),
        unknown=_unknown(spent, champion, there),
    )


def _spent(lines: list[Line]) -> SpentBy:
    return {
        (line.candidate_id, line.category): Spent(line.cost_usd, line.responses)
        for line in lines
        if line.category is not None
    }


def _answered(report: QualityReport) -> list[int]:
    return [line.candidate_id for line in report.compared() if line.responses]


def _unknown(spent: SpentBy, champion: int, who: Mapping[str, int]) -> tuple[int, ...]:
    asked = {(of, category) for category, recommended in who.items() for of in (champion, recommended)}
    return tuple(sorted({key[0] for key in asked if key not in spent or spent[key].usd_an_answer is None}))
