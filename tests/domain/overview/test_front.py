"""The Pareto front of cost and share."""

from hypothesis import given
from hypothesis import strategies as st

from core.domain.overview import on_front

POINTS = st.lists(st.tuples(st.integers(1, 6).map(float), st.integers(0, 6).map(float)), min_size=1, max_size=12)


def beats(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one != other and one[0] <= other[0] and one[1] >= other[1]


@given(POINTS)
def test_exactly_those_whom_nobody_beats_are_on_it_from_the_cheapest_to_the_dearest(points: list[tuple[float, float]]):
    found = on_front(points)
    assert set(found) == {place for place, p in enumerate(points) if not any(beats(other, p) for other in points)}
    costs = [points[place][0] for place in found]
    assert costs == sorted(costs)


def test_dear_and_worse_is_not_on_it():
    assert on_front([(5.0, 0.84), (1.8, 0.88), (1.3, 0.69)]) == [2, 1]
