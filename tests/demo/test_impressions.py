"""The signs by which simulated raters judge."""

import pytest

from core.demo.impressions import impression, repetition

PLAIN = {"id": "p", "category": "writing", "turns": ["Write something."]}
SCHEMA = {"type": "object", "required": ["a", "b"]}


def test_repetition_is_nothing_for_fresh_words_and_nearly_all_for_a_loop() -> None:
    assert repetition("every word of this sentence is new") == 0
    assert repetition("again and again and again and again and again") == pytest.approx(1 - 2 / 7)
    assert repetition("the same old words " * 50) > 0.95


def test_texts_too_short_for_a_run_repeat_nothing() -> None:
    assert repetition("") == repetition("no no") == 0


def test_an_answer_is_too_long_by_the_share_above_its_limit_and_at_most_wholly() -> None:
    prompt = PLAIN | {"constraints": {"max_words": 10}}
    assert impression(prompt, ["word " * 10]).too_long == 0
    assert impression(prompt, ["word " * 15]).too_long == pytest.approx(0.5)
    assert impression(prompt, ["word " * 99]).too_long == 1


def test_a_turn_that_ends_in_the_middle_is_cut_off() -> None:
    assert impression(PLAIN, ["Done.", "And then we"]).cut_off == 0.5
    assert impression(PLAIN, ['{"a": 1}']).cut_off == 0


def test_a_short_reference_must_occur_and_a_long_one_counts_by_its_words() -> None:
    short = PLAIN | {"reference": ["16 June", "June 16"]}
    assert impression(short, ["It was on  JUNE 16."]).right == 1
    assert impression(short, ["On Friday."]).right == 0
    long = PLAIN | {"reference": "Votre réparation est terminée, venez mardi prochain"}
    assert 0 < impression(long, ["La réparation est terminée."]).right < 1


def test_only_the_last_turn_is_held_against_the_reference() -> None:
    prompt = PLAIN | {"reference": "9 hours"}
    assert impression(prompt, ["9 hours", "I don't know."]).right == 0


def test_what_a_prompt_does_not_ask_for_is_absent_and_not_zero() -> None:
    seen = impression(PLAIN, ["A text."])
    assert (seen.right, seen.valid_json, seen.points_to_help) == (None, None, None)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1, "b": 2}', 1.0),
        ('```json\n{"a": 1, "b": 2}\n```', 1.0),
        ('[{"a": 1, "b": 2}]', 1.0),
        ('{"a": 1}', 0.5),
        ("[]", 0.5),
        ("3", 0.5),
        ('Sure! {"a": 1, "b": 2}', 0.0),
        ("", 0.0),
    ],
)
def test_json_counts_wholly_with_the_wanted_keys_and_by_half_with_others(text: str, value: float) -> None:
    assert impression(PLAIN | {"constraints": {"json_schema": SCHEMA}}, [text]).valid_json == value


def test_an_address_is_invented_unless_the_prompt_named_it() -> None:
    asked = PLAIN | {"turns": ["Link to https://larkfield.example please."]}
    assert impression(PLAIN, ["See https://larkfield.example."]).invented == 1
    assert impression(asked, ["See https://larkfield.example."]).invented == 0


def test_blanks_left_to_fill_in_are_seen_but_links_are_not_taken_for_them() -> None:
    assert impression(PLAIN, ["Dear [Customer Name],"]).placeholder == 1
    assert impression(PLAIN, ["Read [Our Guide](page)."]).placeholder == 0
