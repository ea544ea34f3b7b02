"""What each look may spend, and which discoveries are called."""

import numpy as np
import pytest

from core.domain.drift.levels import largest_discovery, levels, share_of
from core.domain.drift.paired import WINDOWS
from tests.domain.drift.made import COST, SHARE


def test_the_looks_of_a_year_add_up_to_one_year_in_twenty_half_of_it_over_all() -> None:
    found = levels(30, 8, 52)
    over_all, in_categories = found.over_all * 30 * 52 * len(WINDOWS), found.in_category * 30 * 8 * 52 * len(WINDOWS)
    assert (over_all, in_categories) == pytest.approx((0.025, 0.025))
    assert levels(30, 0, 52).over_all * 30 * 52 * len(WINDOWS) == pytest.approx(0.05)


def test_a_level_is_shared_between_better_and_worse_with_more_for_worse() -> None:
    assert share_of(SHARE, up=False) == share_of(COST, up=True) == pytest.approx(0.8)
    assert share_of(SHARE, up=True) + share_of(SHARE, up=False) == pytest.approx(1.0)


def test_discoveries_are_those_of_benjamini_and_hochberg() -> None:
    p = np.array([0.01, 0.04, 0.03, 0.9, np.nan])
    assert largest_discovery(p, 0.06) == 0.04  # .04 <= .06 · 3/4 though .03 alone would be above .06 · 2/4
    assert largest_discovery(p, 0.03) == -1.0
    assert largest_discovery(np.array([np.nan])) == -1.0
