"""The figures held against those of the libraries that everybody quotes, and what was measured of the model."""

import numpy as np
import pytest
import sacrebleu
from hypothesis import given, settings
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer

from core.domain.scoring.base import Score, Subject
from core.domain.scoring.rouge import RougeParams
from core.domain.scoring.turns import by_turn
from core.services.scoring import embedding
from core.services.scoring.registry import kind_named

SENTENCE = "the cat sat on a mat and then it didn't move; dogs, 3 of them, ran home. quickly quiet blue-green Sea"
ENGLISH = st.lists(st.sampled_from(SENTENCE.split(" ")), min_size=1, max_size=25).map(" ".join)
REFERENCES = st.lists(ENGLISH, min_size=1, max_size=3)


def scored(key: str, text: str, references: list[str], **params: object) -> Score:
    kind = kind_named(key)
    assert kind.score is not None
    return kind.score(Subject(turns=[text], reference=references), kind.params.of(params))


@pytest.mark.parametrize("variant", RougeParams.described("variant")[0]["enum"])
@settings(max_examples=60, deadline=None)
@given(text=ENGLISH, references=REFERENCES)
def test_rouge_is_that_of_rouge_score_on_english(variant: str, text: str, references: list[str]) -> None:
    theirs = RougeScorer([variant]).score_multi(references, text)[variant].fmeasure
    assert scored("rouge", text, references, variant=variant).value == pytest.approx(theirs)


@settings(max_examples=60, deadline=None)
@given(text=ENGLISH, references=REFERENCES)
def test_bleu_is_that_of_sacrebleu(text: str, references: list[str]) -> None:
    theirs = sacrebleu.sentence_bleu(text, references).score / 100
    assert scored("bleu", text, references).value == pytest.approx(min(theirs, 1))


@settings(max_examples=60, deadline=None)
@given(text=ENGLISH, references=REFERENCES)
def test_chrf_is_that_of_sacrebleu(text: str, references: list[str]) -> None:
    theirs = sacrebleu.sentence_chrf(text, references).score / 100
    assert scored("chrf", text, references).value == pytest.approx(min(theirs, 1))


def test_published_bleu_of_chinese_by_characters_is_what_sacrebleu_gives() -> None:
    text, reference = "北京是中国的首都", "北京是中国首都"
    theirs = sacrebleu.sentence_bleu(text, [reference], tokenize="char").score / 100
    assert scored("bleu", text, [reference]).value == pytest.approx(theirs)


def test_a_text_has_the_same_vector_alone_and_in_a_batch_of_longer_ones() -> None:
    texts = ["A cat.", "A cat sat on the mat while the dog looked on. " * 6, "Revenues fell."]
    together = embedded_anew(texts)
    alone = np.vstack([embedded_anew([text])[0] for text in texts])
    assert together.shape == (3, embedding.DIMENSIONS)
    assert np.linalg.norm(together, axis=1) == pytest.approx(np.ones(3), abs=1e-5)
    assert (together * alone).sum(axis=1).min() > 0.98  # int8 activations are scaled by the batch


def embedded_anew(texts: list[str]) -> embedding.Vectors:
    embedding.KEPT.clear()
    return embedding.embed(texts)


def test_a_text_that_was_embedded_is_not_embedded_again_and_the_longest_unused_goes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = list[int]()
    pooled = embedding._pooled
    monkeypatch.setattr(embedding, "_pooled", lambda model, batch: asked.append(len(batch)) or pooled(model, batch))
    monkeypatch.setattr(embedding, "_MOST_KEPT", 3)
    cat, dog, cow, hen = embedded_anew(["A cat.", "A dog.", "A cow.", "A hen."])
    assert sum(asked) == 4 and len(embedding.KEPT) == 3
    again = embedding.embed(["a COW.", "A dog.", "A hen.", "A cow."])
    assert sum(asked) == 4 and (again == np.stack([cow, dog, hen, cow])).all()
    assert (embedding.embed(["A cat."])[0] @ cat) == pytest.approx(1, abs=1e-3)
    assert sum(asked) == 5


def test_the_model_reads_no_more_at_once_than_its_window(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = list[int]()
    pooled = embedding._pooled
    monkeypatch.setattr(
        embedding, "_pooled", lambda model, batch: sizes.append(sum(map(len, batch))) or pooled(model, batch)
    )
    texts = [f"Part {number}. " + "It costs more than the other one. " * (6 * number) for number in range(8)]
    assert embedded_anew(texts).shape == (8, embedding.DIMENSIONS)
    assert max(sizes) <= embedding.TOKENS and len(sizes) < 8


def test_scores_of_many_come_in_their_order_and_without_those_that_have_no_reference() -> None:
    subjects = [
        Subject(turns=["The cat sat on the mat."], reference=["The cat sat on the mat."]),
        Subject(turns=["The cat sat on the mat."]),
        Subject(turns=["Revenues fell."], reference=["The cat sat on the mat."]),
        Subject(turns=[""], reference=["The cat sat on the mat."]),
    ]
    same, nothing, other, empty = embedding.score_all(subjects, embedding.KIND.params())
    assert same.value == pytest.approx(1)
    assert not nothing.applies
    assert other.value is not None
    assert other.value < 0.3
    assert empty.value == 0


def test_a_conversation_is_as_similar_as_its_least_similar_turn_alone_and_among_others() -> None:
    kind, params = embedding.KIND, embedding.KIND.params()
    turns, references = ["The cat sat on the mat.", "Revenues fell."], ["The cat sat on the mat.", "The dog barked."]
    talk = Subject(turns, reference=references[1:], constraints={"turn_references": references})
    right = Subject(turns, reference=["x"], constraints={"turn_references": [references[0], "Revenues fell."]})
    first, second = embedding.score_all([talk, right], params)
    assert first.value is not None and first.value < 0.3 and first.reason.startswith("turn 2: cosine")
    assert second.value == pytest.approx(1)
    assert kind.reads_reference and kind.score is not None
    alone = by_turn(talk, lambda turn: kind.score(turn, params))
    assert (alone.value, alone.reason) == (pytest.approx(first.value, abs=1e-4), first.reason)


def test_without_the_models_files_similarity_is_unscored_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "_loaded", lambda: embedding._installed("no_such_package", "model.onnx"))
    said = embedding.score(Subject(turns=["a"], reference=["b"]), embedding.KIND.params())
    assert said == Score(None, said.reason, applies=True)
    assert "model.onnx" in said.reason
