"""Whether the answer says what the reference says: its words, as whole words, and not denied."""

from functools import lru_cache
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
from core.domain.scoring.json_text import find_json
from core.domain.scoring.wording import UNSPACED, plain, shown
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


def score(subject: Subject, params: ContainsParams) -> Score:
    """1 where the last answer mentions any (or, with ``match`` "all", every) wanted text.

    Wanted: the prompt's constraint ``contains`` (false: nothing), else those of its references that are a wording (at
    most ``longest_reference_words``, no sentence of four words or more, no JSON), else the parameter.
    Both sides are compared after NFKC and case folding. "art" is not in "party"; scripts without blanks have no such
    bounds. "not Paris" does not mention Paris, one other mention that is not denied does. Of a text with very many
    mentions the first 500 are looked at.
    """
    sought = _sought(subject, params)
    if isinstance(sought, Score):
        return sought
    text = plain(subject.text, ignore_case=params.ignore_case)
    problems = [_problem(text, wording, params) for wording in sought]
    enough = any if params.match == "any" else all
    if enough(problem is None for problem in problems):
        found = [wording for wording, problem in zip(sought, problems, strict=True) if problem is None]
        return passed(f"'{shown(found[0])}' is there" if found else "")
    missing = [problem for problem in problems if problem is not None]
    denied = [problem for problem in missing if "denied" in problem]
    first = (denied or missing)[0]
    if params.match == "any" and len(missing) > 1 and not denied:
        return failed(f"none of {len(missing)} is there: {', '.join(shown(w, 30) for w in sought[:4])}")
    return failed(first)


def _sought(subject: Subject, params: ContainsParams) -> list[str] | Score:
    """The wordings to look for, or why there is nothing to look for."""
    stated = subject.constraints.get("contains")
    if stated is False:
        return not_applicable("the prompt says that nothing need be contained")
    if texts := parameters.texts(stated):
        return texts
    if texts := parameters.texts(subject.reference):
        short = [text for text in texts if _is_wording(text, params.longest_reference_words)]
        return short or not_applicable("the reference is a whole answer, not a wording to look for")
    return parameters.texts(params.contains) or not_applicable("the prompt has no reference")


def _is_wording(reference: str, longest: int) -> bool:
    """Whether a reference is a name or a fact to look for; a text, a sentence or JSON is a whole answer."""
    words, stripped = count_words(reference), reference.strip()
    is_sentence = words >= _SENTENCE_WORDS and stripped.endswith(_SENTENCE_ENDS)
    is_json = stripped.startswith(("{", "[")) and find_json(stripped, strict=True).problem is None
    return words <= longest and not is_sentence and not is_json


def _problem(text: str, wording: str, params: ContainsParams) -> str | None:
    """Why ``text`` does not contain ``wording``; None where it does."""
    sought = plain(wording, ignore_case=params.ignore_case)
    sought = sought.rstrip(".!。！") or sought
    mentions = list(islice(_pattern(sought, params.whole_words).finditer(text), _MENTIONS_LOOKED_AT))
    if not mentions:
        return f"'{shown(wording)}' is missing"
    if params.denied_counts or not all(is_denied(text, *mention.span()) for mention in mentions):
        return None
    start, end = mentions[0].span()
    return f"'{shown(wording)}' is only denied: '{shown(text[max(0, start - 30) : end + 20].strip())}'"


@lru_cache(maxsize=512)
def _pattern(sought: str, whole_words: bool) -> "regex.Pattern[str]":
    """Finds ``sought``; as whole words: a letter or digit at its edge has none beside it, nor a number's next digit.

    A wording above 200 characters needs no such bounds, and looking for them again and again takes long.
    """
    escaped = regex.escape(sought, special_only=True, literal_spaces=True)
    if not whole_words or not sought or len(sought) > _LONGEST_BOUNDED:
        return regex.compile(escaped, flags=regex.V1)
    before = rf"(?<!{_LETTER}_?)" if regex.match(_LETTER, sought[0], flags=regex.V1) else ""
    after = rf"(?!_?{_LETTER})" if regex.match(_LETTER, sought[-1], flags=regex.V1) else ""
    before += r"(?<!\d[.,])" if sought[0].isdigit() else ""
    after += r"(?![.,]\d)" if sought[-1].isdigit() else ""
    return regex.compile(before + escaped + after, flags=regex.V1)


KIND = EvaluatorKind(
    key="contains",
    title="Contains the reference",
    what="Whether the answer mentions the reference (or one of them) as whole words, and does not deny it.",
    use=Use.CHECK,
    score=score,
    params=ContainsParams,
)
