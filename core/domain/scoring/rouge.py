"""ROUGE of one answer against its references, by rouge-score with a tokenizer for every script."""

from functools import lru_cache
from typing import Any, Literal

import regex  # type: ignore[import-untyped]

from core.domain.scoring import overlap
from core.domain.scoring.base import EvaluatorKind, Score, Subject, Use, unscored
from core.domain.scoring.overlap import OverlapParams
from core.domain.scoring.wording import UNSPACED, plain


class RougeParams(OverlapParams):
    """``variant``: the longest common subsequence, single words or pairs of words."""

    variant: Literal["rougeL", "rouge1", "rouge2"] = "rougeL"


_TOKEN = regex.compile(rf"[{UNSPACED}]\p{{M}}*|[[\p{{L}}\p{{M}}\p{{N}}]--[{UNSPACED}]]+", flags=regex.V1)
_MOST_PAIRS = 2_000_000


class UnicodeTokenizer:
    """Words in any script, case folded; each sign of a script without blanks is a word. On English, rouge-score's."""

    def tokenize(self, text: str) -> list[str]:
        """The words of ``text`` in order."""
        return [token for token in _TOKEN.findall(plain(text)) if token]


def score(subject: Subject, params: RougeParams) -> Score:
    """The ROUGE F-measure of the last answer against the best of its references (Lin 2004); no stemming.

    ``variant``: rouge1, rouge2 or rougeL. The longest common subsequence takes time for every pair of words: above two
    million pairs rougeL is left unscored.
    """
    texts = overlap.compared(subject, params)
    if isinstance(texts, Score):
        return texts
    answer, references = texts
    variant = params.variant
    words = UnicodeTokenizer().tokenize
    asked = [reference for reference in references if words(reference)]
    if not asked:
        return unscored("the reference holds no word")
    pairs = len(words(answer)) * sum(len(words(reference)) for reference in asked)
    if variant == "rougeL" and pairs > _MOST_PAIRS:
        return unscored(f"answer and reference are too long for ROUGE-L ({pairs:,} pairs of words)")
    found = _scorer(variant).score_multi(asked, answer)[variant]
    return Score(
        min(max(float(found.fmeasure), 0.0), 1.0),
        f"{variant.replace('rouge', 'ROUGE-')} {found.fmeasure:.2f}"
        f" (precision {found.precision:.2f}, recall {found.recall:.2f})",
    )


@lru_cache
def _scorer(variant: str) -> Any:
    from rouge_score.rouge_scorer import RougeScorer

    return RougeScorer([variant], tokenizer=UnicodeTokenizer())


KIND = EvaluatorKind(
    key="rouge",
    title="ROUGE",
    what="How much of the reference's wording the answer shares, in order: for summaries.",
    use=Use.SIMILARITY,
    score=score,
    params=RougeParams,
    reads_reference=True,
    may_gate=False,
)
