"""Plain values as YAML: maps, lists, texts, numbers and truth values, every text in double quotes."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_PLAIN = re.compile(r"[a-z_]+")
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
"""What YAML 1.1 takes for no text."""
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}


def yaml_text(value: Mapping[str, Any]) -> str:
    """The value as a document. Whatever stands in a text, a reader gets it back as it is (YAML 1.2, 7.3.1)."""
    return "".join(f"{line}\n" for line in _lines(value, 0))


def _lines(value: Any, depth: int) -> Iterator[str]:
    indent = "  " * depth
    if isinstance(value, Mapping):
        for key, each in value.items():
            name = key if _PLAIN.fullmatch(key) and key not in _WORDS else _quoted(key)
            yield from _entry(f"{indent}{name}:", each, depth)
    else:
        for each in value:
            yield from _item(indent, each, depth)


def _entry(head: str, value: Any, depth: int) -> Iterator[str]:
    if _is_nested(value):
        yield head
        yield from _lines(value, depth + 1)
    else:
        yield f"{head} {_scalar(value)}"


def _item(indent: str, value: Any, depth: int) -> Iterator[str]:
    if not _is_nested(value):
        yield f"{indent}- {_scalar(value)}"
        return
    inner = list(_lines(value, depth + 1))
    yield f"{indent}- {inner[0][len(indent) + 2 :]}"
    yield from inner[1:]


def _is_nested(value: Any) -> bool:
    return isinstance(value, Mapping | Sequence) and not isinstance(value, str) and len(value) > 0


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return _quoted(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "{}"
    return "[]" if isinstance(value, Sequence) else _number(value)


def _number(value: float) -> str:
    """YAML 1.1 takes 1e+16 for a text, and 1.0e+16 for a number."""
    mantissa, e, exponent = repr(value).partition("e")
    return mantissa if not e else f"{mantissa}{'' if '.' in mantissa else '.0'}e{exponent}"


def _quoted(text: str) -> str:
    return f'"{"".join(map(_character, text))}"'


def _character(one: str) -> str:
    if one in _ESCAPES:
        return _ESCAPES[one]
    if one.isprintable():
        return one
    code = ord(one)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
