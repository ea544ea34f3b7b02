"""Finds the JSON in an answer: alone, in a code fence, or with words around it."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

from core.domain.scoring.fences import Fence, fences, without_fences

LONGEST = 2_000_000
_BLANKS = " \t\r\n"
_OPENING = re.compile(r"[{\[]")
_ANNOUNCED = re.compile(
    r"(?:^|[:=：`*]|\b(?:is|are|array|list|json|output|result|returns?))[ \t\r\n`*]*$", re.IGNORECASE
)
_OPENINGS_TRIED = 400
_MOST_READ = 2
_FENCES_TRIED = 50
_JSON_FENCES = ("json", "jsonc", "json5", "application/json")
_OTHER_FENCES = ("", "javascript", "js", "text", "txt", "plain", "plaintext", "output")
_BEFORE = 20
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
    """The JSON value that ``text`` is or, unless ``strict``, holds in a fence or among words: of several the last.

    A fence that says it is JSON goes before one that does not, and that before what stands among words. Total: never
    raises. Texts above 2 MB are not read.
    """
    if len(text) > LONGEST:
        return Found(problem=f"the answer is longer than {LONGEST:,} characters")
    if not text.strip():
        return Found(problem="the answer is empty")
    whole = _read(text.strip(_BLANKS), "alone")
    if strict or whole.problem is None:
        return whole
    blocks = fences(text)
    labelled = _fenced(blocks, _JSON_FENCES)
    for found in (labelled, _fenced(blocks, _OTHER_FENCES)):
        if found is not None and found.problem is None:
            return found
    if labelled is not None:
        return _among_words(text[blocks[-1].end :]) or labelled
    looks_meant = text.lstrip("\ufeff" + _BLANKS)[:1] in ("{", "[")
    nothing = whole if looks_meant else Found(problem="there is no JSON in the answer")
    return (_among_words(without_fences(text)) if blocks else None) or _among_words(text) or nothing


def _fenced(blocks: list[Fence], labels: tuple[str, ...]) -> Found | None:
    """The last JSON in the fences of these labels, or what is wrong in the last of them; None without any."""
    meant = [block for block in blocks if block.label in labels][-_FENCES_TRIED:]
    found = [_read(block.body.strip(), "fence") for block in meant]
    return next((one for one in reversed(found) if one.problem is None), found[-1] if found else None)


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
    """The last object or array among other words, not looking at empty ones and notes ("[1]") if there are others."""
    found = list(_values_in(text))
    spoken = [one for one, is_meant in found if is_meant]
    return spoken[-1] if spoken else found[-1][0] if found else None


def _values_in(text: str) -> Iterator[tuple[Found, bool]]:
    """The objects and arrays among words, each with whether it is surely more than a note."""
    at, left = 0, _MOST_READ * len(text)
    for _ in range(_OPENINGS_TRIED):
        opening = _OPENING.search(text, at)
        if opening is None or left < 0:
            break
        reader = _Reader()
        start = opening.start()
        try:
            value, at = reader.decoder().raw_decode(text, start)
        except (ValueError, RecursionError) as error:
            left -= _read_in_vain(error, len(text), start)
            at = opening.end()
            continue
        is_rich = _is_rich(value)
        if is_rich or isinstance(value, dict) or _ANNOUNCED.search(text[max(0, start - _BEFORE) : start]):
            yield Found(value=value, place="text", repeated=next(iter(reader.repeated), None)), is_rich


def _read_in_vain(error: Exception, length: int, start: int) -> int:
    """How many characters were read before an error, at most."""
    is_placed = isinstance(error, json.JSONDecodeError) and not error.msg.startswith("Unterminated")
    return error.pos - start if isinstance(error, json.JSONDecodeError) and is_placed else length - start


def _is_rich(value: Any) -> bool:
    """Whether it holds more than numbers: "[1, 2]" may be a note and "{}" a word on empty objects."""
    return bool(value) and (isinstance(value, dict) or any(not isinstance(item, int | float) for item in value))
