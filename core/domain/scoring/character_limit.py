"""Whether the answer keeps to a number of characters."""

import unicodedata

from core.domain.scoring import limits, parameters
from core.domain.scoring.base import EvaluatorKind, Params, Score, Subject, Use

DEFAULTS: Params = {"max_characters": None, "min_characters": None}


def score(subject: Subject, params: Params) -> Score:
    """1 where the last answer's characters lie within ``max_characters`` and ``min_characters``.

    The prompt's limits, else the parameters'. Blanks at the ends do not count; é is one character however it is stored.
    """
    measured = len(unicodedata.normalize("NFC", subject.text.strip()))
    return limits.within(subject, params, unit="characters", measured=measured)


def check_params(params: Params) -> None:
    """Raise BadInput, naming the parameter, on values that make no sense."""
    parameters.known(params, DEFAULTS)
    limits.check(params, unit="characters")


KIND = EvaluatorKind(
    key="character_limit",
    title="Character limit",
    what="Whether the answer keeps to the number of characters that the prompt allows.",
    use=Use.CHECK,
    score=score,
    defaults=DEFAULTS,
    check_params=check_params,
)
