"""What a model thought aloud before its answer counts for no evaluator and is shown to no judge."""

import pytest

from core.domain import judging
from core.domain.scoring.base import Score, Subject
from core.services.scoring.registry import KINDS, kind_named

PURE = [kind.key for kind in KINDS if kind.score is not None]
PARAMS = {"regex": {"pattern": "Lima"}, "json_valid": {"always": True}}
CONSTRAINTS = {"max_words": 4, "max_characters": 30, "number": 12, "json_schema": {"type": "object"}}
ANSWERS = ["It is Lima, not Quito: 12.", '{"a": 12}', "I'm sorry, but I can't help with that.", ""]
THOUGHT = [
    '<think>\nI can\'t help? {"b": 2} Damn, Quito: 13. I hate this.\n</think>\n\n',
    "It could be Quito, so 13; or I refuse.\n</think>\n",
    "<thinking>You idiot, [1, 2]</thinking><thinking>Quito</thinking>",
    "<|channel|>analysis<|message|>Quito<|end|><|start|>assistant<|channel|>final<|message|>",
]


def scored(key: str, text: str) -> Score:
    """What the evaluator says of a text."""
    kind = kind_named(key)
    assert kind.score is not None
    subject = Subject(turns=[text], reference=["Lima"], constraints=CONSTRAINTS, finish_reason="stop")
    return kind.score(subject, kind.params.of(PARAMS.get(key, {})))


@pytest.mark.parametrize("key", PURE)
@pytest.mark.parametrize("thought", THOUGHT)
def test_an_answer_is_scored_as_if_its_thoughts_were_not_there(key: str, thought: str) -> None:
    for answer in ANSWERS:
        assert scored(key, thought + answer) == scored(key, answer)


def test_an_answer_of_nothing_but_thoughts_is_empty_in_each_turn() -> None:
    subject = Subject(turns=["<think>hm</think>", "<think>hm, it may be Lima", "Lima"])
    assert list(subject.turns) == ["", "", "Lima"]
    assert kind_named("incomplete").score(subject, kind_named("incomplete").params()).value == 0


def test_a_judge_sees_the_answer_alone() -> None:
    subject = Subject(turns=["<think>Quito?</think>\nLima."], messages=[{"role": "user", "content": "Where?"}])
    for messages in (judging.score_messages(subject, "r", "0f"), judging.pair_messages(subject, subject, "c", "0f")):
        assert "> Lima." in messages[1]["content"] and "Quito" not in messages[1]["content"]


def test_a_tag_that_the_answer_speaks_of_stays_in_it() -> None:
    text = "Write <think> before and </think> after what you think."
    assert Subject(turns=[text]).text == text
