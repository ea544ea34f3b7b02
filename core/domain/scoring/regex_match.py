"""Whether the answer matches a pattern, within a time that no pattern can outstay."""

from functools import lru_cache

import regex  # type: ignore[import-untyped]
from pydantic import field_validator

from core.domain.scoring.base import (
    EvaluatorKind,
    Score,
    Subject,
    Use,
    failed,
    not_applicable,
    passed,
    unscored,
)
from core.domain.scoring.ecma_pattern import translated
from core.domain.scoring.wording import shown
from core.domain.strict_params import StrictParams
from core.errors import BadInput


class RegexParams(StrictParams):
    """``whole``: the pattern must cover the whole answer. ``forbidden``: a match is what fails."""

    pattern: str | None = None
    whole: bool = False
    ignore_case: bool = False
    forbidden: bool = False

    @field_validator("pattern")
    @classmethod
    def _is_a_pattern(cls, pattern: str | None) -> str | None:
        if pattern is not None:
            compiled_pattern(pattern)
        return pattern


PATIENCE_S = 0.5
_LONGEST_PATTERN = 5_000


def score(subject: Subject, params: RegexParams) -> Score:
    """1 where the last answer matches the prompt's constraint ``regex``, or else the parameter ``pattern``.

    ``whole``: the pattern must cover the whole answer. ``forbidden``: a match is what fails. Unscored when the pattern
    takes longer than half a second on this answer.
    """
    pattern = wanted(subject, params)
    if pattern is None:
        return not_applicable("there is no pattern to match")
    try:
        compiled = compiled_pattern(pattern, ignore_case=params.ignore_case)
    except BadInput as error:
        return unscored(f"the prompt's pattern cannot be used: {shown(str(error), 120)}")
    return _matched(compiled, subject.text, params)


def wanted(subject: Subject, params: RegexParams) -> object:
    """The pattern: the prompt's constraint ``regex``, or else the parameter; None where there is neither."""
    stated = subject.constraints.get("regex")
    return params.pattern if stated is None else stated


def _matched(compiled: "regex.Pattern[str]", text: str, params: RegexParams) -> Score:
    find = compiled.fullmatch if params.whole else compiled.search
    try:
        found = find(text, timeout=PATIENCE_S)
    except TimeoutError:
        return unscored(
            f"the pattern took longer than {PATIENCE_S:g} s on this answer; write it without nested repeats"
        )
    except (MemoryError, RecursionError):
        return unscored("the pattern needs too much memory on this answer")
    if params.forbidden:
        return (
            failed(f"'{shown(found[0])}' is there and must not be") if found else passed("nothing forbidden is there")
        )
    if found:
        return passed(f"'{shown(found[0])}' matches" if found[0].strip() else "the pattern matches")
    return failed(f"nothing matches {shown(compiled.pattern, 80)}")


def compiled_pattern(pattern: object, *, ignore_case: bool = False, is_ecma: bool = False) -> "regex.Pattern[str]":
    """The pattern (``is_ecma``: in JavaScript's spelling), ready for use. Raises BadInput, saying where it is wrong."""
    if not isinstance(pattern, str):
        raise BadInput(f"'pattern' must be a text, not {pattern!r}.")
    if len(pattern) > _LONGEST_PATTERN:
        raise BadInput(f"'pattern' is longer than {_LONGEST_PATTERN:,} characters.")
    return _compiled(pattern, ignore_case, is_ecma)


@lru_cache(maxsize=256)
def _compiled(pattern: str, ignore_case: bool, is_ecma: bool) -> "regex.Pattern[str]":
    try:
        return regex.compile(translated(pattern) if is_ecma else pattern, flags=regex.IGNORECASE if ignore_case else 0)
    except (regex.error, RecursionError, OverflowError, MemoryError, ValueError, KeyError, IndexError) as error:
        raise BadInput(f"'pattern' is not a regular expression: {error}.") from error


KIND = EvaluatorKind(
    key="regex",
    title="Matches a pattern",
    what="Whether a regular expression matches the answer (or, if it is forbidden, does not).",
    use=Use.CHECK,
    score=score,
    params=RegexParams,
    fails="breaks the pattern",
    runs=wanted,
)
