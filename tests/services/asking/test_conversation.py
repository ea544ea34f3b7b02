"""Which turns of a prompt are asked, and what is sent for each."""

from hypothesis import given
from hypothesis import strategies as st

from core.services.asking.conversation import about_tokens, asked_at, messages_before, most_tokens
from core.services.importing.responses import answers_wanted
from tests.services.runs.evaluations import assistant, user

SYSTEM = {"role": "system", "content": "Be brief."}
prompts = st.lists(
    st.builds(
        lambda role, text: {"role": role, "content": text},
        st.sampled_from(["user", "assistant", "system"]),
        st.text(max_size=5),
    ),
    min_size=1,
    max_size=8,
)


@given(prompts)
def test_as_many_turns_are_asked_as_imports_want_answers(messages: list[dict[str, str]]):
    assert len(asked_at(messages)) == answers_wanted(messages)


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
