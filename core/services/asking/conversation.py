"""Playing a prompt turn by turn: which of its messages are asked, and what a model sees before each."""

from collections.abc import Sequence

from core.providers.base import Message

CHARACTERS_PER_TOKEN = 4
_TOKENS_AROUND_A_MESSAGE = 16
_TOKENS_AROUND_A_REQUEST = 64
_INSTRUCTIONS = ("system", "developer")


def asked_at(messages: Sequence[Message]) -> list[int]:
    """Where in ``messages`` the candidate is to answer: after each user's message that no assistant's follows.

    An assistant's message that the prompt itself carries (an imported log) is context as it stands. Instructions that
    stand at the end are read before the last answer, and those that stand alone ask for one.
    """
    roles = [message["role"] for message in messages]
    following = [*roles[1:], ""]
    asked = [at for at, role in enumerate(roles) if role == "user" and following[at] != "assistant"]
    begun = asked[-1] + 1 if asked else 0
    if begun < len(roles) and all(role in _INSTRUCTIONS for role in roles[begun:]):
        asked = [*asked[:-1], len(roles) - 1]
    return asked


def messages_before(messages: Sequence[Message], answers: Sequence[str]) -> list[Message]:
    """What is sent for the turn after ``answers``: the prompt so far, with the candidate's own answers in between."""
    asked = asked_at(messages)
    seen: list[Message] = []
    for at, message in enumerate(messages[: asked[len(answers)] + 1]):
        seen.append(message)
        if at in asked[: len(answers)]:
            seen.append({"role": "assistant", "content": answers[asked.index(at)]})
    return seen


def most_tokens(messages: Sequence[Message]) -> int:
    """More tokens than ``messages`` can have: one a byte of UTF-8, and some for what frames a message.

    Tokens of byte-level vocabularies hold at least one byte each.
    """
    sizes = (len(message["content"].encode()) + _TOKENS_AROUND_A_MESSAGE for message in messages)
    return sum(sizes) + _TOKENS_AROUND_A_REQUEST


def about_tokens(text: str) -> int:
    """About how many tokens ``text`` has: a fourth of its characters, rounded up."""
    return -(-len(text) // CHARACTERS_PER_TOKEN)
