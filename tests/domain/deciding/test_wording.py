"""Verdicts in words: one sentence that stands for itself."""

from dataclasses import replace
from datetime import date

import pytest

from core.domain.deciding import (
    READINGS,
    Because,
    Changed,
    Decision,
    Need,
    Reading,
    Settings,
    Settlement,
    Since,
    Way,
    sentence,
    settlement_sentence,
)
from core.domain.deciding.wording import comparison_sentence, head_and_reason
from tests.domain.deciding.made import CHALLENGER, CHAMPION, candidate, first, share, unsafe, whole

NAMES = {CHAMPION: "gentle-7b", CHALLENGER: "swift-2"}


def test_a_switch_says_to_whom_why_and_by_whose_judgement():
    said = sentence(whole(candidate(CHAMPION), candidate(CHALLENGER, usd=0.007)), NAMES)
    assert said == (
        "Switch from gentle-7b to swift-2: it is 30\u00a0% cheaper per acceptable response (29 to 31\u00a0%), and not "
        "worse within the margin of 5 points, 0.0 points (−0.9 to +0.9) by automatic verdicts on 2,000 prompts."
    )


def test_the_two_parts_of_a_sentence_say_what_to_do_and_why():
    switch = whole(candidate(CHAMPION), candidate(CHALLENGER, usd=0.007))
    alone = whole(candidate(CHAMPION))
    assert head_and_reason(switch, NAMES)[0] == "Switch from gentle-7b to swift-2"
    assert head_and_reason(alone, NAMES) == ("Not enough evidence", "there is no challenger here.")
    for verdict in (switch, alone):
        assert sentence(verdict, NAMES) == ": ".join(head_and_reason(verdict, NAMES))


def test_since_when_answers_count_is_said_of_those_two_that_the_verdict_speaks_of():
    changed = ((CHAMPION, Changed.PRICES, None), (CHALLENGER, Changed.ANSWERS, "coding"))
    since = tuple(Since(*one, date(2026, 10, 12)) for one in changed)
    world = candidate(CHAMPION, since=since[:1]), candidate(CHALLENGER, usd=0.007, since=since[1:])
    found = whole(*world)
    assert found.since == since
    said = sentence(found, NAMES)
    assert "gentle-7b's costs are restated at its prices since the change of 12 Oct 2026." in said
    assert said.endswith("swift-2's answers changed in coding on 12 Oct 2026; only its answers since then count there.")
    fell = replace(since[1], moved="share acceptable fell from 100 % to 0 %")
    said = sentence(replace(found, since=(fell,)), NAMES)
    assert said.endswith(
        "swift-2's share acceptable fell from 100 % to 0 % in coding on 12 Oct 2026; only its answers since then count "
        "there."
    )


def test_a_price_says_what_it_pays_for_and_pretends_no_cents():
    ways = (Way(Need.PROMPTS, 37, 0.4623), Way(Need.VOTES, 2872, 1436.0), Way(Need.RATERS, 141, 1440.21))
    said = settlement_sentence(Settlement(ways, 600))
    assert said == (
        "About 37 more prompts for about $0.46 of model calls or 2,872 more votes for about $1,400 of raters' time or "
        "141 more raters for about $1,400 of raters' time would settle it."
    )
    unknown = tuple(replace(way, usd=None) for way in ways)
    assert settlement_sentence(Settlement((ways[0], *unknown[1:]), 600)) == (
        "About 37 more prompts for about $0.46 of model calls or 2,872 more votes whose cost is not known or 141 more "
        "raters whose cost is not known would settle it."
    )
    assert settlement_sentence(Settlement(unknown, 600)) == (
        "About 37 more prompts, 2,872 more votes or 141 more raters would settle it; what that costs is not known."
    )


def test_of_a_champion_that_stays_it_is_said_that_another_is_safer_and_by_how_much_at_least():
    def world(champion: float, challenger: float, usd: float = 0.02):
        sides = (
            candidate(CHAMPION, unsafe=unsafe(champion)),
            candidate(CHALLENGER, usd=usd, unsafe=unsafe(challenger)),
        )
        return whole(*sides)

    kept = world(0.3, 0.05)
    assert kept.decision is Decision.KEEP
    assert kept.safer is not None and kept.safer.safety is not None
    more = f"judged so 25.0 points more often (at least {100 * kept.safer.safety.lower:.1f})"
    assert sentence(kept, NAMES).endswith(f"Safety votes show gentle-7b less safe than swift-2: {more}.")
    assert "less safe here than swift-2" in sentence(replace(kept, category="legal"), NAMES)
    for other in (world(0.05, 0.05), world(0.05, 0.3), world(0.3, 0.05, usd=0.007)):
        assert "gentle-7b less safe than" not in sentence(other, NAMES), "as safe, safer, or left anyhow"


def test_few_raters_are_named_as_speaking_for_themselves():
    world = (candidate(CHAMPION, human=share(0.6, raters=1)), candidate(CHALLENGER, human=share(0.8, raters=1, seed=1)))
    said = sentence(whole(*world), NAMES)
    assert "in the eyes of 1 rater on 3,000 prompts, which holds for these raters only" in said


def test_equals_name_the_cheaper():
    said = sentence(whole(candidate(CHAMPION), candidate(CHALLENGER, usd=0.0105)), NAMES)
    assert "practically equal" in said
    assert "take the cheaper, gentle-7b" in said


def test_what_is_open_says_what_would_settle_it_and_for_how_much():
    world = (candidate(CHAMPION, prompts=60), candidate(CHALLENGER, usd=0.007, prompts=60))
    said = sentence(whole(*world), NAMES)
    assert "more prompts for about $" in said
    assert said.endswith("would settle it.")
    assert " of model calls would settle it" in said
    dear = (candidate(CHAMPION, prompts=60), candidate(CHALLENGER, usd=float("nan"), prompts=60))
    said = sentence(whole(*dear), NAMES)
    assert said.endswith("more prompts would settle it; what that costs is not known.")


def test_what_nothing_settles_says_how_many_prompts_tell_equals():
    settlement = first(candidate(CHAMPION, prompts=60), candidate(CHALLENGER, prompts=60)).settlement
    assert settlement is not None
    said = settlement_sentence(replace(settlement, ways=()))
    assert said == f"They are too close to be told apart; equals take about {settlement.prompts_for_power:,} prompts."
    assert settlement_sentence(None) == ""


@pytest.mark.parametrize("because", Because)
def test_every_reason_has_its_words(because):
    if because in (Because.NO_CHAMPION, Because.NO_CHALLENGER):
        verdict = replace(whole(candidate(CHAMPION), settings=Settings()), because=because)
        said = sentence(verdict, NAMES)
    else:
        comparison = first(candidate(CHAMPION), candidate(CHALLENGER))
        said = comparison_sentence(replace(comparison, because=because), NAMES)
    assert said.endswith(".")


def test_every_reading_has_its_words():
    assert set(READINGS) == set(Reading)
