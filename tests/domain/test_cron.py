"""When cron texts are due, over changes of the clock in zones that do it each in their own way, and in plain words."""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim
from hypothesis import given
from hypothesis import strategies as st

from core.domain.cron import check_zone, first_times, parse_cron, what_is_due, zones
from core.domain.cron_words import reading, shown, standing
from core.errors import BadInput

ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",  # by half an hour
    "America/Santiago",  # at midnight: that Sunday begins at 01:00
    "Asia/Kolkata",  # never
)
TEXTS = (
    "*/30 * * * *",
    "30 * * * *",
    "0 * * * *",
    "30 2 * * *",
    "0,15,30 2 * * *",
    "*/20 1-3 * * *",
    "0 */2 * * *",
    "45 1 * * *",
    "0 0 * * 0",
    "30 23 * * 6",
    "0 0 1 * *",
    "15 2 * 4,10,11 0",
)
MINUTE = timedelta(minutes=1)


def utc(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=UTC)


@cache
def changes(zone: str, year: int = 2027) -> list[datetime]:
    """The hours of a year in which the zone's clock changes; where it never does, two like them."""
    tz, hours = ZoneInfo(zone), [utc(year, 1, 1) + timedelta(hours=n) for n in range(365 * 24)]
    found = [
        at for at in hours if at.astimezone(tz).utcoffset() != (at + timedelta(hours=1)).astimezone(tz).utcoffset()
    ]
    return found or [utc(year, 3, 28, 1), utc(year, 10, 31, 1)]


@cache
def numbers(field: str, lowest: int, highest: int) -> set[int]:
    """What a field of a cron text names, read here and not by cronsim."""
    named: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        start, end = (lowest, highest) if span == "*" else (int(first), int(last or first))
        named |= set(range(start, end + 1, int(step or 1)))
    return named


def matches(text: str, wall: datetime) -> bool:
    """Whether a clock that shows ``wall`` shows a time that the text names."""
    minute, hour, day, month, weekday = text.split()
    return (
        wall.minute in numbers(minute, 0, 59)
        and wall.hour in numbers(hour, 0, 23)
        and wall.day in numbers(day, 1, 31)
        and wall.month in numbers(month, 1, 12)
        and wall.isoweekday() % 7 in numbers(weekday, 0, 6)
    )


def walked(text: str, zone: str, first: datetime, last: datetime) -> Iterator[datetime]:
    """The times due after ``first``, found by looking at the clock every minute: the slow and plain way."""
    tz, at, is_hourly = ZoneInfo(zone), first, text.split()[1] == "*"
    seen = {(at - n * MINUTE).astimezone(tz).replace(tzinfo=None, fold=0) for n in range(180)}
    while at < last:
        before = at.astimezone(tz).replace(tzinfo=None, fold=0)
        at += MINUTE
        wall = at.astimezone(tz).replace(tzinfo=None, fold=0)
        skipped = [before + n * MINUTE for n in range(1, int((wall - before) / MINUTE))]
        is_due = matches(text, wall) and (is_hourly or wall not in seen)
        if is_due or (not is_hourly and any(matches(text, each) for each in skipped)):
            yield at
        seen.add(wall)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("zone", ZONES)
def test_no_change_of_the_clock_skips_or_doubles_a_time(zone: str, text: str):
    cron = parse_cron(text, zone)
    for change in changes(zone):
        first, last = change - timedelta(days=2), change + timedelta(days=2)
        assert cron.between(first, last) == list(walked(text, zone, first, last))


@pytest.mark.parametrize("zone", ZONES)
def test_over_a_year_a_daily_time_comes_once_each_day_and_a_weekly_one_once_each_week(zone: str):
    tz, first, last = ZoneInfo(zone), utc(2027, 1, 1, 12), utc(2028, 1, 1, 12)
    for text in ("30 2 * * *", "0 2 * * *", "15 0 * * *", "30 23 * * *"):
        days = [due.astimezone(tz).date() for due in parse_cron(text, zone).between(first, last)]
        assert len(days) == len(set(days)) == 365
        assert (days[-1] - days[0]).days == 364
    weekly = [due.astimezone(tz).date() for due in parse_cron("0 0 * * 0", zone).between(first, last)]
    assert {(later - earlier).days for earlier, later in itertools.pairwise(weekly)} == {7}
    assert {day.isoweekday() for day in weekly} == {7}


@pytest.mark.parametrize("zone", ZONES)
def test_every_half_hour_is_every_half_hour_whatever_the_clock_does(zone: str):
    for change in changes(zone):
        times = parse_cron("*/30 * * * *", zone).between(change - timedelta(days=1), change + timedelta(days=1))
        assert {later - earlier for earlier, later in itertools.pairwise(times)} == {timedelta(minutes=30)}


def test_a_time_that_the_clock_skips_comes_when_it_has_gone_on_and_one_shown_twice_the_first_time():
    berlin = parse_cron("30 2 * * *", "Europe/Berlin")
    assert berlin.next_after(utc(2027, 3, 27, 12)) == utc(2027, 3, 28, 1)  # 03:00, in place of 02:30
    assert berlin.next_after(utc(2027, 10, 30, 12)) == utc(2027, 10, 31, 0, 30)
    assert berlin.next_after(utc(2027, 10, 31, 0, 30)) == utc(2027, 11, 1, 1, 30)
    santiago = parse_cron("0 0 * * 0", "America/Santiago")
    assert shown(santiago.next_after(utc(2027, 9, 1)), santiago) == "Sun 5 Sep 2027, 01:00"


def test_what_begins_in_a_repeated_hour_is_due_in_the_future():
    """Where cronsim's own walk gives a time of the past."""
    cron, second_pass = parse_cron("30 2 * * *", "Europe/Berlin"), utc(2027, 10, 31, 1, 10)
    assert cron.next_after(second_pass) == utc(2027, 11, 1, 1, 30)
    assert next(CronSim(cron.text, second_pass.astimezone(cron.tz))).astimezone(UTC) < second_pass


@pytest.mark.parametrize(
    "text", ["0 6 * * 0", "30 2 * * *", "*/15 8-17 * * 1-5", "0 0 L * *", "0 9 13 * 5", "5 4 1 */2 *"]
)
def test_without_changes_of_the_clock_the_times_are_those_of_cronsim(text: str):
    start, walk = utc(2026, 11, 29, 16, 7), CronSim(text, utc(2026, 11, 29, 16, 7))
    assert first_times(parse_cron(text, "UTC"), start, 200) == [next(walk) for _ in range(200)]


def test_times_come_in_order_from_any_moment_on():
    cron = parse_cron("*/10 1-3 * * *", "Europe/Berlin")
    for minutes in range(0, 6 * 60, 7):
        moment = utc(2027, 10, 30, 22) + timedelta(minutes=minutes)
        times = first_times(cron, moment, 40)
        assert times == sorted(set(times)) and times[0] > moment


def test_of_what_is_due_the_latest_runs_unless_it_is_too_late():
    hourly, first = parse_cron("0 * * * *", "UTC"), utc(2027, 1, 1, 6)
    hours = [first + timedelta(hours=n) for n in range(4)]
    due = what_is_due(hourly, first, hours[2] + timedelta(minutes=30))
    assert (due.missed, due.to_run, due.next_at) == ((first, hours[1]), hours[2], hours[3])
    late = what_is_due(hourly, first, hours[2] + timedelta(minutes=31))
    assert (late.missed, late.to_run, late.next_at) == (tuple(hours[:3]), None, hours[3])
    assert late.times == due.times == tuple(hours[:3])
    graces = {"* * * * *": timedelta(minutes=1), "0 6 * * *": timedelta(hours=12), "0 6 * * 0": timedelta(days=1)}
    for text, grace in graces.items():
        assert what_is_due(parse_cron(text, "UTC"), first, first).grace == grace


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0 6 * *", "has 4 of the five fields of a cron text: minute, hour, day of month, month, day of week"),
        ("0 0 6 * * 0", "has 6 of the five fields"),
        ("", "has 0 of the five fields"),
        ("61 6 * * *", "The minute '61' of '61 6 * * *' cannot be read: minutes are 0 to 59"),
        ("0 24 * * *", "The hour '24'"),
        ("0 6 0 * *", "The day of month '0'"),
        ("0 6 31 2 *", "The day of month '31'"),
        ("0 6 * 13 *", "The month '13'"),
        ("0 6 * * 8", "The day of week '8'"),
        ("0 6 * * MONDAY", "The day of week 'MONDAY'"),
        ("@often", "has 1 of the five fields"),
        ("*" * 300, "at most 200 characters"),
    ],
)
def test_what_is_wrong_with_a_cron_text_is_said_with_its_field_and_how_it_would_be_right(text: str, said: str):
    with pytest.raises(BadInput) as refused:
        parse_cron(text, "UTC")
    assert said in str(refused.value)
    assert "'0 6 * * 0' is every Sunday 06:00" in str(refused.value)


@pytest.mark.parametrize(
    ("zone", "meant"),
    [
        ("Europe/Berln", "Europe/Berlin"),
        ("Berlin", "Europe/Berlin"),
        ("new york", "America/New_York"),
        ("Europe", "Names are like"),
        ("../../etc/passwd", "Names are like"),
        ("", "Names are like"),
        ("\0", "Names are like"),
    ],
)
def test_a_time_zone_that_is_not_there_is_named_with_one_that_may_be_meant(zone: str, meant: str):
    with pytest.raises(BadInput, match="There is no time zone") as refused:
        parse_cron("0 6 * * 0", zone)
    assert meant in str(refused.value)


def test_a_time_zone_may_be_written_in_small_letters():
    assert check_zone("europe/berlin") == "Europe/Berlin"
    assert {"UTC", "Europe/Berlin"} <= set(zones())


@given(st.text(alphabet="0123456789*/,-#LWSUNMOJA @", max_size=30))
def test_any_text_is_read_or_refused(text: str):
    try:
        cron = parse_cron(text, "Europe/Berlin")
    except BadInput:
        return
    assert reading(cron).endswith(("Berlin", "(Berlin)"))
    assert cron.next_after(utc(2027, 1, 1)) > utc(2027, 1, 1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0 6 * * 0", "every Sunday 06:00 Berlin"),
        ("@weekly", "every Sunday 00:00 Berlin"),
        ("0 6 * * 7", "every Sunday 06:00 Berlin"),
        ("0 6 * * mon-fri", "Monday to Friday 06:00 Berlin"),
        ("0 6 * * 6,0", "every Saturday and Sunday 06:00 Berlin"),
        ("30 6 1 * *", "on the 1st of every month 06:30 Berlin"),
        ("0 6 2,3,11,22 * *", "on the 2nd, 3rd, 11th and 22nd of every month 06:00 Berlin"),
        ("0 6 L * *", "on the last day of every month 06:00 Berlin"),
        ("0 6,18 * * *", "every day 06:00 and 18:00 Berlin"),
        ("0 */6 * * *", "every day 00:00, 06:00, 12:00 and 18:00 Berlin"),
        ("*/30 * * * *", "every 30 minutes (Berlin)"),
        ("15 * * * *", "every hour at minute 15 (Berlin)"),
        ("0 6 13 * 5", "at 06:00 on the 13th day of month or on Friday (Berlin)"),
        ("0 6 */2 * 1", "at 06:00 on every second day of month if it's on Monday (Berlin)"),
        ("0 6 * * 5#2", "at 06:00 on the second Friday of the month (Berlin)"),
    ],
)
def test_a_cron_text_reads_plainly(text: str, said: str):
    assert reading(parse_cron(text, "Europe/Berlin")) == said


def test_how_soon_it_is_due_stands_beside_it():
    cron, now = parse_cron("0 6 * * 0", "America/New_York"), utc(2026, 11, 28, 21)
    assert standing(cron, cron.next_after(now), now) == "every Sunday 06:00 New York, next in 14 h"
    assert standing(cron, now, now) == "every Sunday 06:00 New York, due now"
    assert standing(cron, None, now) == "every Sunday 06:00 New York"
    assert shown(cron.next_after(now), cron) == "Sun 29 Nov 2026, 06:00"
