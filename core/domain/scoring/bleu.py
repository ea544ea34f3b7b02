"""BLEU of one answer against its references, by sacrebleu."""

from core.domain.scoring import overlap, parameters
from core.domain.scoring.base import EvaluatorKind, Params, Score, Subject, Use
from core.domain.scoring.wording import is_unspaced

DEFAULTS: Params = {"reference": None, "tokenizer": "auto", "ignore_case": False}
TOKENIZERS = ("auto", "13a", "intl", "char", "zh", "none")


def score(subject: Subject, params: Params) -> Score:
    """Sentence BLEU / 100 of the last answer against all its references.

    Papineni et al. 2002, smoothed ("exp") with effective order as sacrebleu does for sentences. The tokenizer "auto"
    is 13a, or characters where a reference is in a script without blanks.
    """
    texts = overlap.compared(subject, params)
    if isinstance(texts, Score):
        return texts
    answer, references = texts
    from sacrebleu import sentence_bleu

    options = {**DEFAULTS, **params}
    tokenizer = options["tokenizer"]
    if tokenizer == "auto":
        tokenizer = "char" if any(is_unspaced(reference) for reference in references) else "13a"
    found = sentence_bleu(answer, references, tokenize=tokenizer, lowercase=options["ignore_case"])
    return Score(min(max(found.score / 100, 0.0), 1.0), f"BLEU {found.score:.1f} ({tokenizer} tokens)")


def check_params(params: Params) -> None:
    """Raise BadInput, naming the parameter, on values that make no sense."""
    overlap.check_reference(params, DEFAULTS)
    parameters.choice(params, "tokenizer", TOKENIZERS)
    parameters.switch(params, "ignore_case")


KIND = EvaluatorKind(
    key="bleu",
    title="BLEU",
    what="How many runs of up to four words the answer shares with the reference: for translations.",
    use=Use.SIMILARITY,
    score=score,
    defaults=DEFAULTS,
    check_params=check_params,
    may_gate=False,
)
