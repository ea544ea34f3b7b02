"""Verdicts in words: one sentence each, with its figures and what it rests on."""

from collections.abc import Mapping

from core.domain import words
from core.domain.deciding.spans import VAGUE, is_open_below, is_unbounded, is_vague, points
from core.domain.deciding.verdicts import (
    Because,
    Changed,
    Claim,
    Comparison,
    Decision,
    Difference,
    Need,
    Reading,
    Settlement,
    Since,
    Source,
    Verdict,
    Way,
)
from core.domain.words import PER_CENT

READINGS = {
    Reading.STRONG_AND_DEAR: "strong and dear",
    Reading.DECENT_AND_CHEAP: "decent and cheap",
    Reading.UNSTEADY: "unsteady latency: set a timeout and a fallback",
    Reading.WEAK_EVERYWHERE: "weak everywhere: mend the prompt, not the model",
}
_NOT_ENOUGH = "Not enough evidence"
_WITHOUT_COMPARISON = {
    Because.NO_CHAMPION: "no champion is named, so there is nothing to compare with.",
    Because.NO_CHALLENGER: "there is no challenger here.",
    Because.NO_COMMON_PROMPTS: "the champion has no responses here that could be judged.",
}
_NEEDS = {
    Need.PROMPTS: ("more prompt", None),
    Need.RESPONSES: ("more response to each prompt", "more responses to each prompt"),
    Need.VOTES: ("more vote", None),
    Need.RATERS: ("more rater", None),
}


def sentence(verdict: Verdict, names: Mapping[int, str]) -> str:
    """What to do and why, and since when answers count of a candidate that changed; ``names`` of candidates."""
    return ": ".join(head_and_reason(verdict, names))


def head_and_reason(verdict: Verdict, names: Mapping[int, str]) -> tuple[str, str]:
    """The sentence in its two parts, for who shows them apart: what to do, and why with its figures."""
    if not verdict.comparisons:
        return _NOT_ENOUGH, _WITHOUT_COMPARISON[verdict.because]
    first = verdict.comparisons[0]
    head, reason = comparison_parts(first, names)
    return head, " ".join([reason, *caution(verdict, names), *since(verdict, names)])


def caution(verdict: Verdict, names: Mapping[int, str]) -> list[str]:
    """That the champion is shown less safe than somebody, where it is not left; a sentence, or none."""
    one = verdict.safer
    if one is None or one.safety is None or verdict.decision is Decision.SWITCH:
        return []
    here = "" if verdict.category is None else " here"
    more = f"{more_often(one.safety)} (at least {100 * one.safety.lower:.1f})"
    than = f"{names[one.champion]} less safe{here} than {names[one.challenger]}"
    return [f"Safety votes show {than}: judged so {more}."]


def since(verdict: Verdict, names: Mapping[int, str]) -> list[str]:
    """What counts of the two whom the verdict speaks of, where they changed, a sentence each."""
    if not verdict.comparisons:
        return []
    first = verdict.comparisons[0]
    return [_since(one, names) for one in verdict.since if one.candidate in (first.champion, first.challenger)]


def _since(one: Since, names: Mapping[int, str]) -> str:
    name, where, at = names[one.candidate], f" in {one.category}" if one.category else "", f"{one.at:%-d %b %Y}"
    moved, there = one.moved or "answers changed", " there" if one.category else ""
    return {
        Changed.ANSWERS: f"{name}'s {moved}{where} on {at}; only its answers since then count{there}.",
        Changed.TIMES: f"Of {name}'s latency{where} only what was measured since the change of {at} counts.",
        Changed.PRICES: f"{name}'s costs are restated at its prices since the change of {at}.",
    }[one.what]


def comparison_sentence(one: Comparison, names: Mapping[int, str]) -> str:
    """The decision about one challenger and why."""
    return ": ".join(comparison_parts(one, names))


def comparison_parts(one: Comparison, names: Mapping[int, str]) -> tuple[str, str]:
    """The same in two parts: what to do, and why with its figures."""
    champion, challenger = names[one.champion], names[one.challenger]
    reason = f"{_reason(one, champion, challenger)}."
    if one.decision is Decision.SWITCH:
        return f"Switch from {champion} to {challenger}", reason
    if one.decision is Decision.KEEP:
        return f"Keep {champion}", reason
    if one.decision is Decision.PRACTICALLY_EQUAL:
        return f"{champion} and {challenger} are practically equal ({_quality(one.quality)})", reason
    return f"{_NOT_ENOUGH} about {challenger}", f"{reason} {settlement_sentence(one.settlement)}".strip()


def settlement_sentence(found: Settlement | None) -> str:
    """What would settle it and for how much; empty where nothing is known of that."""
    if found is None:
        return ""
    if not found.ways:
        return f"They are too close to be told apart; equals take about {words.n(found.prompts_for_power, 'prompt')}."
    if all(way.usd is None for way in found.ways):
        ways = words.listed([amount(way) for way in found.ways], last="or")
        return f"About {ways} would settle it; what that costs is not known."
    return f"About {' or '.join(_way(way) for way in found.ways)} would settle it."


def amount(way: Way) -> str:
    """So much more of one thing."""
    return words.n(way.amount, *_NEEDS[way.need])


def _way(way: Way) -> str:
    cost = "whose cost is not known" if way.usd is None else f"for about {price(way)}"
    return f"{amount(way)} {cost}"


def price(way: Way) -> str:
    """What it costs, and for what: a price of answers holds no raters' time, and none of votes has answers in it."""
    paid = "of raters' time" if way.need in (Need.VOTES, Need.RATERS) else "of model calls"
    return words.UNKNOWN if way.usd is None else f"{words.about(way.usd)} {paid}"


def _reason(one: Comparison, champion: str, challenger: str) -> str:
    quality, cost, not_worse = _quality(one.quality), _cost(one.cost), _not_worse(one)
    unsafe = "" if one.safety is None else more_often(one.safety)
    return {
        Because.BETTER: f"it is better, {quality}",
        Because.CHEAPER: f"it is {cost}, and {not_worse}, {quality}",
        Because.BETTER_AND_CHEAPER: f"it is better, {quality}, and {cost}",
        Because.LESS_SAFE: f"safety votes prove {challenger} less safe than {champion}, judged so {unsafe}"
        f"{_at_least(one)}",
        Because.TOO_SLOW: f"{challenger} is over its latency limit",
        Because.LATENCY_UNKNOWN: f"it could be switched to ({quality}; {cost}), but there is a latency limit and its "
        "latency was never measured",
        Because.CONTRADICTION: f"votes and automatic verdicts on {challenger} contradict each other, "
        f"{_quality(one.human)} against {_quality(one.automatic)}",
        Because.WORSE: f"{challenger} is worse, {quality}",
        Because.DEARER: f"{challenger} is not better, {quality}, and {cost}",
        Because.NONE_ACCEPTABLE: f"{challenger} is not better, {quality}, and no acceptable response means no cost to "
        "compare",
        Because.EQUAL: f"their costs are too, {cost}",
        Because.EQUAL_ONE_CHEAPER: f"take the cheaper, {challenger if one.cheaper == one.challenger else champion} "
        f"({cost})",
        Because.EQUAL_PRICE_UNKNOWN: "which one is cheaper cannot be said, as a price is unknown",
        Because.QUALITY_OPEN: f"whether it is worse is open, {quality}",
        Because.GAIN_OPEN: f"it is {not_worse}, {quality}, but whether it is better or cheaper is open, {cost}",
        Because.NO_COMMON_PROMPTS: f"no prompt has verdicts on both {champion} and it",
        Because.FEW_PROMPTS: "a single prompt cannot say how prompts differ",
    }[one.because]


def _not_worse(one: Comparison) -> str:
    """With the margin: the loss that is put up with."""
    margins = [proof.threshold for proof in one.proofs if proof.claim is Claim.NOT_WORSE]
    return f"not worse within the margin of {-100 * margins[0]:g} points" if margins else "not worse"


def _quality(found: Difference | None) -> str:
    """``+1.2 points (−0.8 to +3.1) by automatic verdicts on 640 prompts``."""
    if found is None:
        return "nothing is known of its quality"
    numbers = points(found)
    if found.source is Source.AUTOMATIC:
        return f"{numbers} by automatic verdicts on {words.n(found.prompts, 'prompt')}"
    only = ", which holds for these raters only" if found.holds_for_these_raters_only else ""
    return f"{numbers} in the eyes of {words.n(found.raters, 'rater')} on {words.n(found.prompts, 'prompt')}{only}"


def _cost(found: Difference | None) -> str:
    if found is None:
        return "what an acceptable response costs cannot be compared"
    if is_vague(found):
        return f"what an acceptable response costs is {VAGUE} yet"
    return f"{_saved(found.estimate)} per acceptable response ({_cost_bounds(found)})"


def _cost_bounds(found: Difference) -> str:
    if is_unbounded(found):
        return f"at {'most' if found.upper >= 0 else 'least'} {_saved(found.upper)}"
    if is_open_below(found):
        return f"at {'least' if found.lower >= 0 else 'most'} {_saved(found.lower)}"
    if found.lower * found.upper > 0:
        ends = sorted((found.lower, found.upper), key=abs)
        return f"{_size(ends[0])} to {_size(ends[1])}{PER_CENT}"
    return f"{_size(found.lower)}{PER_CENT} dearer to {_size(found.upper)}{PER_CENT} cheaper"


def _saved(share: float) -> str:
    return f"{_size(share)}{PER_CENT} {_way_of_cost(share)}"


def _way_of_cost(saved: float) -> str:
    return "cheaper" if saved >= 0 else "dearer"


def more_often(safety: Difference) -> str:
    """How much more often raters judge the less safe one of two so; which one that is, the sign says."""
    return f"{abs(100 * safety.estimate):.1f} points more often"


def least_harm(one: Comparison) -> float | None:
    """How much more often, in points, its answers are judged less safe at least, at one look; None: not proven."""
    return _proven_at_one_look(one, Claim.LESS_SAFE)


def least_harm_of_champion(one: Comparison) -> float | None:
    """The same of the champion's answers."""
    return _proven_at_one_look(one, Claim.SAFER)


def _proven_at_one_look(one: Comparison, claim: Claim) -> float | None:
    found = [abs(proof.bound) for proof in one.proofs if proof.claim is claim and proof.is_proven]
    return 100 * found[0] if found else None


def _at_least(one: Comparison) -> str:
    harm = least_harm(one)
    return "" if harm is None else f" (at least {harm:.1f} at one look)"


def _size(share: float) -> str:
    return f"{abs(100 * share):,.0f}"
