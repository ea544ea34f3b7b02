"""What evaluators ask of their parameters, and of what a prompt says about itself."""

from collections.abc import Collection
from typing import Any

from core.domain.scoring.base import Params, Subject
from core.errors import BadInput


def known(params: Params, defaults: Params) -> None:
    """Raise BadInput for a parameter that the evaluator does not have."""
    for name in params:
        if name not in defaults:
            listed = ", ".join(sorted(defaults)) or "none"
            raise BadInput(f"'{name}' is not a parameter of this evaluator. It has: {listed}.")


def switch(params: Params, *names: str) -> None:
    """Raise BadInput where one of ``names`` is neither true nor false."""
    for name in names:
        if name in params and not isinstance(params[name], bool):
            raise BadInput(f"'{name}' must be true or false, not {params[name]!r}.")


def choice(params: Params, name: str, options: Collection[str]) -> None:
    """Raise BadInput where ``name`` is not one of ``options``."""
    if name in params and (not isinstance(params[name], str) or params[name] not in options):
        raise BadInput(f"'{name}' must be one of {', '.join(options)}, not {params[name]!r}.")


def amount(params: Params, name: str, *, least: float | None = 0, most: float | None = None) -> None:
    """Raise BadInput where ``name`` is given and is no number between ``least`` and ``most``."""
    given = params.get(name)
    if given is None:
        return
    if not is_number(given):
        raise BadInput(f"'{name}' must be a number, not {given!r}.")
    if least is not None and given < least:
        raise BadInput(f"'{name}' must be at least {least:g}, not {given:g}.")
    if most is not None and given > most:
        raise BadInput(f"'{name}' must be at most {most:g}, not {given:g}.")


def count(params: Params, name: str) -> None:
    """Raise BadInput where ``name`` is given and is not a whole number, 0 or more."""
    given = params.get(name)
    if given is not None and (isinstance(given, bool) or not isinstance(given, int) or given < 0):
        raise BadInput(f"'{name}' must be a whole number, 0 or more, not {given!r}.")


def wordings(params: Params, name: str) -> None:
    """Raise BadInput where ``name`` is given and is neither a text nor a list of texts, or holds an empty one."""
    given = params.get(name)
    if given is None:
        return
    if not isinstance(given, str) and not (isinstance(given, list | tuple) and all(isinstance(t, str) for t in given)):
        raise BadInput(f"'{name}' must be a text or a list of texts, not {given!r}.")
    if not all(text.strip() for text in texts(given, keep_blank=True)):
        raise BadInput(f"'{name}' holds an empty text, which every response would match. Leave it out.")


def is_number(value: object) -> bool:
    """Whether ``value`` is a finite number (true and false are none)."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < float("inf")


def texts(value: object, *, keep_blank: bool = False) -> list[str]:
    """The texts in a text or in a list of texts; anything else holds none."""
    several = [value] if isinstance(value, str) else list(value) if isinstance(value, list | tuple) else []
    return [text for text in several if isinstance(text, str) and (keep_blank or text.strip())]


def references(subject: Subject, params: Params, name: str = "reference") -> list[str]:
    """The prompt's reference answers, or those in the parameter ``name`` where the prompt has none."""
    return texts(subject.reference) or texts(params.get(name))


def wanted(subject: Subject, params: Params, name: str) -> Any:
    """What the prompt's constraint ``name`` says, or the parameter of that name; None where neither is there."""
    found = subject.constraints.get(name)
    return params.get(name) if found is None else found
