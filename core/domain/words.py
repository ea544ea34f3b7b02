"""How amounts, times and counts are written: the same on every page, in the terminal and in messages."""

import math
from collections.abc import Sequence
from datetime import datetime

UNKNOWN = "unknown"
CHAMPION_IS = "what your users get today"
PER_CENT = "\u00a0%"
"""After a number, on one line with it."""
_FEW = 100


def price(usd: float | None) -> str:
    """A price or a cap in US dollars, with all its digits up to six; None is *unknown*."""
    if usd is None:
        return UNKNOWN
    if usd == 0:
        return "$0"
    digits = 2 if usd >= 100 else 4 if usd >= 0.001 else 6
    whole, _, rest = f"{usd:,.{digits}f}".partition(".")
    kept = rest.rstrip("0").ljust(2, "0")
    return f"${whole}.{kept}" if float(f"0.{kept}") or whole != "0" else f"${usd:.1e}"


def money(usd: float | None) -> str:
    """An amount in US dollars, three significant digits below a dollar, cents above; None is *unknown*."""
    if usd is None:
        return UNKNOWN
    if usd == 0:
        return "$0"
    if usd >= 1:
        return f"${usd:,.2f}"
    digits = _digits(usd)
    rounded = round(usd, digits)
    return f"${usd:.{digits}f}" if not rounded or _digits(rounded) == digits else money(rounded)


def about(usd: float | None) -> str:
    """An estimate in US dollars, to two digits that count: $0.46, $1.40, $38, $1,400; None is *unknown*."""
    if not usd:
        return money(usd)
    digits = 1 - math.floor(math.log10(usd))
    return f"${round(usd, digits):,.{2 if digits == 1 else max(digits, 0)}f}"


def _digits(usd: float) -> int:
    """Decimals of an amount below a dollar."""
    return min(2 - math.floor(math.log10(usd)), 12)


def spend(usd: float | None, *, is_whole: bool = False) -> str:
    """What many answers cost: to the cent, below ten cents to two digits that count; ``is_whole``: to the dollar."""
    if usd is None:
        return UNKNOWN
    if is_whole:
        return f"${usd:,.0f}"
    return f"${usd:,.2f}" if usd >= 0.1 or not usd else f"${usd:.2g}"


def per_thousand(usd: float | None) -> str:
    """An amount for one answer as that for 1,000: so small that people compare it only so."""
    return money(None if usd is None else 1_000 * usd)


def percent(share: float) -> str:
    """A share in per cent."""
    return f"{100 * share:.0f}{PER_CENT}"


def seconds(ms: float) -> str:
    """Milliseconds as seconds; below a tenth as milliseconds."""
    if ms < 100:
        return f"{ms:.0f} ms"
    return f"{ms / 1000:.2f} s" if ms < 10_000 else f"{ms / 1000:,.1f} s"


def duration(seconds: float) -> str:
    """About how long: 40 s, 3 min, 2 h 10 min, 3 days."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if hours >= 48:
        return f"{round(hours / 24)} days"
    return f"{hours} h {rest} min" if rest and hours < 10 else f"{hours} h"


def ago(at: datetime, now: datetime) -> str:
    """How long ago something was, as far as it matters."""
    seconds = (now - at).total_seconds()
    return "just now" if seconds < 60 else f"{duration(seconds)} ago"


def when(at: datetime | None) -> str:
    """A moment, in UTC."""
    return "–" if at is None else f"{at:%-d %b %Y, %H:%M}"


def shares(found: Sequence[tuple[int, int]]) -> list[str]:
    """Shares, each hits of all, in one unit: per cent, or counts where any rests on fewer than 100: *1 of 16*."""
    if any(0 < of < _FEW for _, of in found):
        return [f"{hits:,} of {of:,}" if of else "–" for hits, of in found]
    return [f"{100 * hits / of:.1f}{PER_CENT}" if of else "–" for hits, of in found]


def listed(names: Sequence[str], *, most: int = 3, last: str = "and") -> str:
    """Names as a sentence lists them: *a, b and c*; beyond ``most`` how many more there are.

    ``last``: the word before the last one.
    """
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most:,} more"
    return f" {last} ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def n(count: int, one: str, many: str | None = None) -> str:
    """A count with its word; ``many``: of several, where that is not ``one`` with an s."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"
