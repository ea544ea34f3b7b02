"""The tokens of a Markdown text as HTML: one function for each kind that is more than its tag."""

from collections.abc import Callable, Sequence
from html import escape

from markdown_it.token import Token

from core.ui.shared.markup.highlighting import highlight
from core.ui.shared.markup.maths import ConvertedSoFar, formula_html

_Rule = Callable[[Token, ConvertedSoFar], str]


def write(tokens: Sequence[Token], converted: ConvertedSoFar) -> str:
    """HTML of a text's tokens: escaped, without addresses that could be followed; not yet sanitised."""
    return "".join(_write_one(token, converted) for token in tokens)


def _write_one(token: Token, converted: ConvertedSoFar) -> str:
    if token.type == "inline":
        return write(token.children or [], converted)
    rule = _RULES.get(token.type)
    if rule is not None:
        return rule(token, converted)
    return f"</{token.tag}>" if token.nesting < 0 else f"<{token.tag}{_attributes(token)}>"


def _attributes(token: Token) -> str:
    return "".join(f' {name}="{escape(str(value))}"' for name, value in token.attrs.items() if name in ("dir", "value"))


def _text(token: Token, _: ConvertedSoFar) -> str:
    return escape(token.content)


def _line_break(_: Token, __: ConvertedSoFar) -> str:
    return "<br>"


def _paragraph(token: Token, _: ConvertedSoFar) -> str:
    # Markdown hides the paragraphs of a tight list; each item still runs in its own direction.
    return '<p class="tight" dir="auto">' if token.hidden else '<p dir="auto">'


def _heading_open(token: Token, _: ConvertedSoFar) -> str:
    """Headings begin at level 4: the page's own outline stays whole."""
    level = int(token.tag[1])
    return f'<h{min(level + 3, 6)} class="h{level}" dir="auto">'


def _heading_close(token: Token, _: ConvertedSoFar) -> str:
    return f"</h{min(int(token.tag[1]) + 3, 6)}>"


def _table_open(token: Token, _: ConvertedSoFar) -> str:
    return f'<div class="scroll"><table{_attributes(token)}>'


def _table_close(_: Token, __: ConvertedSoFar) -> str:
    return "</table></div>"


def _cell(token: Token, _: ConvertedSoFar) -> str:
    align = str(token.attrGet("style") or "").removeprefix("text-align:")
    return f'<{token.tag} dir="auto" class="{align}">' if align else f'<{token.tag} dir="auto">'


def _code_block(token: Token, _: ConvertedSoFar) -> str:
    info = token.info.strip()
    language = info.split(maxsplit=1)[0] if info else ""
    caption = f'<div class="language" dir="auto">{escape(info)}</div>' if info else ""
    code = highlight(token.content, language)
    return f'<div class="code">{caption}<pre class="scroll" dir="ltr"><code>{code}</code></pre></div>'


def _code_inline(token: Token, _: ConvertedSoFar) -> str:
    return f'<code dir="auto">{escape(token.content)}</code>'


def _link_open(_: Token, __: ConvertedSoFar) -> str:
    return '<bdi class="link">'


def _link_close(token: Token, _: ConvertedSoFar) -> str:
    address = token.meta.get("address", "")
    return f'</bdi> <bdi class="address">{escape(address)}</bdi>' if address else "</bdi>"


def _image(token: Token, converted: ConvertedSoFar) -> str:
    described = write(token.children or [], converted)
    address = escape(token.meta.get("address", ""))
    return f'<span class="image"><bdi>{described}</bdi> <bdi class="address">{address}</bdi></span>'


def _formula(token: Token, converted: ConvertedSoFar) -> str:
    return formula_html(token.content, token.markup, block=token.block, converted=converted)


_RULES: dict[str, _Rule] = {
    "text": _text,
    "text_special": _text,
    "softbreak": _line_break,
    "hardbreak": _line_break,
    "paragraph_open": _paragraph,
    "heading_open": _heading_open,
    "heading_close": _heading_close,
    "table_open": _table_open,
    "table_close": _table_close,
    "th_open": _cell,
    "td_open": _cell,
    "fence": _code_block,
    "code_block": _code_block,
    "code_inline": _code_inline,
    "link_open": _link_open,
    "link_close": _link_close,
    "image": _image,
    "formula": _formula,
    "formula_block": _formula,
}
