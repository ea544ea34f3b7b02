"""Markdown as models write it: nothing fetched, nothing followed, nothing dropped."""

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore

from core.ui.shared.markup.faithful import faithful_plugin, letters, letters_in
from core.ui.shared.markup.maths import ConvertedSoFar, maths_plugin
from core.ui.shared.markup.writer import write

_NESTING = 100


class LostText(ValueError):
    """Markdown would hide something that was written."""


class _Markdown(MarkdownIt):
    """Addresses are shown, never followed, so they stay as they were written."""

    def normalizeLink(self, url: str) -> str:  # noqa: N802
        return url

    def normalizeLinkText(self, link: str) -> str:  # noqa: N802
        return link


def _check_nothing_lost(state: StateCore) -> None:
    if letters_in(state.tokens) < letters(state.src):
        raise LostText("nested deeper than Markdown reads")


def _markdown() -> MarkdownIt:
    md = _Markdown("js-default", {"html": False, "maxNesting": _NESTING})
    # References would vanish from the text, and entities would change it.
    md.disable(["reference", "html_block", "html_inline", "entity", "linkify", "replacements", "smartquotes"])
    maths_plugin(md)
    faithful_plugin(md)
    md.core.ruler.after("block", "nothing_lost", _check_nothing_lost)
    return md


_MARKDOWN = _markdown()


def read(text: str) -> str:
    """Markdown as HTML, not yet sanitised.

    Raises LostText where the text is nested deeper than the reader goes.
    """
    return write(_MARKDOWN.parse(text), ConvertedSoFar())
