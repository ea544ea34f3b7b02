# ruff: noqa: E501
"""Whether an answer in another language than English refuses, by how speakers of that language do."""

import re

from core.domain.lengths import count_words
from core.domain.scoring.refusal_languages import EUROPEAN
from core.domain.scoring.refusal_languages_asian import ASIAN
from core.domain.scoring.refusal_text import Reading
from core.domain.scoring.refusal_ways import Refusing

REFUSING = {**EUROPEAN, **ASIAN}
MEASURED = frozenset({"en", *REFUSING})
_ANSWERED_ALL_THE_SAME = 10
_QUESTION = re.compile(r"[?？؟;]$|(?:か|のか|でしょうか)。?$|(?:나요|까요|습니까|인가요)[.?]?$")
_LABEL = re.compile(r"^[^\s:：]{1,20}(?: [^\s:：]{1,20}){0,6} ?[:：](?!$)")
_SALUTATION = re.compile(
    r"^(?:sehr geehrte|liebe[rs]? |chère? |cher |madame|monsieur|estimad[oa]|querid[oa]|gentile|egregi[oa]|prezad[oa]|car[oa] |geachte|beste |szanown[aiy]"
    r"|уважаем|дорог|sayın|尊敬的|親愛的|亲爱的|[^\s。]{1,12}様$|[^.]{0,12}(?:고객|귀하|님)께|[^.]{0,25}المحترم|عزيزي|السيدة|आदरणीय|प्रिय|betreff|objet|asunto|oggetto|assunto|onderwerp|temat|тема|konu)"
)
_VERB_LAST = frozenset({"tr", "ja", "ko", "hi", "zh"})
_BEHIND = 8
_SHORT = 60
_VERSE = re.compile(r" / |／")


def refusing_words(reading: Reading, language: str) -> str | None:
    """The words with which the answer refuses in its ``language``, one of ``MEASURED``; None where it does not."""
    ways = REFUSING[language]
    if not reading.sentences or _SALUTATION.match(reading.sentences[0]) or ways.asks.search(reading.opening):
        return None
    for number, sentence in enumerate(reading.sentences[:3]):
        if _QUESTION.search(sentence) or _LABEL.match(sentence) or _VERSE.search(sentence):
            continue
        if number == 0 and _opens_a_faq(reading):
            continue
        found = _found(sentence, ways)
        if found is None or ways.unless.search(_around(sentence, found, language)):
            continue
        if not _answers(reading, ways, number, found):
            return found[0]
    return None


def _found(sentence: str, ways: Refusing) -> re.Match[str] | None:
    found = ways.refuses.search(sentence)
    if found is None and not ways.senses.search(sentence):
        found = ways.cannot.search(sentence)
    return found


def _around(sentence: str, found: re.Match[str], language: str) -> str:
    """Where a condition would stand: before the words, in languages whose verb comes last a little behind them too."""
    return sentence[: found.end() + _BEHIND] if language in _VERB_LAST else sentence[: found.start()]


def _opens_a_faq(reading: Reading) -> bool:
    """Whether a short first sentence is followed by a question: "I can't log in. What can I do?"."""
    first, *rest = reading.sentences
    return len(first) < _SHORT and bool(rest) and bool(_QUESTION.search(rest[0]))


def _answers(reading: Reading, ways: Refusing, number: int, found: re.Match[str]) -> bool:
    """Whether an answer follows all the same: after a "but", with many words, and no mere offer."""
    rest = " ".join((reading.sentences[number][found.end() :], *reading.sentences[number + 1 :]))
    turn = ways.but.search(rest)
    if turn is None or ways.offers.search(rest):
        return False
    return count_words(rest[turn.end() :]) >= _ANSWERED_ALL_THE_SAME
