"""Whether the answer is JSON of the shape that the prompt asks for."""

import json
import re
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
from core.domain.scoring.json_schema_keywords import KEYWORDS, is_pattern
from core.domain.scoring.json_text import find_json
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
                text = json.dumps(_unwrapped(schema))
            except (TypeError, ValueError, RecursionError) as error:
                raise BadInput(f"'json_schema' must be JSON: {error}.") from error
            _validator(text)
        return schema


_LONGEST = 200_000
_WRAPPERS = ("response_format", "text", "format", "json_schema", "schema")
_WRAPPERS_WORDS = frozenset({*_WRAPPERS, "type", "name", "description", "strict"})


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
    """The schema: the prompt's constraint ``json_schema``, or else the parameter; None where there is neither.

    Either may be wrapped as for OpenAI's API: ``{"type": "json_schema", "json_schema": {"name": …, "schema": …}}``.
    """
    return _unwrapped(parameters.wanted(subject, params, "json_schema"))


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
        draft.check_schema(schema, format_checker=_formats())  # type: ignore[call-arg]
    except SchemaError as error:
        at = "".join(f"/{step}" for step in error.absolute_path)
        raise BadInput(
            f"'json_schema' is not a JSON schema: {shown(error.message, 100)} (at {at or 'its root'})."
        ) from error
    own = validators.extend(draft, KEYWORDS)  # type: ignore[no-untyped-call]
    return own(schema, registry=REGISTRY)


def _formats() -> Any:
    """The formats that a schema itself must keep: its patterns are ones."""
    from jsonschema import FormatChecker

    checker = FormatChecker(formats=())
    checker.checks("regex", raises=BadInput)(is_pattern)
    return checker


def _unwrapped(stated: Any) -> Any:
    """The schema in what OpenAI's API takes as the form of a response."""
    for _ in range(len(_WRAPPERS)):
        if not isinstance(stated, dict):
            break
        inner = next(
            (stated[name] for name in _WRAPPERS if isinstance(stated.get(name), dict) and _wraps(stated)), None
        )
        if inner is None:
            break
        stated = inner
    return {**stated, "type": "object"} if isinstance(stated, dict) and stated.get("type") == "json_object" else stated


def _wraps(stated: dict[str, Any]) -> bool:
    """Whether an object holds nothing but a wrapper's own words."""
    return set(stated) <= _WRAPPERS_WORDS


KIND = EvaluatorKind(
    key="json_schema",
    title="JSON of the right shape",
    what="Whether the answer is JSON that fits the schema which the prompt gives.",
    use=Use.CHECK,
    score=score,
    params=SchemaParams,
    fails="is not JSON of the right shape",
    runs=wanted,
)
