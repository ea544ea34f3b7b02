"""Finding what was answered in what logs and traces write: the texts, and why each ended."""

from collections.abc import Callable
from typing import Any, NamedTuple

from core.domain import fields
from core.domain.answering import FinishReason
from core.domain.fields import Flaw, Row
from core.domain.thoughts import names_thoughts, split_thoughts
from core.services.importing import conversations, finishing, shapes
from core.services.importing.conversations import NotText

_SAID = (
    "output_text", "output", "text", "content", "answer", "response", "completion", "result", "generated_text",
    "outputs",
)  # fmt: skip
_OF_INTERFACES = frozenset(
    {
        "usage_metadata", "usageMetadata", "finish_reason", "stop_reason", "system_fingerprint", "response_metadata",
        "tool_calls",
    }
)  # fmt: skip
_OBJECTS = ("chat.completion", "text_completion", "response", "list", "embedding", "error", "message")
_TELLING = _OF_INTERFACES | {
    "model", "token_usage", "llm_output", "additional_kwargs", "finishReason", "stopReason", "stop_sequence",
    "done_reason", "done", "service_tier", "toolCalls", "invalid_tool_calls", "reasoning_content", "providerMetadata",
    "generation_info", "modelVersion", "prompt_eval_count", "eval_count", "incomplete_details",
}  # fmt: skip
_BESIDE = _TELLING | {
    "id", "object", "created", "created_at", "type", "name", "metadata", "status", "error", "index", "latency",
    "latency_ms", "duration", "reasoning", "thinking", "annotations", "warnings", "provider", "total_duration",
    "load_duration", "prompt_eval_duration", "eval_duration", "details", "response_id", "context", "documents",
    "input", "question", "query", "prompt_tokens", "completion_tokens", "total_tokens", "usage", "role", "refusal",
    "metrics", "run", "request_id", "logprobs",
}  # fmt: skip
_FAILED = frozenset({"failed", "cancelled", "canceled", "expired"})


class Answer(NamedTuple):
    """One text that was answered; thoughts in tags before it are still there, those in parts of their own are not."""

    text: str
    finish_reason: str | None = None


def answers(found: Any, place: str, reason: str | None = None) -> list[Answer]:
    """What was answered: one, or one for each of a completion's choices; none where there is no text.

    A text stays whole, JSON or not, and an object that is no message nor what wraps one is the JSON that was answered.
    ``reason``: why it ended, as far as is known around it. An answer that was cut short, refused or blocked before its
    first word is an empty one.
    """
    found = shapes.unfolded(found)
    if isinstance(found, dict):
        reason = finishing.reason_in(found) or reason
        said = _by(found, place, reason) if found else []
    elif isinstance(found, list):
        said = _listed(found, place, reason) if found else []
    else:
        said = [] if found is None or found == "" else [Answer(shapes.as_json(found, place), reason)]
    return said or ([Answer("", reason)] if found is not None and reason in finishing.WITHOUT_TEXT else [])


def references(found: Any, place: str) -> list[str] | None:
    """The texts of a reference in a log: what was expected is written as what was answered is."""
    return [split_thoughts(each.text)[1] for each in answers(found, place)] or None


def several(found: Any, place: str) -> list[str] | None:
    """The texts of a reference that may be several: a list holds one each, a number or an object is its JSON."""
    if found is None or found == []:
        return None
    each = found if isinstance(found, list) else [found]
    return [shapes.as_json(one, f"{place}[{number}]") for number, one in enumerate(each)]


def alternatives(row: Row, field: str) -> list[str] | None:
    """``several`` of a field; in a cell, JSON is looked into for a list of texts alone, and else is the text it is."""
    found, held = row.get(field), fields.unpacked(row, field)
    is_list = isinstance(held, list) and all(isinstance(each, str) for each in held)
    return several(held if is_list or not isinstance(found, str) else found or None, field)


def _by(found: Row, place: str, reason: str | None) -> list[Answer]:
    for key, is_such, read in _LISTS:
        if is_such(found.get(key)):
            return read(found[key], f"{place}.{key}", reason)
    if shapes.is_items(found):
        return _items(found, place, reason)
    if shapes.is_message(found) or (found.get("type") == "message" and isinstance(found.get("content"), list)):
        return _message(found, place, reason)
    if shapes.is_message(found.get("message")):
        return _message(found["message"], f"{place}.message", reason)
    return _wrapped(found, place, reason)


def _wrapped(found: Row, place: str, reason: str | None) -> list[Answer]:
    """The answer in an object that says no more than that it is one, and technical things; else all of it is it."""
    told = {name: each for name, each in found.items() if each not in (None, "", [], {})}
    key = next((name for name in _SAID if name in told), None)
    beside = told.keys() - {key}
    is_technical = beside <= _BESIDE and (not beside or _tells(told))
    if key is not None and is_technical:
        return answers(told[key], f"{place}.{key}", reason)
    if key is None and told.get("error") and beside <= _BESIDE:
        raise NotText("is a failed call.", field=place)
    if key is None and (is_technical or any(name in found for name in _SAID)) and beside <= _BESIDE:
        return []
    if _is_of_an_interface(found):
        raise NotText("holds no answer that can be read.", field=place)
    return [Answer(shapes.as_json(found, place), reason)] if told else []


def _tells(found: Row) -> bool:
    """Whether it says things that stand beside an answer, and in no answer."""
    return _is_of_an_interface(found) or not _TELLING.isdisjoint(found)


def _is_of_an_interface(found: Row) -> bool:
    named = found.get("object")
    is_named = isinstance(named, str) and named.startswith(_OBJECTS)
    return is_named or isinstance(found.get("usage"), dict) or not _OF_INTERFACES.isdisjoint(found)


def _choices(found: list[Any], place: str, reason: str | None) -> list[Answer]:
    said: list[Answer] = []
    for number, choice in enumerate(found):
        here = f"{place}[{number}]"
        if not isinstance(choice, dict):
            raise Flaw(f"must be an object, not {fields.kind_of(choice)}.", field=here)
        why = finishing.reason_in(choice) or reason
        held = (choice.get(name) for name in ("message", "content", "delta"))
        within = next((each for each in held if isinstance(each, dict)), choice)
        said += _message(within, f"{here}.message", why)
    return said


def _generations(found: list[Any], place: str, reason: str | None) -> list[Answer]:
    said: list[Answer] = []
    for number, each in enumerate(found[0] if isinstance(found[0], list) else found):
        here = f"{place}[{number}]"
        if not isinstance(each, dict):
            raise Flaw(f"must be an object, not {fields.kind_of(each)}.", field=here)
        why = finishing.reason_in(each) or reason
        if isinstance(each.get("message"), dict):
            said += _message(each["message"], f"{here}.message", why)
        else:
            said += answers(each.get("text"), f"{here}.text", why)
    return said


def _message(found: Row, place: str, reason: str | None) -> list[Answer]:
    """The answer that a message is; a null content is a gap, unless it was refused or cut off before its first word."""
    found = conversations.unwrapped(found)
    if (shapes.role_of(found) or "") in shapes.TOOLS:
        raise NotText("is a tool's message.", field=place)
    text = conversations.text_of(found, place)
    if _refuses(found):
        reason = FinishReason.REFUSAL.value
    is_call = bool(found.get("tool_calls") or found.get("function_call"))
    if (text is None or (not text and is_call)) and reason not in finishing.WITHOUT_TEXT:
        raise NotText("is a tool's call." if is_call else "is empty.", field=f"{place}.content")
    return [Answer(text or "", reason)]


def _refuses(found: Row) -> bool:
    written = found.get("content")
    if isinstance(written, list):
        return any(isinstance(part, dict) and part.get("type") == "refusal" for part in written)
    return not written and conversations.refusal_of(found) is not None


def _items(found: Row, place: str, reason: str | None) -> list[Answer]:
    """The messages among the items of OpenAI's Responses, as one answer; thoughts and tools of its own are none."""
    if str(found.get("status")) in _FAILED or found.get("error"):
        raise NotText("is a failed call.", field=f"{place}.status")
    said = [
        one
        for number, each in enumerate(found["output"])
        if isinstance(each, dict) and not _says_nothing(each)
        for one in _message(each, f"{place}.output[{number}]", reason)
    ]
    if not said:
        calls = any(isinstance(each, dict) and shapes.type_of(each) in shapes.TOOLS for each in found["output"])
        if calls and reason not in finishing.WITHOUT_TEXT:
            raise NotText("is a tool's call.", field=f"{place}.output")
        return []
    refusal = next((each.finish_reason for each in said if each.finish_reason == FinishReason.REFUSAL), None)
    return [Answer("\n\n".join(each.text for each in said if each.text), refusal or said[-1].finish_reason)]


def _says_nothing(item: Row) -> bool:
    kind = shapes.role_of(item) or ""
    return kind in shapes.TOOLS or names_thoughts(kind)


def _listed(found: list[Any], place: str, reason: str | None) -> list[Answer]:
    """Parts of one message, or a conversation that ends with the answer; any other list is JSON that was answered."""
    if len(found) == 1 and isinstance(found[0], list) and shapes.is_conversation(found):
        found = found[0]
    if shapes.are_parts(found):
        return _message({"role": "assistant", "content": found}, place, reason)
    if not shapes.is_conversation(found):
        return [Answer(shapes.as_json(found, place), reason)]
    last = next((each for each in reversed(found) if isinstance(each, dict | list)), None)
    here = f"{place}[{len(found) - 1}]"
    if isinstance(last, list):
        kept = conversations.message(last, here)
        return [Answer(kept["content"], reason)] if kept["role"] == "assistant" else []
    if last is None:
        return []
    role = shapes.role_of(conversations.unwrapped(last)) or ""
    if role in shapes.TOOLS or shapes.ROLES.get(role) == "assistant":
        return _message(last, here, finishing.reason_in(last) or reason)
    return []


_LISTS: tuple[tuple[str, Callable[[Any], bool], Callable[[list[Any], str, str | None], list[Answer]]], ...] = (
    ("choices", shapes.are_choices, _choices),
    ("candidates", shapes.are_candidates, _choices),
    ("generations", shapes.are_generations, _generations),
    ("messages", shapes.is_conversation, _listed),
)
"""What a completion may hold its answers in, and how they are read out of it."""
