"""Where the names beside a chart's points go, so that none lies on another, on a point or on an interval's line.

A chart grows with the window and its words do not: a place has to be free at the narrowest width and at wider ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass

_CHAR_PX, _HIGH_PX = 7.0, 17.0
_POINT_PX = 8.0
_STEPS = ((0, -1), (1, 0), (-1, 0), (0, 1), (1, -1), (-1, -1), (1, 1), (-1, 1))
_FAR = (14.0, 26.0, 40.0)


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels, y downward."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "Box") -> bool:
        """Whether the two lie on one another."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )


@dataclass(frozen=True)
class Label:
    """How far from its point a name's middle stands, in pixels; and on which side, for the anchor."""

    dx: float
    dy: float
    anchor: str
    """left | center | right: which part of the text stands at ``dx``."""


@dataclass(frozen=True)
class Sheet:
    """The chart at one width: where its points are, in pixels from the left upper corner, and what lies about."""

    points: Sequence[tuple[float, float]]
    lines: Sequence[Box]
    """What no name may lie on."""
    width: float
    height: float


def placed(sheets: Sequence[Sheet], names: Sequence[str | None]) -> list[Label | None]:
    """A place for each point's name that is free at every width, the first point first.

    None where there is no name, or no room.
    """
    taken = [[*sheet.lines, *(_around(x, y) for x, y in sheet.points)] for sheet in sheets]
    found: list[Label | None] = []
    for place, name in enumerate(names):
        label = None if name is None else _free(place, name, sheets, taken)
        if label is not None and name is not None:
            for sheet, lying in zip(sheets, taken, strict=True):
                lying.append(_box(*sheet.points[place], name, label))
        found.append(label)
    return found


def _free(place: int, name: str, sheets: Sequence[Sheet], taken: Sequence[Sequence[Box]]) -> Label | None:
    for far in _FAR:
        for across, down in _STEPS:
            label = Label(across * far, down * far, {0: "center", 1: "left", -1: "right"}[across])
            boxes = [_box(*sheet.points[place], name, label) for sheet in sheets]
            if all(_fits(box, sheet) for box, sheet in zip(boxes, sheets, strict=True)) and not any(
                box.meets(other) for box, lying in zip(boxes, taken, strict=True) for other in lying
            ):
                return label
    return None


def _fits(box: Box, sheet: Sheet) -> bool:
    return box.left >= 0 and box.right <= sheet.width and box.top >= 0 and box.bottom <= sheet.height


def _box(x: float, y: float, name: str, label: Label) -> Box:
    wide, middle = _CHAR_PX * len(name), y + label.dy
    left = {"left": x + label.dx, "right": x + label.dx - wide, "center": x + label.dx - wide / 2}[label.anchor]
    return Box(left, middle - _HIGH_PX / 2, left + wide, middle + _HIGH_PX / 2)


def _around(x: float, y: float) -> Box:
    return Box(x - _POINT_PX, y - _POINT_PX, x + _POINT_PX, y + _POINT_PX)
