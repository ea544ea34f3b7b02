"""The only place where a stored pair becomes what a rater sees, and where a side becomes a candidate again."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.domain.lengths import count_words
from core.domain.masking import mask_self_identification
from core.domain.thoughts import split_thoughts

Message = Mapping[str, str]

_SPEAKERS = {"user": "User", "assistant": "Assistant"}


@dataclass(frozen=True)
class SidedPair:
    """A stored pair with its sides drawn: ``left_turns`` and ``right_turns`` answer the prompt's ``messages``.

    There is no candidate here, so none can be passed on.
    """

    assignment: str
    """The opaque public id."""
    messages: Sequence[Message]
    left_turns: Sequence[str]
    right_turns: Sequence[str]
    reference: Sequence[str] | None = None


@dataclass(frozen=True)
class Turn:
    """What the user wrote, and both answers to it."""

    user: str
    a: str
    b: str


@dataclass(frozen=True)
class BlindPair:
    """What a rater is shown of a pair: texts and an opaque id, nothing that says who wrote them."""

    assignment: str
    turns: tuple[Turn, ...]
    context: str | None = None
    """The system message and earlier conversation, None where the prompt has none."""
    reference: tuple[str, ...] = field(default=())
    masked: bool = False
    """A self-identification was taken out of one of the answers."""
    words: int = 0
    """In both answers together."""


def blind(pair: SidedPair) -> BlindPair:
    """What a rater sees of a pair: A is the left side, self-identification is masked on both sides.

    A name that the prompt itself contains is its topic and stays. An answer that one side lacks is "".
    """
    n_turns = max(len(pair.left_turns), len(pair.right_turns))
    context, asked = _split(pair.messages, n_turns)
    topic = "\n".join(str(message.get("content") or "") for message in pair.messages)
    turns: list[Turn] = []
    masked = False
    for at, user in enumerate(asked):
        a, a_masked = mask_self_identification(_answer(pair.left_turns, at), topic=topic)
        b, b_masked = mask_self_identification(_answer(pair.right_turns, at), topic=topic)
        turns.append(Turn(user=user, a=a, b=b))
        masked = masked or a_masked or b_masked
    return BlindPair(
        assignment=pair.assignment,
        turns=tuple(turns),
        context=context,
        reference=tuple(pair.reference or ()),
        masked=masked,
        words=sum(count_words(text) for text in (*pair.left_turns, *pair.right_turns)),
    )


def _answer(turns: Sequence[str], at: int) -> str:
    """Without what was thought before it: responses of earlier versions hold both in one text."""
    return split_thoughts(_at(turns, at))[1]


def draw_sides(own_before: Sequence[bool], others_on_pair: Sequence[bool], rng: random.Random) -> bool:
    """Whether the first response of the pair stands on the left.

    ``own_before``: this rater's earlier draws for this pair of candidates, in order. They form permuted blocks
    of two: the second of a block is the opposite of its first, so that the counts never differ by more than
    one. ``others_on_pair``: what other raters drew for this very pair; a block begins with the side that
    evens them out, or by a fair coin.
    """
    if len(own_before) % 2:
        return not own_before[-1]
    surplus = 2 * sum(others_on_pair) - len(others_on_pair)
    if surplus:
        return surplus < 0
    return rng.random() < 0.5


def conversation(messages: Sequence[Message], answers: Sequence[str]) -> list[tuple[str, str]]:
    """The user's turns with the answer to each: (user text, answer).

    Answers belong to the user messages after the last assistant message; what stands before is context. A
    turn without an answer has "", and so has an answer without a turn.
    """
    _, asked = _split(messages, len(answers))
    return [(user, _at(answers, at)) for at, user in enumerate(asked)]


def _split(messages: Sequence[Message], n_answers: int) -> tuple[str | None, list[str]]:
    """The context as text, and the user texts that were answered: at least one, at least ``n_answers``."""
    users = [at for at, message in enumerate(messages) if message.get("role") == "user"]
    before = users[-1] if users else 0
    answered_before = [at for at in range(before) if messages[at].get("role") == "assistant"]
    after_last = [at for at in users if not answered_before or at > answered_before[-1]]
    n_turns = max(n_answers, len(after_last), 1)
    asked = users[-n_turns:]
    begin = asked[0] if asked else len(messages)
    said = [_said(message) for at, message in enumerate(messages) if _is_context(message, at < begin)]
    texts = [str(messages[at].get("content") or "") for at in asked]
    return "\n\n".join(filter(None, said)) or None, texts + [""] * (n_turns - len(texts))


def _is_context(message: Message, is_before: bool) -> bool:
    return is_before or message.get("role") not in _SPEAKERS


def _said(message: Message) -> str:
    """A message of the context; who spoke is named only in the conversation."""
    content = str(message.get("content") or "")
    speaker = _SPEAKERS.get(message.get("role", ""))
    return f"{speaker}: {content}" if content and speaker else content


def _at(texts: Sequence[str], at: int) -> str:
    return texts[at] if at < len(texts) else ""
