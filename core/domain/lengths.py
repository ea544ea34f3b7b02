"""How long a text is to read, and how much longer the left response is than the right, in five bins."""

import math
import re
from bisect import bisect_right

BINS = (-2, -1, 0, 1, 2)


_IDEOGRAPH = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[^\s{_IDEOGRAPH}]+")
_IDEOGRAPHS = re.compile(rf"[{_IDEOGRAPH}]")


def count_words(text: str) -> int:
    """Words to read: between blanks, and two ideographs or kana for one word."""
    return len(_WORD.findall(text)) + math.ceil(len(_IDEOGRAPHS.findall(text)) / 2)


def length_bin(left_words: int, right_words: int) -> int:
    """The bin (−2 … 2) of log2 of the ratio of the two lengths in words.

    ±2: more than twice as long; ±1: more than 26 % longer; 0: about as long. Antisymmetric:
    ``length_bin(a, b) == -length_bin(b, a)``.
    """
    ratio = math.log2((left_words + 1) / (right_words + 1))
    magnitude = bisect_right((1 / 3, 1.0), abs(ratio))
    return magnitude if ratio > 0 else -magnitude
