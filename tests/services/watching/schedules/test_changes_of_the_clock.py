"""A simulated clock passes two daylight-saving changes in several zones: ticks skip nothing and double nothing."""

from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from core.services.watching import schedules
from core.storage.engine import write
from tests.services.runs.evaluations import make
from tests.services.watching.schedules.scheduled import NOWHERE, end_runs, fires, scheduled

ZONES = {
    "Europe/Berlin": (datetime(2027, 3, 28, 1, tzinfo=UTC), datetime(2027, 10, 31, 1, tzinfo=UTC)),
    "America/New_York": (datetime(2027, 3, 14, 7, tzinfo=UTC), datetime(2027, 11, 7, 6, tzinfo=UTC)),
    "Australia/Lord_Howe": (datetime(2027, 4, 3, 15, tzinfo=UTC), datetime(2027, 10, 2, 15, 30, tzinfo=UTC)),
    "America/Santiago": (datetime(2027, 4, 4, 3, tzinfo=UTC), datetime(2027, 9, 5, 4, tzinfo=UTC)),
    "Asia/Kolkata": (datetime(2027, 3, 28, 1, tzinfo=UTC), datetime(2027, 10, 31, 1, tzinfo=UTC)),
}
TEXTS = ("*/30 * * * *", "30 2 * * *", "0 0 * * 0")
STEP = timedelta(minutes=30)
USUAL = ("Europe/Berlin", "Australia/Lord_Howe")
CASES = [pytest.param(zone, ZONES[zone], id=zone, marks=[] if zone in USUAL else pytest.mark.long) for zone in ZONES]


@pytest.mark.parametrize(("zone", "changes"), CASES)
def test_ticks_pass_two_changes_of_the_clock(sqlite_engine: Engine, zone: str, changes: tuple[datetime, datetime]):
    make(sqlite_engine, NOWHERE, prompts=1)
    tz = ZoneInfo(zone)
    for number, change in enumerate(changes):
        # From noon to noon there, so that each day has its whole night, and the Sunday of the change is one of them.
        first = (change.astimezone(tz) - timedelta(days=1)).replace(hour=12, minute=5).astimezone(UTC)
        last = first + timedelta(days=2, hours=1)
        assert zone == "Asia/Kolkata" or first.astimezone(tz).utcoffset() != last.astimezone(tz).utcoffset()
        ids = [scheduled(sqlite_engine, first, cron=text, zone=zone, name=f"{text} {number}") for text in TEXTS]
        now = first
        while now < last:
            now += STEP
            schedules.tick(sqlite_engine, now=now)
            end_runs(sqlite_engine)
        half_hourly, daily, weekly = ([line.fire for line in fires(sqlite_engine, one)] for one in ids)
        assert {fire.outcome for fire in (*half_hourly, *daily, *weekly)} == {"ran"}
        due = [fire.due_at for fire in half_hourly]
        assert {later - earlier for earlier, later in pairwise(due)} == {timedelta(minutes=30)}
        assert due[0] - first < timedelta(minutes=30) and last - due[-1] < timedelta(minutes=31)
        nights = [fire.due_at.astimezone(tz).date() for fire in daily]
        assert len(nights) == 2 and (nights[1] - nights[0]).days == 1
        assert [fire.due_at.astimezone(tz).isoweekday() for fire in weekly] == [7]
        for one in ids:
            write(sqlite_engine, partial(schedules.remove, schedule_id=one, now=last))
