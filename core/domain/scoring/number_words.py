"""The numbers that English words name: nought, two and more up to trillions, halves, thirds, tenths."""

from collections.abc import Iterator
from fractions import Fraction

import regex  # type: ignore[import-untyped]

from core.domain.scoring.number import Number, whole_and_share

_UNITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TEENS = (
    "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SMALL = {word: n for n, word in enumerate(_UNITS + _TEENS)} | {word: 10 * n for n, word in enumerate(_TENS, 2)}
_SMALL["fourty"] = 40
_SCALES = {"dozen": 12, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_PARTS = {
    name: Fraction(1, n)
    for n, names in {
        2: ("half", "halves"), 3: ("third", "thirds"), 4: ("quarter", "quarters", "fourth", "fourths"),
        5: ("fifth", "fifths"), 6: ("sixth", "sixths"), 7: ("seventh", "sevenths"), 8: ("eighth", "eighths"),
        9: ("ninth", "ninths"), 10: ("tenth", "tenths"), 100: ("hundredth", "hundredths"),
    }.items()
    for name in names
}  # fmt: skip
_MOST_DECIMALS = 20
_BLANK = "[ \\t\u00a0\u2009\u202f]"
_WORD = "|".join([*_SMALL, "hundred", "point", *_SCALES])
_PART = "|".join(_PARTS)
_PERCENT = rf"{_BLANK}?%|{_BLANK}(?:percent|per{_BLANK}cent)\b"
_JOINT = rf"(?:,?{_BLANK}and{_BLANK}|-and-|,?{_BLANK}|-)"
_NAMED = regex.compile(
    rf"(?<![\w-])(?:(?P<sign>minus|negative){_BLANK})?"
    rf"(?:(?P<count>a|an|one|two|three|four|five|six|seven|eight|nine)[ -](?P<part>{_PART})"
    rf"|(?P<half>half){_BLANK}an?{_BLANK}(?P<of>{'|'.join(_SCALES)})"
    rf"|(?P<run>(?:a{_BLANK}(?=hundred|{'|'.join(_SCALES)}))?+\b(?:{_WORD})\b"
    rf"(?:{_JOINT}\b(?:{_WORD})\b(?!{_BLANK}(?:{_PART})\b))*+)"
    rf"(?P<more>{_BLANK}and{_BLANK}(?P<parts>a|one|two|three)[ -](?P<of_more>half|third|quarter|thirds|quarters)\b"
    rf"(?:{_BLANK}(?P<times>hundred|{'|'.join(_SCALES)}))?+)?+)"
    rf"(?![\w-])(?!{_BLANK}(?:{_PART})\b)(?P<percent>{_PERCENT})?",
    regex.IGNORECASE,
)
_TOKEN = regex.compile(rf"(?P<joint>{_JOINT})?+(?P<word>[a-z]+)")
_Token = tuple[str, str, int, int]
"""What joins it to the one before it, the word, where it begins and ends."""


def numbers_named(text: str) -> Iterator[Number]:
    """The numbers that English words in ``text`` name, in their order; "one" alone, "the first one", counts nothing."""
    for found in _NAMED.finditer(text):
        sign = -1 if found["sign"] else 1
        if found["run"] is None:
            count = 1 if found["half"] else _SMALL.get(found["count"].lower(), 1)
            value = count * (_SCALES[found["of"].lower()] * _PARTS["half"] if found["half"] else _part(found["part"]))
            yield _number(text, found.start(), found.end(), sign * value, bool(found["percent"]))
            continue
        several = list(_in_run(found))
        for at, (value, start, end) in enumerate(several):
            is_last = at == len(several) - 1
            whole, last = _with_more(found, value, end) if is_last else (value, end)
            yield _number(text, start, last, sign * whole if at == 0 else whole, is_last and bool(found["percent"]))


def _number(text: str, start: int, end: int, value: Fraction, is_percent: bool) -> Number:
    values = whole_and_share([value]) if is_percent else (value,)
    return Number(text[start:end], values, start, end, is_percent)


def _part(name: str) -> Fraction:
    return _PARTS[name.lower()]


def _with_more(run: "regex.Match[str]", value: Fraction, end: int) -> tuple[Fraction, int]:
    """The value with the half or the quarter after it, and where that ends."""
    if not run["more"]:
        return value, end
    value += _SMALL.get(run["parts"].lower(), 1) * _part(run["of_more"])
    return value * _SCALES.get((run["times"] or "").lower(), 100 if run["times"] else 1), run.end("more")


def _in_run(run: "regex.Match[str]") -> Iterator[tuple[Fraction, int, int]]:
    """The numbers in words that follow each other, each with its place: "five, six hundred and two" are two."""
    begin = run.start("run")
    words = [
        (token["joint"] or "", token["word"], begin + token.start("word"), begin + token.end())
        for token in _TOKEN.finditer(run["run"].lower())
    ]
    at = 0
    while at < len(words):
        if words[at][1] == "hundred" or words[at][1] in _SCALES:  # "several hundred and five" is no five
            at = max(_whole(words, at + 1)[1], at + 1)
            continue
        value, after = _whole(words, at)
        is_pronoun = after == at + 1 and words[at][1] in ("one", "a") and not (after == len(words) and run["more"])
        if after > at and not is_pronoun:
            exact, after = _with_decimals(words, Fraction(value), after)
            yield exact, words[at][2], words[after - 1][3]
        at = max(after, at + 1)


def _whole(words: list[_Token], at: int) -> tuple[int, int]:
    """The whole number that begins ``at`` a word, and the place after it; that very place where none begins."""
    total, least = 0, 0
    begin = at
    while True:
        chunk, after = _below_thousand(words, at)
        if after == at:
            break
        scale = 1
        for _ in range(2):
            if after < len(words) and words[after][1] in _SCALES and _is_close(words[after]):
                scale, after = scale * _SCALES[words[after][1]], after + 1
        if at > begin and not _follows(words[at][0], chunk * scale, least):
            break
        total, least, at = total + chunk * scale, scale, after
        if scale == 1:
            break
    return total, at


def _follows(joint: str, value: int, least: int) -> bool:
    """Whether a value is the rest of a number that so far ends in ``least``: hundreds may stand after a comma."""
    return value < least and (value >= 100 if joint.startswith(",") and "and" not in joint else True)


def _below_thousand(words: list[_Token], at: int) -> tuple[int, int]:
    value, after = _below_hundred(words, at)
    if after == at and at < len(words) and words[at][1] == "a":
        value, after = 1, at + 1
    if after == at:
        return 0, at
    if after < len(words) and words[after][1] == "hundred" and _is_close(words[after]):
        value, after = value * 100, after + 1
        rest, last = _below_hundred(words, after)
        is_next = last < len(words) and words[last][1] == "hundred"
        if last > after and not words[after][0].startswith(", ") and not is_next:
            value, after = value + rest, last
    elif 11 <= value <= 99 and after < len(words) and _is_close(words[after]):
        rest, last = _below_hundred(words, after)  # "nineteen eighty-four"
        if rest >= 10 and not (last < len(words) and words[last][1] in ("hundred", *_SCALES)):
            value, after = value * 100 + rest, last
    return value, after


def _below_hundred(words: list[_Token], at: int) -> tuple[int, int]:
    if at >= len(words) or words[at][1] not in _SMALL:
        return 0, at
    value, after = _SMALL[words[at][1]], at + 1
    if value >= 20 and after < len(words) and _is_close(words[after]) and 0 < _SMALL.get(words[after][1], 0) < 10:
        return value + _SMALL[words[after][1]], after + 1
    return value, after


def _with_decimals(words: list[_Token], value: Fraction, at: int) -> tuple[Fraction, int]:
    """The value with what follows a "point", digit by digit."""
    if at + 1 >= len(words) or words[at][1] != "point" or words[at + 1][1] not in _UNITS:
        return value, at
    at, place = at + 1, Fraction(1)
    for _ in range(_MOST_DECIMALS):
        if at >= len(words) or words[at][1] not in _UNITS or not _is_close(words[at]):
            break
        place /= 10
        value, at = value + _SMALL[words[at][1]] * place, at + 1
    return value, at


def _is_close(word: _Token) -> bool:
    """Whether nothing but a blank or a hyphen stands before the word."""
    return "," not in word[0] and "and" not in word[0]
