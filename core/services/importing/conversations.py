"""Finding the conversation in what logs and traces write, in the shapes that are about; its texts, too."""

from typing import Any

from core.domain import fields
from core.domain.fields import Flaw, Row
from core.domain.storable_text import storable
from core.domain.thoughts import names_thoughts
from core.services.importing import shapes

Message = dict[str, str]
_ASKED = (
    "input",
    "prompt",
    "question",
    "query",
    "text",
    "content",
    "inputs",
    "user_input",
    "user_message",
    "instruction",
)
_SYSTEM = (
    "system", "instructions", "system_prompt", "systemPrompt", "system_instruction", "systemInstruction",
    "system_message", "preamble",
)  # fmt: skip
_ABOUT_THE_REQUEST = frozenset(
    {
        *_SYSTEM, "model", "temperature", "max_tokens", "max_output_tokens", "max_completion_tokens", "top_p", "top_k",
        "stream", "stream_options", "stop", "stop_sequences", "n", "seed", "tools", "tool_choice", "metadata", "user",
        "parameters", "model_kwargs", "config", "options", "frequency_penalty", "presence_penalty", "logit_bias",
        "response_format", "text_format", "reasoning", "reasoning_effort", "store", "id", "type", "session_id",
        "sessionId", "user_id", "userId", "role", "generationConfig", "generation_config", "safetySettings",
        "extra_body", "extra_headers", "timeout", "thinking", "include", "truncation", "parallel_tool_calls",
        "service_tier",
    }
)  # fmt: skip
_MEDIA = (
    "image",
    "image_url",
    "imageUrl",
    "audio",
    "input_audio",
    "video",
    "file",
    "inlineData",
    "inline_data",
    "fileData",
)
_SERVED = frozenset(
    {
        "server_tool_use", "web_search_tool_result", "web_fetch_tool_result", "code_execution_tool_result",
        "mcp_tool_use", "mcp_tool_result",
    }
)  # fmt: skip
"""Parts in which a provider tells what its own tools did on the way to the answer."""
_ATTACHED = frozenset((*_MEDIA, "images", "attachments", "experimental_attachments", "files", "videos"))


class NotText(Flaw):
    """The record is sound, but is no exchange of text (a tool's call, an image, a failure): it is left out."""


def asked(found: Any, place: str, beside: Row | None = None) -> list[Message]:
    """The messages before the answer, in order; neighbouring messages of the user are joined.

    ``beside``: the request that they stand in, whose system prompt may stand beside them and then comes first.
    """
    messages = with_system(_messages(shapes.unfolded(found), place), beside or {}, place)
    while messages and messages[-1]["role"] == "assistant":
        messages.pop()
    joined: list[Message] = []
    for each in messages:
        if joined and joined[-1]["role"] == each["role"] == "user":
            joined[-1] = {"role": "user", "content": f"{joined[-1]['content']}\n\n{each['content']}"}
        else:
            joined.append(each)
    if not joined:
        raise NotText("holds no message that a model could answer.", field=place)
    return joined


def cell(row: Row, field: str) -> Any:
    """A field that holds what was asked; in a cell, where a text and an object look alike, an object of one known
    variable is taken for that.
    """
    held = fields.unpacked(row, field)
    is_one = isinstance(held, dict) and len(held) == 1 and not held.keys().isdisjoint(_ASKED)
    return held if is_one else row.get(field)


def with_system(messages: list[Message], request: Row, place: str) -> list[Message]:
    """``messages`` behind the system prompt that stands beside them in ``request``, unless they begin with it."""
    name = next((name for name in _SYSTEM if request.get(name)), None)
    if name is None:
        return messages
    written = shapes.unfolded(request[name])
    if shapes.is_conversation(written) and not shapes.are_parts(written):
        before = _messages(written, f"{place}.{name}")
    else:
        before = [{"role": "system", "content": content(written, f"{place}.{name}")}]
    return messages if messages[: len(before)] == before else [*before, *messages]


def _messages(found: Any, place: str) -> list[Message]:
    if isinstance(found, str) and found.strip():
        return [{"role": "user", "content": storable(found)}]
    if isinstance(found, list) and found:
        return _listed(found, place)
    if isinstance(found, dict) and found:
        return _held(found, place)
    if isinstance(found, int | float) and not isinstance(found, bool):
        return [{"role": "user", "content": shapes.as_json(found, place)}]
    raise NotText("holds no conversation.", field=place)


def _listed(found: list[Any], place: str) -> list[Message]:
    if len(found) == 1 and isinstance(found[0], list) and not shapes.is_pair(found[0]):
        return _messages(found[0], place)
    if shapes.are_parts(found):
        return [{"role": "user", "content": content(found, place)}]
    if not shapes.is_conversation(found) and not any(isinstance(each, dict) and "role" in each for each in found):
        return [{"role": "user", "content": shapes.as_json(found, place)}]
    kept = (each for each in found if not (isinstance(each, dict) and "role" not in each and _is_thought(each)))
    return [message(each, f"{place}[{number}]") for number, each in enumerate(kept)]


def _held(found: Row, place: str) -> list[Message]:
    """The conversation in an object: one message, a request, or variables of which one is the text."""
    if shapes.is_message(found):
        return [message(found, place)]
    if found.keys() <= {"args", "kwargs"}:
        return _called_with(found, place)
    for listed in ("messages", "contents"):
        if found.get(listed):
            return with_system(_messages(fields.decoded(found[listed]), f"{place}.{listed}"), found, place)
    told = {name: each for name, each in found.items() if each not in (None, "", [], {})}
    history = told.pop("chat_history", None) or told.pop("history", None)
    name = next((key for key in _ASKED if key in told), None) or _only_text(told)
    if name is not None and told.keys() - {name} <= _ABOUT_THE_REQUEST:
        before = _messages(fields.decoded(history), f"{place}.chat_history") if history else []
        return with_system([*before, *_messages(shapes.unfolded(told[name]), f"{place}.{name}")], found, place)
    return [{"role": "user", "content": shapes.as_json(found, place)}]


def _called_with(found: Row, place: str) -> list[Message]:
    """The conversation among the arguments of a function that a tracer watched."""
    args, kwargs = found.get("args"), found.get("kwargs")
    if isinstance(args, list) and len(args) == 1 and not kwargs:
        return _messages(shapes.unfolded(args[0]), f"{place}.args")
    if isinstance(kwargs, dict) and kwargs and not args:
        return _held(kwargs, f"{place}.kwargs")
    return [{"role": "user", "content": shapes.as_json(found, place)}]


def _only_text(told: Row) -> str | None:
    """The name of the only variable, where it is a text: that is the prompt, whatever it is called."""
    name = next(iter(told), None)
    return name if len(told) == 1 and name is not None and isinstance(told[name], str) else None


def _is_thought(found: Row) -> bool:
    return names_thoughts(shapes.type_of(found)) or found.get("thought") is True or "reasoningContent" in found


def message(found: Any, place: str) -> Message:
    """One message, in any of the forms that OpenAI, Anthropic, Google, LangChain and ShareGPT write."""
    if shapes.is_pair(found):
        found = {"role": found[0], "content": found[1]}
    if not isinstance(found, dict):
        raise Flaw(f"must be a message, not {fields.kind_of(found)}.", field=place)
    found = unwrapped(found)
    named = shapes.role_of(found)
    if named is None:
        raise Flaw("must be text.", field=f"{place}.role")
    if named in shapes.TOOLS:
        raise NotText("is a tool's message.", field=place)
    if named not in shapes.ROLES:
        raise Flaw('must be "system", "user" or "assistant".', field=f"{place}.role")
    text = text_of(found, place)
    if text is None:
        why = "is a tool's call." if found.get("tool_calls") or found.get("function_call") else "is empty."
        raise NotText(why, field=f"{place}.content")
    return {"role": shapes.ROLES[named], "content": text}


def unwrapped(found: Row) -> Row:
    """A message without what LangChain's ways of writing objects put around it."""
    if "lc" in found:
        named, kept = found.get("id"), found.get("kwargs")
        found = dict(kept) if isinstance(kept, dict) else {}
        if "type" not in found and isinstance(named, list) and named:
            found["type"] = named[-1]
    if isinstance(found.get("data"), dict):
        found = {"type": found.get("type"), **found["data"]}
    return found


def text_of(found: Row, place: str) -> str | None:
    """A message's text; where its content is null, the text of its refusal, else None."""
    if not _ATTACHED.isdisjoint(found) and any(found.get(name) for name in _ATTACHED):
        raise NotText("holds something other than text.", field=place)
    written = next((found[name] for name in ("content", "parts", "value", "text") if found.get(name) is not None), None)
    if not written and (refusal := refusal_of(found)) is not None:
        return refusal
    return None if written is None else content(written, f"{place}.content")


def refusal_of(found: Row) -> str | None:
    """The text with which a message refuses, where it stands beside its content."""
    more = found.get("additional_kwargs")
    said = found.get("refusal") or (more.get("refusal") if isinstance(more, dict) else None)
    return storable(said) if isinstance(said, str) else None


def content(found: Any, place: str) -> str:
    """The text of a content: a text, or its parts of text joined, without thoughts. Anything else is a NotText."""
    if isinstance(found, str):
        return storable(found)
    if isinstance(found, dict):
        found = found.get("parts") if isinstance(found.get("parts"), list) else [found]
    if not isinstance(found, list):
        raise NotText(f"must be text, not {fields.kind_of(found)}.", field=place)
    return "".join(_part(each, place) for each in found)


def _part(part: Any, place: str) -> str:
    if isinstance(part, str):
        return storable(part)
    if isinstance(part, dict):
        if _is_thought(part) or shapes.type_of(part) in _SERVED or "cachePoint" in part:
            return ""
        is_text = (shapes.type_of(part) or "text") in shapes.TEXT_PARTS and not any(part.get(name) for name in _MEDIA)
        text = part.get("refusal") if part.get("type") == "refusal" else part.get("text")
        if isinstance(text, dict):
            text = text.get("value")
        if is_text and isinstance(text, str):
            return storable(text)
    raise NotText("holds something other than text.", field=place)
