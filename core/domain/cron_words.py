"""A cron text in plain words: every Sunday 06:00 Berlin, next in 14 h."""

import re
from collections.abc import Iterable
from datetime import datetime

from core.domain.cron import Cron
from core.domain.words import duration

_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_ENDS_WITH_A_TIME = re.compile(r"\d\d:\d\d$")
_LAST_DAY = -1000
_MOST_TIMES = 4


def reading(cron: Cron) -> str:
    """When it is due: every Sunday 06:00 Berlin."""
    rhythm, city = _rhythm(cron), place(cron.zone)
    return f"{rhythm} {city}" if _ENDS_WITH_A_TIME.search(rhythm) else f"{rhythm} ({city})"


def standing(cron: Cron, next_at: datetime | None, now: datetime) -> str:
    """When it is due, and how soon: every Sunday 06:00 Berlin, next in 14 h."""
    if next_at is None:
        return reading(cron)
    left_s = (next_at - now).total_seconds()
    return f"{reading(cron)}, {f'next in {duration(left_s)}' if left_s > 0 else 'due now'}"


def place(zone: str) -> str:
    """A time zone as people call it: New York."""
    return zone.rsplit("/", 1)[-1].replace("_", " ")


def shown(moment: datetime, cron: Cron) -> str:
    """A moment as clocks show it there: Sun 6 Dec 2026, 06:00."""
    return f"{moment.astimezone(cron.tz):%a %-d %b %Y, %H:%M}"


def _rhythm(cron: Cron) -> str:
    minute, hour, day, month, weekday = cron.fields
    if month != "*" or (day != "*" and weekday != "*"):
        return _explained(cron)
    if hour == day == weekday == "*":
        return _within_hours(cron, minute)
    times = _times(cron)
    if not times:
        return _explained(cron)
    if day != "*":
        return _monthly(cron, times)
    return _explained(cron) if "#" in weekday or "L" in weekday else f"{_weekly(cron)} {times}"


def _within_hours(cron: Cron, minute: str) -> str:
    star, _, step = minute.partition("/")
    minutes = sorted(cron.parsed.minutes)
    if star == "*" and (not step or 60 % int(step) == 0):
        return "every minute" if step in ("", "1") else f"every {step} minutes"
    return f"every hour at minute {minutes[0]}" if len(minutes) == 1 else _explained(cron)


def _times(cron: Cron) -> str:
    """The times of a day, where they are few; else empty."""
    hours, minutes = sorted(cron.parsed.hours), sorted(cron.parsed.minutes)
    if len(hours) * len(minutes) > _MOST_TIMES:
        return ""
    return _listed(f"{hour:02}:{minute:02}" for hour in hours for minute in minutes)


def _weekly(cron: Cron) -> str:
    days = sorted({int(str(day)) % 7 for day in cron.parsed.weekdays})
    if len(days) == 7:
        return "every day"
    if days == [1, 2, 3, 4, 5]:
        return "Monday to Friday"
    return (
        f"every {_listed(_DAYS[day] for day in [each for each in days if each] + [each for each in days if not each])}"
    )


def _monthly(cron: Cron, times: str) -> str:
    days = sorted(cron.parsed.days)
    if days == [_LAST_DAY]:
        return f"on the last day of every month {times}"
    if days[0] < 1 or len(days) > _MOST_TIMES:
        return _explained(cron)
    return f"on the {_listed(_ordinal(day) for day in days)} of every month {times}"


def _explained(cron: Cron) -> str:
    """In cronsim's words. Where either day will do, it says *and* for *or*."""
    said = cron.parsed.explain()
    if not cron.parsed.day_and:
        said = said.replace(" and on ", " or on ")
    return f"{said[:1].lower()}{said[1:]}"


def _ordinal(number: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if number in (11, 12, 13) else ending}"


def _listed(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last
