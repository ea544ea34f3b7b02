"""The weekly runs of the written candidates: from texts that keep what their kind promises, the same again."""

import json
from collections import Counter
from typing import Any

import jsonschema
import numpy as np
import pytest

from core.demo import PROMPTS, records
from core.demo.story import AGAIN, ANSWERS_A_MONTH, BIRCH, CEDAR, HOUSES, UPDATED_IN_WEEK, WEEKS, Round
from core.demo.texts import GOOD, UPDATED, WEAK, Texts, written
from core.demo.weeks import WrittenAnswer, tokens, weekly_answers
from core.domain.lengths import count_words
from core.domain.scoring.base import Subject
from core.services.scoring.gates import DEFAULT_GATES
from core.services.scoring.registry import kind_named

Row = dict[str, Any]
PROMPT = {row["id"]: row for row in records(PROMPTS)}


@pytest.fixture(scope="module")
def texts() -> dict[tuple[str, str], Texts]:
    return dict(written())


@pytest.fixture(scope="module")
def answers(texts: dict[tuple[str, str], Texts]) -> list[WrittenAnswer]:
    return drawn(texts)


def drawn(texts: dict[tuple[str, str], Texts], seed: int = 1, **options: Any) -> list[WrittenAnswer]:
    return weekly_answers(list(PROMPT.values()), texts, rng=np.random.default_rng(seed), **options)


def failed_gates(prompt: Row, turns: tuple[str, ...]) -> list[str]:
    reference = prompt.get("reference", [])
    subject = Subject(
        turns=turns,
        messages=[{"role": "user", "content": turn} for turn in prompt["turns"]],
        reference=[reference] if isinstance(reference, str) else reference,
        constraints=prompt.get("constraints", {}),
    )
    kinds = [kind_named(key) for key in DEFAULT_GATES]
    said = {kind.key: kind.score(subject, kind.params.of({})) for kind in kinds if kind.score is not None}
    return [key for key, score in said.items() if score.value is not None and score.value < 1]


def test_each_candidate_has_usual_answers_and_bad_ones_to_every_turn_of_every_prompt(
    texts: dict[tuple[str, str], Texts],
) -> None:
    assert set(texts) == {(prompt, candidate) for prompt in PROMPT for candidate in HOUSES}
    for (prompt, candidate), found in texts.items():
        assert len(found.good) >= 2 and len(found.weak) >= 1, (prompt, candidate)
        is_updated = candidate == BIRCH and PROMPT[prompt]["category"] == "coding"
        assert bool(found.updated) == is_updated, (prompt, candidate)
        for turns in (*found.good, *found.weak, *found.updated):
            assert len(turns) == len(PROMPT[prompt]["turns"]), (prompt, candidate)
            assert all(turn.strip() == turn != "" for turn in turns), (prompt, candidate)


def test_usual_answers_pass_every_gate_and_those_since_the_update_do_not(texts: dict[tuple[str, str], Texts]) -> None:
    for (prompt, candidate), found in texts.items():
        assert [failed_gates(PROMPT[prompt], turns) for turns in found.good] == [[]] * len(found.good), (
            prompt,
            candidate,
        )
        assert all(failed_gates(PROMPT[prompt], turns) for turns in found.updated), prompt


def test_json_was_written_where_it_was_asked_for(texts: dict[tuple[str, str], Texts]) -> None:
    for (prompt, _), found in texts.items():
        schema = PROMPT[prompt].get("constraints", {}).get("json_schema")
        for turns in found.good if schema else ():
            answer = turns[-1].removeprefix("```json").removesuffix("```")
            jsonschema.validate(json.loads(answer), schema)


def test_every_week_each_candidate_answers_every_prompt_once_and_coding_once_more_after_the_alarm(
    answers: list[WrittenAnswer],
) -> None:
    weekly = {
        (Round(week), candidate, prompt): 1 for week in range(1, WEEKS + 1) for candidate in HOUSES for prompt in PROMPT
    }
    again = {
        (AGAIN, candidate, prompt): 1
        for candidate in HOUSES
        for prompt, row in PROMPT.items()
        if row["category"] == "coding"
    }
    assert Counter((one.of, one.candidate, one.prompt_id) for one in answers) == weekly | again


def test_the_same_seed_gives_the_same_weeks_and_another_seed_others(texts: dict[tuple[str, str], Texts]) -> None:
    assert drawn(texts, weeks=1) == drawn(texts, weeks=1) != drawn(texts, seed=2, weeks=1)


def test_which_texts_are_drawn_does_not_depend_on_what_they_say(texts: dict[tuple[str, str], Texts]) -> None:
    shouted = {
        place: Texts(*(tuple(tuple(turn.upper() for turn in turns) for turns in kind) for kind in vars(found).values()))
        for place, found in texts.items()
    }
    same = [tuple(turn.upper() for turn in one.turns) for one in drawn(texts, weeks=1)]
    assert [one.turns for one in drawn(shouted, weeks=1)] == same


def test_birch_is_updated_from_its_week_on_and_in_coding_alone(answers: list[WrittenAnswer]) -> None:
    updated = {(one.of.week, one.prompt_id) for one in answers if one.quality == UPDATED}
    coding = [prompt for prompt, row in PROMPT.items() if row["category"] == "coding"]
    assert updated == {(week, prompt) for week in range(UPDATED_IN_WEEK, WEEKS + 1) for prompt in coding}
    assert all(one.candidate == BIRCH for one in answers if one.quality == UPDATED)


def test_answers_vary_from_week_to_week_and_bad_days_are_the_rarer(answers: list[WrittenAnswer]) -> None:
    for candidate in HOUSES:
        own = [one for one in answers if one.candidate == candidate]
        assert any(len({one.turns for one in own if one.prompt_id == prompt}) > 1 for prompt in PROMPT)
        kinds = Counter(one.quality for one in own)
        assert 0 < kinds[WEAK] < kinds[GOOD] / 2


def test_tokens_and_times_follow_from_the_texts(answers: list[WrittenAnswer]) -> None:
    for one in answers:
        assert [facts.output_tokens for facts in one.facts] == [tokens(turn) for turn in one.turns]
        for facts in one.facts:
            assert 0 < facts.first_byte_ms < facts.first_token_ms < facts.latency_ms
        assert [facts.input_tokens for facts in one.facts] == sorted(facts.input_tokens for facts in one.facts)
    longest, shortest = (pick(answers, key=lambda one: sum(map(count_words, one.turns))) for pick in (max, min))
    assert sum(facts.latency_ms for facts in longest.facts) > sum(facts.latency_ms for facts in shortest.facts)


def test_cedar_is_the_quickest(answers: list[WrittenAnswer]) -> None:
    middle = {
        candidate: np.median([one.facts[0].latency_ms for one in answers if one.candidate == candidate])
        for candidate in HOUSES
    }
    assert min(middle, key=lambda candidate: middle[candidate]) == CEDAR


def test_every_category_has_its_traffic() -> None:
    assert set(ANSWERS_A_MONTH) == {row["category"] for row in PROMPT.values()}
