"""Evidence that is hardly any: every verdict is sound, finite and has its words."""

import math
from dataclasses import replace

import numpy as np
import pytest

from core.domain.deciding import Because, Decision, Evidence, Settings, Verdict, decide, sentence
from tests.domain.deciding.made import CHALLENGER, CHAMPION, candidate, share, unsafe, whole, without_prompts

NAMES = {0: "gentle-7b", 1: "swift-2", 2: "calm-1"}
FAILING = replace(candidate(CHALLENGER), acceptable=np.zeros(2000))
UNPRICED = replace(candidate(CHALLENGER), paid_usd=np.full(2000, np.nan))
PAIR = (candidate(CHAMPION), candidate(CHALLENGER, usd=0.007))
WORLDS: dict[str, tuple[tuple[Evidence, ...], Decision, Because]] = {
    "nobody": ((), Decision.NOT_ENOUGH, Because.NO_COMMON_PROMPTS),
    "one candidate": ((candidate(CHAMPION),), Decision.NOT_ENOUGH, Because.NO_CHALLENGER),
    "a champion without responses": (
        (without_prompts(candidate(CHAMPION)), candidate(CHALLENGER)),
        Decision.NOT_ENOUGH,
        Because.NO_COMMON_PROMPTS,
    ),
    "nobody with responses": (
        (without_prompts(candidate(CHAMPION)), without_prompts(candidate(CHALLENGER))),
        Decision.NOT_ENOUGH,
        Because.NO_COMMON_PROMPTS,
    ),
    "no prompts at all": (
        (candidate(CHAMPION, prompts=0), candidate(CHALLENGER, prompts=0)),
        Decision.NOT_ENOUGH,
        Because.NO_COMMON_PROMPTS,
    ),
    "one prompt": (
        (candidate(CHAMPION, prompts=1), candidate(CHALLENGER, prompts=1)),
        Decision.NOT_ENOUGH,
        Because.FEW_PROMPTS,
    ),
    "two prompts, all alike": (
        (candidate(CHAMPION, 1.0, prompts=2), candidate(CHALLENGER, 1.0, usd=0.001, prompts=2)),
        Decision.NOT_ENOUGH,
        Because.QUALITY_OPEN,
    ),
    "a challenger that always fails": ((candidate(CHAMPION), FAILING), Decision.KEEP, Because.WORSE),
    "a champion that always fails": (
        (replace(FAILING, candidate=0), replace(candidate(CHAMPION), candidate=1)),
        Decision.SWITCH,
        Because.BETTER,
    ),
    "an unknown price": ((candidate(CHAMPION), UNPRICED), Decision.PRACTICALLY_EQUAL, Because.EQUAL_PRICE_UNKNOWN),
    "one response to each prompt": (
        (candidate(CHAMPION, 0.5, asked=1, prompts=30), candidate(CHALLENGER, 0.5, asked=1, prompts=30)),
        Decision.NOT_ENOUGH,
        Because.QUALITY_OPEN,
    ),
    "one rater": (
        (replace(PAIR[0], human=share(0.6, raters=1)), replace(PAIR[1], human=share(0.61, raters=1, seed=1))),
        Decision.SWITCH,
        Because.CHEAPER,
    ),
    "votes on the champion alone": ((replace(PAIR[0], human=share(0.6)), PAIR[1]), Decision.SWITCH, Because.CHEAPER),
    "safety votes on the champion alone": (
        (replace(PAIR[0], unsafe=unsafe(0.1)), PAIR[1]),
        Decision.SWITCH,
        Because.CHEAPER,
    ),
}


def numbers(thing: object) -> list[float]:
    """Every float anywhere in it."""
    if isinstance(thing, float):
        return [thing]
    if isinstance(thing, tuple):
        return [number for part in thing for number in numbers(part)]
    return [n for part in vars(thing).values() for n in numbers(part)] if hasattr(thing, "__dataclass_fields__") else []


@pytest.mark.parametrize("name", WORLDS)
def test_hardly_any_evidence_gets_a_sound_verdict(name):
    candidates, decision, because = WORLDS[name]
    verdict = whole(*candidates)
    assert (verdict.decision, verdict.because) == (decision, because)
    assert all(math.isfinite(number) for number in numbers(verdict))
    said = sentence(verdict, NAMES)
    assert said.endswith(".")
    assert "None" not in said
    assert "nan" not in said


def test_neither_with_an_acceptable_response_has_no_cost_to_compare():
    nothing = [replace(one, acceptable=np.zeros(2000)) for one in (candidate(CHAMPION), candidate(CHALLENGER))]
    verdict = whole(*nothing)
    assert (verdict.decision, verdict.because) == (Decision.KEEP, Because.NONE_ACCEPTABLE)
    assert verdict.comparisons[0].cost is None


def test_without_a_champion_nothing_is_compared():
    verdict = whole(*PAIR, champion=None)
    assert (verdict.decision, verdict.because, verdict.challenger) == (Decision.NOT_ENOUGH, Because.NO_CHAMPION, None)
    assert sentence(verdict, NAMES).startswith("Not enough evidence: no champion is named")


def test_a_slice_in_which_the_champion_was_not_asked_says_so():
    found: list[Verdict] = decide({None: list(PAIR), "legal": [PAIR[1]], "chat": []}, CHAMPION, Settings())
    assert [one.because for one in found] == [Because.CHEAPER, Because.NO_COMMON_PROMPTS, Because.NO_COMMON_PROMPTS]


def test_one_prompt_says_about_how_many_there_have_to_be():
    verdict = whole(candidate(CHAMPION, prompts=1), candidate(CHALLENGER, prompts=1))
    settlement = verdict.comparisons[0].settlement
    assert settlement is not None
    assert 300 < settlement.prompts_for_power < 3000
