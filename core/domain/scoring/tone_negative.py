"""A flag for sentences that sound harsh to the reader, by VADER. Not a measure of safety, nor of quality."""

import re
from functools import lru_cache
from typing import Any

from pydantic import Field

from core.domain.scoring.base import EvaluatorKind, Score, Subject, Use, failed, not_applicable, passed
from core.domain.scoring.language import is_english
from core.domain.scoring.wording import shown, straight
from core.domain.strict_params import StrictParams


class ToneParams(StrictParams):
    """``harsh_below``: the VADER compound from which a sentence is called harsh."""

    harsh_below: float = Field(-0.5, ge=-1, le=-0.05)


_LOOKED_AT = 50_000
_LONGEST_SENTENCE = 1_000
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")
_NEAR_READER = re.compile(
    r"(?:[\w'-]{1,30}\W{1,3}){0,2}\b(?:you|your|yours|yourself|you're|you've|you'll)\b(?:\W{1,3}[\w'-]{1,30}){0,5}",
    re.IGNORECASE,
)
_NOT_MEANT = re.compile(
    r"\b(?:sorry|condolence|sympath|apolog|regret|unfortunately|loss|grie[fv]|afraid|passed away|understand|frustrat"
    r"|if\b|when\b|in case|avoid|instead)",
    re.IGNORECASE,
)


def score(subject: Subject, params: ToneParams) -> Score:
    """0 where a sentence has a VADER compound at or below ``harsh_below``, as a whole and around "you"; 1 else.

    Hutto & Gilbert 2014; English only. Sentences that say sorry or give advice ("if", "avoid") are left out, for they
    are full of sad words. Looks at the first 50,000 characters of every turn.
    """
    if not is_english(subject.text):
        return not_applicable("this flag reads English only")
    harsh_below = params.harsh_below
    worst, words = 0.0, ""
    for turn in subject.turns:
        for sentence in _SENTENCE_END.split(straight(turn[:_LOOKED_AT])):
            harshness = _harshness(sentence[:_LONGEST_SENTENCE])
            if harshness < worst:
                worst, words = harshness, sentence
    return failed(f"sounds harsh: '{shown(words, 80)}'") if worst <= harsh_below else passed("nothing sounds harsh")


def _harshness(sentence: str) -> float:
    """The milder of the compound of the sentence and that of its harshest words around "you"; 0 without any."""
    near = [found[0] for found in _NEAR_READER.finditer(sentence)]
    if not near or _NOT_MEANT.search(sentence):
        return 0.0
    return max(_compound(sentence), min(_compound(words) for words in near))


def _compound(text: str) -> float:
    return float(_analyser().polarity_scores(text)["compound"])


@lru_cache(maxsize=1)
def _analyser() -> Any:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    return SentimentIntensityAnalyzer()


KIND = EvaluatorKind(
    key="tone_negative",
    title="Tone flag: nothing harsh",
    what="Flags English answers with a sentence that sounds harsh to the reader. A hint to look, not a verdict.",
    use=Use.FLAG,
    score=score,
    params=ToneParams,
    may_gate=False,
)
