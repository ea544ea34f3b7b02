"""Simulated raters, on the recorded responses: repeatable, within the rules, and not of one mind."""

from collections import Counter, defaultdict
from itertools import combinations, pairwise
from random import Random
from typing import Any

import numpy as np
import pytest

from core.demo import CANDIDATES, PROMPTS, RESPONSES, records
from core.demo.simulate import RatedPair, simulated_votes
from core.domain.votes import OUTCOME_WORDS, reading_floor_ms

CARELESS = "Simulated rater 6"


def simulate(seed: int = 1, **options: Any) -> list[RatedPair]:
    return simulated_votes(records(PROMPTS), records(RESPONSES), rng=np.random.default_rng(seed), **options)


@pytest.fixture(scope="module")
def rated() -> list[RatedPair]:
    return simulate()


def pair_of(vote: RatedPair) -> tuple[str, str, str]:
    return (vote.prompt_id, *sorted((vote.left, vote.right)))


def words_shown(vote: RatedPair, responses: dict[tuple[str, str], dict[str, Any]]) -> int:
    rows = (responses[vote.prompt_id, side] for side in (vote.left, vote.right))
    return sum(len(" ".join(row.get("turns", [row.get("text", "")])).split()) for row in rows)


def test_the_same_seed_gives_the_same_votes_and_another_seed_others(rated: list[RatedPair]) -> None:
    assert simulate() == rated
    assert simulate(seed=2) != rated


def test_the_votes_do_not_depend_on_the_order_of_the_responses(rated: list[RatedPair]) -> None:
    prompts, responses = records(PROMPTS), records(RESPONSES)
    Random(3).shuffle(prompts)
    Random(4).shuffle(responses)
    assert simulated_votes(prompts, responses, rng=np.random.default_rng(1)) == rated


def test_nine_hundred_pairs_are_rated_over_all_prompts_and_all_pairs_of_candidates(rated: list[RatedPair]) -> None:
    names = sorted(row["name"] for row in records(CANDIDATES))
    assert len(rated) == 900
    assert {vote.prompt_id for vote in rated} == {row["id"] for row in records(PROMPTS)}
    per_pair = Counter(tuple(sorted((vote.left, vote.right))) for vote in rated)
    assert set(per_pair) == set(combinations(names, 2))
    assert min(per_pair.values()) >= 50


@pytest.mark.parametrize("seed", range(5))
def test_no_rater_gets_a_pair_twice_and_no_pair_more_raters_than_wanted(seed: int) -> None:
    rated = simulate(seed)
    assert len({(vote.rater, pair_of(vote)) for vote in rated}) == len(rated)
    assert Counter(Counter(map(pair_of, rated)).values()).keys() == {1, 2, 3}


def test_fewer_raters_than_overlap_still_never_meet_a_pair_twice() -> None:
    rated = simulate(raters=2, judgements=100, overlap=3)
    assert len({(vote.rater, pair_of(vote)) for vote in rated}) == len(rated) == 100
    assert {vote.rater for vote in rated} == {"Simulated rater 1", "Simulated rater 2"}


def test_asking_for_more_than_there_is_gives_what_there_is() -> None:
    rated = simulate(judgements=10_000, overlap=1)
    assert len(rated) == len(set(map(pair_of, rated))) == 640


def test_no_responses_give_no_votes() -> None:
    assert simulated_votes(records(PROMPTS), [], rng=np.random.default_rng(1)) == []


def test_every_question_sees_every_outcome(rated: list[RatedPair]) -> None:
    for question in ("tone", "safety", "send"):
        counts = Counter(vote.outcomes[question] for vote in rated)
        assert counts.keys() == set(OUTCOME_WORDS.values())
        assert min(counts.values()) >= 40, (question, counts)


def test_careful_raters_agree_more_than_chance_and_less_than_always(rated: list[RatedPair]) -> None:
    """On who is better in tone, told from the sides: pairs of votes on the same pair, against shuffled ones."""
    said: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for vote in rated:
        if vote.rater != CARELESS:
            side = {"left": vote.left, "right": vote.right}
            said[pair_of(vote)].append(side.get(vote.outcomes["tone"], vote.outcomes["tone"]))
    same = [a == b for answers in said.values() for a, b in combinations(answers, 2)]
    shares = Counter(vote.outcomes["tone"] for vote in rated)
    by_chance = sum((n / len(rated)) ** 2 for n in shares.values())
    assert len(same) > 200
    assert by_chance + 0.1 < sum(same) / len(same) < 0.9


def test_every_candidate_beats_every_other_at_times(rated: list[RatedPair]) -> None:
    for question in ("tone", "send"):
        wins: Counter[tuple[str, str]] = Counter()
        for vote in rated:
            if vote.outcomes[question] in {"left", "right"}:
                won = vote.outcomes[question] == "left"
                wins[(vote.left, vote.right) if won else (vote.right, vote.left)] += 1
        names = [row["name"] for row in records(CANDIDATES)]
        assert all(wins[a, b] > 0 for a in names for b in names if a != b), question


def test_each_raters_sides_are_balanced_within_every_two_candidates(rated: list[RatedPair]) -> None:
    lead: Counter[tuple[str, str, str]] = Counter()
    for vote in rated:
        first, second = sorted((vote.left, vote.right))
        lead[vote.rater, first, second] += 1 if vote.left == first else -1
    assert all(abs(surplus) <= 1 for surplus in lead.values())


def test_only_the_careless_rater_is_faster_than_reading_allows(rated: list[RatedPair]) -> None:
    responses = {(row["prompt_id"], row["candidate"]): row for row in records(RESPONSES)}
    too_fast: dict[str, list[bool]] = defaultdict(list)
    for vote in rated:
        too_fast[vote.rater].append(vote.time_on_pair_ms < reading_floor_ms(words_shown(vote, responses)))
    assert 0.5 < np.mean(too_fast.pop(CARELESS)) < 0.9
    assert not any(any(flags) for flags in too_fast.values())


def test_a_rater_rates_one_pair_after_the_other_within_a_week(rated: list[RatedPair]) -> None:
    by_rater: dict[str, list[RatedPair]] = defaultdict(list)
    for vote in rated:
        by_rater[vote.rater].append(vote)
    for votes in by_rater.values():
        for earlier, later in pairwise(votes):
            assert earlier.finished_after_s + later.time_on_pair_ms / 1000 <= later.finished_after_s + 0.2
        assert votes[0].finished_after_s > 0 and votes[-1].finished_after_s < 7 * 86_400
