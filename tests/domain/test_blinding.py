"""What a rater sees of a pair, and nothing else; how sides are drawn; and the way back."""

import dataclasses
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.blinding import (
    BlindPair,
    SidedPair,
    Turn,
    blind,
    conversation,
    draw_sides,
)
from core.domain.lengths import count_words

CANARY = "kestrel-7f3a9c"
texts = st.text(max_size=60)
roles = st.sampled_from(["system", "user", "assistant", "tool"])


def user(text):
    return {"role": "user", "content": text}


def assistant(text):
    return {"role": "assistant", "content": text}


def test_a_blind_pair_has_no_field_that_could_name_a_candidate():
    names = {field.name for field in (*dataclasses.fields(BlindPair), *dataclasses.fields(Turn))}
    assert names == {"assignment", "turns", "context", "reference", "masked", "words", "user", "a", "b"}
    assert not {field.name for field in dataclasses.fields(SidedPair)} & {
        "candidate",
        "model",
        "cost_usd",
        "latency_ms",
    }


@given(
    messages=st.lists(
        st.builds(
            lambda role, content: {"role": role, "content": content, "name": CANARY, "model": CANARY}, roles, texts
        ),
        max_size=6,
    ),
    left=st.lists(texts, max_size=3),
    right=st.lists(texts, max_size=3),
)
def test_whatever_else_is_stored_with_a_prompt_nothing_of_it_is_shown(messages, left, right):
    shown = repr(blind(SidedPair(assignment="a1", messages=messages, left_turns=left, right_turns=right)))
    assert CANARY not in shown


@given(
    before=st.sampled_from(["", "Hello! ", "Sure.\n\n", "**Note:** "]),
    phrase=st.sampled_from(
        ["I'm {}.", "I am {}, an AI assistant.", "As an AI developed by {}, I cannot.", "My name is {}!", "我是{}。"]
    ),
    name=st.sampled_from(["Claude", "ChatGPT", "GPT-4", "Qwen2.5", "Mixtral 8x7B", "OpenAI", "DeepSeek-V3", "Grok"]),
    after=texts.filter(lambda text: not any(c.isalnum() for c in text[:1])),
    on_left=st.booleans(),
)
def test_an_answer_that_names_its_maker_never_reaches_the_rater(before, phrase, name, after, on_left):
    telling = before + phrase.format(name) + " " + after
    sides = {"left_turns": [telling], "right_turns": ["Fine."]}
    if not on_left:
        sides = {"left_turns": ["Fine."], "right_turns": [telling]}
    shown = blind(SidedPair(assignment="a1", messages=[user("Who are you?")], **sides))
    told = shown.turns[0].a if on_left else shown.turns[0].b
    assert told == telling.replace(name, "[masked]", 1)
    assert shown.masked


def test_a_is_the_left_side_and_the_raw_text_is_shown_where_nothing_is_masked():
    shown = blind(
        SidedPair(
            assignment="x9",
            messages=[user("Name a colour."), user("Another.")],
            reference=["red"],
            left_turns=["red", "blue"],
            right_turns=["green"],
        )
    )
    assert shown == BlindPair(
        assignment="x9",
        turns=(Turn("Name a colour.", "red", "green"), Turn("Another.", "blue", "")),
        context=None,
        reference=("red",),
        masked=False,
        words=3,
    )


def test_what_a_model_thought_aloud_is_not_shown():
    thought = "<think>\nThe user wants a colour.\n</think>\n\nred"
    shown = blind(SidedPair("x9", [user("Name a colour.")], [thought], ["green"]))
    assert shown.turns == (Turn("Name a colour.", "red", "green"),)


def test_a_vendor_that_the_prompt_is_about_is_not_masked():
    pair = SidedPair("x", [user("Who makes Claude?")], ["I'm Claude, made by Anthropic."], ["No idea."])
    assert blind(pair).turns[0].a == "I'm Claude, made by [masked]."


def test_system_message_and_earlier_conversation_are_context_and_only_the_last_turn_was_answered():
    messages = [{"role": "system", "content": "Be brief."}, user("Hi"), assistant("Hello."), user("A joke?")]
    shown = blind(SidedPair("x", messages, ["Knock, knock."], ["No."]))
    assert shown.context == "Be brief.\n\nUser: Hi\n\nAssistant: Hello."
    assert shown.turns == (Turn("A joke?", "Knock, knock.", "No."),)


def test_a_prompt_of_user_turns_alone_is_interleaved_with_its_answers():
    assert conversation([user("one"), user("two")], ["1", "2"]) == [("one", "1"), ("two", "2")]


def test_a_candidate_that_answered_every_turn_anew_is_shown_in_full():
    messages = [user("one"), assistant("recorded"), user("two")]
    assert conversation(messages, ["1", "2"]) == [("one", "1"), ("two", "2")]


def test_what_production_answered_last_is_not_shown():
    messages = [user("one"), assistant("what production said")]
    assert conversation(messages, ["1"]) == [("one", "1")]


def test_responses_to_prompts_of_which_only_the_name_is_known_are_still_shown():
    assert conversation([], ["1", "2"]) == [("", "1"), ("", "2")]


@given(
    messages=st.lists(st.builds(lambda r, c: {"role": r, "content": c}, roles, texts), max_size=8),
    answers=st.lists(texts, max_size=8),
)
def test_no_answer_is_ever_lost(messages, answers):
    assert [answer for _, answer in conversation(messages, answers)][: len(answers)] == answers


def test_words_are_counted_in_both_answers_and_two_ideographs_make_one():
    assert count_words("one two,  three\n") == 3
    assert count_words("你好世界 hello") == 3
    assert count_words("") == 0
    assert blind(SidedPair("x", [user("q")], ["a b"], ["c d e"])).words == 5


@given(others=st.lists(st.lists(st.booleans(), max_size=5), min_size=1, max_size=40), seed=st.integers())
def test_a_rater_never_sees_one_candidate_of_a_pair_on_one_side_more_than_once_too_often(others, seed):
    rng, own = random.Random(seed), []
    for on_pair in others:
        own.append(draw_sides(own, on_pair, rng))
        assert abs(2 * sum(own) - len(own)) <= 1


@given(raters=st.integers(1, 12), seed=st.integers())
def test_the_sides_of_a_pair_split_evenly_over_raters_who_are_new_to_it(raters, seed):
    rng, on_pair = random.Random(seed), []
    for _ in range(raters):
        on_pair.append(draw_sides([], on_pair, rng))
        assert abs(2 * sum(on_pair) - len(on_pair)) <= 1


def test_the_first_draw_is_a_fair_coin_and_the_second_its_opposite():
    rng = random.Random(5)
    first = [draw_sides([], [], rng) for _ in range(4000)]
    assert sum(first) / 4000 == pytest.approx(0.5, abs=0.03)
    assert draw_sides([True], [False, False], rng) is False
    assert draw_sides([True, False, False], [True], rng) is True
