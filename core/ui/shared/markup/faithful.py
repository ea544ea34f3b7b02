"""Where Markdown drops, renumbers or joins what was written, this keeps it as written."""

import re
import unicodedata
from collections.abc import Callable, Sequence

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.table import escapedSplit, getLine, table
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline, image, link
from markdown_it.token import Token

_CONTAINERS = frozenset({"bullet_list_open", "ordered_list_open", "blockquote_open", "table_open"})
_SPECIAL = re.compile(r"[\[\]!`*_~<\\$]")
_MARKS = re.compile(r"[\s#>*+\-.)=|:`~_\\$\[\]]+")
_MOST_SPECIAL, _MOST_BRACKETS = 1_500, 300
_STRONG = {"L": "ltr", "R": "rtl", "AL": "rtl"}


def letters(text: str) -> int:
    """How many characters a text has that no block of Markdown uses as its mark."""
    return len(_MARKS.sub("", text))


def letters_in(tokens: Sequence[Token]) -> int:
    """The same of all blocks read from a text, with list numbers and the names of code's languages."""
    return sum(letters(token.content) + letters(token.info) for token in tokens)


def _newline(state: StateInline, silent: bool) -> bool:
    """A line break is a line break, and the next line keeps its indentation."""
    if state.src[state.pos] != "\n":
        return False
    if not silent:
        state.pending = state.pending.rstrip(" ")
        state.push("softbreak", "br", 0)
    state.pos += 1
    return True


def _with_address(
    rule: Callable[[StateInline, bool], bool], offset: int, close: bool
) -> Callable[[StateInline, bool], bool]:
    """A rule for links or images that leaves `(address "title")` on its token, exactly as written."""

    def wrapped(state: StateInline, silent: bool) -> bool:
        start = state.pos
        if not rule(state, silent):
            return False
        if not silent:
            end, state.pos = state.pos, start
            label_end = state.md.helpers.parseLinkLabel(state, start + offset, close)
            state.pos = end
            label, address = state.src[start + offset + 1 : label_end], state.src[label_end + 1 : end]
            if address[1:-1].strip() not in (label, f"mailto:{label}"):
                state.tokens[-1].meta["address"] = address
        return True

    return wrapped


def _table(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """A table whose rows keep the cells that its head has no column for."""
    first = len(state.tokens)
    if not table(state, start_line, end_line, silent):
        return False
    if silent:
        return True
    tokens: list[Token] = []
    width = 0
    for token in state.tokens[first:]:
        if token.type == "th_close":
            width += 1
        elif token.type == "tr_open" and token.map:
            line = token.map[0]
        elif token.type == "tr_close":
            tokens.extend(_extra_cells(getLine(state, line).strip(), width, token.level))
        tokens.append(token)
    state.tokens[first:] = tokens
    return True


def _extra_cells(row: str, width: int, level: int) -> list[Token]:
    cells = escapedSplit(row)
    if cells and cells[0] == "":
        cells.pop(0)
    if cells and cells[-1] == "":
        cells.pop()
    tokens = []
    for cell in cells[width:]:
        inline = Token("inline", "", 0, content=cell.strip(), children=[], level=level + 2)
        tokens += [Token("td_open", "td", 1, level=level + 1), inline, Token("td_close", "td", -1, level=level + 1)]
    return tokens


def _inline(state: StateCore) -> None:
    """Read what is inside each block; one that is all punctuation is shown as it is (links in links take hours)."""
    for token in state.tokens:
        if token.type != "inline":
            continue
        token.children = []
        brackets = token.content.count("[")
        if brackets <= _MOST_BRACKETS and len(_SPECIAL.findall(token.content)) <= _MOST_SPECIAL:
            state.md.inline.parse(token.content, state.md, state.env, token.children)
            continue
        for number, line in enumerate(token.content.split("\n")):
            if number:
                token.children.append(Token("softbreak", "br", 0))
            token.children.append(Token("text", "", 0, content=line))


def _numbers(state: StateCore) -> None:
    """List items keep the numbers they were written with; where all have the same one, the list counts on."""
    open_lists: list[list[Token]] = []
    for token in state.tokens:
        if token.type == "ordered_list_open":
            open_lists.append([])
        elif token.type == "list_item_open" and token.info:
            open_lists[-1].append(token)
        elif token.type == "ordered_list_close":
            items = open_lists.pop()
            same = len({item.info for item in items}) == 1
            for item in items[:1] if same else items:
                item.attrSet("value", str(int(item.info)))


def _direction(text: str) -> str | None:
    return next((found for char in text if (found := _STRONG.get(unicodedata.bidirectional(char)))), None)


def _directions(state: StateCore) -> None:
    """Lists, quotes and tables run as their first letter does (dir=auto would not look into their paragraphs)."""
    waiting: list[Token] = []
    for token in state.tokens:
        if token.type in _CONTAINERS:
            waiting.append(token)
        elif token.type == "inline" and waiting and (direction := _direction(token.content)):
            for container in waiting:
                container.attrSet("dir", direction)
            waiting = []
    for container in waiting:
        container.attrSet("dir", "ltr")


def faithful_plugin(md: MarkdownIt) -> None:
    """Replace the rules that lose something by ones that do not."""
    md.inline.ruler.at("newline", _newline)
    md.inline.ruler.at("link", _with_address(link, 0, True))
    md.inline.ruler.at("image", _with_address(image, 1, False))
    md.block.ruler.at("table", _table, {"alt": ["paragraph"]})
    md.core.ruler.at("inline", _inline)
    md.core.ruler.after("inline", "numbers", _numbers)
    md.core.ruler.after("numbers", "directions", _directions)
