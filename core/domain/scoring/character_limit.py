"""Whether the answer keeps to a number of characters."""

import unicodedata

from pydantic import Field

from core.domain.scoring import limits
from core.domain.scoring.base import EvaluatorKind, Score, Subject, Use
from core.domain.scoring.limits import Limits


class CharacterLimits(Limits):
    """For prompts that set no limits of their own."""

    max_characters: int | None = Field(None, ge=0)
    min_characters: int | None = Field(None, ge=0)


def score(subject: Subject, params: CharacterLimits) -> Score:
    """1 where the last answer's characters lie within ``max_characters`` and ``min_characters``.

    The prompt's limits, else the parameters'. Blanks at the ends do not count; é is one character however it is stored.
    """
    measured = len(unicodedata.normalize("NFC", subject.text.strip()))
    return limits.within(subject, params, unit="characters", measured=measured)


KIND = EvaluatorKind(
    key="character_limit",
    title="Character limit",
    what="Whether the answer keeps to the number of characters that the prompt allows.",
    use=Use.CHECK,
    score=score,
    params=CharacterLimits,
    fails="breaks the character limit",
)
