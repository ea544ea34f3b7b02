"""Where the names beside a chart's points go, so that none lies on another, on a point or on an interval's line.

A chart grows with the window and its words do not: a place has to be free at the narrowest width and at wider ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import hypot

from core.ui.shared.charts import cut

_CHAR_PX, _HIGH_PX = 7.0, 17.0
_POINT_PX, _STEP_PX = 8.0, 5.0
_STEPS = (
    (0, -1.0), (1, 0.0), (-1, 0.0), (0, 1.0), (1, -0.6), (-1, -0.6), (1, 0.6), (-1, 0.6), (1, -1.0), (-1, -1.0),
    (1, 1.0), (-1, 1.0),
)  # fmt: skip
_FAR = (14.0, 20.0, 26.0, 32.0, 40.0, 48.0, 56.0)
_NEAR, _SLACK_PX = 20.0, 4.0
_LONGEST, _SHORTER = 16, 9


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
    text: str
    """The name, shortened where the whole has no room."""
    is_led: bool = False
    """Whether it needs a line to its point: it stands far from it, or another point is as near."""


@dataclass(frozen=True)
class Sheet:
    """The chart at one width: where its points are, in pixels from the left upper corner, and what lies about."""

    points: Sequence[tuple[float, float]]
    lying: Sequence[Box]
    """What no name may lie on: marks and lines."""
    width: float
    height: float


def placed(sheets: Sequence[Sheet], names: Sequence[str | None]) -> list[Label | None]:
    """A place for each point's name that is free at every width, the first point first.

    None where there is no name, or no room.
    """
    written: list[list[Box]] = [[] for _ in sheets]
    found: list[Label | None] = []
    for place, name in enumerate(names):
        label = None if name is None else _free(place, name, sheets, written)
        if label is not None:
            for sheet, boxes in zip(sheets, written, strict=True):
                boxes += [_box(*sheet.points[place], label), *_lead(*sheet.points[place], label)]
        found.append(label)
    return found


def around(x: float, y: float) -> Box:
    """What the mark of a point takes."""
    return Box(x - _POINT_PX, y - _POINT_PX, x + _POINT_PX, y + _POINT_PX)


def along(line: Sequence[tuple[float, float]]) -> list[Box]:
    """Boxes that cover a line from point to point, but for its very ends."""
    boxes = []
    for (x, y), (to_x, to_y) in pairwise(line):
        steps = max(int(max(abs(to_x - x), abs(to_y - y)) / _STEP_PX), 1)
        for step in range(1, steps):
            at_x, at_y = x + (to_x - x) * step / steps, y + (to_y - y) * step / steps
            boxes.append(Box(at_x - 1, at_y - 1, at_x + 1, at_y + 1))
    return boxes


def _free(place: int, name: str, sheets: Sequence[Sheet], written: Sequence[Sequence[Box]]) -> Label | None:
    for text in dict.fromkeys((cut(name, _LONGEST), cut(name, _SHORTER))):
        for far in _FAR:
            for across, down in _STEPS:
                label = Label(across * far, down * far, {0: "center", 1: "left", -1: "right"}[across], text)
                boxes = [_box(*sheet.points[place], label) for sheet in sheets]
                alone = all(_is_nearest(place, *each) for each in zip(boxes, sheets, strict=True))
                label = replace(label, is_led=far > _NEAR or not alone)
                if all(_is_free(place, label, *each) for each in zip(sheets, written, strict=True)):
                    return label
    return None


def _is_nearest(place: int, box: Box, sheet: Sheet) -> bool:
    """Whether a name stands nearer to its point than to any other."""
    mine, *others = sorted(range(len(sheet.points)), key=lambda one: (one != place, one))
    return all(_away(box, sheet.points[mine]) < _away(box, sheet.points[other]) for other in others)


def _away(box: Box, point: tuple[float, float]) -> float:
    """How far a point lies from a box."""
    x, y = point
    return hypot(max(box.left - x, x - box.right, 0.0), max(box.top - y, y - box.bottom, 0.0))


def _is_free(place: int, label: Label, sheet: Sheet, written: Sequence[Box]) -> bool:
    """Whether it lies on nothing, and its line on no other name."""
    box, lead = _box(*sheet.points[place], label), _lead(*sheet.points[place], label)
    if not _fits(box, sheet) or any(box.meets(other) for other in (*sheet.lying, *written)):
        return False
    return not any(part.meets(other) for part in lead for other in written)


def _lead(x: float, y: float, label: Label) -> list[Box]:
    """What the line from a name to its point takes."""
    return along([(x, y), (x + label.dx, y + label.dy)]) if label.is_led else []


def _fits(box: Box, sheet: Sheet) -> bool:
    return box.left >= -_SLACK_PX and box.right <= sheet.width and box.top >= 0 and box.bottom <= sheet.height


def _box(x: float, y: float, label: Label) -> Box:
    wide, middle = _CHAR_PX * len(label.text), y + label.dy
    left = {"left": x + label.dx, "right": x + label.dx - wide, "center": x + label.dx - wide / 2}[label.anchor]
    return Box(left, middle - _HIGH_PX / 2, left + wide, middle + _HIGH_PX / 2)
