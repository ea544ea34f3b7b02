"""Whether the answer says what the reference says: its words, as whole words, and not denied."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import islice
from typing import Literal

import regex  # type: ignore[import-untyped]
from pydantic import Field

from core.domain.lengths import count_words
from core.domain.scoring import parameters
from core.domain.scoring.base import (
    EvaluatorKind,
    Score,
    Subject,
    Use,
    failed,
    not_applicable,
    passed,
)
from core.domain.scoring.denial import is_denied
from core.domain.scoring.emphasis import without_emphasis
from core.domain.scoring.json_text import find_json
from core.domain.scoring.korean import PARTICLES
from core.domain.scoring.number import Number, is_same
from core.domain.scoring.number_text import as_read
from core.domain.scoring.numbers import numbers_in, only_number
from core.domain.scoring.wording import UNSPACED, one_dash, plain, shown
from core.domain.strict_params import StrictParams, Wordings


class ContainsParams(StrictParams):
    """``contains``: what is looked for where the prompt has no reference. ``denied_counts``: "not Paris" is Paris too.

    ``longest_reference_words``: a longer reference is a whole answer, not a wording to look for.
    """

    contains: Wordings | None = None
    match: Literal["any", "all"] = "any"
    whole_words: bool = True
    ignore_case: bool = True
    denied_counts: bool = False
    longest_reference_words: int = Field(6, ge=0)


_LETTER = rf"[[\p{{L}}\p{{M}}\p{{N}}]--[{UNSPACED}]]"
_MENTIONS_LOOKED_AT = 500
_LONGEST_BOUNDED = 200
_SENTENCE_WORDS = 4
_SENTENCE_ENDS = (".", "!", "?", ";", "。", "！", "？")
_SIGNED = "0123456789$€£¥₹"
_LOOK_AROUND = 160


@dataclass(frozen=True)
class _Sought:
    """A wording to look for, and the number that it is, if it is nothing else."""

    wording: str
    number: Number | None = None


@dataclass(frozen=True)
class _Answer:
    """The last answer in the spellings in which a wording may stand there."""

    text: str
    ignore_case: bool

    @cached_property
    def spellings(self) -> list[str]:
        """As it is written, and as it is read: without stars, links and footnotes within its words."""
        return [self.spelled(text) for text in dict.fromkeys((self.text, without_emphasis(self.text)))]

    @cached_property
    def numbers(self) -> list[Number]:
        """With their places in ``numbers_text``."""
        return numbers_in(self.text, in_words=True)

    @cached_property
    def numbers_text(self) -> str:
        """As numbers are read in it."""
        return as_read(self.text)

    def spelled(self, text: str) -> str:
        """The text in the spelling in which it is compared."""
        return plain(one_dash(text), ignore_case=self.ignore_case)


def score(subject: Subject, params: ContainsParams) -> Score:
    """1 where the last answer mentions any (or, with ``match`` "all", every) wanted text.

    Wanted: the prompt's constraint ``contains`` (false: nothing), else those of its references that are a wording (at
    most ``longest_reference_words``, no sentence of four words or more, no JSON), else the parameter.
    Both sides are compared after NFKC and case folding, with one sign for all dashes. "art" is not in "party"; scripts
    without blanks have no such bounds, and Korean particles may follow. A reference that is a number is there in
    whatever spelling. "not Paris" does not mention Paris, one other mention that is not denied does. Of a text with
    very many mentions the first 500 are looked at.
    """
    sought = _sought(subject, params)
    if isinstance(sought, Score):
        return sought
    answer = _Answer(subject.text, params.ignore_case)
    problems = [_problem(answer, one, params) for one in sought]
    enough = any if params.match == "any" else all
    if enough(problem is None for problem in problems):
        found = [one.wording for one, problem in zip(sought, problems, strict=True) if problem is None]
        return passed(f"'{shown(found[0])}' is there" if found else "")
    missing = [problem for problem in problems if problem is not None]
    denied = [problem for problem in missing if "denied" in problem]
    first = (denied or missing)[0]
    if params.match == "any" and len(missing) > 1 and not denied:
        return failed(f"none of {len(missing)} is there: {', '.join(shown(one.wording, 30) for one in sought[:4])}")
    return failed(first)


def _sought(subject: Subject, params: ContainsParams) -> list[_Sought] | Score:
    """The wordings to look for, or why there is nothing to look for."""
    stated = subject.constraints.get("contains")
    if stated is False:
        return not_applicable("the prompt says that nothing need be contained")
    if texts := parameters.texts(stated):
        return [_Sought(text) for text in texts]
    if texts := parameters.texts(subject.reference):
        short = [text for text in texts if _is_wording(text, params.longest_reference_words)]
        sought = [_Sought(text, _number(text)) for text in short]
        if sought and subject.constraints.get("number") is not None and all(one.number for one in sought):
            return not_applicable("the reference is a number, and the prompt itself says which one is right")
        return sought or not_applicable("the reference is a whole answer, not a wording to look for")
    own = [_Sought(text) for text in parameters.texts(params.contains)]
    return own or not_applicable("the prompt has no reference")


def _number(reference: str) -> Number | None:
    """The number that a reference is; "007" is a name."""
    is_name = regex.match(r"\s*0\d", reference) is not None
    return None if is_name else only_number(reference, in_words=True)


def _is_wording(reference: str, longest: int) -> bool:
    """Whether a reference is a name or a fact to look for; a text, a sentence or JSON is a whole answer."""
    words, stripped = count_words(reference), reference.strip()
    is_sentence = words >= _SENTENCE_WORDS and stripped.endswith(_SENTENCE_ENDS)
    is_json = stripped.startswith(("{", "[")) and find_json(stripped, strict=True).problem is None
    return words <= longest and not is_sentence and not is_json


def _problem(answer: _Answer, sought: _Sought, params: ContainsParams) -> str | None:
    """Why the answer does not contain what is sought; None where it does."""
    denied = None
    for before, mention, after in _mentions(answer, sought, params):
        if params.denied_counts or not is_denied(before + mention + after, len(before), len(before) + len(mention)):
            return None
        denied = denied or f"{before[-30:]}{mention}{after[:20]}".strip()
    if denied is None:
        return f"'{shown(sought.wording)}' is missing"
    return f"'{shown(sought.wording)}' is only denied: '{shown(denied)}'"


def _mentions(answer: _Answer, sought: _Sought, params: ContainsParams) -> Iterator[tuple[str, str, str]]:
    """The mentions of what is sought, each with some of the text before and after it, all in plain spelling."""
    spelled = answer.spelled(sought.wording)
    pattern = _pattern(spelled.rstrip(".!。！") or spelled, params.whole_words)
    for text in answer.spellings if sought.number is None else [answer.spelled(answer.numbers_text)]:
        for found in islice(pattern.finditer(text), _MENTIONS_LOOKED_AT):
            yield _around(text, *found.span())
    if sought.number is not None:
        equal = (number for number in answer.numbers if is_same(number, sought.number))
        for number in islice(equal, _MENTIONS_LOOKED_AT):
            before, mention, after = _around(answer.numbers_text, number.start, number.end)
            yield answer.spelled(before), answer.spelled(mention), answer.spelled(after)


def _around(text: str, start: int, end: int) -> tuple[str, str, str]:
    return text[max(0, start - _LOOK_AROUND) : start], text[start:end], text[end : end + _LOOK_AROUND]


@lru_cache(maxsize=512)
def _pattern(sought: str, whole_words: bool) -> "regex.Pattern[str]":
    """Finds ``sought``; as whole words: a letter or digit at its edge has none beside it, nor a number's next digit.

    A wording above 200 characters needs no such bounds, and looking for them again and again takes long.
    """
    if not whole_words or not sought or len(sought) > _LONGEST_BOUNDED:
        return regex.compile(regex.escape(sought, special_only=True, literal_spaces=True), flags=regex.V1)
    escaped = " ?- ?".join(regex.escape(part, special_only=True, literal_spaces=True) for part in _dashed(sought))
    before = rf"(?<!{_LETTER}_?)" if regex.match(_LETTER, sought[0], flags=regex.V1) else ""
    after = rf"(?:(?!_?{_LETTER})|(?={PARTICLES}))" if regex.match(_LETTER, sought[-1], flags=regex.V1) else ""
    before += r"(?<!\d[.,])" if sought[0].isdigit() else ""
    before += r"(?<!(?<![\w)\]])-)" if sought[0] in _SIGNED else ""
    after += r"(?![.,]\d)" if sought[-1].isdigit() else ""
    return regex.compile(before + escaped + after, flags=regex.V1)


def _dashed(sought: str) -> list[str]:
    """What stands between the dashes that join words or numbers."""
    return list(regex.split(r"(?<=\w) ?- ?(?=\w)", sought))


KIND = EvaluatorKind(
    key="contains",
    title="Contains the reference",
    what="Whether the answer mentions the reference (or one of them) as whole words, and does not deny it.",
    use=Use.CHECK,
    score=score,
    params=ContainsParams,
    fails="lacks the reference answer",
    reads_reference=True,
)
