"""Whether the answer keeps to a number of words."""

from pydantic import Field

from core.domain.lengths import count_words
from core.domain.scoring import limits
from core.domain.scoring.base import EvaluatorKind, Score, Subject, Use
from core.domain.scoring.limits import Limits


class WordLimits(Limits):
    """For prompts that set no limits of their own."""

    max_words: int | None = Field(None, ge=0)
    min_words: int | None = Field(None, ge=0)


def score(subject: Subject, params: WordLimits) -> Score:
    """1 where the last answer's words lie within ``max_words`` and ``min_words``: the prompt's, else the parameters'.

    Words are counted as everywhere here: between blanks, two ideographs for one word.
    """
    return limits.within(subject, params, unit="words", measured=count_words(subject.text))


KIND = EvaluatorKind(
    key="word_limit",
    title="Word limit",
    what="Whether the answer keeps to the number of words that the prompt allows.",
    use=Use.CHECK,
    score=score,
    params=WordLimits,
    fails="breaks the word limit",
)
