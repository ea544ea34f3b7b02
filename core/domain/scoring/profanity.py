"""A flag for swear words. Not a measure of safety."""

from functools import lru_cache
from typing import Any

from pydantic import Field

from core.domain.scoring import parameters
from core.domain.scoring.base import EvaluatorKind, Score, Subject, Use, failed, not_applicable, passed
from core.domain.scoring.language import is_english
from core.domain.scoring.wording import shown
from core.domain.strict_params import StrictParams, Wordings


class ProfanityParams(StrictParams):
    """``allowed``: words that are none here."""

    allowed: Wordings = Field(default_factory=list)


_LOOKED_AT = 50_000


def score(subject: Subject, params: ProfanityParams) -> Score:
    """0 where a turn holds an English swear word that is not ``allowed``; 1 else.

    By glin-profanity's word list. Looks at the first 50,000 characters of all turns together.
    """
    if not is_english(subject.text):
        return not_applicable("this flag reads English only")
    text = "\n".join(turn[:_LOOKED_AT] for turn in subject.turns)[:_LOOKED_AT].replace("\x00", " ")
    allowed = {word.casefold() for word in parameters.texts(params.allowed)}
    found = dict.fromkeys(str(word).casefold() for word in _filter().check_profanity(text).get("profane_words") or ())
    words = [word for word in found if word not in allowed]
    if not words:
        return passed("no swear word")
    return failed(f"swears: {', '.join(_veiled(word) for word in words[:3])}{' …' if len(words) > 3 else ''}")


def _veiled(word: str) -> str:
    """A swear word as a page may print it: "sh*t" for "shit"."""
    letters = shown(word, 20)
    return letters[:2] + "*" * max(1, len(letters) - 3) + letters[3:][-1:]


@lru_cache(maxsize=1)
def _filter() -> Any:
    from glin_profanity import Filter

    return Filter({"languages": ["english"]})


KIND = EvaluatorKind(
    key="profanity",
    title="Tone flag: no swearing",
    what="Flags English answers that hold a swear word. A hint to look, not a verdict.",
    use=Use.FLAG,
    score=score,
    params=ProfanityParams,
    may_gate=False,
)
