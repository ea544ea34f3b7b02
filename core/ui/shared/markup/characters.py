"""Characters that cannot be shown, or cannot be seen: made safe for Markdown, made visible in raw text."""

import re
import unicodedata
from html import escape
from itertools import groupby

REPLACEMENT = "\ufffd"

# Controls other than tab and newline, surrogates, noncharacters.
_UNSAFE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
# What HTML or the wire to the browser cannot carry.
_CANNOT_TRAVEL = re.compile("[\x00\ud800-\udfff]")
# Blank but by Unicode's categories letters, marks or symbols.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0") | frozenset(
    map(chr, [*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)])
)
_UNSEEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Zs", "Cn", "Co"})
_NAMES = (
    "NULL|START OF HEADING|START OF TEXT|END OF TEXT|END OF TRANSMISSION|ENQUIRY|ACKNOWLEDGE|BELL|BACKSPACE|"
    "TAB|LINE FEED|VERTICAL TAB|FORM FEED|CARRIAGE RETURN|SHIFT OUT|SHIFT IN|DATA LINK ESCAPE|"
    "DEVICE CONTROL ONE|DEVICE CONTROL TWO|DEVICE CONTROL THREE|DEVICE CONTROL FOUR|NEGATIVE ACKNOWLEDGE|"
    "SYNCHRONOUS IDLE|END OF TRANSMISSION BLOCK|CANCEL|END OF MEDIUM|SUBSTITUTE|ESCAPE|FILE SEPARATOR|"
    "GROUP SEPARATOR|RECORD SEPARATOR|UNIT SEPARATOR"
)
_CONTROL_NAMES = _NAMES.split("|")


def without_unsafe(text: str) -> str:
    """The text with line ends as newlines and U+FFFD for every character that a page cannot show."""
    return _UNSAFE.sub(REPLACEMENT, text.replace("\r\n", "\n").replace("\r", "\n"))


def _name(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return _CONTROL_NAMES[code]
    fallback = {"Cs": "LONE SURROGATE", "Cc": "CONTROL", "Co": "PRIVATE USE", "Cn": "UNASSIGNED"}
    return unicodedata.name(character, fallback.get(unicodedata.category(character), "UNNAMED"))


def _is_unseen(character: str) -> bool:
    if character in " \n\t":
        return False
    return character in _BLANK or unicodedata.category(character) in _UNSEEN_CATEGORIES


def _labelled(character: str, count: int) -> str:
    code = f"U+{ord(character):04X}"
    times = f" × {count}" if count > 1 else ""
    shown = "&#13;" if character == "\r" else REPLACEMENT if _CANNOT_TRAVEL.match(character) else character
    title = f"{code} {_name(character)}{times}"
    return f'<span class="unseen" data-code="{code}{times}" title="{title}">{shown * count}</span>'


def raw_html(text: str) -> str:
    """The exact characters of a text in a <pre>, with those that nobody sees labelled by code and name.

    What cannot be carried to the browser (NUL, lone surrogates) stands as U+FFFD behind its label.
    """
    parts = []
    for unseen, run in groupby(text, key=_is_unseen):
        if not unseen:
            parts.append(escape("".join(run), quote=False))
            continue
        parts.extend(_labelled(character, len(list(same))) for character, same in groupby(run))
    return f'<pre class="raw">{"".join(parts)}</pre>'
