"""Whether the answer keeps to a number of words."""

from core.domain.lengths import count_words
from core.domain.scoring import limits, parameters
from core.domain.scoring.base import EvaluatorKind, Params, Score, Subject, Use

DEFAULTS: Params = {"max_words": None, "min_words": None}


def score(subject: Subject, params: Params) -> Score:
    """1 where the last answer's words lie within ``max_words`` and ``min_words``: the prompt's, else the parameters'.

    Words are counted as everywhere here: between blanks, two ideographs for one word.
    """
    return limits.within(subject, params, unit="words", measured=count_words(subject.text))


def check_params(params: Params) -> None:
    """Raise BadInput, naming the parameter, on values that make no sense."""
    parameters.known(params, DEFAULTS)
    limits.check(params, unit="words")


KIND = EvaluatorKind(
    key="word_limit",
    title="Word limit",
    what="Whether the answer keeps to the number of words that the prompt allows.",
    use=Use.CHECK,
    score=score,
    defaults=DEFAULTS,
    check_params=check_params,
)
