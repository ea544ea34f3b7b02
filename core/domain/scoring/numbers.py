"""The numbers in a text, as people in several countries write them.

A number that can be read in two ways ("1,234": thousands, or a German decimal) has both values.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

_BLANK = "\u0020\u00a0\u2009\u202f"
_SCALES = {
    "thousand": 1e3, "tausend": 1e3, "k": 1e3, "mille": 1e3, "mil": 1e3,
    "million": 1e6, "millions": 1e6, "mio": 1e6, "millionen": 1e6, "mn": 1e6, "m": 1e6,
    "billion": 1e9, "billions": 1e9, "bn": 1e9, "b": 1e9, "milliarden": 1e9, "milliarde": 1e9, "mrd": 1e9,
    "milliards": 1e9, "trillion": 1e12, "trillions": 1e12,
    "千": 1e3, "万": 1e4, "萬": 1e4, "億": 1e8, "亿": 1e8, "兆": 1e12,
}  # fmt: skip
_VULGAR = {
    "½": 1 / 2, "⅓": 1 / 3, "⅔": 2 / 3, "¼": 1 / 4, "¾": 3 / 4, "⅕": 1 / 5, "⅖": 2 / 5, "⅗": 3 / 5, "⅘": 4 / 5,
    "⅙": 1 / 6, "⅚": 5 / 6, "⅛": 1 / 8, "⅜": 3 / 8, "⅝": 5 / 8, "⅞": 7 / 8,
}  # fmt: skip
_UNITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_TEENS = ("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_WORDS = {word: float(n) for n, word in enumerate(_UNITS + _TEENS)} | {
    word: 10.0 * n for n, word in enumerate(_TENS, 2)
}
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_LONGEST = 50_000
_CURRENCY = r"(?:US|A|C|R)?[$€£¥₹₽₩]|(?:USD|EUR|GBP|CHF|JPY|INR|Rs\.?|kr\.?)"
_GROUPED = rf"\d{{1,3}}(?:(?P<mark>[,.'’_٬{_BLANK}])\d{{3}}(?!\d))(?:(?P=mark)\d{{3}}(?!\d)){{0,9}}"
_POWER = r"(?:(?:\^|\*\*)\{?(?P<power>[-+−]?\d{1,3})\}?|(?P<raised>[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3}))"
_NUMBER = re.compile(
    rf"(?<![A-Za-z\d_.])(?<![A-Za-z][-_])(?:(?<![\d)\w])(?P<sign>[-−﹣－]|(?<![^\s(])–)[ ]?)?"
    rf"(?:(?<![A-Za-z])(?:{_CURRENCY})[{_BLANK}]?(?P<inner_sign>[-−])?)?"
    rf"(?:(?P<grouped>{_GROUPED})(?P<cents>[.,·٫]\d{{1,20}}(?!\d))?"
    r"|(?P<indian>\d{1,2}(?:,\d{2}){1,6},\d{3}(?!\d)(?:\.\d{1,20})?)"
    r"|(?P<simple>\d{1,400}(?:[.,·٫]\d{1,400}(?![.,]?\d))?|\.\d{1,400})(?P<exponent>[eE][-+−]?\d{1,3}(?!\d))?"
    rf"|(?=[{''.join(_VULGAR)}]))"
    rf"(?:[{_BLANK}]?(?P<vulgar>[{''.join(_VULGAR)}])|(?P<below>/\d{{1,9}}(?![\d/]))"
    rf"|[{_BLANK}](?P<over>\d{{1,3}})/(?P<under>\d{{1,3}})(?![\d/]))?"
    rf"(?:[{_BLANK}]?(?:[×xX*·⋅]|\\times|\\cdot)[{_BLANK}]?10[{_BLANK}]?{_POWER})?"
    rf"(?:[{_BLANK}]?(?P<percent>[%％٪]|\\%|percent\b|per cent\b|Prozent\b|pour cent\b|por ciento\b))?"
    rf"(?:[{_BLANK}]?(?P<scale>(?:{'|'.join(name for name in _SCALES if name.isascii())})\b|[千万萬億亿兆]))?",
    re.IGNORECASE,
)
_WORD = re.compile(
    rf"(?<![\w-])(?:(?P<tens>{'|'.join(_TENS)})[- ](?P<unit>{'|'.join(_UNITS[1:10])})"
    rf"|(?!one\b)(?P<word>{'|'.join(_WORDS)}))(?![\w-])",  # "the first one" counts nothing
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Number:
    """A number in a text: as written there, and the values it may have, the likeliest first."""

    written: str
    values: tuple[float, ...]


def numbers_in(text: str, *, in_words: bool = False) -> list[Number]:
    """The numbers in ``text`` in their order; with ``in_words`` then those that English words name, from two up.

    Of a text above 100,000 characters the first and the last 50,000 are read. Digits glued to a Latin letter before
    them ("K2", "F-12B", "COVID-19") are names, not numbers.
    """
    if len(text) > 2 * _LONGEST:
        text = f"{text[:_LONGEST]}\n{text[-_LONGEST:]}"
    text = text.replace("{,}", ",").replace("\\,", "")
    found = [_number(match) for match in _NUMBER.finditer(text)]
    return found + list(_named(text)) if in_words else found


def only_number(text: str) -> Number | None:
    """The number that ``text`` is, with its currency, percent or scale; None where it holds anything else."""
    match = _NUMBER.fullmatch(text.strip().rstrip("."))
    bare = match or _NUMBER.fullmatch(re.sub(rf"[{_BLANK}]?(?:{_CURRENCY})$", "", text.strip()))
    return _number(bare) if bare else None


def _named(text: str) -> Iterator[Number]:
    for match in _WORD.finditer(text):
        if match["tens"]:
            yield Number(match[0], (_WORDS[match["tens"].lower()] + _WORDS[match["unit"].lower()],))
        else:
            yield Number(match[0], (_WORDS[match["word"].lower()],))


def _number(match: re.Match[str]) -> Number:
    """The values of a number: its digits in every reading, times percent and scale as given and as left out."""
    readings = _readings(match)
    if match["vulgar"]:
        readings = [whole + _VULGAR[match["vulgar"]] for whole in readings] if readings else [_VULGAR[match["vulgar"]]]
    if match["below"] and float(match["below"][1:]):
        over, under = readings[0], float(match["below"][1:])
        readings = [over / under, over, under]
    if match["under"] and float(match["under"]):
        readings = [readings[0] + float(match["over"]) / float(match["under"]), *readings]
    exponent = match["power"] or (match["raised"] or "").translate(_RAISED)
    if exponent:
        readings = [_raised(value, int(exponent.replace("−", "-"))) for value in readings]
    if match["scale"]:
        factor = _SCALES[match["scale"].lower()]
        readings = [value * factor for value in readings] + readings
    if match["percent"]:
        readings = readings + [value / 100 for value in readings]
    sign = -1.0 if match["sign"] or match["inner_sign"] else 1.0
    return Number(match[0].strip(), tuple(sign * value for value in readings))


def _raised(value: float, exponent: int) -> float:
    """``value`` times ten to ``exponent``, rounded once."""
    return float(f"{Decimal(repr(value)).scaleb(exponent)}") if math.isfinite(value) else value


def _readings(match: re.Match[str]) -> list[float]:
    """What the digits may mean: grouped, plain, or either where a single mark leaves it open."""
    if match["indian"]:
        return [float(match["indian"].replace(",", ""))]
    if match["simple"]:
        return [float(_point(match["simple"]) + (match["exponent"] or "").replace("−", "-"))]
    if not match["grouped"]:
        return []
    whole = re.sub(r"\D", "", match["grouped"])
    cents = match["cents"]
    joined = float(whole + _point(cents or ""))
    parts = match["grouped"].split(match["mark"])
    if match["mark"] in _BLANK:
        last = parts[-1] + _point(cents or "")
        return [joined, *(float(part) for part in parts[:-1]), float(last)]
    if cents is None and len(parts) == 2 and match["mark"] in ",.":
        return [joined, float(f"{parts[0]}.{parts[1]}")]
    return [joined]


def _point(digits: str) -> str:
    """Digits with a point for their decimal mark."""
    return re.sub(r"[,·٫]", ".", digits)
