"""The Pareto front: who is not beaten in both, cost and share acceptable."""

from collections.abc import Sequence


def on_front(points: Sequence[tuple[float, float]]) -> list[int]:
    """The places of the ``(cost, share)`` that nobody beats: none is as cheap and better, or cheaper and as good.

    From the cheapest to the dearest; of several at the very same place all are on it.
    """
    order = sorted(range(len(points)), key=lambda place: (points[place][0], -points[place][1]))
    found: list[int] = []
    for place in order:
        if not found or points[place][1] > points[found[-1]][1] or points[place] == points[found[-1]]:
            found.append(place)
    return found
