"""What BLEU, chrF and ROUGE have in common: the references, and lengths beyond which they are not worth their time."""

from core.domain.scoring import parameters
from core.domain.scoring.base import Score, Subject, not_applicable, unscored
from core.domain.strict_params import StrictParams, Wordings

LONGEST = 100_000


class OverlapParams(StrictParams):
    """``reference``: what the answer is compared with where the prompt has no reference."""

    reference: Wordings | None = None


def compared(subject: Subject, params: OverlapParams) -> tuple[str, list[str]] | Score:
    """The last answer and its references; or the score where they cannot be compared.

    Answers and references above 100,000 characters are not compared. An empty answer is: it is like nothing.
    """
    references = parameters.references(subject, params)
    if not references:
        return not_applicable("the prompt has no reference")
    if len(subject.text) > LONGEST or any(len(reference) > LONGEST for reference in references):
        return unscored(f"the answer or the reference is longer than {LONGEST:,} characters")
    return subject.text, references
