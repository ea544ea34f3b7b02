"""What evaluators read of a prompt: its reference, its constraints, or what their parameters say in their place."""

from typing import Any

from core.domain.scoring.base import Subject
from core.domain.strict_params import StrictParams


def is_number(value: object) -> bool:
    """Whether ``value`` is a finite number (true and false are none)."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < float("inf")


def texts(value: object) -> list[str]:
    """The texts in a text or in a list of texts, blank ones left out; anything else holds none."""
    several = [value] if isinstance(value, str) else list(value) if isinstance(value, list | tuple) else []
    return [text for text in several if isinstance(text, str) and text.strip()]


def references(subject: Subject, params: StrictParams, name: str = "reference") -> list[str]:
    """The prompt's reference answers, or those in the parameter ``name`` where the prompt has none."""
    return texts(subject.reference) or texts(getattr(params, name))


def wanted(subject: Subject, params: StrictParams, name: str) -> Any:
    """What the prompt's constraint ``name`` says, or the parameter of that name; None where neither is there."""
    found = subject.constraints.get(name)
    return getattr(params, name) if found is None else found
