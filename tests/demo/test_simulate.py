"""Simulated raters, on a few weeks of answers: repeatable, within the rules, and not of one mind."""

from collections import Counter, defaultdict
from itertools import combinations, pairwise

import numpy as np
import pytest

from core.demo import PROMPTS, RESPONSES, records
from core.demo.simulate import Answers, RatedPair, simulated_votes
from core.demo.story import ALDER, BIRCH, CEDAR, HOUSES, PLAIN, RECORDED, Round
from core.demo.taste import RECORDED as TINY
from core.demo.taste import take_in
from core.demo.texts import GOOD, WEAK, written
from core.demo.weeks import weekly_answers
from core.domain.votes import OUTCOME_WORDS, reading_floor_ms

CARELESS = "Simulated rater 14"
PROMPT = {row["id"]: row for row in records(PROMPTS)}
WEEKS = 2


def shown() -> dict[Round, Answers]:
    answers = weekly_answers(list(PROMPT.values()), written(), rng=np.random.default_rng(5), weeks=WEEKS)
    tiny = {
        (row["prompt_id"], row["candidate"]): take_in(
            PROMPT[row["prompt_id"]], row.get("turns", [row.get("text", "")]), candidate=row["candidate"], quality=TINY
        )
        for row in records(RESPONSES)
    }
    return {
        week: tiny
        | {
            (one.prompt_id, one.candidate): take_in(
                PROMPT[one.prompt_id], one.turns, candidate=one.candidate, quality=one.quality
            )
            for one in answers
            if one.of == week
        }
        for week in dict.fromkeys(one.of for one in answers if one.of.category is None)
    }


@pytest.fixture(scope="module")
def weeks() -> dict[Round, Answers]:
    return shown()


@pytest.fixture(scope="module")
def rated(weeks: dict[Round, Answers]) -> list[RatedPair]:
    return simulate(weeks)


def simulate(weeks: dict[Round, Answers], seed: int = 1, **options: int) -> list[RatedPair]:
    return simulated_votes(weeks, rng=np.random.default_rng(seed), **options)


def pair_of(vote: RatedPair) -> tuple[object, ...]:
    return (vote.of, vote.prompt_id, *sorted((vote.left, vote.right)))


def test_the_same_seed_gives_the_same_votes_and_another_seed_others(
    weeks: dict[Round, Answers], rated: list[RatedPair]
) -> None:
    assert simulate(weeks) == rated
    assert simulate(weeks, seed=2) != rated


def test_each_week_every_pair_of_written_candidates_is_rated_on_every_prompt(rated: list[RatedPair]) -> None:
    written_pairs = {pair_of(vote) for vote in rated if {vote.left, vote.right} <= set(HOUSES)}
    assert len(written_pairs) == WEEKS * len(PROMPT) * 3
    with_tiny = Counter(vote.of for vote in rated if {vote.left, vote.right} & set(RECORDED))
    assert set(with_tiny.values()) == {56}


@pytest.mark.parametrize("seed", range(3))
def test_no_rater_gets_a_pair_twice_and_no_pair_more_raters_than_wanted(weeks: dict[Round, Answers], seed: int) -> None:
    rated = simulate(weeks, seed)
    assert len({(vote.rater, pair_of(vote)) for vote in rated}) == len(rated)
    assert Counter(Counter(map(pair_of, rated)).values()).keys() == {1, 2, 3}


def test_fewer_raters_than_overlap_still_never_meet_a_pair_twice(weeks: dict[Round, Answers]) -> None:
    rated = simulate(weeks, raters=2, overlap=3)
    assert len({(vote.rater, pair_of(vote)) for vote in rated}) == len(rated)
    assert {vote.rater for vote in rated} == {"Simulated rater 1", "Simulated rater 2"}


def test_no_answers_give_no_votes() -> None:
    assert simulate({}) == []


def test_every_question_sees_every_outcome(rated: list[RatedPair]) -> None:
    for question in ("tone", "safety", "send"):
        counts = Counter(vote.outcomes[question] for vote in rated)
        assert counts.keys() == set(OUTCOME_WORDS.values())
        assert min(counts.values()) >= 10, (question, counts)


def test_raters_go_by_what_the_answer_was_written_as(weeks: dict[Round, Answers], rated: list[RatedPair]) -> None:
    sent: dict[float, list[bool]] = defaultdict(list)
    for vote in rated:
        for side, other in (("left", "tie"), ("right", "tie")):
            answer = weeks[vote.of][vote.prompt_id, getattr(vote, side)]
            sent[answer.standing["send"]].append(vote.outcomes["send"] in (side, other))
    shares = [float(np.mean(sent[standing])) for standing in sorted(sent)]
    assert shares[0] < 0.15 and shares[-1] > 0.9


def test_a_weak_answer_is_called_unsafe_where_that_matters() -> None:
    prompt = next(row for row in PROMPT.values() if row["category"] == "safety")
    good, weak = (take_in(prompt, ["Hm."], candidate=BIRCH, quality=quality) for quality in (GOOD, WEAK))
    assert weak.standing["safety"] < good.standing["safety"] - 1


def test_careful_raters_agree_more_than_chance_and_less_than_always(rated: list[RatedPair]) -> None:
    """On who is better in tone, told from the sides: pairs of votes on the same pair, against shuffled ones."""
    said: dict[tuple[object, ...], list[str]] = defaultdict(list)
    for vote in rated:
        if vote.rater != CARELESS:
            side = {"left": vote.left, "right": vote.right}
            said[pair_of(vote)].append(side.get(vote.outcomes["tone"], vote.outcomes["tone"]))
    same = [a == b for answers in said.values() for a, b in combinations(answers, 2)]
    shares = Counter(answer for answers in said.values() for answer in answers)
    by_chance = sum((n / sum(shares.values())) ** 2 for n in shares.values())
    assert len(same) > 200
    assert by_chance + 0.05 < sum(same) / len(same) < 0.9


def test_every_written_candidate_beats_every_other_at_times_and_the_tiny_one_seldom(rated: list[RatedPair]) -> None:
    wins: Counter[tuple[str, str]] = Counter()
    for vote in rated:
        if vote.outcomes["tone"] in {"left", "right"}:
            won = vote.outcomes["tone"] == "left"
            wins[(vote.left, vote.right) if won else (vote.right, vote.left)] += 1
    assert all(wins[a, b] > 0 for a in HOUSES for b in HOUSES if a != b)
    assert sum(wins[PLAIN, other] for other in (ALDER, BIRCH, CEDAR)) < 5


def test_each_raters_sides_are_balanced_within_every_two_candidates(rated: list[RatedPair]) -> None:
    lead: Counter[tuple[object, ...]] = Counter()
    for vote in rated:
        first, second = sorted((vote.left, vote.right))
        lead[vote.of, vote.rater, first, second] += 1 if vote.left == first else -1
    assert all(abs(surplus) <= 1 for surplus in lead.values())


def test_only_the_careless_rater_is_faster_than_reading_allows(
    weeks: dict[Round, Answers], rated: list[RatedPair]
) -> None:
    too_fast: dict[str, list[bool]] = defaultdict(list)
    for vote in rated:
        words = sum(weeks[vote.of][vote.prompt_id, side].words for side in (vote.left, vote.right))
        too_fast[vote.rater].append(vote.time_on_pair_ms < reading_floor_ms(words))
    assert 0.5 < np.mean(too_fast.pop(CARELESS)) < 0.9
    assert not any(any(flags) for flags in too_fast.values())


def test_a_rater_rates_one_pair_after_the_other_within_six_days(rated: list[RatedPair]) -> None:
    by_rater: dict[tuple[object, ...], list[RatedPair]] = defaultdict(list)
    for vote in rated:
        by_rater[vote.of, vote.rater].append(vote)
    for votes in by_rater.values():
        for earlier, later in pairwise(votes):
            assert earlier.finished_after_s + later.time_on_pair_ms / 1000 <= later.finished_after_s + 0.2
        assert votes[0].finished_after_s > 0 and votes[-1].finished_after_s < 6 * 86_400
