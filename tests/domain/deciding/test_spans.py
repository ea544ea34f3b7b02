"""Differences in figures: the same in sentences, tables and the terminal, and honest where bounds bound nothing."""

import math
from dataclasses import replace

import pytest

from core.domain.deciding import Because, spans
from core.domain.deciding.verdicts import Difference, Source
from core.domain.deciding.wording import comparison_sentence
from tests.domain.deciding.made import CHALLENGER, CHAMPION, candidate, first

NAMES = {CHAMPION: "A", CHALLENGER: "B"}
FOUND = Difference(0.012, -0.008, 0.031, 0.01, 0.025, 640, Source.AUTOMATIC)


@pytest.mark.parametrize(
    ("lower", "upper", "said"),
    [
        (-0.008, 0.031, "+1.2 points (−0.8 to +3.1)"),
        (-0.0001, 0.031, "+1.2 points (0.0 to +3.1)"),
        (-7.0, 0.4, "+1.2 points (−100.0 to +40.0)"),
        (-7.0, 3.0, "+1.2 points (no bounds yet)"),
        (-math.inf, math.inf, "+1.2 points (no bounds yet)"),
    ],
)
def test_a_difference_of_shares_has_the_bounds_that_shares_can_have(lower: float, upper: float, said: str):
    assert spans.points(replace(FOUND, lower=lower, upper=upper)) == said
    comparison = replace(first(candidate(CHAMPION), candidate(CHALLENGER)), because=Because.WORSE)
    comparison = replace(comparison, quality=replace(FOUND, lower=lower, upper=upper))
    assert f"{said} by automatic verdicts on 640 prompts" in comparison_sentence(comparison, NAMES)


@pytest.mark.parametrize(
    ("lower", "upper", "said", "in_words"),
    [
        (0.03, 0.2, "−12\u00a0% (−20\u00a0% to −3\u00a0%)", "(3 to 20\u00a0%)"),
        (-0.1, 0.2, "−12\u00a0% (−20\u00a0% to +10\u00a0%)", "(10\u00a0% dearer to 20\u00a0% cheaper)"),
        (-math.inf, 0.2, "−12\u00a0% (−20\u00a0% or more)", "(at most 20\u00a0% cheaper)"),
        (-math.inf, -0.2, "−12\u00a0% (+20\u00a0% or more)", "(at least 20\u00a0% dearer)"),
        (0.1, 0.999, "−12\u00a0% (at worst −10\u00a0%)", "(at least 10\u00a0% cheaper)"),
        (-0.01, 1.0, "−12\u00a0% (at worst +1\u00a0%)", "(at most 1\u00a0% dearer)"),
    ],
)
def test_a_difference_of_cost_says_where_no_dearness_is_excluded(lower: float, upper: float, said: str, in_words: str):
    found = replace(FOUND, estimate=0.12, lower=lower, upper=upper)
    assert spans.cost(found) == said
    comparison = replace(first(candidate(CHAMPION), candidate(CHALLENGER)), because=Because.CHEAPER, cost=found)
    assert f"12\u00a0% cheaper per acceptable response {in_words}" in comparison_sentence(comparison, NAMES)


@pytest.mark.parametrize(("lower", "upper"), [(-4.37, 0.99), (-math.inf, 1.0), (-1.0, 0.5)])
def test_a_cost_that_may_be_half_as_well_as_twice_is_put_in_words(lower: float, upper: float):
    found = replace(FOUND, estimate=0.89, lower=lower, upper=upper)
    assert spans.cost(found) == "not known well enough"
    comparison = replace(first(candidate(CHAMPION), candidate(CHALLENGER)), because=Because.GAIN_OPEN, cost=found)
    assert "what an acceptable response costs is not known well enough yet" in comparison_sentence(comparison, NAMES)


def test_what_is_not_known_has_no_figures():
    assert spans.points(None) == "unknown"
    assert spans.signed(-0.04) == "0.0"
