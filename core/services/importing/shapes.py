"""Telling a message, a conversation or a completion from JSON that is somebody's text.

Exports put JSON into texts, and models answer in JSON: only what has the shape of one of those is looked into.
"""

import json
from collections.abc import Collection
from typing import Any

from core.domain import fields
from core.domain.fields import Flaw, Row
from core.domain.storable_text import storable
from core.domain.thoughts import names_thoughts

ROLES = {
    "system": "system", "developer": "system", "user": "user", "human": "user", "assistant": "assistant",
    "ai": "assistant", "model": "assistant", "bot": "assistant", "chatbot": "assistant", "gpt": "assistant",
    "systemmessage": "system", "humanmessage": "user", "aimessage": "assistant", "humanmessagechunk": "user",
    "aimessagechunk": "assistant", "systemmessagechunk": "system",
}  # fmt: skip
"""Whose message it is, by every name that is about, in small letters."""
TOOLS = frozenset(
    {
        "tool", "function", "tool_calls", "toolmessage", "functionmessage", "tool_use", "tool_result", "function_call",
        "function_call_output", "item_reference", "file_search_call", "web_search_call", "computer_call", "mcp_call",
        "computer_call_output", "code_interpreter_call", "image_generation_call", "custom_tool_call",
        "custom_tool_call_output", "local_shell_call",
    }
)  # fmt: skip
TEXT_PARTS = frozenset({"text", "input_text", "output_text", "refusal"})
MEDIA_PARTS = frozenset(
    {
        "image", "image_url", "input_image", "audio", "input_audio", "audio_url", "file", "input_file", "document",
        "video", "video_url",
    }
)  # fmt: skip
_CHOSEN = frozenset({"message", "text", "delta"})
_HOLDING = {
    "role": {"content", "parts", "tool_calls", "function_call", "refusal"},
    "type": {"content", "data"},
    "from": {"value"},
}
"""What a message holds beside what names its role."""


def role_of(found: Row) -> str | None:
    """The role, or else the type, that a message names; in small letters."""
    return next((role.lower() for name in _HOLDING if isinstance(role := found.get(name), str) and role), None)


def is_message(found: Any) -> bool:
    """Whether it is one message, in any of the forms that are about."""
    if not isinstance(found, dict):
        return False
    if "lc" in found:
        return True
    named = next((name for name in _HOLDING if isinstance(found.get(name), str) and found[name]), None)
    is_known = named is not None and (found[named].lower() in ROLES or found[named].lower() in TOOLS)
    return is_known and named is not None and not _HOLDING[named].isdisjoint(found)


def is_pair(found: Any) -> bool:
    """Whether it is a message as LangChain's tuples write it: role and text."""
    return (
        isinstance(found, list)
        and len(found) == 2
        and all(isinstance(each, str) for each in found)
        and found[0].lower() in ROLES
    )


def is_conversation(found: Any) -> bool:
    """Whether it is a list of messages, perhaps in a list of its own, or what holds one under ``messages``."""
    if isinstance(found, list):
        if len(found) == 1 and isinstance(found[0], list) and not is_pair(found[0]):
            return is_conversation(found[0])
        return bool(found) and (any(map(is_message, found)) or all(map(is_pair, found)))
    if not isinstance(found, dict):
        return False
    return is_message(found) or is_conversation(found.get("messages")) or is_conversation(found.get("contents"))


def are_parts(found: Any) -> bool:
    """Whether it is the content of one message in parts, told by a part of it that names its kind."""
    if not isinstance(found, list) or any(map(_is_no_part, found)):
        return False
    known = TEXT_PARTS | MEDIA_PARTS
    return any(isinstance(each, dict) and (type_of(each) in known or names_thoughts(type_of(each))) for each in found)


def _is_no_part(found: Any) -> bool:
    return "role" in found if isinstance(found, dict) else not isinstance(found, str)


def type_of(part: Row) -> str:
    """The type that a part or an item names; empty where it names none."""
    kind = part.get("type")
    return kind if isinstance(kind, str) else ""


def is_completion(found: Any) -> bool:
    """Whether it is what a model's interface answers: choices, generations, candidates, items of output, a message."""
    if isinstance(found, list):
        return are_parts(found) or is_conversation(found)
    if not isinstance(found, dict):
        return False
    return (
        are_choices(found.get("choices"), {"index", "finish_reason", "message"})
        or are_candidates(found.get("candidates"))
        or are_generations(found.get("generations"))
        or is_message(found)
        or is_message(found.get("message"))
        or is_conversation(found.get("messages"))
        or is_items(found)
        or (found.get("type") == "message" and are_parts(found.get("content")))
    )


def are_choices(found: Any, marks: Collection[str] = _CHOSEN) -> bool:
    """Whether it is a chat completion's list of choices, told by one of ``marks``."""
    first = found[0] if isinstance(found, list) and found else None
    return isinstance(first, dict) and not _CHOSEN.isdisjoint(first) and any(each in first for each in marks)


def are_candidates(found: Any) -> bool:
    """Whether it is Gemini's list of candidates."""
    is_list = isinstance(found, list) and found and isinstance(found[0], dict)
    return bool(is_list) and (isinstance(found[0].get("content"), dict) or "finishReason" in found[0])


def are_generations(found: Any) -> bool:
    """Whether it is LangChain's list of generations, or one such list for each prompt."""
    inner = found[0] if isinstance(found, list) and found and isinstance(found[0], list) else found
    is_list = isinstance(inner, list) and inner and isinstance(inner[0], dict)
    return bool(is_list) and not {"text", "message"}.isdisjoint(inner[0])


def is_items(found: Row) -> bool:
    """Whether it is an answer of OpenAI's Responses: a list of items under ``output``."""
    held = found.get("output")
    is_named = found.get("object") == "response"
    return isinstance(held, list) and (is_named or (bool(held) and all(map(_is_item, held))))


def _is_item(found: Any) -> bool:
    if not isinstance(found, dict):
        return False
    kind = type_of(found)
    return kind in TOOLS or names_thoughts(kind) or is_message(found)


def unfolded(found: Any) -> Any:
    """The message, conversation or completion that a JSON text holds; any other text stays the text it is."""
    if not isinstance(found, str):
        return found
    held = fields.decoded(found)
    return held if is_completion(held) or is_conversation(held) else found


def as_json(found: Any, place: str) -> str:
    """A value as the text it stands for: a text as it is, anything else in JSON."""
    if isinstance(found, str):
        return storable(found)
    try:
        return storable(json.dumps(found, ensure_ascii=False, allow_nan=False))
    except ValueError:
        raise Flaw("holds a number that JSON cannot express.", field=place) from None
