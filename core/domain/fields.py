"""Taking typed values out of a row; whatever is wrong is a Flaw that names the field."""

import json
import math
from typing import Any

from core.domain.storable_text import storable

Row = dict[str, Any]
LONGEST_NAME = 400
"""Characters in an id or a name: what a database can index on every platform."""
LONGEST_CATEGORY = 200
LARGEST_COUNT = 2_147_483_647
_MISSING_TEXTS = (None, "")


class Cells(dict[str, Any]):
    """A row of a table (CSV, SQL), where a number or an object may be written as text, and an id be a number."""


class Flaw(Exception):
    """A fault in a record; becomes errors.BadFile, with the file's name, where the file is known."""

    def __init__(self, problem: str, *, field: str | None = None, line: int | None = None) -> None:
        super().__init__(problem)
        self.problem, self.field, self.line = problem, field, line


def name(row: Row, field: str) -> str:
    """A required id or name: text, not blank, at most 400 characters."""
    found = row.get(field)
    if type(found) is int and type(row) is Cells:
        found = str(found)
    if type(found) is not str:
        raise Flaw("is missing." if found is None else f"must be text, not {kind_of(found)}.", field=field)
    return checked_name(found, field)


def number_or_name(row: Row, field: str) -> str:
    """Like ``name``, where ids may be whole numbers too."""
    found = row.get(field)
    return str(found) if type(found) is int else name(row, field)


def checked_name(found: str, field: str) -> str:
    """``found``, where it can serve as an id or a name."""
    if not found or found.isspace():
        raise Flaw("is empty.", field=field)
    if len(found) > LONGEST_NAME:
        raise Flaw(f"is longer than {LONGEST_NAME} characters.", field=field)
    return storable(found)


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
    return storable(found)


def texts(found: Any, field: str) -> list[str]:
    """A list of texts."""
    if not isinstance(found, list):
        raise Flaw(f"must be a list of texts, not {kind_of(found)}.", field=field)
    return [as_text(item, f"{field}[{place}]") for place, item in enumerate(found)]


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
    try:
        kept: Row = _storable_json(found)
        json.dumps(kept, allow_nan=False)
    except (ValueError, RecursionError, TypeError):
        raise Flaw("holds a number or a nesting that JSON cannot express.", field=field) from None
    return kept


def _storable_json(found: Any) -> Any:
    """``found`` with texts and keys that can be stored."""
    if isinstance(found, str):
        return storable(found)
    if isinstance(found, list):
        return [_storable_json(each) for each in found]
    if isinstance(found, dict):
        return {storable(key): _storable_json(each) for key, each in found.items()}
    return found


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
