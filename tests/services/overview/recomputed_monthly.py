"""What answers cost a month or per 1,000, anew from exported facts and the verdicts of ``evenhand decide --json``.

Nothing of the project computes here.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from tests.services.quality.recomputed import Facts, paid_by_prompt

AGAINST = (
    "votes and automatic verdicts contradict each other",
    "a latency limit is set and none was measured",
    "no prompt has verdicts on both",
)


def usd_an_answer(facts: Facts, candidate: str, category: str) -> float:
    """Everything paid, failed attempts too, ÷ answers; nan: not known."""
    mine = facts.of(candidate, category)
    paid = paid_by_prompt(mine).sum(skipna=False)
    return float(paid / len(mine.responses)) if len(mine.responses) else float("nan")


def whom(verdicts: list[dict[str, Any]], by_table: Mapping[str, str] | None = None) -> dict[str, str]:
    """Who is recommended in each category; ``by_table``: who answers it by the routing table in force."""
    by_category = {verdict["category"]: verdict for verdict in verdicts}
    whole = by_category.pop(None)
    kept = by_table or {}
    return {category: recommended(verdict, whole, kept.get(category)) for category, verdict in by_category.items()}


def recommended(here: Mapping[str, Any], whole: Mapping[str, Any], kept: str | None) -> str:
    """By the category's own verdict; where that says nothing, who the table in force has for it in the champion's
    place; else by the one over all, unless something speaks against."""
    if here["decision"] != "not enough evidence":
        return chosen(here)
    if kept is not None and kept != here["champion"]:
        return kept
    over_all = chosen(whole)
    one = next((each for each in here["comparisons"] if each["challenger"] == over_all), None)
    if one is None or one["decision"] == "keep" or one["because"] in AGAINST:
        return str(here["champion"])
    return over_all


def chosen(verdict: Mapping[str, Any]) -> str:
    """The challenger at *switch*, the cheaper one at *practically equal*, else the champion."""
    if verdict["decision"] == "switch":
        return str(verdict["challenger"])
    cheaper = verdict["comparisons"][0]["cheaper"] if verdict["decision"] == "practically equal" else None
    return str(cheaper or verdict["champion"])


def answers(facts: Facts, champion: str, entered: Mapping[str, float]) -> "pd.Series[float]":
    """By category: those entered, of what the champion answered; without any, 1,000 as the champion's are spread."""
    there = facts.responses[facts.responses.candidate == champion].prompt_id.map(facts.categories).value_counts()
    known = {category: entered[category] for category in there.index if entered.get(category)}
    return pd.Series(known, dtype=float) if known else 1000.0 * there / there.sum()


def usd(facts: Facts, number: "pd.Series[float]", who: Mapping[str, str]) -> float | None:
    """What so many answers cost where ``who`` gives them; None: a price is not known."""
    whole = sum(count * usd_an_answer(facts, who[category], category) for category, count in number.items())
    return None if pd.isna(whole) else float(whole)
