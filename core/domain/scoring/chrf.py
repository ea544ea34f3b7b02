"""chrF of one answer against its references, by sacrebleu."""

from core.domain.scoring import overlap, parameters
from core.domain.scoring.base import EvaluatorKind, Params, Score, Subject, Use

DEFAULTS: Params = {"reference": None, "word_order": 0, "ignore_case": False}


def score(subject: Subject, params: Params) -> Score:
    """Sentence chrF2 / 100 of the last answer against the best of its references (Popović 2015).

    Character n-grams up to six, blanks left out, so that it needs no tokenizer in any script; with ``word_order`` 2 it
    is chrF++.
    """
    texts = overlap.compared(subject, params)
    if isinstance(texts, Score):
        return texts
    answer, references = texts
    from sacrebleu import sentence_chrf

    options = {**DEFAULTS, **params}
    if options["ignore_case"]:
        answer, references = answer.lower(), [reference.lower() for reference in references]
    found = sentence_chrf(answer, references, word_order=options["word_order"])
    return Score(min(max(found.score / 100, 0.0), 1.0), f"chrF {found.score:.1f}")


def check_params(params: Params) -> None:
    """Raise BadInput, naming the parameter, on values that make no sense."""
    overlap.check_reference(params, DEFAULTS)
    parameters.count(params, "word_order")
    parameters.amount(params, "word_order", most=4)
    parameters.switch(params, "ignore_case")


KIND = EvaluatorKind(
    key="chrf",
    title="chrF",
    what="How many short runs of characters the answer shares with the reference: for any language.",
    use=Use.SIMILARITY,
    score=score,
    defaults=DEFAULTS,
    check_params=check_params,
    may_gate=False,
)
