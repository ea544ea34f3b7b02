"""Keywords of JSON Schema that this program works out itself: patterns, decimals, and lists in linear time."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from core.domain.scoring.number import exactly
from core.domain.scoring.parameters import is_number
from core.domain.scoring.regex_match import PATIENCE_S, compiled_pattern


def is_pattern(found: object) -> bool:
    """Whether a text is a pattern; what is no text is none's business. Raises BadInput where it is none."""
    return not isinstance(found, str) or bool(compiled_pattern(found, is_ecma=True))


def _matches(pattern: str, text: str) -> bool:
    return compiled_pattern(pattern, is_ecma=True).search(text, timeout=PATIENCE_S) is not None


def _pattern(_validator: Any, pattern: str, instance: Any, _schema: Any) -> Iterator[Any]:
    from jsonschema import ValidationError

    if isinstance(instance, str) and not _matches(pattern, instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _pattern_properties(validator: Any, patterns: Mapping[str, Any], instance: Any, _schema: Any) -> Iterator[Any]:
    if isinstance(instance, dict):
        for pattern, subschema in patterns.items():
            for name, value in instance.items():
                if _matches(pattern, name):
                    yield from validator.descend(value, subschema, path=name, schema_path=pattern)


def _additional_properties(validator: Any, wanted: Any, instance: Any, schema: Any) -> Iterator[Any]:
    from jsonschema import ValidationError

    if not isinstance(instance, dict):
        return
    named, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    for name, value in instance.items():
        if name in named or any(_matches(pattern, name) for pattern in patterns):
            continue
        if isinstance(wanted, dict):
            yield from validator.descend(value, wanted, path=name)
        elif not wanted:
            yield ValidationError(f"Additional properties are not allowed ({name!r} was unexpected)")


def _multiple_of(_validator: Any, step: Any, instance: Any, _schema: Any) -> Iterator[Any]:
    """In decimals, as numbers are written: 0.3 is three times 0.1."""
    from jsonschema import ValidationError

    if is_number(instance) and exactly(instance) % exactly(step):
        yield ValidationError(f"{instance!r} is not a multiple of {step!r}")


def _unique_items(_validator: Any, wanted: bool, instance: Any, _schema: Any) -> Iterator[Any]:
    """In linear time: the library compares every item with every other."""
    from jsonschema import ValidationError

    if wanted and isinstance(instance, list):
        spelled = [json.dumps(_canonical(item), sort_keys=True) for item in instance]
        if len(set(spelled)) < len(spelled):
            yield ValidationError("an item of the list stands twice")


def _canonical(value: Any) -> Any:
    """JSON Schema holds 1 and 1.0 for equal."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_canonical(item) for item in value]
    return {key: _canonical(item) for key, item in value.items()} if isinstance(value, dict) else value


KEYWORDS = {
    "pattern": _pattern,
    "patternProperties": _pattern_properties,
    "additionalProperties": _additional_properties,
    "multipleOf": _multiple_of,
    "uniqueItems": _unique_items,
}
"""What each keyword does, in place of the library's."""
