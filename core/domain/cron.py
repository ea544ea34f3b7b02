"""When a cron text is due: five fields, read in a time zone, over changes of that zone's clock too.

Every time that a text names comes once, whatever the clock does. Where the hours are given, a time that the clock
skips comes when it has gone on, and a time that it shows twice comes the first time. Where every hour is meant,
elapsed time counts: ``*/30 * * * *`` comes every 30 minutes through a repeated hour and past a skipped one.

cronsim reads the fields and knows the days (as Debian's cron does: where day of month and day of week are both given,
either will do, unless one begins with a star, then both must hold). It does not walk: on cronsim 2.8 a walk that
begins in a repeated hour gives times of the past, and ``30 * * * *`` misses a time where a clock moves by half an hour.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from functools import lru_cache
from itertools import islice
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError

from core.errors import BadInput

FIELDS = ("minute", "hour", "day of month", "month", "day of week")
LONGEST_TEXT = 200
NAMED = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_MEANT = {
    "minute": "minutes are 0 to 59",
    "hour": "hours are 0 to 23",
    "day of month": "days are 1 to 31, or L for the last one; the month has to have that day",
    "month": "months are 1 to 12 or JAN to DEC",
    "day of week": "days are 0 (Sunday) to 6 or SUN to SAT",
}
_FORMS = "Lists (1,15), ranges (1-5), steps (*/15) and * are understood."
_EXAMPLE = "For example '0 6 * * 0' is every Sunday 06:00."
_EVERY_HOUR, _MINUTE, _DAY = frozenset(range(24)), timedelta(minutes=1), timedelta(days=1)
_LONGEST_WAIT = timedelta(days=366 * 41)
_LEAST_GRACE, _MOST_GRACE = _MINUTE, _DAY
_ANY_DAY = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)


@dataclass(frozen=True)
class Cron:
    """A cron text that was read, in its time zone; ``parse_cron`` makes one."""

    text: str
    """Its five fields, with one blank between them."""
    zone: str
    """A name of the IANA time zone database, such as Europe/Berlin."""

    @property
    def tz(self) -> ZoneInfo:
        """The time zone."""
        return ZoneInfo(self.zone)

    @property
    def fields(self) -> tuple[str, ...]:
        """Minute, hour, day of month, month, day of week, as written."""
        return tuple(self.text.split())

    @property
    def parsed(self) -> CronSim:
        """Its fields as sets of numbers."""
        return _parsed(self.text)

    def next_after(self, moment: datetime) -> datetime:
        """The first time it is due after ``moment``, in UTC."""
        return next(self.after(moment))

    def between(self, first: datetime, last: datetime) -> list[datetime]:
        """The times it is due after ``first`` and not after ``last``, in UTC, in order."""
        times = []
        for due_at in self.after(first):
            if due_at > last:
                break
            times.append(due_at)
        return times

    def after(self, moment: datetime) -> Iterator[datetime]:
        """Each time it is due after ``moment``, in UTC, in order; ends where it is not due within 41 years."""
        day, seen = moment.astimezone(self.tz).date() - _DAY, moment
        until = day + _LONGEST_WAIT
        while day <= until:
            for due_at in self._of_day(day):
                if due_at > seen:
                    yield due_at
                    seen, until = due_at, day + _LONGEST_WAIT
            day += _DAY

    def _of_day(self, day: date) -> list[datetime]:
        read = self.parsed
        if day.month not in read.months or not read.match_day(day):
            return []
        tz, is_hourly = self.tz, read.hours == _EVERY_HOUR
        shown = (time(hour, minute) for hour in sorted(read.hours) for minute in sorted(read.minutes))
        found = {due for each in shown for due in _moments(datetime.combine(day, each, tz), every=is_hourly)}
        return sorted(found)


def parse_cron(text: str, zone: str) -> Cron:
    """Read a cron text of five fields, or a name such as ``@weekly``, and a time zone.

    Raises BadInput, which says what is wrong, in which field, and how to mend it.
    """
    if len(text) > LONGEST_TEXT:
        raise BadInput(f"A cron text has at most {LONGEST_TEXT} characters. {_EXAMPLE}")
    fields = NAMED.get(text.strip().lower(), text).upper().split()
    said = " ".join(text.split())
    if len(fields) != len(FIELDS):
        named = ", ".join(FIELDS)
        raise BadInput(f"'{said}' has {len(fields)} of the five fields of a cron text: {named}. {_EXAMPLE}")
    cron = Cron(" ".join(fields), check_zone(zone))
    _check_fields(cron)
    if next(cron.after(datetime(2000, 1, 1, tzinfo=UTC)), None) is None:
        raise BadInput(f"'{said}' is never due: no month has such a day. {_EXAMPLE}")
    return cron


def check_zone(zone: str) -> str:
    """The name of a time zone there is. Raises BadInput, with names that are like it."""
    if zone in zones():
        return zone
    known = {each.casefold(): each for each in zones()}
    cities = {each.rsplit("/", 1)[-1]: each for each in known}
    wanted = zone.strip().casefold().replace(" ", "_")
    if wanted in known:
        return known[wanted]
    near = [known[each] for each in get_close_matches(wanted, known, n=2)]
    near += [known[cities[each]] for each in get_close_matches(wanted, cities, n=2)]
    meant = f"Did you mean {' or '.join(dict.fromkeys(near))}? " if near else ""
    raise BadInput(f"There is no time zone '{zone}'. {meant}Names are like Europe/Berlin, America/New_York or UTC.")


@lru_cache(maxsize=1)
def zones() -> tuple[str, ...]:
    """The names of all time zones, by the alphabet."""
    return tuple(sorted(available_timezones() - {"localtime", "Factory", "posixrules"}))


def first_times(cron: Cron, moment: datetime, count: int) -> list[datetime]:
    """The first ``count`` times it is due after ``moment``, in UTC."""
    return list(islice(cron.after(moment), count))


@dataclass(frozen=True)
class Due:
    """What is to be done about the times that were due up to now."""

    missed: tuple[datetime, ...]
    """Too late, or followed by another one that is due too."""
    to_run: datetime | None
    """The latest one, where it is not too late."""
    next_at: datetime
    """The first one still to come."""
    grace: timedelta
    """How late the latest one might have been."""

    @property
    def times(self) -> tuple[datetime, ...]:
        """All that were due, in order."""
        return self.missed if self.to_run is None else (*self.missed, self.to_run)


def what_is_due(cron: Cron, first: datetime, now: datetime) -> Due:
    """Of the times due from ``first`` to ``now``, the latest is to run if it is not too late; the others are missed.

    Half of the time to the one that follows is not too late, but a day is, and a minute never.
    """
    times = (first, *cron.between(first, now))
    latest, next_at = times[-1], cron.next_after(max(now, times[-1]))
    grace = min(max((cron.next_after(latest) - latest) / 2, _LEAST_GRACE), _MOST_GRACE)
    if now - latest > grace:
        return Due(times, None, next_at, grace)
    return Due(times[:-1], latest, next_at, grace)


def _moments(shown: datetime, *, every: bool) -> list[datetime]:
    """When a clock shows that: the first moment, or ``every`` one; when it has gone on, where it skips that time."""
    found = [shown.replace(fold=fold).astimezone(UTC) for fold in (0, 1)]
    real = [moment for moment in found if moment.astimezone(shown.tzinfo).replace(tzinfo=None, fold=0) == _naive(shown)]
    if real:
        return real if every else real[:1]
    return [] if every else [_gone_on(found[0], shown)]


def _gone_on(moment: datetime, shown: datetime) -> datetime:
    """The moment at which the clock went on, before ``moment``, over the time that it never ``shown``."""
    tz = shown.tzinfo
    offset = moment.astimezone(tz).utcoffset()
    while (moment - _MINUTE).astimezone(tz).utcoffset() == offset:
        moment -= _MINUTE
    return moment


def _naive(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None, fold=0)


@lru_cache(maxsize=256)
def _parsed(text: str) -> CronSim:
    return CronSim(text, _ANY_DAY)


def _check_fields(cron: Cron) -> None:
    """Raise BadInput for a field that cannot be read."""
    try:
        _parsed(cron.text)
    except CronSimError as error:
        name = re.sub(r"^Bad ", "", str(error)).replace("-", " ")
        field = cron.fields[FIELDS.index(name)] if name in FIELDS else cron.text
        meant = _MEANT.get(name, "a cron text has five fields")
        raise BadInput(f"The {name} '{field}' of '{cron.text}' cannot be read: {meant}. {_FORMS} {_EXAMPLE}") from error
