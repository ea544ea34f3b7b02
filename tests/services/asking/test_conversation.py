"""Which turns of a prompt are asked, and what is sent for each."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.services.asking.conversation import about_tokens, asked_at, messages_before, most_tokens
from tests.services.runs.evaluations import assistant, user

SYSTEM = {"role": "system", "content": "Be brief."}


def messages(roles: str) -> list[dict[str, str]]:
    """One message a letter: s(ystem), u(ser), a(ssistant)."""
    names = {"s": "system", "u": "user", "a": "assistant"}
    return [{"role": names[role], "content": f"{role}{at}"} for at, role in enumerate(roles)]


@pytest.mark.parametrize(
    ("roles", "asked"),
    [
        ("", []),
        ("u", [0]),
        ("su", [1]),
        ("uu", [0, 1]),
        ("uau", [2]),
        ("ua", []),
        ("us", [1]),
        ("sus", [2]),
        ("uss", [2]),
        ("uus", [0, 2]),
        ("s", [0]),
        ("ss", [1]),
        ("suas", []),
        ("usu", [0, 2]),
    ],
)
def test_a_candidate_answers_after_users_and_after_the_last_instructions(roles: str, asked: list[int]):
    assert asked_at(messages(roles)) == asked


def test_what_stands_at_the_end_is_seen_before_the_last_answer():
    seen = [message["content"] for message in messages_before(messages("uus"), ["first"])]
    assert seen == ["u0", "first", "u1", "s2"]
    assert [message["content"] for message in messages_before(messages("ss"), [])] == ["s0", "s1"]


def test_each_turn_sees_the_answers_to_those_before_it():
    messages = [SYSTEM, user("One?"), user("Two?"), user("Three?")]
    assert messages_before(messages, []) == [SYSTEM, user("One?")]
    assert messages_before(messages, ["1", "2"]) == [
        SYSTEM,
        user("One?"),
        assistant("1"),
        user("Two?"),
        assistant("2"),
        user("Three?"),
    ]


def test_answers_that_are_given_stay_where_they_are():
    messages = [user("One?"), assistant("Given."), user("Two?"), user("Three?")]
    assert messages_before(messages, []) == messages[:3]
    assert messages_before(messages, ["2"]) == [*messages[:3], assistant("2"), messages[3]]


@given(st.text())
def test_a_text_never_has_more_tokens_than_bytes(text: str):
    assert most_tokens([user(text)]) >= len(text.encode()) >= about_tokens(text) - 1
