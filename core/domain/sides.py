"""Which side of a pair a rater's note speaks of, where it names one."""

import re
from enum import StrEnum

_NOUNS = r"(?:response|answer|option|text|side|reply|version|antwort|seite)"
_B = re.compile(r"(?<![\w'’-])B(?![\w'’-])")
# A capital A begins many a sentence that speaks of no side: it counts beside a noun or a verb, in brackets, or alone.
_A = re.compile(
    rf"(?i:\b{_NOUNS}\s+)[\"'“(]?A(?![\w'’-])"
    r"|[\"'“(\[]A[\"'”)\]]"
    r"|(?<![\w'’-])A(?=\s*(?:[:,;.!?=<>)/&+]|$))"
    r"|(?<![\w'’-])A(?=\s+(?:is|was|has|had|does|did|says|said|gives|gave|and|or|but|sounds|reads|lacks|misses"
    r"|invents|invented|ignores|ignored|seems|contains|should|would|could|can|cannot|ist|hat|und|oder|klingt)\b)"
    r"|(?i:\b(?:than|in|of|with|about|both|prefer|unlike|see)\s+)A(?=\s*(?:[:,;.!?)]|$))"
)


class Side(StrEnum):
    """As raters see them."""

    A = "A"
    B = "B"


def sides_named(note: str) -> frozenset[Side]:
    """The sides that a note names. Unsure ones are left out: *A good answer* names none."""
    found = {Side.A: _A, Side.B: _B}
    return frozenset(side for side, pattern in found.items() if pattern.search(note))
