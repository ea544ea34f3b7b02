"""A text as a reader sees it, without the marks of Markdown and HTML that stand within its words."""

import re

_TAG = re.compile(r"</?(?:b|i|u|s|em|strong|mark|small|span|a|font|sub)(?:\s[^<>\n]{0,300})?>", re.IGNORECASE)
_BREAK = re.compile(r"<br\s{0,5}/?>", re.IGNORECASE)
_NOTE = re.compile(
    r"(?<=[^\W\d_])(?:[¹²³⁰⁴-⁹]{1,3}|\[\^?\d{1,3}\]|<sup>\[?\d{1,3}\]?</sup>)(?![^\W\d_])", re.IGNORECASE
)
_LINK = re.compile(r"!?\[([^\[\]\n]{1,200})\](?:\([^()\s]{0,500}(?:[ ]\"[^\"\n]{0,200}\")?\)|\[[^\[\]\n]{0,80}\])")
_STARS = re.compile(r"(?<![\\*])(\*{1,3})(?=[^\s*])([^*\n]{0,300}[^\s*\\])\1(?!\*)")
_LINES = re.compile(r"(?<![\w\\])(_{1,3})(?=[^\s_])([^_\n]{0,300}[^\s_\\])\1(?!\w)")
_OTHERS = re.compile(r"(~~|==|`{1,2})(?=[^\s~=`])([^\n~=`]{1,300})\1")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")


def without_emphasis(text: str) -> str:
    """``text`` without stars, lines and tags around words or parts of them, link targets and footnotes at words.

    Stars beside digits are signs of multiplication and stay.
    """
    if not any(mark in text for mark in "*_~=`<[\\¹²³⁰⁴⁵⁶⁷⁸⁹"):
        return text
    text = _LINK.sub(r"\1", _NOTE.sub("", _TAG.sub("", _BREAK.sub(" ", text))))
    for _ in range(2):  # "***Pa**ris*"
        text = _STARS.sub(_unmarked, text)
    return _ESCAPE.sub(r"\1", _OTHERS.sub(r"\2", _LINES.sub(r"\2", text)))


def _unmarked(found: re.Match[str]) -> str:
    return found[0] if _is_product(found) else found[2]


def _is_product(found: re.Match[str]) -> bool:
    before, after = found.string[max(0, found.start() - 1) : found.start()], found.string[found.end() : found.end() + 1]
    return found[1] == "*" and (before.isdigit() or after.isdigit())
