"""BLEU of one answer against its references, by sacrebleu."""

from typing import Literal

from core.domain.scoring import overlap
from core.domain.scoring.base import EvaluatorKind, Score, Subject, Use
from core.domain.scoring.overlap import OverlapParams
from core.domain.scoring.wording import is_unspaced


class BleuParams(OverlapParams):
    """``tokenizer``: sacrebleu's; auto is 13a, or characters for a script without blanks."""

    tokenizer: Literal["auto", "13a", "intl", "char", "zh", "none"] = "auto"
    ignore_case: bool = False


def score(subject: Subject, params: BleuParams) -> Score:
    """Sentence BLEU / 100 of the last answer against all its references.

    Papineni et al. 2002, smoothed ("exp") with effective order as sacrebleu does for sentences. The tokenizer "auto"
    is 13a, or characters where a reference is in a script without blanks.
    """
    texts = overlap.compared(subject, params)
    if isinstance(texts, Score):
        return texts
    answer, references = texts
    from sacrebleu import sentence_bleu

    tokenizer = params.tokenizer
    if tokenizer == "auto":
        tokenizer = "char" if any(is_unspaced(reference) for reference in references) else "13a"
    found = sentence_bleu(answer, references, tokenize=tokenizer, lowercase=params.ignore_case)
    return Score(min(max(found.score / 100, 0.0), 1.0), f"BLEU {found.score:.1f} ({tokenizer} tokens)")


KIND = EvaluatorKind(
    key="bleu",
    title="BLEU",
    what="How many runs of up to four words the answer shares with the reference: for translations.",
    use=Use.SIMILARITY,
    score=score,
    params=BleuParams,
    reads_reference=True,
    may_gate=False,
)
