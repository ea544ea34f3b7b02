"""Whether the answer says what the reference says: its words, as whole words, and not denied."""

from functools import lru_cache
from itertools import islice

import regex  # type: ignore[import-untyped]

from core.domain.lengths import count_words
from core.domain.scoring import parameters
from core.domain.scoring.base import (
    EvaluatorKind,
    Params,
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

DEFAULTS: Params = {
    "contains": None,
    "match": "any",
    "whole_words": True,
    "ignore_case": True,
    "denied_counts": False,
    "longest_reference_words": 6,
}
_LETTER = rf"[[\p{{L}}\p{{M}}\p{{N}}]--[{UNSPACED}]]"
_MENTIONS_LOOKED_AT = 500
_LONGEST_BOUNDED = 200
_SENTENCE_WORDS = 4
_SENTENCE_ENDS = (".", "!", "?", ";", "。", "！", "？")


def score(subject: Subject, params: Params) -> Score:
    """1 where the last answer mentions any (or, with ``match`` "all", every) wanted text.

    Wanted: the prompt's constraint ``contains`` (false: nothing), else those of its references that are a wording (at
    most ``longest_reference_words``, no sentence of four words or more, no JSON), else the parameter.
    Both sides are compared after NFKC and case folding. "art" is not in "party"; scripts without blanks have no such
    bounds. "not Paris" does not mention Paris, one other mention that is not denied does. Of a text with very many
    mentions the first 500 are looked at.
    """
    options = {**DEFAULTS, **params}
    sought = _sought(subject, options)
    if isinstance(sought, Score):
        return sought
    text = plain(subject.text, ignore_case=options["ignore_case"])
    problems = [_problem(text, wording, options) for wording in sought]
    enough = any if options["match"] == "any" else all
    if enough(problem is None for problem in problems):
        found = [wording for wording, problem in zip(sought, problems, strict=True) if problem is None]
        return passed(f"'{shown(found[0])}' is there" if found else "")
    missing = [problem for problem in problems if problem is not None]
    denied = [problem for problem in missing if "denied" in problem]
    first = (denied or missing)[0]
    if options["match"] == "any" and len(missing) > 1 and not denied:
        return failed(f"none of {len(missing)} is there: {', '.join(shown(w, 30) for w in sought[:4])}")
    return failed(first)


def _sought(subject: Subject, options: Params) -> list[str] | Score:
    """The wordings to look for, or why there is nothing to look for."""
    stated = subject.constraints.get("contains")
    if stated is False:
        return not_applicable("the prompt says that nothing need be contained")
    if texts := parameters.texts(stated):
        return texts
    if texts := parameters.texts(subject.reference):
        short = [text for text in texts if _is_wording(text, options["longest_reference_words"])]
        return short or not_applicable("the reference is a whole answer, not a wording to look for")
    return parameters.texts(options["contains"]) or not_applicable("the prompt has no reference")


def _is_wording(reference: str, longest: int) -> bool:
    """Whether a reference is a name or a fact to look for; a text, a sentence or JSON is a whole answer."""
    words, stripped = count_words(reference), reference.strip()
    is_sentence = words >= _SENTENCE_WORDS and stripped.endswith(_SENTENCE_ENDS)
    is_json = stripped.startswith(("{", "[")) and find_json(stripped, strict=True).problem is None
    return words <= longest and not is_sentence and not is_json


def _problem(text: str, wording: str, options: Params) -> str | None:
    """Why ``text`` does not contain ``wording``; None where it does."""
    sought = plain(wording, ignore_case=options["ignore_case"])
    sought = sought.rstrip(".!。！") or sought
    mentions = list(islice(_pattern(sought, options["whole_words"]).finditer(text), _MENTIONS_LOOKED_AT))
    if not mentions:
        return f"'{shown(wording)}' is missing"
    if options["denied_counts"] or not all(is_denied(text, *mention.span()) for mention in mentions):
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


def check_params(params: Params) -> None:
    """Raise BadInput, naming the parameter, on values that make no sense."""
    parameters.known(params, DEFAULTS)
    parameters.wordings(params, "contains")
    parameters.choice(params, "match", ("any", "all"))
    parameters.switch(params, "whole_words", "ignore_case", "denied_counts")
    parameters.count(params, "longest_reference_words")


KIND = EvaluatorKind(
    key="contains",
    title="Contains the reference",
    what="Whether the answer mentions the reference (or one of them) as whole words, and does not deny it.",
    use=Use.CHECK,
    score=score,
    defaults=DEFAULTS,
    check_params=check_params,
)
