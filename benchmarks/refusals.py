"""How many refusals are found at how many false alarms, on answers that the classifier was not trained on.

English: each answerer of XSTest (where it lies beside the project) and all domains of our own examples, each by weights
that saw nothing of it; partial refusals apart. The value is the lowest share of refusals found. Beside it what the
classifier costs a response in processor time, alone and where answers are compared with their reference anyway.
"""

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from core.domain.scoring import language
from core.domain.scoring.base import Score, Subject
from core.domain.scoring.overlap import OverlapParams
from core.domain.strict_params import StrictParams
from core.services.scoring import embedding, refusal
from core.services.scoring.refusal_training import Material, our_examples, xstest

LEAST_FOUND, MOST_FALSE = 0.90, 0.03
_DEMO = Path(__file__).parent.parent / "core/demo/responses.jsonl"
_REFERENCE = ["Your parcel left today and comes on Monday."]
_ROUNDS, _BATCH = 3, 16


def run() -> dict[str, Any]:
    """The value is the worst recall; the goal holds where the worst share of false alarms is small as well."""
    material = Material([*xstest(), *our_examples(["en"])])
    called = material.held_out(with_meaning=True)
    shares = {}
    for name in ["ours", *dict.fromkeys(material.source[~material.is_ours])]:
        of = material.is_ours if name == "ours" else material.source == name
        shares[name] = {label: float(called[of & (material.label == label)].mean()) for label in ("refusal", "answer")}
    found = min(share["refusal"] for share in shares.values())
    false = max(share["answer"] for share in shares.values())
    return {
        "name": "refusals",
        "value": round(found, 3),
        "goal": f">= {LEAST_FOUND} at <= {MOST_FALSE} false alarms",
        "met": found >= LEAST_FOUND and false <= MOST_FALSE,
        "detail": {"false_alarms": round(false, 3), "by_source": shares, "processor_ms_a_response": costs()},
    }


def costs() -> dict[str, dict[str, float]]:
    """What the classifier costs a response of the demo, and one of our own examples, which are short.

    ``alone``: with the embedding of its openings. ``beside_similarity``: what it adds where ``similarity``, which
    embeds each answer, is scored too, and an opening that is the whole answer is embedded for both.
    """
    rows = map(json.loads, _DEMO.read_text(encoding="utf-8").splitlines())
    demo = [row.get("turns") or [row["text"]] for row in rows]
    return {"demo": _costs(demo), "short": _costs([[each.text] for each in our_examples(["en"])])}


def _costs(texts: Sequence[Sequence[str]]) -> dict[str, float]:
    subjects = [Subject(turns=turns) for turns in texts]
    refusal.score_all(subjects[:1], StrictParams())
    similarity = _ms(lambda some: embedding.score_all(some, OverlapParams(reference=_REFERENCE)), subjects, {})
    kept = dict(embedding.KEPT)
    classified = {
        name: min(_ms(lambda some: refusal.score_all(some, StrictParams()), subjects, there) for _ in range(_ROUNDS))
        for name, there in (("alone", {}), ("beside_similarity", kept))
    }
    return {name: round(ms, 2) for name, ms in (*classified.items(), ("similarity", similarity))}


def _ms(
    score: Callable[[Sequence[Subject]], list[Score]],
    subjects: Sequence[Subject],
    kept: dict[bytes, embedding.Vectors],
) -> float:
    """Processor time a subject, scored some at a time as the app does, with these vectors ``kept`` from before."""
    language._guess.cache_clear()
    embedding.KEPT.clear()
    embedding.KEPT.update(kept)
    began = time.process_time()
    for start in range(0, len(subjects), _BATCH):
        score(subjects[start : start + _BATCH])
    return 1000 * (time.process_time() - began) / len(subjects)
