"""What holds for every kind of evaluator, and which parameters they refuse."""

import pytest

from core.domain.scoring.base import EvaluatorKind, Use
from core.errors import BadInput, NotFound
from core.services.scoring import registry

PURE = [kind for kind in registry.KINDS if kind.score is not None]


def test_every_key_is_there_once() -> None:
    keys = [kind.key for kind in registry.KINDS]
    assert len(set(keys)) == len(keys)
    assert [registry.kind_named(key).key for key in keys] == keys


def test_an_unknown_kind_is_named_with_those_there_are() -> None:
    with pytest.raises(NotFound, match=r"'contans'.*contains"):
        registry.kind_named("contans")


@pytest.mark.parametrize("kind", registry.KINDS, ids=lambda kind: kind.key)
def test_a_kind_says_in_a_sentence_what_it_does(kind: EvaluatorKind) -> None:
    assert 3 <= len(kind.title) <= 30
    assert kind.what.endswith(".")
    assert 20 < len(kind.what) <= 140


@pytest.mark.parametrize("kind", PURE, ids=lambda kind: kind.key)
def test_a_kinds_own_defaults_are_good_parameters(kind: EvaluatorKind) -> None:
    kind.params.check({})
    kind.params.check(kind.params.defaults())


@pytest.mark.parametrize("kind", registry.KINDS, ids=lambda kind: kind.key)
def test_a_parameter_that_a_kind_does_not_have_is_named(kind: EvaluatorKind) -> None:
    with pytest.raises(BadInput, match="frobnicate"):
        kind.params.check({"frobnicate": 1})


@pytest.mark.parametrize("kind", PURE, ids=lambda kind: kind.key)
def test_no_similarity_and_no_flag_may_be_a_gate(kind: EvaluatorKind) -> None:
    assert kind.may_gate == (kind.use is Use.CHECK)
    assert "safe" not in (kind.title + kind.what).lower()


WRONG = [
    ("contains", {"match": "some"}, "'match'"),
    ("contains", {"contains": 5}, "'contains'"),
    ("contains", {"contains": ["a", " "]}, "empty text"),
    ("contains", {"whole_words": "yes"}, "'whole_words'"),
    ("contains", {"longest_reference_words": -1}, "'longest_reference_words'"),
    ("exact_match", {"expected": [1]}, "'expected'"),
    ("exact_match", {"ignore_case": 1}, "'ignore_case'"),
    ("number_match", {"number": "12"}, "'number'"),
    ("number_match", {"number": float("nan")}, "'number'"),
    ("number_match", {"tolerance": -1}, "'tolerance'"),
    ("number_match", {"relative_tolerance": 2}, "'relative_tolerance'"),
    ("number_match", {"which": "first"}, "'which'"),
    ("regex", {"pattern": "("}, "'pattern'"),
    ("regex", {"pattern": ["a"]}, "'pattern'"),
    ("regex", {"pattern": "a" * 6000}, "'pattern'"),
    ("regex", {"whole": None}, "'whole'"),
    ("json_valid", {"strict": "no"}, "'strict'"),
    ("json_schema", {"json_schema": {"type": "objekt"}}, "'json_schema'"),
    ("json_schema", {"json_schema": "object"}, "'json_schema'"),
    ("json_schema", {"json_schema": {1, 2}}, "'json_schema'"),
    ("word_limit", {"max_words": 1.5}, "'max_words'"),
    ("word_limit", {"max_words": 5, "min_words": 6}, "'min_words'"),
    ("character_limit", {"max_characters": True}, "'max_characters'"),
    ("bleu", {"tokenizer": "mecab"}, "'tokenizer'"),
    ("bleu", {"reference": {}}, "'reference'"),
    ("chrf", {"word_order": 9}, "'word_order'"),
    ("rouge", {"variant": "rougeX"}, "'variant'"),
    ("embedding_similarity", {"reference": 1}, "'reference'"),
    ("tone_negative", {"harsh_below": 0.5}, "'harsh_below'"),
    ("profanity", {"allowed": 5}, "'allowed'"),
]


@pytest.mark.parametrize(("key", "params", "names"), WRONG, ids=[f"{key} {names}" for key, _, names in WRONG])
def test_a_parameter_that_makes_no_sense_is_refused_by_name(key: str, params: dict[str, object], names: str) -> None:
    with pytest.raises(BadInput, match=names):
        registry.kind_named(key).params.check(params)
