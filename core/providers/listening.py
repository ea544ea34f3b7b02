"""What both protocols have in common when an answer is heard: its errors, its end, its parts, its finish reason."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from core.domain.answering import FinishReason, finish_reason_of, is_failure, is_unfinished
from core.domain.thoughts import names_thoughts
from core.providers.error_bodies import StreamError, is_error
from core.providers.events import Told
from core.providers.hearing import Hearing

_TEXTS = ("thinking", "thought", "reasoning", "reasoning_content", "text", "content", "summary", "value", "parts")
_MOST_DEPTH = 6
_ERROR_EVENT = "error"
_PART_OF_AN_ANSWER = ("choices", "content", "message")


async def listen(told: AsyncIterator[Told], hearing: Hearing, hear: Callable[[Mapping[str, Any], str], None]) -> None:
    """Let ``hear`` take in every object that is told, with its event's name. Raises StreamError for reported faults."""
    strange: Mapping[str, Any] | None = None
    bare = 0
    async for each in told:
        content = each.content
        if isinstance(content, Mapping):
            hear(content, each.name)
            bare += each.is_bare
            if is_error(content, each.name, is_bare=each.is_bare):
                raise StreamError(content, is_bare=each.is_bare)
            if each.is_bare and not any(name in content for name in _PART_OF_AN_ANSWER):
                strange = content
        elif each.is_end:
            hearing.end()
        elif content is not None:
            raise _words(each)
    if hearing.is_whole:
        hearing.end()
    hearing.is_whole = hearing.is_whole or bare == 1
    if strange is not None and not hearing.has_begun and hearing.finish_reason is None:
        raise StreamError(strange, is_bare=True)


def _words(told: Told) -> Exception:
    """The fault of something that is no object."""
    if told.name == _ERROR_EVENT:
        return StreamError({"message": str(told.content)})
    if told.is_bare or isinstance(told.content, str):
        return StreamError(str(told.content), is_bare=told.is_bare)
    return TypeError("a piece of an answer is no object")


def hear_finish(word: object, hearing: Hearing, error: object = None) -> None:
    """Note why the answer ends, in the provider's word. Raises StreamError where that is a failure (``error``)."""
    if isinstance(word, Mapping):
        word = word.get("type") or word.get("reason")
    if not word or (isinstance(word, str) and is_unfinished(word)):
        return
    if isinstance(word, str) and is_failure(word):
        raise StreamError(error or {"code": word, "message": f"the answer ended with '{word}'"})
    known = finish_reason_of(word) if isinstance(word, str) else None
    is_refusal = hearing.refuses and known is FinishReason.STOP
    hearing.finish(FinishReason.REFUSAL if is_refusal else known or FinishReason.OTHER)


def hear_content(content: object, hearing: Hearing) -> None:
    """A text, or parts of which some are thoughts: those go to the reasoning."""
    for part in content if isinstance(content, list) else [content]:
        if isinstance(part, Mapping):
            _hear_part(part, hearing)
        elif isinstance(part, str):
            if part:
                hearing.say(part)
        elif part is not None:
            raise TypeError("a part of an answer is no text")


def _hear_part(part: Mapping[str, Any], hearing: Hearing) -> None:
    kind = str(part.get("type") or "")
    if part.get("thought") is True or names_thoughts(kind) or ("text" not in part and part.get("thinking")):
        hear_thought(part, hearing)
    elif part.get("refusal"):
        hearing.refuses = True
        hearing.say(text_in(part["refusal"]))
    elif text := text_in(part):
        hearing.say(text)


def hear_thought(thought: object, hearing: Hearing) -> None:
    """What the model thought aloud, as a text, an object or parts."""
    if text := text_in(thought):
        hearing.think(text)


def text_in(part: object, depth: int = 0) -> str:
    """The text of a part, however deep it stands in it; empty where there is none."""
    if isinstance(part, str):
        return part
    if depth > _MOST_DEPTH:
        return ""
    if isinstance(part, list):
        return "".join(text_in(each, depth + 1) for each in part)
    if isinstance(part, Mapping):
        return next((text for name in _TEXTS if (text := text_in(part.get(name), depth + 1))), "")
    return ""
