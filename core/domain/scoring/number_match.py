"""Whether the answer gives the right number."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from pydantic import Field

from core.domain.scoring import parameters
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
from core.domain.scoring.number import Number, exactly, is_same, spelled
from core.domain.scoring.numbers import numbers_in, only_number
from core.domain.scoring.wording import shown
from core.domain.strict_params import StrictParams
from core.errors import BadInput


class NumberParams(StrictParams):
    """``which``: any number in the answer may be the right one, or only the last."""

    number: float | None = None
    which: Literal["any", "final"] = "any"
    tolerance: float = Field(0.0, ge=0)
    relative_tolerance: float = Field(0.0, ge=0, le=1)
    in_words: bool = True


_OWN = ("tolerance", "relative_tolerance", "which")


@dataclass(frozen=True)
class _Wanted:
    numbers: tuple[Number, ...]
    tolerance: float
    relative_tolerance: float
    which: str


def score(subject: Subject, params: NumberParams) -> Score:
    """1 where a number in the last answer (with ``which`` "final": the last number) is the one that is wanted.

    Wanted: the prompt's constraint ``number`` (a number, a list of which any will do, or an object with ``value`` and,
    if it likes, ``tolerance``, ``relative_tolerance``, ``which``), else references that are nothing but numbers, all of
    them (where one is a wording, the answer may be right in words), else the parameter. Right is within the larger
    tolerance. Percents and scales count both ways: "12 %" is 12 and 0.12, "1.2 million" is 1,200,000 and 1.2. Numbers
    that count the lines of a list or name a footnote are no answers. The last number is one in digits, if there is any.
    """
    wanted = _wanted(subject, params)
    if isinstance(wanted, Score):
        return wanted
    sought = " or ".join(dict.fromkeys(spelled(number.values[0]) for number in wanted.numbers[:4]))
    looked_at = _looked_at(subject.text, params, wanted.which)
    if not looked_at:
        return failed(f"there is no number, {sought} was wanted")
    tolerances = exactly(wanted.tolerance), exactly(wanted.relative_tolerance)
    for number in looked_at:
        if any(is_same(number, right, *tolerances) for right in wanted.numbers):
            return passed(f"{shown(number.written, 30)} is right")
    if wanted.which == "final":
        return failed(f"the final number is {shown(looked_at[-1].written, 30)}, {sought} was wanted")
    listed = ", ".join(shown(number.written, 20) for number in looked_at[:4])
    return failed(f"{sought} is missing among {listed}{', …' if len(looked_at) > 4 else ''}")


def _looked_at(text: str, params: NumberParams, which: str) -> list[Number]:
    """The numbers in the answer of which one must be right."""
    if which == "any":
        return numbers_in(text, in_words=params.in_words)
    return (numbers_in(text) or numbers_in(text, in_words=params.in_words))[-1:]


def _wanted(subject: Subject, params: NumberParams) -> _Wanted | Score:
    """What number is wanted and how exactly; or why none is."""
    wanted = _Wanted((), params.tolerance, params.relative_tolerance, params.which)
    stated = subject.constraints.get("number")
    if isinstance(stated, Mapping):
        own = {name: stated[name] for name in _OWN if name in stated}
        try:
            NumberParams.check(own)
        except BadInput as error:
            return unscored(f"the prompt's number cannot be used: {shown(str(error), 100)}")
        wanted, stated = replace(wanted, **own), stated.get("value")
    if stated is None and (references := parameters.texts(subject.reference)):
        are_numbers = all(only_number(reference, in_words=params.in_words) for reference in references)
        stated = references if are_numbers else None
    if stated is None:
        stated = params.number
    if stated is None:
        return not_applicable("the prompt wants no number")
    numbers = _numbers(stated, in_words=params.in_words)
    if not numbers:
        return unscored(f"the number the prompt wants is none: {shown(repr(stated), 60)}")
    return replace(wanted, numbers=numbers)


def _numbers(stated: Any, *, in_words: bool) -> tuple[Number, ...]:
    """The number, or the numbers in a list. What is none is left out."""
    found = list[Number]()
    for one in stated if isinstance(stated, list | tuple) else [stated]:
        if parameters.is_number(one):
            found.append(Number(str(one), (exactly(one),)))
        elif isinstance(one, str) and (number := only_number(one, in_words=in_words)):
            found.append(number)
    return tuple(found)


KIND = EvaluatorKind(
    key="number_match",
    title="Right number",
    what="Whether the answer gives the number that is wanted, however its thousands and decimals are written.",
    use=Use.CHECK,
    score=score,
    params=NumberParams,
    fails="lacks the right number",
    reads_reference=True,
)
