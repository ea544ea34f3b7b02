"""Code fences of Markdown, found in one pass over the lines."""

import re
from dataclasses import dataclass

_FENCE_LINE = re.compile(r"^[ \t>]*(`{3,}|~{3,})[ \t]*([^\n`]*)$", re.MULTILINE)


@dataclass(frozen=True)
class Fence:
    """A fenced block: ``label`` as after the opening marks ("json"), lower case; its body; whether it was closed.

    ``start`` and ``end``: where the block with its marks stands in the text.
    """

    label: str
    body: str
    is_closed: bool
    start: int
    end: int


def fences(text: str) -> list[Fence]:
    """The fenced blocks of ``text`` in order; the last one may be open."""
    found: list[Fence] = []
    opening: re.Match[str] | None = None
    for line in _FENCE_LINE.finditer(text):
        if opening is None:
            opening = line
        elif line[1].startswith(opening[1]) and not line[2].strip():
            body = text[opening.end() + 1 : line.start()]
            found.append(Fence(_label(opening), body, True, opening.start(), line.end()))
            opening = None
    if opening is not None:
        found.append(Fence(_label(opening), text[opening.end() + 1 :], False, opening.start(), len(text)))
    return found


def _label(opening: re.Match[str]) -> str:
    return (opening[2].split() or [""])[0].lower()


def without_fences(text: str) -> str:
    """``text`` without its fenced blocks."""
    kept, at = [], 0
    for fence in fences(text):
        kept.append(text[at : fence.start])
        at = fence.end
    return "".join([*kept, text[at:]])
