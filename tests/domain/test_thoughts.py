"""What a model thought aloud is told from its answer."""

import pytest

from core.domain.thoughts import answer_begins_at, names_thoughts, split_thoughts

SPLIT = {
    "a tag": ("<think>\n2+2 is 5? no, 4.\n</think>\n\nThe answer is 4.", "2+2 is 5? no, 4.", "The answer is 4."),
    "another": ("<thinking>hm</thinking>Yes.", "hm", "Yes."),
    "in capitals": (" <THINK>hm</Think> Yes.", "hm", "Yes."),
    "empty": ("<think>\n\n</think>\n\nYes.", "", "Yes."),
    "twice": ("<think>a</think>\n<think>b</think>\nYes.", "a\n\nb", "Yes."),
    "a closing tag alone": ("2+2 is 5? no, 4.\n</think>\n\nThe answer is 4.", "2+2 is 5? no, 4.", "The answer is 4."),
    "never closed": ("<think>\nhm, let me", "hm, let me", ""),
    "with an attribute": ('<think lang="en">hm</think>Yes.', "hm", "Yes."),
    "Magistral": ("[THINK]hm[/THINK]Yes.", "hm", "Yes."),
    "channels": (
        "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>Yes.<|return|>",
        "hm",
        "Yes.",
    ),
    "channels of a whole message": (
        "<|start|>assistant<|channel|>analysis<|message|>hm<|end|>"
        "<|start|>assistant<|channel|>analysis<|message|>so<|end|>"
        "<|start|>assistant<|channel|>final <|constrain|>json<|message|>{}<|return|>",
        "hm\n\nso",
        "{}",
    ),
    "the last channel alone": ("<|channel|>final<|message|>Yes.", "", "Yes."),
    "of Cohere": ("<|START_THINKING|>hm<|END_THINKING|><|START_RESPONSE|>Yes.<|END_RESPONSE|>", "hm", "Yes."),
    "a closing tag between sentences": (
        "It is 4, not 5.</think>The answer is 4.",
        "It is 4, not 5.",
        "The answer is 4.",
    ),
    "a second tag further on": ("<think>hm</think>Use <think> and </think>.", "hm", "Use <think> and </think>."),
}
WHOLE = {
    "a tag at the very end of a line": "First descale it, then clean the filter. </think>",
    "no tag": "The answer is 4.",
    "with blanks": "  Yes.\n",
    "in code": "Write this:\n```\n</think>\n```\nThat is all.",
    "in backticks": "The tag `</think>`\nends it.",
    "in a sentence": "Models close their thoughts with </think> and go on.",
    "further on": "Use tags: <think>like this</think>, and so on.",
    "further on, a sentence": "Use tags: <think>like this.</think> And so on.",
    "empty": "",
}


@pytest.mark.parametrize("name", SPLIT)
def test_thoughts_before_an_answer_are_told_from_it(name: str):
    text, thoughts, answer = SPLIT[name]
    assert split_thoughts(text) == (thoughts, answer)


@pytest.mark.parametrize("name", WHOLE)
def test_what_is_no_thought_stays_the_answer_to_the_last_blank(name: str):
    assert split_thoughts(WHOLE[name]) == ("", WHOLE[name])


@pytest.mark.parametrize("name", SPLIT)
def test_where_an_answer_begins_is_where_its_text_stands(name: str):
    text, _, answer = SPLIT[name]
    begins_at = answer_begins_at(text)
    assert begins_at is None if not answer else text[begins_at:].startswith(answer)


def test_a_text_without_thoughts_begins_at_its_beginning():
    assert all(answer_begins_at(text) == 0 for text in WHOLE.values())


@pytest.mark.parametrize(
    "kind",
    [
        "thinking", "redacted_thinking", "thinking_delta", "think", "thought", "thought_summary", "reasoning",
        "reasoning_content", "reasoning_text", "reasoning.summary", "reasoningContent", "redactedThinking",
    ],
)  # fmt: skip
def test_a_kind_of_part_names_thoughts(kind: str) -> None:
    assert names_thoughts(kind)


@pytest.mark.parametrize("kind", ["", "text", "output_text", "finish_reason", "thinkers", "rethink", "tool_use"])
def test_another_kind_of_part_names_none(kind: str) -> None:
    assert not names_thoughts(kind)
