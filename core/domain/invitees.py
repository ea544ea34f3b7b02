"""A pasted list of people: names, addresses, or both, one a line or several."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_LONGEST = 400
_HEAD = re.compile(r"\s*name\s*[;,\t]\s*e-?mail( address)?\s*", re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s@<>]+@[^\s@<>]+")
_BOTH = (
    re.compile(r"(?P<name>[^<]*)<(?P<email>[^<>]*)>"),
    re.compile(r"(?P<name>[^@]*?)[\s,;]+(?P<email>[^\s@<>]+@[^\s@<>]+)"),
)


@dataclass(frozen=True)
class Invitee:
    """Somebody on the list: ``line`` counts from 1; ``name`` is the address where no name was given."""

    line: int
    name: str
    email: str | None


def read_invitees(text: str) -> list[Invitee]:
    """Everybody on a pasted list, in order, as typed: what cannot be a name or an address is found out later.

    People stand one a line, or several with semicolons or commas between them. A name may stand before its address,
    as 'Name <address>' or in two columns; a comma in 'Doe, Jane <address>' belongs to the name.
    """
    lines = text.splitlines()
    first = 1 if lines and _HEAD.fullmatch(lines[0]) else 0
    return [
        _invitee(number, person)
        for number, line in enumerate(lines[first:], first + 1)
        for person in (_with_brackets(line) if "<" in line else _with_names(line))
    ]


def _with_brackets(line: str) -> Iterator[str]:
    """People of whom some are written 'Name <address>': a comma ends one only behind the bracket."""
    for part in _split(line, ";"):
        waiting: list[str] = []
        for piece in _split(part, ","):
            waiting.append(piece)
            if piece.endswith(">"):
                yield ", ".join(waiting)
                waiting = []
        yield from waiting


def _with_names(line: str) -> Iterator[str]:
    """Names and addresses; a name directly before an address is that person's."""
    name = ""
    for piece in (piece for part in _split(line, ";") for piece in _split(part, ",")):
        if name and _ADDRESS.fullmatch(piece):
            yield f"{name}, {piece}"
            name = ""
            continue
        if name:
            yield name
        name = "" if _ADDRESS.search(piece[:_LONGEST]) else piece
        if not name:
            yield piece
    if name:
        yield name


def _split(text: str, mark: str) -> list[str]:
    """``text`` at each ``mark`` that stands neither in double quotes nor in angle brackets; no empty pieces."""
    pieces, start, closing = [], 0, ""
    for place, character in enumerate(text):
        if closing:
            closing = "" if character == closing else closing
        elif character in '"<':
            closing = '"' if character == '"' else ">"
        elif character == mark:
            pieces.append(text[start:place])
            start = place + 1
    pieces.append(text[start:])
    return [piece.strip() for piece in pieces if piece.strip()]


def _invitee(line: int, person: str) -> Invitee:
    if len(person) > _LONGEST:
        return Invitee(line, person, None)
    both = next((found for form in _BOTH if (found := form.fullmatch(person))), None)
    if both is not None:
        email = both["email"].strip()
        return Invitee(line, both["name"].strip(" \t,;\"'") or email, email)
    name = person.strip("\"'")
    return Invitee(line, name, name if _ADDRESS.fullmatch(name) else None)
