"""What BLEU, chrF and ROUGE have in common: the references, and lengths beyond which they are not worth their time."""

from core.domain.scoring import parameters
from core.domain.scoring.base import Params, Score, Subject, not_applicable, unscored

LONGEST = 100_000


def compared(subject: Subject, params: Params) -> tuple[str, list[str]] | Score:
    """The last answer and its references; or the score where they cannot be compared.

    Answers and references above 100,000 characters are not compared. An empty answer is: it is like nothing.
    """
    references = parameters.references(subject, params)
    if not references:
        return not_applicable("the prompt has no reference")
    if len(subject.text) > LONGEST or any(len(reference) > LONGEST for reference in references):
        return unscored(f"the answer or the reference is longer than {LONGEST:,} characters")
    return subject.text, references


def check_reference(params: Params, defaults: Params) -> None:
    """Raise BadInput on an unknown parameter or a reference that is neither text nor texts."""
    parameters.known(params, defaults)
    parameters.wordings(params, "reference")
