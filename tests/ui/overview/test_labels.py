"""Names in the chart lie on nothing, at any width."""

from itertools import pairwise

import numpy as np
import pytest

from core.ui.overview.labels import Box, Label, Sheet, along, around, placed

WIDTHS = (300, 420, 720)


def sheets(points: list[tuple[float, float]], reach: float = 0.06) -> list[Sheet]:
    found = []
    for width in WIDTHS:
        at = [(x * width, y * 300) for x, y in points]
        lines = [Box(x - reach * width, y - 2, x + reach * width, y + 2) for x, y in at]
        found.append(Sheet(at, [*lines, *(around(x, y) for x, y in at)], width, 300))
    return found


def boxes(sheet: Sheet, labels: list[Label | None]) -> list[Box]:
    found = []
    for (x, y), label in zip(sheet.points, labels, strict=True):
        if label is not None:
            wide = 7.0 * len(label.text)
            left = x + label.dx - {"left": 0, "center": wide / 2, "right": wide}[label.anchor]
            found.append(Box(left, y + label.dy - 8, left + wide, y + label.dy + 8))
    return found


@pytest.mark.parametrize("seed", range(20))
def test_no_name_lies_on_another_on_a_point_or_on_an_interval(seed: int):
    rng = np.random.default_rng(seed)
    points = [(float(x), float(y)) for x, y in rng.uniform(0.1, 0.9, (8, 2))]
    names = [f"candidate {number}" for number in range(8)]
    labels = placed(sheets(points), names)
    assert any(labels)
    for sheet in sheets(points):
        drawn = boxes(sheet, labels)
        for place, box in enumerate(drawn):
            assert not any(box.meets(other) for other in (*drawn[:place], *sheet.lying))
            assert box.left >= -4 and box.right <= sheet.width


def test_of_points_on_one_another_the_first_gets_its_name_and_others_go_without_rather_than_on_it():
    points = [(0.5, 0.5)] * 40
    labels = placed(sheets(points), ["Birch"] * 40)
    assert labels[0] is not None
    assert None in labels


def test_a_name_that_might_be_taken_for_another_point_s_is_led_to_its_own():
    near, far = (
        placed(sheets([(0.5, 0.5), (0.5, 0.58)], reach=0.0), ["Birch", "Cedar"]),
        placed(sheets([(0.2, 0.5), (0.8, 0.5)]), ["Birch", "Cedar"]),
    )
    assert not any(label.is_led for label in far if label is not None)
    for sheet in sheets([(0.5, 0.5), (0.5, 0.58)]):
        for place, (label, box) in enumerate(zip(near, boxes(sheet, near), strict=True)):
            assert label is not None
            away = [
                np.hypot(max(box.left - x, x - box.right, 0), max(box.top - y, y - box.bottom, 0))
                for x, y in sheet.points
            ]
            assert label.is_led or away[place] == min(away)
    wall = [Box(0, 115, 300, 185)]
    (alone,) = placed([Sheet([(150.0, 150.0)], wall, 300, 300)], ["Birch"])
    assert alone is not None and alone.is_led, "far from its point"


def test_a_long_name_is_shortened_and_more_so_where_there_is_little_room():
    name = "a model with a long name"
    alone = placed(sheets([(0.3, 0.5)]), [name])[0]
    assert alone is not None and 9 < len(alone.text) <= 16
    wall = [Box(0, 0, 60, 300), Box(150, 0, 300, 300)]
    tight = placed([Sheet([(105.0, 150.0)], [*wall, around(105.0, 150.0)], 300, 300)], [name])[0]
    assert tight is not None and len(tight.text) <= 9


def test_a_point_without_a_name_gets_none():
    assert placed(sheets([(0.5, 0.5)]), [None]) == [None]


def test_a_line_is_covered_but_for_its_ends():
    found = along([(0.0, 0.0), (100.0, 0.0)])
    assert found[0].left > 0 and found[-1].right < 100
    assert all(other.left - one.right < 5 for one, other in pairwise(found))
