"""JavaScript's regular expressions, in which JSON schemas are written, as the library ``regex`` writes them."""

import sys
from collections.abc import Iterator

import regex  # type: ignore[import-untyped]

_SPACE = "\t\n\x0b\x0c\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_NO_SPACE = (
    "\x00-\x08\x0e-\x1f!-\u009f\u00a1-\u167f\u1681-\u1fff\u200b-\u2027\u202a-\u202e\u2030-\u205e\u2060-\u2fff"
    rf"\u3001-\ufefe\uff00-{chr(sys.maxunicode)}"
)
_SETS = {
    "d": "0-9",
    "D": rf"\x00-/:-{chr(sys.maxunicode)}",
    "w": "0-9A-Za-z_",
    "W": rf"\x00-/:-@\[-\^`{{-{chr(sys.maxunicode)}",
    "s": _SPACE,
    "S": _NO_SPACE,
}
_WORD = "[0-9A-Za-z_]"
_EDGES = {
    "b": rf"(?:(?<={_WORD})(?!{_WORD})|(?<!{_WORD})(?={_WORD}))",
    "B": rf"(?:(?<={_WORD})(?={_WORD})|(?<!{_WORD})(?!{_WORD}))",
}
_PYTHONS = regex.compile(r"\(\?[aiLmsux]+\)")
_TOKEN = regex.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u\{[0-9a-fA-F]{1,6}\}|\\u[0-9a-fA-F]{4}"
    r"|\\x[0-9a-fA-F]{2}|\\c[A-Za-z]|\\[pP]\{[^{}]{1,80}\}|\\k<[^<>]{1,80}>|\\0(?!\d)|\\[1-9]\d?|\\.|\{\d+(?:,\d*)?\}"
    r"|\[\^?\]|.",
    regex.DOTALL,
)


def translated(pattern: str) -> str:
    """``pattern`` for ``regex``: the same texts match, as far as both can say it.

    JavaScript's ``$`` is the very end, ``\\d`` and ``\\w`` are ASCII, ``.`` stops at every line end, ``[`` within a
    class and a brace that is no count stand for themselves. A pattern that begins with Python's flags stays as it is.
    """
    return pattern if _PYTHONS.match(pattern) else "".join(_parts(pattern))


def _parts(pattern: str) -> Iterator[str]:
    at, in_class, after_set = 0, False, False
    while at < len(pattern):
        piece = (_TOKEN.match(pattern, at) or [pattern[at]])[0]
        if in_class and len(piece) > 1 and piece[0] in "[{":
            piece = piece[0]
        at += len(piece)
        if in_class:
            yield r"\-" if piece == "-" and after_set else _within(piece)
            after_set = piece[:2].lower() in ("\\d", "\\w", "\\s", "\\p")
            in_class = piece != "]"
            continue
        in_class, after_set = piece == "[", False
        yield _without(piece)
        if in_class and pattern[at : at + 1] == "^":
            at += 1
            yield "^"


def _without(piece: str) -> str:
    """A piece that stands in no class."""
    plain = {"$": r"\Z", ".": "[^\n\r\u2028\u2029]", "{": r"\{", "}": r"\}", "[]": "(?!)", "[^]": "(?s:.)"}
    if piece[0] != "\\" or len(piece) == 1:
        return plain.get(piece, piece)
    if piece[1] in _SETS:
        return f"[{_SETS[piece[1]]}]"
    if piece[1] in _EDGES:
        return _EDGES[piece[1]]
    return f"(?P={piece[3:-1]})" if piece.startswith("\\k<") else _escape(piece)


def _within(piece: str) -> str:
    """A piece that stands in a class."""
    if piece == "[":
        return r"\["
    if piece[0] != "\\" or len(piece) == 1:
        return piece
    if piece[1] in _SETS:
        return _SETS[piece[1]]
    return "\x08" if piece == r"\b" else _escape(piece)


def _escape(piece: str) -> str:
    """An escape for one character as that character; what both write alike as it is."""
    kind, digits = piece[1], piece[2:].strip("{}")
    if kind == "u" and "\\u" in digits:
        return chr(0x10000 + ((int(digits[:4], 16) & 0x3FF) << 10) + (int(digits[6:], 16) & 0x3FF))
    if kind in "ux" and digits and int(digits, 16) <= sys.maxunicode:
        return str(regex.escape(chr(int(digits, 16)), special_only=False))
    if kind == "c" and digits:
        return rf"\x{ord(digits) % 32:02x}"
    if piece in (r"\0", r"\v"):
        return r"\x00" if piece == r"\0" else r"\x0b"
    return piece if kind.isalnum() else str(regex.escape(kind, special_only=False))
