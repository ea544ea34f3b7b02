"""Where the names beside a chart's points go, so that none lies on another, on a point or on an interval's line.

Places are worked out for the narrowest chart: as it grows wider, what stood beside each other only moves apart.
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


def placed(
    points: Sequence[tuple[float, float]],
    names: Sequence[str | None],
    lines: Sequence[Box],
    *,
    width: float,
    height: float,
) -> list[Label | None]:
    """A place for each name, the first first; None where there is no name or no room.

    ``points`` in pixels from the left upper corner; ``lines``: what no name may lie on.
    """
    taken = [*lines, *(_around(x, y) for x, y in points)]
    found: list[Label | None] = []
    for (x, y), name in zip(points, names, strict=True):
        place = None if name is None else _free(x, y, name, taken, Box(0, 0, width, height))
        if place is not None and name is not None:
            taken.append(_box(x, y, name, place))
        found.append(place)
    return found


def _free(x: float, y: float, name: str, taken: Sequence[Box], within: Box) -> Label | None:
    for far in _FAR:
        for across, down in _STEPS:
            label = Label(across * far, down * far, {0: "center", 1: "left", -1: "right"}[across])
            box = _box(x, y, name, label)
            inside = box.left >= within.left and box.right <= within.right
            inside = inside and box.top >= within.top and box.bottom <= within.bottom
            if inside and not any(box.meets(other) for other in taken):
                return label
    return None


def _box(x: float, y: float, name: str, label: Label) -> Box:
    wide, middle = _CHAR_PX * len(name), y + label.dy
    left = {"left": x + label.dx, "right": x + label.dx - wide, "center": x + label.dx - wide / 2}[label.anchor]
    return Box(left, middle - _HIGH_PX / 2, left + wide, middle + _HIGH_PX / 2)


def _around(x: float, y: float) -> Box:
    return Box(x - _POINT_PX, y - _POINT_PX, x + _POINT_PX, y + _POINT_PX)
