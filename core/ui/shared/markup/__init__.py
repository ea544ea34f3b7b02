"""Text that a model wrote, turned into HTML that shows it faithfully and can do nothing else.

Pure string functions: no Streamlit, no network. A response goes through four steps: unsafe characters become
visible (`characters`), Markdown is read (`reader`, with `maths` and `highlighting`), what it means is checked
against what was written, and the result is sanitised against an allowlist (`sanitiser`).
"""

from functools import lru_cache

from core.ui.shared.markup.characters import raw_html, without_unsafe
from core.ui.shared.markup.reader import LostText, read
from core.ui.shared.markup.sanitiser import sanitise

__all__ = ["raw_html", "safe_html"]

_SHORT = 16_000


def safe_html(text: str) -> str:
    """Markdown as a model means it, as sanitised HTML without links, images, styles or scripts.

    Text is never cut: what the reader cannot show in full (nested too deep, or failing in any way) is shown
    by `raw_html` instead. The results are cached by text: 512 short ones, 16 long ones.
    """
    return _render_short(text) if len(text) <= _SHORT else _render_long(text)


def _render(text: str) -> str:
    try:
        return sanitise(read(without_unsafe(text)))
    except (LostText, RecursionError, ValueError, IndexError, KeyError, TypeError, AttributeError, RuntimeError):
        return raw_html(text)


_render_short = lru_cache(maxsize=512)(_render)
_render_long = lru_cache(maxsize=16)(_render)
