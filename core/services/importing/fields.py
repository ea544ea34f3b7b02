"""Taking typed values out of a row; whatever is wrong is a Flaw that names the field."""

import hashlib
import json
import math
from datetime import UTC, datetime, timedelta
from typing import Any

from core.services.importing.records import Cells, Flaw, Row

LONGEST_NAME = 400
"""Characters in an id or a name: what a database can index on every platform."""
LONGEST_CATEGORY = 200
LARGEST_COUNT = 2_147_483_647
_ROLES = {"system": "system", "developer": "system", "user": "user", "human": "user", "assistant": "assistant"} | {
    "ai": "assistant"
}
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_LATEST = datetime(2100, 1, 1, tzinfo=UTC)
_MISSING_TEXTS = (None, "")


def name(row: Row, field: str) -> str:
    """A required id or name: text, not blank, at most 400 characters."""
    found = row.get(field)
    if type(found) is int and type(row) is Cells:
        found = str(found)
    if type(found) is not str:
        raise Flaw("is missing." if found is None else f"must be text, not {kind_of(found)}.", field=field)
    return checked_name(found, field)


def checked_name(found: str, field: str) -> str:
    """``found``, where it can serve as an id or a name."""
    if not found or found.isspace():
        raise Flaw("is empty.", field=field)
    if len(found) > LONGEST_NAME:
        raise Flaw(f"is longer than {LONGEST_NAME} characters.", field=field)
    return storable(found, field)


def short(found: str, field: str) -> str:
    """``found``, unless it is longer than a category may be."""
    if len(found) > LONGEST_CATEGORY:
        raise Flaw(f"is longer than {LONGEST_CATEGORY} characters.", field=field)
    return found


def optional_name(row: Row, field: str) -> str | None:
    """Like ``name``; None where the field is absent, null or empty."""
    return None if row.get(field) in _MISSING_TEXTS else name(row, field)


def text(row: Row, field: str) -> str:
    """A required text; it may be empty."""
    if field not in row:
        raise Flaw("is missing.", field=field)
    return as_text(row[field], field)


def optional_text(row: Row, field: str) -> str | None:
    """A text, or None where the field is absent or null."""
    return None if row.get(field) is None else as_text(row[field], field)


def as_text(found: Any, field: str) -> str:
    """``found`` as a text that can be stored."""
    if not isinstance(found, str):
        raise Flaw(f"must be text, not {kind_of(found)}.", field=field)
    return storable(found, field)


def storable(found: str, field: str) -> str:
    """``found``, unless it holds what no database can keep: NUL, or half of a surrogate pair."""
    if "\x00" in found:
        raise Flaw("holds a NUL character, which cannot be stored.", field=field)
    if not found.isascii():
        try:
            found.encode()
        except UnicodeEncodeError:
            raise Flaw("holds half of a surrogate pair, which is not a character.", field=field) from None
    return found


def texts(found: Any, field: str) -> list[str]:
    """A list of texts."""
    if not isinstance(found, list):
        raise Flaw(f"must be a list of texts, not {kind_of(found)}.", field=field)
    return [as_text(item, f"{field}[{place}]") for place, item in enumerate(found)]


def messages(found: Any, field: str) -> list[dict[str, str]]:
    """Chat messages, the last one the user's: role and content each, whatever else they hold left out.

    Content in parts (``[{"type": "text", "text": …}]``) is joined; parts that are not text are refused.
    """
    if not isinstance(found, list):
        raise Flaw(f"must be a list of messages, not {kind_of(found)}.", field=field)
    kept = [_message(each, f"{field}[{place}]") for place, each in enumerate(found)]
    if not kept or kept[-1]["role"] != "user":
        raise Flaw("must end with a message of the user.", field=field)
    return kept


def _message(found: Any, field: str) -> dict[str, str]:
    if not isinstance(found, dict):
        raise Flaw(f"must be a message with role and content, not {kind_of(found)}.", field=field)
    said = found.get("role")
    role = _ROLES.get(said) if isinstance(said, str) else None
    if role is None:
        raise Flaw('must be "system", "user" or "assistant".', field=f"{field}.role")
    return {"role": role, "content": content(found.get("content"), f"{field}.content")}


def content(found: Any, field: str) -> str:
    """A message's content: text, or the joined texts of its parts."""
    if not isinstance(found, list):
        return as_text(found, field)
    pieces = []
    for place, part in enumerate(found):
        is_text = isinstance(part, dict) and part.get("type", "text") in ("text", "input_text", "output_text")
        said = part.get("text") if is_text else part
        if not isinstance(said, str):
            raise Flaw("is not text; only text can be compared.", field=f"{field}[{place}]")
        pieces.append(storable(said, field))
    return "".join(pieces)


def amount(row: Row, field: str) -> float | None:
    """A number of at least 0, or None where absent or null."""
    found = _cell(row, field)
    if found is None:
        return None
    number = _number(found, field)
    if not math.isfinite(number) or number < 0:
        raise Flaw("must be a number of at least 0.", field=field)
    return number


def count(row: Row, field: str) -> int | None:
    """A whole number from 0 to 2,147,483,647, or None where absent or null."""
    found = _cell(row, field)
    if found is None:
        return None
    number = _number(found, field)
    if not 0 <= number <= LARGEST_COUNT or number != int(number):
        raise Flaw("must be a whole number of at least 0.", field=field)
    return int(number)


def flag(row: Row, field: str) -> bool:
    """A yes or no; absent or null is no."""
    found = row.get(field)
    if type(row) is Cells:
        found = {"": False, "0": False, "false": False, "1": True, "true": True}.get(str(found).lower(), found)
    if found is None or isinstance(found, bool):
        return bool(found)
    raise Flaw("must be true or false.", field=field)


def mapping(row: Row, field: str) -> Row | None:
    """An object, or None where absent or null."""
    found = unpacked(row, field)
    if found is None:
        return None
    if not isinstance(found, dict):
        raise Flaw(f"must be an object, not {kind_of(found)}.", field=field)
    check_json(found, field)
    return found


def check_json(found: Any, field: str) -> None:
    """Refuse what cannot be stored as JSON on every database."""
    try:
        written = json.dumps(found, allow_nan=False, ensure_ascii=False)
    except (ValueError, RecursionError, TypeError):
        raise Flaw("holds a number or a nesting that JSON cannot express.", field=field) from None
    storable(written, field)
    if "\\u0000" in written:
        raise Flaw("holds a NUL character, which cannot be stored.", field=field)


def unpacked(row: Row, field: str) -> Any:
    """The value of a field; in a table's cell, the list or object that its JSON text holds. Empty is None."""
    found = row.get(field)
    if type(row) is not Cells:
        return found
    return None if found == "" else decoded(found)


def decoded(found: Any) -> Any:
    """The value that a JSON text holds (exports put JSON into CSV cells); anything else as it is."""
    if isinstance(found, str) and found[:1] in ("{", "["):
        try:
            return json.loads(found)
        except (ValueError, RecursionError):
            return found
    return found


def moment(row: Row, field: str) -> datetime | None:
    """A time, in UTC: ISO 8601 (naive is UTC) or seconds, ms, µs or ns since 1970; None where absent."""
    found = row.get(field)
    if found in _MISSING_TEXTS:
        return None
    try:
        when = as_moment(found)
    except (ValueError, OverflowError, OSError):
        raise Flaw("is not a time such as 2025-03-01T12:00:00Z, or seconds since 1970.", field=field) from None
    if not _EARLIEST <= when < _LATEST:
        raise Flaw("is a time before 1990 or after 2099.", field=field)
    return when


def as_moment(found: Any) -> datetime:
    """The time that ``found`` says; ValueError or OverflowError where it says none."""
    if isinstance(found, datetime):
        when = found
    elif isinstance(found, str):
        try:
            when = datetime.fromisoformat(found)
        except ValueError:
            return _since_1970(float(found))
    elif isinstance(found, int | float) and not isinstance(found, bool):
        return _since_1970(float(found))
    else:
        raise ValueError
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


def _since_1970(number: float) -> datetime:
    if not math.isfinite(number):
        raise ValueError
    size = abs(number)
    unit = next((unit for limit, unit in ((1e11, 1.0), (1e14, 1e3), (1e17, 1e6)) if size < limit), 1e9)
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=number / unit)


def elapsed_ms(start: datetime | None, end: datetime | None) -> float | None:
    """Milliseconds from ``start`` to ``end``; None where one is not known or the clock ran backwards."""
    if start is None or end is None or end < start:
        return None
    return (end - start).total_seconds() * 1000


def _cell(row: Row, field: str) -> Any:
    found = row.get(field)
    if type(row) is not Cells or found is None:
        return found
    if found == "":
        return None
    try:
        return float(found)
    except (TypeError, ValueError):
        return found


def _number(found: Any, field: str) -> float:
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise Flaw(f"must be a number, not {kind_of(found)}.", field=field)
    try:
        return float(found)
    except OverflowError:
        raise Flaw("is too large a number.", field=field) from None


def kind_of(found: Any) -> str:
    """What a JSON value is, in a reader's words."""
    words = {bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list", dict: "an object"}
    return "nothing" if found is None else words.get(type(found), "something else")


def canonical(found: Any) -> str:
    """``found`` as JSON with sorted keys and no spaces: equal values, equal text."""
    return json.dumps(found, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(found: Any) -> str:
    """SHA-256, in hex, of the canonical JSON of ``found``."""
    return hashlib.sha256(canonical(found).encode()).hexdigest()
