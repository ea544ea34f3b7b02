"""The demo's files: what was promised is in them, and every response is a whole record of a real answer."""

import json
from collections import Counter
from datetime import datetime
from typing import Any

import jsonschema
import pytest

from core.demo import CANDIDATES, CHAMPION, GUIDELINES, NOTICE, PROMPTS, RESPONSES, records
from core.demo.story import HOUSES, RECORDED

CATEGORIES = {"support", "writing", "summarising", "coding", "reasoning", "extraction", "safety", "ambiguous"}
CONSTRAINTS = {"max_words", "max_characters", "number", "json_schema", "expects_refusal", "contains"}
TAGS = {"ambiguous", "adversarial", "multi_turn"}

Row = dict[str, Any]


@pytest.fixture(scope="module")
def prompts() -> dict[str, Row]:
    return {row["id"]: row for row in records(PROMPTS)}


@pytest.fixture(scope="module")
def candidates() -> dict[str, Row]:
    return {row["name"]: row for row in records(CANDIDATES)}


@pytest.fixture(scope="module")
def responses() -> list[Row]:
    return records(RESPONSES)


def answers(row: Row) -> list[str]:
    return row["turns"] if "turns" in row else [row["text"]]


def test_there_are_eight_prompts_in_each_of_eight_categories(prompts: dict[str, Row]) -> None:
    assert len(records(PROMPTS)) == len(prompts) == 64
    assert Counter(row["category"] for row in prompts.values()) == dict.fromkeys(CATEGORIES, 8)


def test_every_turn_says_something_and_no_prompt_occurs_twice(prompts: dict[str, Row]) -> None:
    assert all(turn.strip() == turn != "" for row in prompts.values() for turn in row["turns"])
    assert len({tuple(row["turns"]) for row in prompts.values()}) == 64


def test_ten_prompts_or_more_have_several_turns_and_exactly_these_say_so(prompts: dict[str, Row]) -> None:
    several = {name for name, row in prompts.items() if len(row["turns"]) > 1}
    assert len(several) >= 10
    assert several == {name for name, row in prompts.items() if "multi_turn" in row.get("tags", [])}


def test_tags_and_constraints_are_the_known_ones(prompts: dict[str, Row]) -> None:
    assert {tag for row in prompts.values() for tag in row.get("tags", [])} == TAGS
    assert {key for row in prompts.values() for key in row.get("constraints", {})} == CONSTRAINTS
    assert all("ambiguous" in row["tags"] for row in prompts.values() if row["category"] == "ambiguous")


def test_references_are_not_empty_and_stand_wherever_a_category_has_right_answers(prompts: dict[str, Row]) -> None:
    for row in prompts.values():
        if row["category"] in {"reasoning", "extraction", "coding"}:
            assert "reference" in row, row["id"]
        reference = row.get("reference", "none needed")
        assert all(one.strip() for one in ([reference] if isinstance(reference, str) else reference)), row["id"]
        assert reference != []


def test_every_json_schema_is_valid_and_accepts_its_prompts_reference(prompts: dict[str, Row]) -> None:
    with_schema = [row for row in prompts.values() if "json_schema" in row.get("constraints", {})]
    assert len(with_schema) == 8
    for row in with_schema:
        schema = row["constraints"]["json_schema"]
        jsonschema.Draft202012Validator.check_schema(schema)
        jsonschema.validate(json.loads(row["reference"]), schema)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({"nothing": "asked for"}, schema)


def test_references_keep_the_limits_that_their_prompts_set(prompts: dict[str, Row]) -> None:
    for row in prompts.values():
        limits, reference = row.get("constraints", {}), row.get("reference", [])
        for one in [reference] if isinstance(reference, str) else reference:
            assert len(one.split()) <= limits.get("max_words", 1000), row["id"]
        if "number" in limits:
            assert any(
                str(limits["number"]) in one for one in ([reference] if isinstance(reference, str) else reference)
            )


def test_the_prompts_bring_what_breaks_careless_rendering(prompts: dict[str, Row]) -> None:
    text = "\n".join(turn for row in prompts.values() for turn in row["turns"])
    for sample in ["$5 until", "$10 from", ":lock:", ":red[", "->", "<div", "```", "|---|", "السلام", "電気"]:
        assert sample in text, sample


def test_two_candidates_share_one_model_and_three_are_written_and_can_be_asked_by_nobody(
    candidates: dict[str, Row],
) -> None:
    assert [name for name, row in candidates.items() if row["provider"] == "written"] == list(HOUSES)
    assert CHAMPION in HOUSES
    tiny = [row for row in candidates.values() if row["provider"] == "local"]
    assert [row["name"] for row in tiny] == list(RECORDED)
    assert {row["model"] for row in tiny} == {"SmolLM2-135M-Instruct"}
    assert len({(row.get("system"), row["temperature"]) for row in tiny}) == 2


def test_the_small_model_answered_every_turn_of_every_prompt_once_for_each_of_its_candidates(
    prompts: dict[str, Row], responses: list[Row]
) -> None:
    assert Counter((row["prompt_id"], row["candidate"]) for row in responses) == {
        (prompt, candidate): 1 for prompt in prompts for candidate in RECORDED
    }
    for row in responses:
        assert len(answers(row)) == len(prompts[row["prompt_id"]]["turns"]), row["prompt_id"]


def test_every_response_has_its_measured_numbers_and_costs_what_its_candidates_price_makes_it(
    candidates: dict[str, Row], responses: list[Row]
) -> None:
    for row in responses:
        assert 0 < row["ttft_ms"] <= row["latency_ms"]
        assert row["input_tokens"] > 0
        assert 0 < row["output_tokens"] <= candidates[row["candidate"]]["max_tokens"] * len(answers(row))
        assert row["finish_reason"] in {"stop", "length"}
        assert datetime.fromisoformat(row["created_at"]).tzinfo is not None
        assert 0 < row["first_byte_ms"] <= row["ttft_ms"] <= row["first_visible_ms"]
        assert row["attempts"] >= len(answers(row))
        price = candidates[row["candidate"]]
        tokens = ((row["input_tokens"], "input_usd_per_mtok"), (row["output_tokens"], "output_usd_per_mtok"))
        assert row["cost_usd"] == pytest.approx(sum(n * price[each] for n, each in tokens) / 1e6)


def test_no_response_is_empty(responses: list[Row]) -> None:
    assert [(row["prompt_id"], row["candidate"]) for row in responses if not all(map(str.strip, answers(row)))] == []


def test_the_order_of_recording_is_mixed_over_candidates(responses: list[Row]) -> None:
    """Nobody has a quiet hour for themselves: each candidate has its share of every quarter."""
    for start in range(0, 128, 32):
        share = Counter(row["candidate"] for row in responses[start : start + 32])
        assert min(share.values()) >= 6 and len(share) == 2


def test_the_recorded_file_stays_small() -> None:
    assert RESPONSES.stat().st_size < 200_000


def test_guidelines_explain_each_question_and_the_notice_says_what_was_written_and_what_recorded() -> None:
    assert all(word in GUIDELINES for word in ("**Tone", "**Safety", "**Send"))
    assert all(name in NOTICE for name in (*HOUSES, *RECORDED, "SmolLM2-135M-Instruct", "simulated", "invented"))
