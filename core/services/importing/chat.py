"""Chat messages, strictly: role and content."""

from typing import Any

from core.domain import fields
from core.domain.fields import Flaw
from core.domain.storable_text import storable

TEXT_PARTS = ("text", "input_text", "output_text")
_ROLES = {"system": "system", "developer": "system", "user": "user", "human": "user", "assistant": "assistant"} | {
    "ai": "assistant"
}


def messages(found: Any, field: str) -> list[dict[str, str]]:
    """Chat messages, the last one the user's: role and content each, whatever else they hold left out.

    Content in parts (``[{"type": "text", "text": …}]``) is joined; parts that are not text are refused.
    """
    if not isinstance(found, list):
        raise Flaw(f"must be a list of messages, not {fields.kind_of(found)}.", field=field)
    kept = [_message(each, f"{field}[{place}]") for place, each in enumerate(found)]
    if not kept or kept[-1]["role"] != "user":
        raise Flaw("must end with a message of the user.", field=field)
    return kept


def _message(found: Any, field: str) -> dict[str, str]:
    if not isinstance(found, dict):
        raise Flaw(f"must be a message with role and content, not {fields.kind_of(found)}.", field=field)
    return {
        "role": role(found.get("role"), f"{field}.role"),
        "content": content(found.get("content"), f"{field}.content"),
    }


def role(found: Any, field: str) -> str:
    """Whose message it is: system, user or assistant."""
    known = _ROLES.get(found) if isinstance(found, str) else None
    if known is None:
        raise Flaw('must be "system", "user" or "assistant".', field=field)
    return known


def content(found: Any, field: str) -> str:
    """A message's content: text, or the joined texts of its parts."""
    if not isinstance(found, list):
        return fields.as_text(found, field)
    pieces = []
    for place, part in enumerate(found):
        is_text = isinstance(part, dict) and part.get("type", "text") in TEXT_PARTS
        said = part.get("text") if is_text else part
        if not isinstance(said, str):
            raise Flaw("is not text; only text can be compared.", field=f"{field}[{place}]")
        pieces.append(storable(said))
    return "".join(pieces)
