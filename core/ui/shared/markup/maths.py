r"""LaTeX between `\( \)`, `\[ \]` and `$$ $$`, turned into MathML. A single dollar is money."""

import re
from dataclasses import dataclass
from html import escape
from xml.etree import ElementTree

from latex2mathml import converter
from latex2mathml.commands import MATRICES
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

from core.ui.shared.markup.sanitiser import MATH_TAGS

_CLOSING = {"\\(": "\\)", "\\[": "\\]", "$$": "$$"}
_STRAY = frozenset(_CLOSING) | {"\\)", "\\]"}
_LONGEST = 4_000
_MOST = 60_000  # characters of formulas in one text, beyond which they are shown as written
_ENVIRONMENT = re.compile(r"\\begin\s*\{([^}]*)\}")
_KNOWN = frozenset(name.removeprefix("\\") for name in MATRICES) | {
    "array", "align", "align*", "aligned", "alignat", "alignat*", "cases", "equation", "equation*", "gather", "gather*",
    "gathered", "split", "substack",
}  # fmt: skip
_NUMBERED = re.compile(r"\\(begin|end)\{(align|alignat|equation)\}")
_GATHERED = re.compile(r"\\(begin|end)\{gather(?:ed|\*)?\}")
_COMMENT = re.compile(r"(?<!\\)(?:\\\\)*%")
_DEPTH = 60
_ENTITY = re.compile(r"&#?\w+;")
# Signs in words of a formula that begin no tag and no entity; the converter leaves them as they are.
_BARE = re.compile(r"<(?![a-zA-Z/!?])|&(?!#?\w+;)")
_MATHML = "{http://www.w3.org/1998/Math/MathML}"


@dataclass
class ConvertedSoFar:
    """How many characters of formulas one text has had converted."""

    characters: int = 0


def _too_deep(source: str) -> bool:
    depth = deepest = 0
    for mark in re.findall(r"[{}]|\\left|\\right|\\begin|\\end", source):
        depth += 1 if mark in ("{", "\\left", "\\begin") else -1
        deepest = max(deepest, depth)
    return deepest > _DEPTH


def _prepared(source: str) -> str:
    """LaTeX without the numbers nobody wrote, its lines in a table where MathML knows no other way to break them."""
    source = _GATHERED.sub(r"\\\1{matrix}", _NUMBERED.sub(r"\\\1{\2*}", source))
    if "\\\\" in source and "\\begin" not in source and "&" not in source and "\\substack" not in source:
        return f"\\begin{{matrix}}{source}\\end{{matrix}}"
    return source


def to_mathml(source: str, *, display: bool) -> str | None:
    """LaTeX as MathML that carries its source in `alttext`; None where it is malformed, unknown or very long."""
    if len(source) > _LONGEST or not source.strip() or _too_deep(source):
        return None
    if any(name.strip() not in _KNOWN for name in _ENVIRONMENT.findall(source)):
        return None
    if _COMMENT.search(source):  # what follows would vanish
        return None
    try:
        mathml: str = converter.convert(_prepared(source), display="block" if display else "inline")
    except Exception:
        # Whatever way a converter fails on what a model wrote, the page goes on.
        return None
    mathml = _BARE.sub(lambda found: escape(found[0]), mathml)
    if re.search(r">\s*\\[a-zA-Z]", mathml) or not _is_all_there(source, mathml):
        return None
    return mathml.replace("<math ", f'<math alttext="{escape(source)}" ', 1)


def _is_all_there(source: str, mathml: str) -> bool:
    """Whether what was written is shown: the converter lets markup inside text through, where it would vanish."""
    if _ENTITY.search(source):
        return False
    try:
        formula = ElementTree.fromstring(mathml)  # noqa: S314 - inside an element nothing can declare an entity
    except ElementTree.ParseError:
        return False
    if any(each.tag.removeprefix(_MATHML) not in MATH_TAGS for each in formula.iter()):
        return False
    return "".join(formula.itertext()).count("<") >= source.count("<")


def formula_html(source: str, opening: str, *, block: bool, converted: ConvertedSoFar) -> str:
    """A formula as HTML, or its source exactly as written where it cannot be one."""
    converted.characters += len(source)
    display = opening != "\\("
    mathml = to_mathml(source, display=display) if converted.characters <= _MOST else None
    if mathml is None:
        written = escape(f"{opening}{source}{_CLOSING[opening]}").replace("\n", "<br>")
        return f'<p class="tex" dir="ltr">{written}</p>' if block else f'<span class="tex" dir="ltr">{written}</span>'
    if block:
        return f'<div class="formula scroll" dir="ltr">{mathml}</div>'
    return f'<span class="{"formula scroll" if display else "inline"}" dir="ltr">{mathml}</span>'


def _is_money(state: StateInline, end: int) -> bool:
    return state.src[end : end + 1].isdigit() or state.src[end : end + 1] == "$"


def _inline(state: StateInline, silent: bool) -> bool:
    opening = state.src[state.pos : state.pos + 2]
    if opening not in _STRAY:
        return False
    start = state.pos + 2
    closing = _CLOSING.get(opening)
    end = state.src.find(closing, start, min(start + _LONGEST, state.posMax)) if closing else -1
    if end < 0 or not state.src[start:end].strip() or (closing == "$$" and _is_money(state, end + 2)):
        # A lone delimiter is shown as it was written, not unescaped.
        if not silent:
            state.append_pending(opening)
        state.pos = start
        return True
    if not silent:
        token = state.push("formula", "", 0)
        token.content, token.markup = state.src[start:end], opening
    state.pos = end + 2
    return True


def _closes(state: StateBlock, start: int, closing: str) -> bool:
    """Whether a formula that opens at `start` ends soon, at the end of a line; cheap, as it is asked of every line."""
    end = state.src.find(closing, start + 2, start + _LONGEST)
    if end < 0:
        return False
    line_end = state.src.find("\n", end)
    return not state.src[end + 2 : line_end if line_end >= 0 else None].strip()


def _block(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    start = state.bMarks[start_line] + state.tShift[start_line]
    first = state.src[start : state.eMarks[start_line]]
    opening = first[:2]
    if opening not in ("\\[", "$$") or state.is_code_block(start_line):
        return False
    closing, alone = _CLOSING[opening], not first[2:].strip()
    if not _closes(state, start, closing):
        return False
    lines, line = [first[2:]], start_line
    while closing not in lines[-1]:
        line += 1
        if line >= end_line or (state.isEmpty(line) and not alone):
            return False
        if not state.isEmpty(line) and state.sCount[line] < state.blkIndent:
            return False
        lines.append(state.getLines(line, line + 1, state.blkIndent, False))
    inside, _, rest = lines[-1].partition(closing)
    source = "\n".join([*lines[:-1], inside])
    if rest.strip() or not source.strip():
        return False
    if not silent:
        token = state.push("formula_block", "", 0)
        token.content, token.markup, token.map, token.block = source, opening, [start_line, line + 1], True
    state.line = line + 1
    return True


def maths_plugin(md: MarkdownIt) -> None:
    """Teach a Markdown reader the three delimiters; its renderer shows `formula` and `formula_block` tokens."""
    md.inline.ruler.before("escape", "formula", _inline)
    md.block.ruler.before("fence", "formula_block", _block, {"alt": ["paragraph", "blockquote", "list"]})
