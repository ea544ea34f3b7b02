"""Shows what models and users wrote: faithfully, safely, and both answers side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from html import escape
from pathlib import Path

import streamlit as st

from core.ui.shared import markup
from core.ui.shared.markup import raw_html, safe_html

__all__ = ["PairTurn", "raw_html", "safe_html", "show_pair", "show_text"]

_FOLDER = Path(markup.__file__).parent
_ROLES = {"system": "System", "user": "Prompt", "assistant": "Assistant", "tool": "Tool"}
_TEXTS = st.components.v2.component(
    "evenhand_texts",
    html="""<div class="view">
  <div class="texts"></div>
  <div class="below" aria-hidden="true" hidden><button class="more" type="button" tabindex="-1"></button></div>
  <div class="sides" role="group" aria-label="Which response to read" hidden>
    <button type="button" value="A">A</button><button type="button" value="B">B</button>
  </div>
</div>""",
    css=(_FOLDER / "pair.css").read_text(encoding="utf-8"),
    js=(_FOLDER / "pair.js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True)
class PairTurn:
    """One user turn and both answers to it."""

    user: str
    a: str
    b: str


def _card(text: str, *, caption: str | None, name: str, side: str, raw: bool) -> str:
    inside = (raw_html if raw else safe_html)(text) if text.strip() else '<p class="empty">This text is empty.</p>'
    head = f'<div class="caption" aria-hidden="true">{escape(caption)}</div>' if caption else '<div class="bare"></div>'
    kind = "prompt" if side == "user" else "answer"
    return (
        f'<article class="{kind}" data-side="{side}" aria-label="{escape(name)}">'
        f'{head}<div class="text">{inside}</div></article>'
    )


def _turn(turn: PairTurn, number: int, of: int, *, raw: bool) -> str:
    name = f", turn {number} of {of}" if of > 1 else ""
    caption = f" · turn {number} of {of}" if of > 1 else ""
    return (
        '<div class="turn">'
        + _card(turn.user, caption=f"Prompt{caption}", name=f"Prompt{name}", side="user", raw=raw)
        + _card(turn.a, caption=f"A{caption}", name=f"Response A{name}", side="A", raw=raw)
        + _card(turn.b, caption=f"B{caption}", name=f"Response B{name}", side="B", raw=raw)
        + "</div>"
    )


def show_text(text: str, *, key: str, raw: bool = False, label: str | None = None) -> None:
    """Mount one text as a card, with `label` as its caption and its name for screen readers.

    `key` reaches the browser: it must not tell who wrote the text. `raw` shows the exact characters.
    """
    _TEXTS(key=key, data={"html": _card(text, caption=label, name=label or "Text", side="", raw=raw), "pair": ""})


def show_messages(messages: Sequence[Mapping[str, str]], *, key: str) -> None:
    """Mount a prompt's messages, a card each, with who speaks and, where there are several turns, which it is."""
    asked = sum(message.get("role") == "user" for message in messages)
    turn = 0
    for number, message in enumerate(messages):
        role = message.get("role", "user")
        turn += role == "user"
        of_turn = f" · turn {turn} of {asked}" if asked > 1 and role == "user" else ""
        show_text(message.get("content", ""), key=f"{key}-{number}", label=f"{_ROLES.get(role, role)}{of_turn}")


def show_pair(conversation: Sequence[PairTurn], *, key: str, raw: bool = False) -> None:
    """Mount both responses side by side below each user turn; stacked, A first, where it is narrower than 640 px.

    The texts scroll with the page, so both are always at the same depth; stacked, a switch leads from one to the
    other. A note above the page's bottom bar says when there is more below. A new conversation begins at the top of
    the page; `raw` does not move it.
    `key` reaches the browser: it must be opaque, and may stay the same from pair to pair (which repaints faster).
    """
    turns = [_turn(turn, number, len(conversation), raw=raw) for number, turn in enumerate(conversation, 1)]
    written = "\0".join(part for turn in conversation for part in (turn.user, turn.a, turn.b))
    pair = blake2b(written.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    _TEXTS(key=key, data={"html": "".join(turns), "pair": pair})
