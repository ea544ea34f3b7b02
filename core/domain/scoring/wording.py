"""Texts as evaluators compare and quote them: one spelling for the same words, whatever the script."""

import re
import unicodedata

UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Ranges (for a character class) of scripts written without blanks: Thai, Lao, Burmese, Khmer, kana, ideographs."""

_STRAIGHT = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u02bc\u2032`\u00b4", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb\u2033", '"'),
        **dict.fromkeys("\u2010\u2011", "-"),
        **dict.fromkeys("\u200b\u2060\ufeff\u00ad", None),
    }
)
_DASHES = str.maketrans(dict.fromkeys("\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d", "-"))
_BLANKS = re.compile(r"\s+")
_UNSHOWABLE = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\ud800-\udfff]+")
_LETTERS = re.compile(r"[^\W\d_]")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
_LOOKED_AT = 4_000


def straight(text: str) -> str:
    """``text`` with plain apostrophes, quotes and hyphens, and without invisible characters."""
    return text.translate(_STRAIGHT)


def plain(text: str, *, ignore_case: bool = True) -> str:
    """One spelling of ``text``: NFKC, case folded, straight quotes, runs of blanks made one."""
    composed = unicodedata.normalize("NFKC", straight(text))
    if ignore_case:
        composed = unicodedata.normalize("NFKC", composed.casefold()).replace("i\u0307", "i")
    return _BLANKS.sub(" ", composed).strip()


def one_dash(text: str) -> str:
    """``text`` with one sign for hyphens, dashes and minus: "9–17" and "−5" are "9-17" and "-5"."""
    return text.translate(_DASHES)


def shown(text: str, limit: int = 60) -> str:
    """``text`` as a reason may quote it: one line, at most ``limit`` characters, nothing a database refuses."""
    line = " ".join(_UNSHOWABLE.sub(" ", text[: 4 * limit]).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def is_latin(text: str) -> bool:
    """Whether at least half of the letters at the beginning are Latin ones (true without any letter)."""
    letters = _LETTERS.findall(text[:_LOOKED_AT])
    return 2 * sum(bool(_LATIN.match(letter)) for letter in letters) >= len(letters)


def is_unspaced(text: str) -> bool:
    """Whether a good part (a fifth) of the letters at the beginning are of a script written without blanks."""
    letters = _LETTERS.findall(text[:_LOOKED_AT])
    unspaced = re.compile(f"[{UNSPACED}]")
    return bool(letters) and 5 * sum(bool(unspaced.match(letter)) for letter in letters) >= len(letters)
