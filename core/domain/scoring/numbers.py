"""The numbers in a text, as people in several countries write them.

A number that can be read in two ways ("1,234": thousands, or a German decimal) has both values.
"""

import re
from decimal import Decimal
from fractions import Fraction
from itertools import islice

from core.domain.scoring.number import Number, whole_and_share
from core.domain.scoring.number_text import as_read
from core.domain.scoring.number_words import numbers_named

_BLANK = "\u0020\u00a0\u2009\u202f"
_SCALES = {
    "hundred": 10**2, "thousand": 10**3, "tausend": 10**3, "tsd": 10**3, "k": 10**3, "mille": 10**3, "mil": 10**3,
    "lakh": 10**5, "crore": 10**7,
    "million": 10**6, "millions": 10**6, "mio": 10**6, "millionen": 10**6, "mn": 10**6, "mln": 10**6, "m": 10**6,
    "millones": 10**6, "milioni": 10**6, "milhões": 10**6,
    "billion": 10**9, "billions": 10**9, "bn": 10**9, "b": 10**9, "milliarden": 10**9, "milliarde": 10**9,
    "mrd": 10**9, "milliard": 10**9, "milliards": 10**9, "trillion": 10**12, "trillions": 10**12,
    "тыс": 10**3, "млн": 10**6, "млрд": 10**9,
    "千": 10**3, "万": 10**4, "萬": 10**4, "億": 10**8, "亿": 10**8, "兆": 10**12,
    "천": 10**3, "만": 10**4, "억": 10**8,
}  # fmt: skip
_VULGAR_PARTS = {
    "½": (1, 2), "⅓": (1, 3), "⅔": (2, 3), "¼": (1, 4), "¾": (3, 4), "⅕": (1, 5), "⅖": (2, 5), "⅗": (3, 5),
    "⅘": (4, 5), "⅙": (1, 6), "⅚": (5, 6), "⅐": (1, 7), "⅛": (1, 8), "⅜": (3, 8), "⅝": (5, 8), "⅞": (7, 8),
    "⅑": (1, 9), "⅒": (1, 10),
}  # fmt: skip
_VULGAR = {sign: Fraction(*parts) for sign, parts in _VULGAR_PARTS.items()}
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_LONGEST_NAMED = 200
_CURRENCY = r"(?:US|A|C|R)?[$€£¥₹₽₩]|(?:USD|EUR|GBP|CHF|JPY|INR|Rs\.?|kr\.?)"
_GROUPED = rf"\d{{1,3}}(?:(?P<mark>[,.'’_٬{_BLANK}])\d{{3}}(?!\d))(?:(?P=mark)\d{{3}}(?!\d)){{0,9}}"
_PERCENT = (
    r"percent|per cent|pct|prozent|pour cent|pourcent|por ciento|por cento|per cento|procent|процент\w{0,3}"
    r"|퍼센트|パーセント"
)
_POWER = r"(?:(?:\^|\*\*)\{?(?P<power>[-+−]?\d{1,3})\}?|(?P<raised>[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3}))"
_NUMBER = re.compile(
    rf"(?<![A-Za-z\d_.])(?<![A-Za-z][-_])(?:(?<![\d)\w])(?P<sign>[-−﹣－]|(?<![^\s(])–)[ ]?)?"
    rf"(?:(?<![A-Za-z])(?:{_CURRENCY})[{_BLANK}]?(?P<inner_sign>[-−])?)?"
    rf"(?:(?P<grouped>{_GROUPED})(?P<cents>[.,·٫]\d{{1,20}}(?!\d))?"
    r"|(?P<indian>\d{1,2}(?:,\d{2}){1,6},\d{3}(?!\d)(?:\.\d{1,20})?)"
    r"|(?P<simple>\d{1,400}(?:[.,·٫]\d{1,400}(?![.,]?\d))?|\.\d{1,400})(?P<exponent>[eE][-+−]?\d{1,3}(?!\d))?"
    rf"|(?=[{''.join(_VULGAR)}]))"
    rf"(?:[{_BLANK}]?(?P<vulgar>[{''.join(_VULGAR)}])|(?P<below>[{_BLANK}]?/[{_BLANK}]?\d{{1,9}}(?![\d/]))"
    rf"|[{_BLANK}](?P<over>\d{{1,3}})/(?P<under>\d{{1,3}})(?![\d/]))?"
    rf"(?:[{_BLANK}]?(?:[×xX*·⋅]|\\times|\\cdot)[{_BLANK}]?10[{_BLANK}]?{_POWER})?"
    rf"(?:[{_BLANK}]?(?P<percent>[%％٪]|\\%|(?:{_PERCENT})\b))?"
    rf"(?:[{_BLANK}]?(?P<scale>(?:{'|'.join(name for name in _SCALES if len(name) > 1 or name.isascii())})\b"
    rf"|[{''.join(name for name in _SCALES if not name.isascii() and len(name) == 1)}]))?",
    re.IGNORECASE,
)


def numbers_in(text: str, *, in_words: bool = False) -> list[Number]:
    """The numbers in ``text`` in their order; with ``in_words`` then those that English words name, from two up.

    Their places are those in ``as_read(text)``: of a text above 100,000 characters the first and the last 50,000.
    Digits glued to a Latin letter before them ("K2", "F-12B", "COVID-19") are names, not numbers.
    """
    text = as_read(text)
    found = [_number(match, _readings(match)) for match in _NUMBER.finditer(text)]
    return found + list(numbers_named(text)) if in_words else found


def only_number(text: str, *, in_words: bool = False) -> Number | None:
    """The number that ``text`` is, with its currency, percent or scale; None where it holds anything else.

    It has the values that who writes down nothing but a number means by it: a single point before three digits is a
    decimal point ("3.142"), unless noughts or a price leave that open, a single comma groups thousands ("3,142").
    """
    text = text.strip().strip("*_`").rstrip(".").strip()
    match = _NUMBER.fullmatch(text) or _NUMBER.fullmatch(re.sub(rf"[{_BLANK}]?(?:{_CURRENCY})$", "", text))
    if match is not None:
        return _number(match, _meant(match, is_price=bool(re.search(_CURRENCY, text))))
    return _only_named(text) if in_words else None


def _only_named(text: str) -> Number | None:
    named = list(islice(numbers_named(text), 2)) if len(text) <= _LONGEST_NAMED else []
    is_whole = len(named) == 1 and named[0].written.strip() == text
    return named[0] if is_whole else None


def _meant(match: re.Match[str], *, is_price: bool) -> list[Fraction]:
    """The readings that who writes a reference may mean, without those that need a context."""
    readings = _readings(match)
    grouped = match["grouped"] or ""
    is_open = match["mark"] == "." and (is_price or grouped.endswith(".000"))
    return readings if is_open or not readings else readings[:1]


def _number(match: re.Match[str], readings: list[Fraction]) -> Number:
    """The values of a number: its digits in every reading, times percent and scale as given and as left out."""
    if match["vulgar"]:
        part = _VULGAR[match["vulgar"]]
        readings = [whole + part for whole in readings] if readings else [part]
    if match["below"] and (under := int(re.sub(r"\D", "", match["below"]))):
        readings = [readings[0] / under, readings[0], Fraction(under)]
    if match["under"] and int(match["under"]):
        readings = [readings[0] + Fraction(int(match["over"]), int(match["under"])), *readings]
    exponent = match["power"] or (match["raised"] or "").translate(_RAISED)
    if exponent:
        readings = [value * Fraction(10) ** int(exponent.replace("−", "-")) for value in readings]
    if match["scale"]:
        factor = _SCALES[match["scale"].lower()]
        readings = [value * factor for value in readings] + readings
    is_negative = match["sign"] or match["inner_sign"]
    signed = tuple(-value for value in readings) if is_negative else tuple(readings)
    is_percent = match["percent"] is not None
    values = whole_and_share(signed) if is_percent else signed
    return Number(match[0].strip(), values, *match.span(), is_percent)


def _readings(match: re.Match[str]) -> list[Fraction]:
    """What the digits may mean: grouped, plain, or either where a single mark leaves it open, the likelier first."""
    if match["grouped"]:
        return _grouped(match["grouped"], match["mark"], _point(match["cents"] or ""))
    if match["indian"]:
        return [_value(match["indian"].replace(",", ""))]
    if match["simple"]:
        return [_value(_point(match["simple"]) + (match["exponent"] or "").replace("−", "-"))]
    return []


def _grouped(digits: str, mark: str, cents: str) -> list[Fraction]:
    joined, parts = _value(re.sub(r"\D", "", digits) + cents), digits.split(mark)
    if mark in _BLANK:
        return [joined, *(_value(part) for part in parts[:-1]), _value(parts[-1] + cents)]
    if cents or len(parts) > 2 or mark not in ",.":
        return [joined]
    decimal = _value(f"{parts[0]}.{parts[1]}")
    if parts[0].startswith("0"):
        return [decimal]
    return [decimal, joined] if mark == "." else [joined, decimal]


def _value(digits: str) -> Fraction:
    return Fraction(int(digits)) if digits.isdecimal() else Fraction(Decimal(digits))


def _point(digits: str) -> str:
    """Digits with a point for their decimal mark."""
    return re.sub(r"[,·٫]", ".", digits)
