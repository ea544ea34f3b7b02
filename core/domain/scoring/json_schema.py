"""Whether the answer is JSON of the shape that the prompt asks for."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from pydantic import field_validator

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
from core.domain.scoring.json_text import find_json
from core.domain.scoring.regex_match import PATIENCE_S, compiled_pattern
from core.domain.scoring.wording import shown
from core.domain.strict_params import StrictParams
from core.errors import BadInput


class SchemaParams(StrictParams):
    """``json_schema``: for prompts without one of their own. ``strict``: nothing may stand around the JSON."""

    json_schema: Any = None
    strict: bool = False

    @field_validator("json_schema")
    @classmethod
    def _is_a_schema(cls, schema: Any) -> Any:
        if schema is not None:
            try:
                text = json.dumps(schema)
            except (TypeError, ValueError, RecursionError) as error:
                raise BadInput(f"'json_schema' must be JSON: {error}.") from error
            _validator(text)
        return schema


_LONGEST = 200_000


def score(subject: Subject, params: SchemaParams) -> Score:
    """1 where the JSON in the last answer fits the prompt's constraint ``json_schema``, or else the parameter's.

    Drafts 4 to 2020-12 as ``$schema`` says, 2020-12 without. Nothing is ever fetched: a schema that refers to another
    address, or is broken otherwise, leaves the answer unscored. So does an answer above 200,000 characters.
    """
    schema = wanted(subject, params)
    if schema is None:
        return not_applicable("the prompt has no JSON schema")
    try:
        validator = _validator(json.dumps(schema))
    except (BadInput, TypeError, ValueError, RecursionError) as error:
        return unscored(f"the prompt's schema cannot be used: {shown(str(error), 120)}")
    if len(subject.text) > _LONGEST:
        return unscored(f"the answer is longer than {_LONGEST:,} characters")
    found = find_json(subject.text, strict=bool(params.strict))
    if found.problem is not None:
        return failed(shown(found.problem, 140))
    return _judged(validator, found.value)


def wanted(subject: Subject, params: SchemaParams) -> Any:
    """The schema: the prompt's constraint ``json_schema``, or else the parameter; None where there is neither."""
    return parameters.wanted(subject, params, "json_schema")


def _judged(validator: Any, value: Any) -> Score:
    """The first fault of ``value`` in the order of the document, in words."""
    from referencing.exceptions import Unresolvable

    try:
        fault = next(validator.iter_errors(value), None)
    except Unresolvable as error:
        return unscored(f"the prompt's schema refers to what it does not hold: {shown(str(error), 80)}")
    except (BadInput, TimeoutError, re.error) as error:
        return unscored(f"a pattern in the prompt's schema cannot be used: {shown(str(error), 100)}")
    except RecursionError:
        return unscored("the schema refers to itself without end, or the answer is nested too deeply")
    if fault is None:
        return passed("it fits the schema")
    message = fault.message.replace(repr(fault.instance), shown(repr(fault.instance), 40), 1)
    place = "".join(
        f"[{step}]" if isinstance(step, int) else f".{shown(str(step), 30)}" for step in fault.absolute_path
    )
    return failed(f"{place.lstrip('.')}: {shown(message, 100)}" if place else shown(message, 120))


@lru_cache(maxsize=64)
def _validator(schema_text: str) -> Any:
    """A validator for the schema. Raises BadInput where the schema is broken."""
    from jsonschema import Draft202012Validator, SchemaError, validators
    from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped]

    schema = json.loads(schema_text)
    if not isinstance(schema, dict):
        raise BadInput(f"'json_schema' must be an object, not {shown(schema_text, 40)}.")
    draft = validators.validator_for(schema, default=Draft202012Validator)
    try:
        draft.check_schema(schema)
    except SchemaError as error:
        at = "".join(f"/{step}" for step in error.absolute_path)
        raise BadInput(
            f"'json_schema' is not a JSON schema: {shown(error.message, 100)} (at {at or 'its root'})."
        ) from error
    patient = validators.extend(  # type: ignore[no-untyped-call]
        draft, _PATIENT
    )
    return patient(schema, registry=REGISTRY)


def _matches(pattern: str, text: str) -> bool:
    return compiled_pattern(pattern).search(text, timeout=PATIENCE_S) is not None


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


_PATIENT = {
    "pattern": _pattern,
    "patternProperties": _pattern_properties,
    "additionalProperties": _additional_properties,
    "uniqueItems": _unique_items,
}


KIND = EvaluatorKind(
    key="json_schema",
    title="JSON of the right shape",
    what="Whether the answer is JSON that fits the schema which the prompt gives.",
    use=Use.CHECK,
    score=score,
    params=SchemaParams,
    runs=wanted,
)
