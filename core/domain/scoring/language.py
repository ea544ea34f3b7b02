"""Which language a text is in, told by its script and its small words; for evaluators that know some languages only."""

import re
from functools import lru_cache

from core.domain.scoring import language_words as words
from core.domain.scoring.wording import straight

ENGLISH = "en"
UNKNOWN = "?"
_LATIN = "latin"
_LOOKED_AT = 1_500
_PROSE = 6
_FEW_LETTERS = 4
_LEAST_WEIGHT = 0.34
_FEW_WORDS = 4
_CODE = re.compile(r"`[^`\n]{0,500}`|https?://\S{1,500}|\S{1,100}@\S{1,100}|\w{0,60}[_(){}<>=\\]\S{0,60}")
_WORD = re.compile(r"[^\s\d_.,;:!?…()\[\]{}\"'।؟،؛/«»—–*#|-]+(?:'[^\W\d_]+)?")
_RUN = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?(?: [^\W\d_]+(?:'[^\W\d_]+)?){5,}")
_SCRIPTS = {
    _LATIN: "A-Za-z\u00aa\u00ba\u00c0-\u024f\u1e00-\u1eff",
    "kana": "\u3040-\u30ff\u31f0-\u31ff",
    "han": "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff",
    "ko": "\uac00-\ud7af\u1100-\u11ff",
    "cyrillic": "\u0400-\u052f",
    "arabic": "\u0600-\u06ff\u0750-\u077f",
    "devanagari": "\u0900-\u097f",
    "el": "\u0370-\u03ff\u1f00-\u1fff",
    "he": "\u0590-\u05ff",
    "th": "\u0e00-\u0e7f",
    "bn": "\u0980-\u09ff",
    "ta": "\u0b80-\u0bff",
    "te": "\u0c00-\u0c7f",
    "ka": "\u10a0-\u10ff",
    "hy": "\u0530-\u058f",
}
_LETTERS = {name: re.compile(f"[{of}]") for name, of in _SCRIPTS.items()}
_ANY_LETTER = re.compile(r"[^\W\d_]")


def language_of(text: str) -> str:
    """The language at the beginning of ``text``, as its code of two letters.

    ``ENGLISH`` where next to nothing is said in Latin letters ("Yes.", "42", a name, code, JSON); ``UNKNOWN`` for
    prose that no list of small words knows, and for scripts without a name here.
    """
    return _guess(text[:_LOOKED_AT])


def is_english(text: str) -> bool:
    """Whether ``text`` says something, and what it says at its beginning may be English: see ``language_of``."""
    return _ANY_LETTER.search(text) is not None and language_of(text) == ENGLISH


def name_of(language: str) -> str:
    """The language in words, to follow "in"."""
    return words.NAMES.get(language, "this language")


@lru_cache(maxsize=1_000)
def _guess(text: str) -> str:
    found = straight(_CODE.sub(" ", text)).casefold()
    script = _script(found)
    if script == _LATIN:
        return _latin(found)
    if script in ("kana", "han"):
        return _east_asian(found)
    if script in words.BY_SCRIPT:
        return _by_words(found, script)
    return script


def _script(text: str) -> str:
    """The script of most letters; kana where a tenth is kana, as ideographs stand beside them."""
    letters = len(_ANY_LETTER.findall(text))
    counts = {name: len(pattern.findall(text)) for name, pattern in _LETTERS.items()}
    if counts["kana"] and 10 * counts["kana"] >= counts["kana"] + counts["han"] and 5 * counts["kana"] >= letters / 2:
        return "kana"
    name = max(counts, key=lambda each: counts[each])
    if 2 * counts[name] >= letters:
        few = counts[name] < (2 if name == "han" else _FEW_LETTERS)
        return _LATIN if few else name
    return UNKNOWN if letters >= _FEW_LETTERS and sum(counts.values()) < letters / 2 else name


def _east_asian(text: str) -> str:
    if _LETTERS["kana"].search(text):
        return "ja"
    return "yue" if re.search("[嘅唔咗喺冇嚟啲]", text) else "zh"


def _by_words(text: str, script: str) -> str:
    """Of languages that share a script: the first by default, another where its letters or words speak for it."""
    default = next(iter(words.BY_SCRIPT[script]))
    scores = _scores(text, script)
    best = max(scores, key=lambda each: scores[each])
    return best if scores[best] > scores[default] else default


def _latin(text: str) -> str:
    scores = _scores(text, _LATIN)
    best = max(scores, key=lambda each: scores[each])
    said = {word for word in _WORD.findall(text) if len(word) > 1}
    count = len(said)
    spoken = {each for word in said for each, _ in _weights(_LATIN).get(word, ())}
    if count < _FEW_WORDS and best not in spoken:
        return ENGLISH
    if scores[best] > scores[ENGLISH] and (scores[best] >= 0.9 or count <= _PROSE) and scores[best] >= 0.05 * count:
        return best
    if scores[ENGLISH] > 0 or not any(len(run) > 25 for run in _RUN.findall(text)):
        return ENGLISH
    return UNKNOWN


def _scores(text: str, script: str) -> dict[str, float]:
    """How much speaks for each language: each word and each letter that few of the languages share."""
    said, lists, known = set(_WORD.findall(text)), words.BY_SCRIPT[script], _weights(script)
    scores = dict.fromkeys(lists, 0.0)
    for word in said if script != _LATIN else (each for each in said if len(each) > 1):
        for language, weight in known.get(word, ()):
            scores[language] += weight
    for language, of in lists.items():
        if of.letters:
            scores[language] += 0.7 * len(re.findall(f"[{of.letters}]", text))
    return scores


@lru_cache(maxsize=8)
def _weights(script: str) -> dict[str, tuple[tuple[str, float], ...]]:
    """Word → the languages of a script that use it, with how much it speaks for each."""
    owners: dict[str, list[str]] = {}
    for language, of in words.BY_SCRIPT[script].items():
        for word in of.words.split():
            owners.setdefault(word, []).append(language)
    return {word: tuple((each, max(1 / len(of), _LEAST_WEIGHT)) for each in of) for word, of in owners.items()}
