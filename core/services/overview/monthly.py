"""What answers cost a month, or per 1,000 where no traffic is entered: today, and as the verdicts recommend."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from core.domain.overview import (
    Recommendation,
    Routed,
    SpentBy,
    answering,
    recommended,
    thousand,
    usd_by_category,
    usd_for,
)
from core.services import quality
from core.services.deciding import Verdicts
from core.services.overview.routed import routed
from core.services.quality import QualityReport, Scope
from core.services.routing.paid import spent_by


@dataclass(frozen=True)
class Traffic:
    """For how many answers something is told."""

    answers: Mapping[str, float]
    """How many, by category."""
    is_monthly: bool
    """A month's, as entered; else 1,000 in the proportion of the champion's."""
    missing: tuple[str, ...]
    """Categories without an entry, where others have one: they are not counted."""

    @property
    def total(self) -> float:
        """How many answers in all."""
        return sum(self.answers.values())


@dataclass(frozen=True)
class Amount:
    """What a candidate's answers cost, or those of several."""

    candidate_id: int | None
    """None: of several."""
    usd: float | None
    """None: a price is not known."""
    by_category: Mapping[str, float | None]
    """What ``usd`` is the sum of."""


@dataclass(frozen=True)
class Money:
    """What the same answers cost with the champion, with who gives them today, and with whom the verdicts recommend."""

    traffic: Traffic
    champion_usd: float | None
    """With the champion alone. None: a price is not known."""
    today_usd: float | None
    """Another than the champion's where the routing table in force has others answer, too."""
    recommended_usd: float | None
    each: tuple[Amount, ...]
    """With each candidate alone, the cheapest first, those of unknown cost last."""
    unknown: tuple[int, ...]
    """Whose cost is not known, of the champion, those who answer today and those recommended."""

    @property
    def saved_usd(self) -> float | None:
        """What the recommendation saves; below 0 it costs more."""
        known = self.today_usd is not None and self.recommended_usd is not None
        return (self.today_usd or 0.0) - (self.recommended_usd or 0.0) if known else None


def recommendation_of(found: Verdicts, report: QualityReport, by_table: Routed | None) -> Recommendation | None:
    """Who is to give each category's answers; before there are verdicts who gives them. None without a champion."""
    whom = recommended(found.verdicts, by_table)
    if whom is not None or found.champion is None:
        return whom
    others = {} if by_table is None else by_table.by_category
    return Recommendation(found.champion, answering(report.categories, found.champion, others), others)


def costs_object(session: Session, found: Verdicts) -> dict[str, Any] | None:
    """What answers cost as of today and as recommended, in ``evenhand decide --json``; None: nothing to reckon from."""
    report = quality.report(session, Scope(quality.newest_answered(session, found.dataset).id or 0))
    recommendation = recommendation_of(found, report, routed(session, found.dataset, found.champion))
    money = recommendation and money_of(report, recommendation, found.settings.answers_a_month)
    if not money or not recommendation:
        return None
    names = found.names
    return {
        "answers": dict(money.traffic.answers),
        "is_monthly": money.traffic.is_monthly,
        "categories_without_traffic": list(money.traffic.missing),
        "recommended": {category: names.get(of) for category, of in recommendation.by_category.items()},
        "today": {category: names.get(of) for category, of in recommendation.today.items()},
        "champion_usd": money.champion_usd,
        "today_usd": money.today_usd,
        "recommended_usd": money.recommended_usd,
        "saved_usd": money.saved_usd,
        "candidates_usd": {names[one.candidate_id]: one.usd for one in money.each if one.candidate_id is not None},
    }


def money_of(report: QualityReport, recommendation: Recommendation, entered: Mapping[str, float]) -> Money | None:
    """At what was paid in the report's scope, failed attempts too; None where the champion answered nothing there.

    ``entered``: answers a month by category, of all datasets. A category without a verdict is the champion's.
    """
    champion = recommendation.champion
    found = traffic_of(report, champion, entered)
    if found is None:
        return None
    spent, answers = spent_by(report), found.answers
    there, today = (answering(answers, champion, who) for who in (recommendation.by_category, recommendation.by_table))
    return Money(
        traffic=found,
        champion_usd=usd_for(dict.fromkeys(answers, champion), spent, answers),
        today_usd=usd_for(today, spent, answers),
        recommended_usd=usd_for(there, spent, answers),
        each=tuple(sorted(amounts(report, found), key=_in_order)),
        unknown=_unknown(spent, champion, today, there),
    )


def traffic_of(report: QualityReport, champion: int, entered: Mapping[str, float]) -> Traffic | None:
    """The answers a month that are ``entered``, of the categories that the champion answered; None without any."""
    asked = {line.category: line.responses for line in report.lines if line.candidate_id == champion}
    there = {category: count for category, count in asked.items() if category is not None and count}
    if not there:
        return None
    monthly = {category: entered[category] for category in there if entered.get(category)}
    return Traffic(
        answers=monthly or thousand(there),
        is_monthly=bool(monthly),
        missing=tuple(category for category in there if monthly and category not in monthly),
    )


def amounts(report: QualityReport, traffic: Traffic) -> list[Amount]:
    """What the same answers cost with each candidate alone, of those that may be compared."""
    who = [line.candidate_id for line in report.compared() if line.responses]
    return [amount(report, traffic, dict.fromkeys(traffic.answers, of)) for of in who]


def amount(report: QualityReport, traffic: Traffic, who: Mapping[str, int]) -> Amount:
    """What they cost where ``who`` gives them, by category."""
    spent, of = spent_by(report), set(who.values())
    each = usd_by_category(who, spent, traffic.answers)
    return Amount(of.pop() if len(of) == 1 else None, usd_for(who, spent, traffic.answers), each)


def _in_order(one: Amount) -> tuple[bool, float, int]:
    return one.usd is None, one.usd or 0.0, one.candidate_id or 0


def _unknown(spent: SpentBy, champion: int, *who: Mapping[str, int]) -> tuple[int, ...]:
    asked = {(of, category) for each in who for category, other in each.items() for of in (champion, other)}
    return tuple(sorted({key[0] for key in asked if key not in spent or spent[key].usd_an_answer is None}))
