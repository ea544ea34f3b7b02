"""Finds the JSON in an answer: alone, in a code fence, or with words around it."""

import json
import re
from dataclasses import dataclass, field
from typing import Any, NoReturn

from core.domain.scoring.fences import fences

LONGEST = 2_000_000
_BLANKS = " \t\r\n"
_OPENING = re.compile(r"\{|^[ \t]*(\[)", re.MULTILINE)
_OPENINGS_TRIED = _FENCES_TRIED = 50
_JSON_FENCES = ("json", "jsonc", "json5", "javascript", "js", "")
_LONGEST_WHOLE_NUMBER = 4_000


@dataclass(frozen=True)
class Found:
    """The JSON in an answer. ``problem``: why there is none, None where there is; ``value`` is then what it says."""

    value: Any = None
    problem: str | None = None
    place: str = "alone"
    """"alone", "fence" or "text"."""
    repeated: str | None = None
    """A key that stands twice in one object, if any does."""


@dataclass
class _Reader:
    """Reads RFC 8259 JSON and nothing else: no NaN, no Infinity. Remembers a key that stands twice."""

    repeated: list[str] = field(default_factory=list)

    def decoder(self) -> json.JSONDecoder:
        """A decoder that reports to this reader."""
        return json.JSONDecoder(object_pairs_hook=self._object, parse_constant=_no_constant, parse_int=_whole_number)

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in pairs:
            if key in found:
                self.repeated.append(key)
            found[key] = value
        return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _whole_number(digits: str) -> int | float:
    """An integer; of more digits than Python reads, the nearest float."""
    return int(digits) if len(digits) < _LONGEST_WHOLE_NUMBER else float(digits)


def find_json(text: str, *, strict: bool = False) -> Found:
    """The JSON value that ``text`` is or, unless ``strict``, holds in a fence or among words (the longest there).

    Total: never raises. Texts above 2 MB are not read.
    """
    if len(text) > LONGEST:
        return Found(problem=f"the answer is longer than {LONGEST:,} characters")
    if not text.strip():
        return Found(problem="the answer is empty")
    whole = _read(text.strip(_BLANKS), "alone")
    if strict or whole.problem is None:
        return whole
    meant = [fence for fence in fences(text) if fence.label in _JSON_FENCES][:_FENCES_TRIED]
    fenced = [_read(fence.body.strip(), "fence") for fence in meant]
    for found in fenced:
        if found.problem is None:
            return found
    if fenced:
        return fenced[0]
    looks_meant = text.lstrip("\ufeff" + _BLANKS)[:1] in ("{", "[")
    return _among_words(text) or (whole if looks_meant else Found(problem="there is no JSON in the answer"))


def _read(text: str, place: str) -> Found:
    reader = _Reader()
    try:
        value = reader.decoder().decode(text)
    except json.JSONDecodeError as error:
        return Found(
            problem=f"not valid JSON: {error.msg.lower()} (line {error.lineno}, column {error.colno})", place=place
        )
    except RecursionError:
        return Found(problem="the JSON is nested too deeply to read", place=place)
    except ValueError as error:
        return Found(problem=f"not valid JSON: {error}", place=place)
    return Found(value=value, place=place, repeated=next(iter(reader.repeated), None))


def _among_words(text: str) -> Found | None:
    """The longest object, or array at the start of a line, that stands among other words."""
    longest, best = 0, None
    at = 0
    for _ in range(_OPENINGS_TRIED):
        opening = _OPENING.search(text, at)
        if opening is None:
            break
        reader = _Reader()
        start = opening.end() - 1
        try:
            value, end = reader.decoder().raw_decode(text, start)
        except (ValueError, RecursionError):
            at = opening.end()
            continue
        if end - start > longest:
            longest, best = end - start, Found(value=value, place="text", repeated=next(iter(reader.repeated), None))
        at = end
    return best
