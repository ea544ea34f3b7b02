"""chrF of one answer against its references, by sacrebleu."""

from pydantic import Field

from core.domain.scoring import overlap
from core.domain.scoring.base import EvaluatorKind, Score, Subject, Use
from core.domain.scoring.overlap import OverlapParams


class ChrfParams(OverlapParams):
    """``word_order`` 2 makes it chrF++."""

    word_order: int = Field(0, ge=0, le=4)
    ignore_case: bool = False


def score(subject: Subject, params: ChrfParams) -> Score:
    """Sentence chrF2 / 100 of the last answer against the best of its references (Popović 2015).

    Character n-grams up to six, blanks left out, so that it needs no tokenizer in any script; with ``word_order`` 2 it
    is chrF++.
    """
    texts = overlap.compared(subject, params)
    if isinstance(texts, Score):
        return texts
    answer, references = texts
    from sacrebleu import sentence_chrf

    if params.ignore_case:
        answer, references = answer.lower(), [reference.lower() for reference in references]
    found = sentence_chrf(answer, references, word_order=params.word_order)
    return Score(min(max(found.score / 100, 0.0), 1.0), f"chrF {found.score:.1f}")


KIND = EvaluatorKind(
    key="chrf",
    title="chrF",
    what="How many short runs of characters the answer shares with the reference: for any language.",
    use=Use.SIMILARITY,
    score=score,
    params=ChrfParams,
    reads_reference=True,
    may_gate=False,
)
