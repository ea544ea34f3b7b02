"""A text as numbers are read in it: without the numbers of lists and of footnotes, and with LaTeX made plain."""

import re

LONGEST = 50_000
"""Of a text above twice as many characters that many are read from its beginning and from its end."""

_NOTE_NUMBERS = r"\^?\d{1,3}(?:(?:[,;][ ]?|[-–])\d{1,3}){0,9}"
_LATEX = (
    (re.compile(r"\{,\}"), ","),
    (re.compile(r"\\,"), ""),
    (re.compile(r"(?<=\d)(?:\\[ ;:]|~|&nbsp;|&thinsp;)(?=\d{3})"), "\u00a0"),
    (re.compile(r"(?<=\d)\\[dt]?frac\{(\d{1,9})\}\{(\d{1,9})\}"), r" \1/\2"),
    (re.compile(r"\\[dt]?frac\{(\d{1,9})\}\{(\d{1,9})\}"), r"\1/\2"),
    (re.compile(r"\\[dt]?frac(\d)(\d)"), r"\1/\2"),
    (re.compile(r"(?<=\b10)<sup>([-−+]?\d{1,3})</sup>"), r"^\1"),
    (re.compile(rf"<sup>\[?{_NOTE_NUMBERS}\]?</sup>"), ""),
    (re.compile("\u2044"), "/"),
)  # fmt: skip
_BULLET = re.compile(r"^[ \t>]*[-*+•–—][ \t]+(?=\S)", re.MULTILINE)
_MONTH = "Jan|Jän|Feb|Mär|Apr|Mai|Jun|Jul|Aug|Sep|Okt|Nov|Dez"
_LISTED = re.compile(
    rf"^[ \t>]*(?:\#{{1,6}}[ \t]+)?[*_]{{0,3}}\(?(?P<n>\d{{1,3}})[*_]{{0,3}}(?:[.．)]|\)\.|、)[*_]{{0,3}}"
    rf"(?=[ \t]+(?!(?:{_MONTH})[a-zä]*\b)\S|[^\s\d.,*_)])",
    re.MULTILINE,
)
_NOTED = re.compile(r"^[ \t]*\[\^?\d{1,3}\]:?(?=[ \t]+\S)", re.MULTILINE)
_NOTE = re.compile(rf"(?<=[^\s:=(\[{{,|$`])(?:\[{_NOTE_NUMBERS}\]|[ ]\[\^?\d{{1,3}}\])|【[^】\n]{{1,80}}】")
_SAYS = re.compile(r"\b(?:is|are|be|equals|answer|result|ist|sind|lautet|ergibt|est|vaut|es|son|è)$", re.IGNORECASE)


def as_read(text: str) -> str:
    """``text`` as numbers are read in it; what was read so already stays as it is."""
    if len(text) > 2 * LONGEST:
        text = f"{text[:LONGEST]}\n{text[-LONGEST:]}"
    for pattern, plain in _LATEX:
        text = pattern.sub(plain, text)
    return _without_notes(_without_list_numbers(text))


def _without_list_numbers(text: str) -> str:
    """Blanks for bullets, which look like minus signs, and for "1.", "2)" where they count the lines of a list."""
    text = _BULLET.sub(_blank, text)
    counted = {int(line["n"]) for line in _LISTED.finditer(text)}
    return _LISTED.sub(lambda line: _blank(line) if _counts(int(line["n"]), counted) else line[0], text)


def _counts(n: int, counted: set[int]) -> bool:
    """Whether a number at a line's beginning is one of a list: the first, or beside one that begins another line."""
    return n <= 1 or n - 1 in counted or n + 1 in counted


def _without_notes(text: str) -> str:
    """Blanks for the numbers of footnotes and sources; "the answer is [3]" is none."""
    text = _NOTED.sub(_blank, text)
    return _NOTE.sub(
        lambda note: note[0] if _SAYS.search(text[max(0, note.start() - 12) : note.start()]) else _blank(note), text
    )


def _blank(found: re.Match[str]) -> str:
    return " " * len(found[0])
