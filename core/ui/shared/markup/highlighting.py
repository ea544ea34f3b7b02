"""Fenced code with its colours: Pygments' classes, which the component's style sheet colours."""

import re
from collections.abc import Iterable
from functools import lru_cache
from html import escape
from itertools import groupby

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Generic, Keyword, Literal, Name, Operator, _TokenType
from pygments.util import ClassNotFound

# The languages models write in. Others are shown plain: exotic lexers have taken minutes over hostile input.
_NAMES = (
    "bash c c++ cpp c# cs csharp console css dart diff docker dockerfile elixir erlang go golang graphql haskell html "
    "http ini java javascript js json jsx julia kotlin kt latex lua make makefile matlab nginx objective-c ocaml perl "
    "php powershell ps1 protobuf py python python3 r rb regex rs ruby rust sass scala scss sh shell sql svg swift "
    "terraform tex toml ts tsx typescript vim xml yaml yml zig zsh"
)
_LANGUAGES = frozenset(_NAMES.split())
_LONGEST = 10_000
_SLOW = re.compile(r"\s{200}|[^\n]{1000}")
_CLASSES: tuple[tuple[_TokenType, str], ...] = (
    (Comment, "c"),
    (Keyword, "k"),
    (Operator.Word, "k"),
    (Literal.Number, "m"),
    (Literal, "s"),
    (Name.Function, "f"),
    (Name.Class, "f"),
    (Name.Tag, "k"),
    (Name.Attribute, "f"),
    (Name.Builtin, "b"),
    (Name.Decorator, "b"),
    (Generic.Inserted, "s"),
    (Generic.Deleted, "d"),
)


@lru_cache(maxsize=256)
def _class_of(kind: _TokenType) -> str:
    return next((name for parent, name in _CLASSES if kind[: len(parent)] == parent), "")


@lru_cache(maxsize=128)
def _lexer(language: str) -> Lexer | None:
    if language not in _LANGUAGES:
        return None
    try:
        return get_lexer_by_name(language, stripnl=False, ensurenl=False, tabsize=0)
    except ClassNotFound:
        return None


def _spans(tokens: Iterable[tuple[_TokenType, str]]) -> str:
    parts = []
    for name, run in groupby(tokens, key=lambda token: _class_of(token[0])):
        code = escape("".join(value for _, value in run))
        parts.append(f'<span class="{name}">{code}</span>' if name else code)
    return "".join(parts)


def highlight(code: str, language: str) -> str:
    """Code as escaped HTML with its words classed by kind; plain where the language is unknown or it is very long."""
    lexer = _lexer(language.lower())
    if lexer is None or len(code) > _LONGEST or _SLOW.search(code):
        return escape(code)
    tokens = list(lexer.get_tokens(code))
    if "".join(value for _, value in tokens) != code:
        return escape(code)
    return _spans(tokens)
