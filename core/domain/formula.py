"""Cells that a spreadsheet would run: a text from a model must stay a text when a table is opened."""

import re

_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")


def neutralise(cell: str) -> str:
    """``cell`` with an apostrophe before it where a spreadsheet would run it as a formula.

    That is where it begins, white space left aside, with = + - @ (their full-width forms too), or with a tab or a
    line end. Numbers stay numbers. Source: OWASP, "CSV injection".
    """
    if not cell or _NUMBER.fullmatch(cell):
        return cell
    risky = cell[0] in _STARTS or cell.lstrip()[:1] in _STARTS
    return f"'{cell}" if risky else cell
