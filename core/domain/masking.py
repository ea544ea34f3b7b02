"""Takes out of an answer what it says about its own maker: "I'm Claude", "As an AI developed by OpenAI".

One pass over the words of a text. A phrase in which a model speaks of itself ("I am", "my name is", "ich
bin", "我是" …) opens; words of self-description ("a large language model trained by") keep it open; any other
word closes it ("I am happy that …"). A name of a vendor or model met while it is open is masked. Thus "I asked
Claude", "Claude Monet painted" and "llamas live in the Andes" stay as they are.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from core.domain import model_names as names
from core.domain import self_description as words

MASK = "[masked]"
_REACH = 300  # characters before a name in which its phrase must begin
_UNSPACED = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"

_NO_LETTER_BEFORE = r"(?=\w)(?<![A-Za-z0-9_À-ɏЀ-ӿ])"
_NO_LETTER_AFTER = r"(?![A-Za-z_À-ɏЀ-ӿ])"
_PHRASE_END = rf"(?:(?<=['’])|{_NO_LETTER_AFTER})"
_EDITION = (
    r"(?:(?:[ \-_.:]?(?:[vro]?\d+(?:[.x]\d+)*[a-z]{0,2}|\d+(?:\.\d+)*o)"
    r"|[ \-_](?:" + "|".join(names.EDITIONS) + r"))(?![A-Za-z0-9_À-ɏЀ-ӿ])|[ -]?R\+)*"
)


def _phrases(phrases: tuple[str, ...]) -> str:
    """An alternation of phrases, the longest first; any blank matches any run of blanks."""
    longest_first = sorted(phrases, key=len, reverse=True)
    return "|".join(phrase.replace(" ?", r"\s*").replace(" ", r"\s+") for phrase in longest_first)


_NAME_FORMS = _phrases(tuple(form for forms in names.NAMES.values() for form in forms))
_NAME_TEXT = rf"(?P<base>{_NAME_FORMS})(?P<edition>{_EDITION}){_NO_LETTER_AFTER}"
_NAME = re.compile(_NO_LETTER_BEFORE + _NAME_TEXT, re.IGNORECASE)
_TOKEN = re.compile(
    rf"(?P<end>[.!?]+(?=[\s\"'”’)*_]|$)|[。！？؟]|\n\s*\n)"
    rf"|{_NO_LETTER_BEFORE}(?:(?P<name>{_NAME_TEXT})|(?:"
    rf"(?P<opener>{_phrases(words.OPENERS)})"
    rf"|(?P<making>{_phrases(words.MAKINGS)})"
    rf"|(?P<role>{_phrases(words.ROLE_OPENERS)})"
    rf"|(?P<kind>{_phrases(words.KINDS)})"
    rf"|(?P<article>{_phrases(words.ARTICLES)})"
    rf"|(?P<filler>{_phrases(words.FILLERS)})"
    rf"|(?P<breaker>{_phrases(words.BREAKERS)})){_PHRASE_END})"
    rf"|(?P<opener_unspaced>{_phrases(words.OPENERS_UNSPACED)})"
    rf"|(?P<filler_unspaced>{_phrases(words.FILLERS_UNSPACED)})"
    rf"|(?P<word>[^\W{_UNSPACED}]+|\w)",
    re.IGNORECASE,
)
_MADE_ME = re.compile(rf"(?:'s\s+team)?\s+(?:{_phrases(words.MADE_ME)})", re.IGNORECASE)
_POLICY = re.compile(rf"['’]s\s+(?:{_phrases(words.POLICIES)})\b", re.IGNORECASE)
_KIND_NEXT = re.compile(rf"(?:['’]s)?[\s-]*(?:(?:{_phrases(words.KINDS)}){_NO_LETTER_AFTER}|-?based\b)", re.IGNORECASE)
_I_NEXT = re.compile(r"[*_]*,?\s+I\b")
_STOP_NEXT = re.compile(r"[\s*_]*(?:[,.!;:)]|$)")
_SURNAME = re.compile(r" (?P<surname>[A-ZÀ-Þ][a-zß-ÿ]+)")
_ME = re.compile(r"\b(?:I|me|my)\b")
_ME_AHEAD = re.compile(r"[^.!?\n]*?\b(?:I|me|my)\b")


def mask_self_identification(text: str, *, topic: str) -> tuple[str, bool]:
    """The text with the names in self-identifying phrases replaced by ``[masked]``, and whether any was.

    A vendor or model family that ``topic`` (the prompt) names is not masked. Linear in the length of the text.
    """
    if not _NAME.search(text):
        return text, False
    topical = {_family(found) for found in _NAME.finditer(topic)}
    spans = [found.span("name") for found in _self_namings(text) if _family(found) not in topical]
    return (_masked(text, spans), True) if spans else (text, False)


def _family(name: re.Match[str]) -> str:
    """The name without its edition, in one spelling: "Chat GPT-4" -> "chatgpt"."""
    return re.sub(r"[\s-]", "", name["base"]).casefold()


@dataclass
class _Sentence:
    """How far the sentence being read has come towards naming its speaker."""

    open: bool = False
    """A name met now is the speaker's."""
    role: bool = False
    """Only if what follows the name says that it is an AI."""
    described: bool = False
    """The speaker was called an AI, so that "developed by" opens again."""
    article: bool = False
    first_person: bool = False


def _self_namings(text: str) -> Iterator[re.Match[str]]:
    """The tokens in which a text names its own speaker or the speaker's maker, in order."""
    for start, stop in _surroundings(text):
        sentence = _Sentence()
        for token in _TOKEN.finditer(text, start, stop):
            kind = (token.lastgroup or "").removesuffix("_unspaced")
            if kind == "name":
                if _names_speaker(token, sentence):
                    sentence = replace(sentence, open=True, role=False, described=True, article=False)
                    yield token
                else:
                    sentence.open = sentence.article = False
            else:
                sentence = _read(sentence, kind, token)


def _surroundings(text: str) -> Iterator[tuple[int, int]]:
    """The stretches of the text that lie near a name, merged where they meet."""
    begin = end = 0
    for name in _NAME.finditer(text):
        start = max(0, name.start() - _REACH)
        if start > end:
            if end:
                yield begin, end
            begin = start
        end = name.end()
    yield begin, end


def _read(sentence: _Sentence, kind: str, token: re.Match[str]) -> _Sentence:
    """The sentence after one more token that is not a name."""
    if kind == "end":
        return _Sentence()
    after = replace(sentence, article=kind == "article")
    if kind in ("opener", "role"):
        after.open, after.role = True, kind == "role"
        after.first_person = sentence.first_person or kind == "opener"
        after.article = token[0].casefold().endswith((" a", " an", " the"))
    elif kind == "kind":
        after.described = sentence.described or sentence.open
        after.role = False
    elif kind == "making":
        after.open = sentence.open or sentence.described
    elif kind == "breaker":
        after.open = after.described = False
        after.first_person = sentence.first_person or bool(_ME.fullmatch(token[0]))
    elif kind == "word":
        after.open = False
    return after


def _names_speaker(name: re.Match[str], sentence: _Sentence) -> bool:
    """Whether this name, met here, is that of the speaker or of the speaker's maker."""
    text, end = name.string, name.end("name")
    if _MADE_ME.match(text, end):
        return True
    if _POLICY.match(text, end):
        return sentence.first_person or bool(_ME_AHEAD.match(text, end, end + _REACH // 2))
    if not sentence.open or _KIND_NEXT.match(text, end):
        return sentence.open
    if sentence.role:
        return bool(_I_NEXT.match(text, end))
    is_word = _family(name) in names.COMMON_NOUNS and not name["edition"]
    if sentence.article:
        return not is_word and bool(_STOP_NEXT.match(text, end))
    return not (is_word and name["base"].islower()) and not _is_person(name)


def _is_person(name: re.Match[str]) -> bool:
    """Whether a given name is followed by a surname: "I am Claude Monet"."""
    end = name.end("name")
    surname = _SURNAME.match(name.string, end)
    return (
        surname is not None
        and not name["edition"]
        and _family(name) in names.GIVEN_NAMES
        and surname["surname"].casefold() not in names.NO_SURNAMES
        and not _NAME.match(name.string, end + 1)
    )


def _masked(text: str, spans: list[tuple[int, int]]) -> str:
    """The text with one mask for each span; neighbours ("Google Gemini") share one."""
    pieces: list[str] = []
    end = 0
    for at, (start, stop) in enumerate(spans):
        between = text[end:start]
        if at == 0 or between not in (" ", "-", "/", ""):
            pieces += [between, MASK]
        end = stop
    return "".join([*pieces, text[end:]])
