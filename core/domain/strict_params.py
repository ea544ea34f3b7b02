"""Parameters of evaluators and judges, declared once: what each may hold, and the words for what it may not."""

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, ClassVar, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError, ValidationInfo
from pydantic_core import ErrorDetails

from core.errors import BadInput

_SHOWN = 60


class StrictParams(BaseModel):
    """Parameters, each with its type, its limits and its default.

    A validator of a subclass raises BadInput, which reaches the caller as it is.
    """

    model_config = ConfigDict(strict=True, frozen=True, allow_inf_nan=False)
    owner: ClassVar[str] = "this evaluator"
    """Whose they are, in a reader's words."""

    @classmethod
    def defaults(cls) -> dict[str, Any]:
        """Every parameter with its default, in their order."""
        return {name: field.get_default(call_default_factory=True) for name, field in cls.model_fields.items()}

    @classmethod
    def check(cls, given: Mapping[str, Any]) -> None:
        """Raise BadInput, naming the first parameter that makes no sense; those not ``given`` have their defaults."""
        for name in given:
            if name not in cls.model_fields:
                known = ", ".join(sorted(cls.model_fields)) or "none"
                raise BadInput(f"'{name}' is not a parameter of {cls.owner}. It has: {known}.")
        try:
            cls.model_validate({**cls.defaults(), **given})
        except ValidationError as error:
            raise BadInput(cls._problem(error.errors()[0])) from None

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """The parameters as they were checked and stored; those that were not there yet have their defaults."""
        return cls.model_construct(**{name: stored[name] for name in cls.model_fields if name in stored})

    @classmethod
    def described(cls, name: str) -> list[dict[str, Any]]:
        """What a parameter may hold, as JSON schemas: one for each type that it takes, without null."""
        return [each for each in _alternatives(_schemas(cls)[name]) if each.get("type") != "null"]

    @classmethod
    def _problem(cls, error: ErrorDetails) -> str:
        name = str(error["loc"][0])
        wanted = " or ".join(dict.fromkeys(_in_words(each) for each in cls.described(name)))
        given = repr(error["input"])
        return f"'{name}' must be {wanted}, not {given if len(given) <= _SHOWN else given[:_SHOWN] + '…'}."


def _no_empty_text(found: str | list[str], info: ValidationInfo) -> str | list[str]:
    if not all(text.strip() for text in ([found] if isinstance(found, str) else found)):
        raise BadInput(f"'{info.field_name}' holds an empty text, which every response would match. Leave it out.")
    return found


def _some_text(found: str, info: ValidationInfo) -> str:
    if not found.strip():
        raise BadInput(f"'{info.field_name}' is missing: give it a text.")
    return found


Wordings = Annotated[str | list[str], AfterValidator(_no_empty_text)]
"""A text or a list of texts, none of them empty."""
SomeText = Annotated[str, AfterValidator(_some_text)]
"""A text that is not blank."""


@cache
def _schemas(params: type[StrictParams]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = params.model_json_schema()["properties"]
    return found


def _alternatives(schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = schema.get("anyOf") or [dict(schema)]
    return found


def _in_words(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return f"one of {', '.join(map(str, schema['enum']))}"
    if "type" not in schema:
        return "JSON"
    kinds = {"boolean": "true or false", "string": "a text", "array": "a list of texts", "integer": "a whole number"}
    return kinds.get(schema["type"], "a number") + _limits(schema)


def _limits(schema: Mapping[str, Any]) -> str:
    least, most = (None if limit is None else f"{limit:,}" for limit in map(schema.get, ("minimum", "maximum")))
    if least is not None and most is not None:
        return f" from {least} to {most}"
    return f" of at least {least}" if least is not None else f" of at most {most}" if most is not None else ""
