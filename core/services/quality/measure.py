"""What a measure is: a figure of a line, its words, its bounds, what is behind it, its fields in files."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.domain.acceptability import CostPerAcceptable, HumanShare, ShareAcceptable
from core.domain.words import UNKNOWN
from core.services.quality.amounts import Times
from core.services.quality.figures import Line

Exported = Callable[[Line], Mapping[str, Any]]


@dataclass(frozen=True)
class Figure:
    """A measure of one line."""

    value: float | None
    """None: not known, and ``written`` says why."""
    written: str
    detail: str
    """The figure with what it rests on."""
    lower: float | None = None
    upper: float | None = None


@dataclass(frozen=True)
class Measure:
    """A figure that every line has."""

    title: str
    """In charts and lists."""
    head: str
    """Over its column in the table of all figures."""
    of: Callable[[Line], Figure]
    write: Callable[[float], str]
    """A value of it on an axis."""
    exported: Exported
    """Its fields in exported files; None: not known."""
    behind: str = "not_acceptable"
    """The kind of responses that explain it; see behind.KINDS."""
    help: str = ""
    bounds: tuple[float, float] | None = None
    """Where its axis begins and ends; None: as the values need."""
    cell: Callable[[float], str] | None = None
    """A value of it in the table, where that is more exact than on an axis."""
    counted: Callable[[Line], int | None] | None = None
    """The count that the table shows, where the figure itself is a share."""
    interval: Callable[[Line], str] | None = None
    """Its interval, where the table has a column for that."""
    is_charted: bool = True
    needs_votes: bool = False
    """Whether it says nothing where no rater has said what they would send."""

    def in_table(self, line: Line) -> tuple[str, float | None]:
        """How the table writes it, and by what its rows are put in order."""
        if self.counted is not None:
            count = self.counted(line)
            return UNKNOWN if count is None else f"{count:,}", count
        figure = self.of(line)
        if figure.value is None or self.cell is None:
            return figure.written, figure.value
        return self.cell(figure.value), figure.value


def bounds(found: ShareAcceptable | CostPerAcceptable | HumanShare) -> dict[str, float | None]:
    """A figure and its interval: value, lower, upper; all None where it has no value."""
    if found.value is None:
        return {"value": None, "lower": None, "upper": None}
    return {"value": found.value, "lower": found.lower, "upper": found.upper}


def quantiles(times: Times) -> dict[str, float | None]:
    """Median, p95 and p99 in ms, by their names in ``Times``; None: not known, or among timeouts."""
    found = {"p50": times.p50, "p95": times.p95, "p99": times.p99}
    return {which: None if quantile is None else quantile.value for which, quantile in found.items()}


def number(value: float) -> str:
    """A number as short as it can be."""
    return f"{value:,.0f}" if abs(value) >= 10 or value == int(value) else f"{value:,.1f}"
