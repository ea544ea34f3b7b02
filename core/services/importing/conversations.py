"""Finding the conversation and the answer in what logs and traces write, in the shapes that are about."""

from typing import Any

from core.domain import fields
from core.domain.fields import Flaw, Row
from core.domain.storable_text import storable
from core.services.importing import chat

_ASKED = ("messages", "input", "prompt", "question", "query", "text", "content", "chat_history")
_SAID = ("output", "output_text", "text", "content", "answer", "response", "completion", "result", "generated_text")
_ROLE_OF_TYPE = {"human": "user", "ai": "assistant", "HumanMessage": "user", "AIMessage": "assistant"} | {
    "AIMessageChunk": "assistant",
    "SystemMessage": "system",
    "HumanMessageChunk": "user",
}
_WITHOUT_TEXT = {"tool", "function", "tool_calls", "ToolMessage", "FunctionMessage"}


class NotText(Flaw):
    """The record is sound, but is no exchange of text (a tool's call, an image, a failure): it is left out."""


# ------------------------------------------------------------------ what was asked


def asked(found: Any, place: str) -> list[dict[str, str]]:
    """The messages up to the user's last one; neighbouring messages of the user are joined."""
    messages = _messages(fields.decoded(found), place)
    while messages and messages[-1]["role"] != "user":
        messages.pop()
    joined: list[dict[str, str]] = []
    for each in messages:
        if joined and joined[-1]["role"] == each["role"] == "user":
            joined[-1] = {"role": "user", "content": f"{joined[-1]['content']}\n\n{each['content']}"}
        else:
            joined.append(each)
    if not joined:
        raise NotText("holds no message of a user.", field=place)
    return joined


def _messages(found: Any, place: str) -> list[dict[str, str]]:
    if isinstance(found, str):
        return [{"role": "user", "content": storable(found)}]
    if isinstance(found, list):
        if len(found) == 1 and isinstance(found[0], list) and not _is_pair(found[0]):
            return _messages(found[0], place)
        return [message(each, f"{place}[{number}]") for number, each in enumerate(found)]
    if isinstance(found, dict):
        if "role" in found or "lc" in found:
            return [message(found, place)]
        for key in _ASKED:
            if found.get(key):
                return _messages(fields.decoded(found[key]), f"{place}.{key}")
        if (only := _only_text(found)) is not None:
            return _messages(only, place)
    raise NotText("holds no conversation.", field=place)


def _is_pair(found: list[Any]) -> bool:
    return len(found) == 2 and all(isinstance(each, str) for each in found)


def message(found: Any, place: str) -> dict[str, str]:
    """One message, in any of the forms that OpenAI, Anthropic and LangChain write."""
    if isinstance(found, list) and _is_pair(found):
        found = {"role": found[0], "content": found[1]}
    if not isinstance(found, dict):
        raise Flaw(f"must be a message, not {fields.kind_of(found)}.", field=place)
    if "lc" in found:
        named = found.get("id")
        kept = found.get("kwargs")
        found = dict(kept) if isinstance(kept, dict) else {}
        if "type" not in found and isinstance(named, list) and named:
            found["type"] = named[-1]
    if isinstance(found.get("data"), dict):
        found = {"type": found.get("type"), **found["data"]}
    role = found.get("role") or found.get("type")
    if not isinstance(role, str):
        raise Flaw("must be text.", field=f"{place}.role")
    if role in _WITHOUT_TEXT:
        raise NotText("is a tool's message.", field=place)
    role = chat.role(_ROLE_OF_TYPE.get(role, role), f"{place}.role")
    return {"role": role, "content": _content(found.get("content"), f"{place}.content")}


def _content(found: Any, place: str) -> str:
    if found is None:
        raise NotText("is empty.", field=place)
    if isinstance(found, list) and any(
        isinstance(part, dict) and part.get("type", "text") not in chat.TEXT_PARTS for part in found
    ):
        raise NotText("holds something other than text.", field=place)
    return chat.content(found, place)


def _only_text(found: Row) -> str | None:
    kept = [each for each in found.values() if isinstance(each, str) and each]
    return kept[0] if len(kept) == 1 else None


# ------------------------------------------------------------------ what was answered


def said(found: Any, place: str) -> list[str]:
    """The texts answered: one, or one for each of a completion's choices; none where there is no text."""
    found = fields.decoded(found)
    if isinstance(found, dict):
        return _said_by(found, place)
    if isinstance(found, list):
        return _last_of(found, place)
    return [storable(found)] if isinstance(found, str) and found else []


def _said_by(found: Row, place: str) -> list[str]:
    for key, read in (("choices", _choices), ("generations", _generations), ("messages", _last_of)):
        if isinstance(found.get(key), list):
            return read(found[key], f"{place}.{key}")
    if "lc" in found or ("role" in found and "content" in found):
        return [message(found, place)["content"]]
    for key in _SAID:
        if found.get(key):
            return said(found[key], f"{place}.{key}")
    only = _only_text(found)
    return [] if only is None else [storable(only)]


def _choices(found: list[Any], place: str) -> list[str]:
    texts = []
    for number, choice in enumerate(found):
        if not isinstance(choice, dict):
            raise Flaw(f"must be an object, not {fields.kind_of(choice)}.", field=f"{place}[{number}]")
        within = choice.get("message")
        content = within.get("content") if isinstance(within, dict) else choice.get("text")
        texts.append(_content(content, f"{place}[{number}].message.content"))
    return texts


def _generations(found: list[Any], place: str) -> list[str]:
    inner = found[0] if found and isinstance(found[0], list) else found
    texts: list[str] = []
    for number, each in enumerate(inner):
        if isinstance(each, dict):
            texts += said(each.get("text") or each.get("message"), f"{place}[{number}]")
    return texts


def _last_of(found: list[Any], place: str) -> list[str]:
    if found and all(isinstance(each, dict) and each.get("type") in chat.TEXT_PARTS for each in found):
        return [chat.content(found, place)]
    for number in range(len(found) - 1, -1, -1):
        each = found[number]
        if isinstance(each, dict | list):
            last = message(each, f"{place}[{number}]")
            return [last["content"]] if last["role"] == "assistant" else []
    return []
