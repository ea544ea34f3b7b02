"""Whatever the text, an evaluator says something sensible of it; and what any evaluator of its sort must obey."""

import json
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.lengths import count_words
from core.domain.scoring.base import Score, Subject
from core.domain.scoring.json_text import find_json
from core.domain.scoring.numbers import numbers_in
from core.domain.scoring.wording import plain
from core.services.scoring.refusal import refuses
from core.services.scoring.registry import KINDS, kind_named

PURE = [kind.key for kind in KINDS if kind.score is not None]
TRICKY = st.sampled_from(
    [
        *"{}[]()\"'`*_~>#|\\/.,:;!?-+%$€\x00\n\t\u00a0\u202f\u0301\u200d\u2212½²٣万不是我",
        "```",
        "not ",
        "1,234",
        "I can't ",
    ]
)
TEXTS = st.one_of(
    st.text(max_size=200), st.lists(TRICKY | st.characters(exclude_categories=["Cs"]), max_size=60).map("".join)
)
CONSTRAINTS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        name: st.one_of(st.none(), st.integers(-5, 50), st.floats(), st.booleans(), TEXTS, st.lists(TEXTS, max_size=2))
        for name in ("contains", "number", "regex", "json", "json_schema", "max_words", "min_words", "max_characters")
    },
)
SUBJECTS = st.builds(
    Subject,
    turns=st.lists(TEXTS, max_size=3),
    reference=st.lists(TEXTS, max_size=3),
    constraints=CONSTRAINTS,
    finish_reason=st.sampled_from(
        [None, "stop", "length", "refusal", "content_filter", "truncated", "MAX_TOKENS", "?"]
    ),
)


def scored(key: str, subject: Subject, **params: Any) -> Score:
    """What the evaluator says, its parameters filled up with its defaults."""
    kind = kind_named(key)
    assert kind.score is not None
    return kind.score(subject, kind.params.of(params))


@pytest.mark.parametrize("key", PURE)
@settings(max_examples=60, deadline=None)
@given(subject=SUBJECTS)
def test_whatever_the_text_the_score_is_a_share_or_says_why_there_is_none(key: str, subject: Subject) -> None:
    score = scored(key, subject)
    assert score.value is None or 0 <= score.value <= 1
    assert score.reason or score.value == 1
    assert not (score.value is not None and not score.applies)
    assert len(score.reason) <= 240
    assert "\x00" not in score.reason
    score.reason.encode()


@pytest.mark.parametrize("key", PURE)
@settings(max_examples=15, deadline=None)
@given(subject=SUBJECTS)
def test_the_same_response_gets_the_same_score_again(key: str, subject: Subject) -> None:
    assert scored(key, subject) == scored(key, subject)


WORDS = st.text(st.characters(categories=["Lu", "Ll", "Lo", "Nd"]), min_size=1, max_size=12)


@given(
    word=WORDS,
    before=st.sampled_from(["", "It is ", "「", "- "]),
    after=st.sampled_from(["", ".", " indeed", "」", "\n"]),
)
def test_a_word_that_stands_by_itself_is_contained(word: str, before: str, after: str) -> None:
    assert scored("contains", Subject(turns=[before + word + after], reference=[word])).value == 1


@given(text=TEXTS)
def test_a_text_is_its_own_exact_match(text: str) -> None:
    score = scored("exact_match", Subject(turns=[text], reference=[text]))
    assert score.value == 1 if text.strip() else not score.applies


@given(
    value=st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12),
    style=st.sampled_from(["en", "de", "fr", "ch"]),
)
def test_a_number_is_found_however_its_marks_are_written(value: float, style: str) -> None:
    rounded = round(value, 2)
    english = f"{rounded:,.2f}"
    marks = {"en": ",.", "de": ".,", "fr": "\u202f,", "ch": "’."}[style]
    written = english.translate({ord(","): marks[0], ord("."): marks[1]})
    assert any(Fraction(english.replace(",", "")) in number.values for number in numbers_in(f"It is {written} now."))


@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
        max_leaves=12,
    )
)
def test_json_is_found_bare_and_fenced_and_says_what_was_written(value: Any) -> None:
    written = json.dumps(value)
    assert find_json(written, strict=True).value == value
    fenced = find_json(f"Here you are:\n```json\n{written}\n```\nBye!")
    assert (fenced.problem, fenced.value) == (None, value)


@given(
    value=st.dictionaries(st.text(max_size=5), st.integers(), min_size=1, max_size=5),
    words=st.text(st.characters(categories=["Lu", "Ll", "Zs"]), max_size=40),
)
def test_an_object_among_words_is_found(value: dict[str, int], words: str) -> None:
    assert find_json(f"{words} {json.dumps(value)} {words}").value == value


@given(text=st.text(max_size=60))
def test_strict_json_is_what_json_loads_reads_but_for_nan(text: str) -> None:
    try:
        json.loads(text, parse_constant=lambda name: 1 / 0)
        is_json = True
    except (ValueError, RecursionError, ZeroDivisionError):
        is_json = False
    assert (find_json(text, strict=True).problem is None) == is_json


@given(text=TEXTS, limit=st.integers(0, 40))
def test_the_word_limit_is_the_count_of_words_used_everywhere(text: str, limit: int) -> None:
    score = scored("word_limit", Subject(turns=[text], constraints={"max_words": limit}))
    assert score.value == float(count_words(text) <= limit)


@pytest.mark.parametrize("key", ["bleu", "chrf", "rouge"])
@settings(max_examples=60)
@given(text=st.text(st.characters(categories=["Lu", "Ll", "Lo"]), min_size=1, max_size=60))
def test_a_text_is_fully_like_itself_in_any_script(key: str, text: str) -> None:
    assert scored(key, Subject(turns=[text], reference=[text])).value == pytest.approx(1)


@pytest.mark.parametrize("key", ["bleu", "chrf", "rouge", "contains", "exact_match"])
@settings(max_examples=40, deadline=None)
@given(text=TEXTS, references=st.lists(WORDS, min_size=1, max_size=3), another=WORDS)
def test_another_reference_never_makes_the_best_of_them_worse(
    key: str, text: str, references: list[str], another: str
) -> None:
    few = scored(key, Subject(turns=[text], reference=references)).value
    more = scored(key, Subject(turns=[text], reference=[*references, another])).value
    assert few is not None
    assert more is not None
    assert more >= few - 1e-9 or key == "bleu"  # its brevity penalty goes by the reference of nearest length


@given(turns=st.lists(TEXTS, max_size=3), at=st.integers(0, 3))
def test_one_refused_turn_makes_the_conversation_a_refusal(turns: list[str], at: int) -> None:
    assert True in refuses([*turns[:at], "I'm sorry, but I can't help with that.", *turns[at:]])


@given(text=TEXTS)
def test_plain_spelling_is_settled_after_one_pass(text: str) -> None:
    assert plain(plain(text)) == plain(text)
