"""What is new to somebody: since the visit before, however often and in however many tabs they look."""

from datetime import timedelta

from core.domain.overview import Marks, seen, since
from tests.workspace import NOW

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
MONDAY, TUESDAY, LATER = Marks(vote=10), Marks(vote=25), Marks(vote=40)


def test_whoever_was_never_here_is_told_so_for_the_whole_first_visit():
    assert since(None, NOW) is None
    first = seen(None, MONDAY, NOW)
    assert since(first, NOW + 5 * MINUTE) is None


def test_a_day_later_what_came_after_the_last_look_is_new():
    assert since(seen(None, MONDAY, NOW), NOW + DAY) == (MONDAY, NOW)


def test_within_a_visit_what_is_new_stays_new_though_it_was_seen():
    tuesday = seen(seen(None, MONDAY, NOW), TUESDAY, NOW + DAY)
    assert since(tuesday, NOW + DAY + 20 * MINUTE) == (MONDAY, NOW)
    again = seen(tuesday, LATER, NOW + DAY + 20 * MINUTE)
    assert since(again, NOW + DAY + 40 * MINUTE) == (MONDAY, NOW)
    assert since(again, NOW + 2 * DAY) == (LATER, NOW + DAY + 20 * MINUTE)


def test_a_second_tab_that_was_drawn_earlier_takes_nothing_back():
    tuesday = seen(seen(None, MONDAY, NOW), LATER, NOW + DAY)
    other_tab = seen(tuesday, TUESDAY, NOW + DAY - MINUTE)
    assert other_tab == tuesday
    assert since(other_tab, NOW + 2 * DAY) == (LATER, NOW + DAY)
