"""Figures as tables for a terminal, at most 100 columns wide."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from core.domain.acceptability import (
    CostPerAcceptable,
    CostPerPoint,
    CostState,
    HumanShare,
    Rests,
    ShareAcceptable,
)
from core.domain.latency import Quantile
from core.services.quality.figures import Line
from core.services.quality.measures_summary import points
from core.services.quality.report import QualityReport

WIDEST = 100
_NARROWEST_NAME, _GAP = 8, "  "
_AUTOMATIC = ("responses", "errors", "acceptable", "$ per 1,000 acceptable", "spent $", "p50 s", "p95 s")
_HUMAN = ("sent of rated", "humanly acceptable", "$ per 1,000 humanly acceptable", "raters")
_SUMMARY = ("unchecked", "average latency s", "average quality", "spent $", "$ per point of 1,000")


def tables(found: QualityReport, lines: Sequence[Line], title: str) -> Iterator[str]:
    """The lines of one category: automatic figures, those of experts where there are any, and the summary."""
    yield from ("", *_table(found, lines, title, _AUTOMATIC, _automatic))
    if any(line.human.rests is Rests.VOTES for line in lines):
        yield from ("", *_table(found, lines, f"{title}: experts", _HUMAN, _human))
    elif found.said:
        rated = sorted(line.human.rated for line in lines)
        few = f"{rated[0]:,}" if rated[0] == rated[-1] else f"{rated[0]:,} to {rated[-1]:,}"
        yield from ("", f"{title}: experts rated {few} of each, too few: the automatic figures stand.")
    yield from ("", *_table(found, lines, f"{title}: summary", _SUMMARY, _summary))


def cut(name: str, room: int) -> str:
    """Names often differ at the end, so the middle goes."""
    tail = room // 3
    return name if len(name) <= room else f"{name[: room - tail - 1]}…{name[-tail:]}"


def _table(
    found: QualityReport, lines: Sequence[Line], title: str, heads: tuple[str, ...],
    cells: Callable[[Line], tuple[str, ...]],
) -> list[str]:  # fmt: skip
    rows = [heads, *(cells(line) for line in lines)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    room = max(WIDEST - sum(widths) - len(_GAP) * len(widths), _NARROWEST_NAME)
    marked = [f"{found.candidate(line.candidate_id).name}{' *' if line.stands_apart else ''}" for line in lines]
    names = [cut(name, room) for name in (title, *marked)]
    first = max(map(len, names))
    return [
        _GAP.join([f"{name:<{first}}", *(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True))])
        for name, row in zip(names, rows, strict=True)
    ]


def _automatic(line: Line) -> tuple[str, ...]:
    return (
        f"{line.responses:,}",
        f"{line.errors:,}",
        _share(line.acceptable),
        _cost(line.cost_per_acceptable),
        _dollars(line.cost_usd),
        *(_seconds(quantile) for quantile in (line.latency.p50, line.latency.p95)),
    )


def _human(line: Line) -> tuple[str, ...]:
    found, cost = line.human, line.human_cost
    rated = f"{line.human_sent:,} of {found.rated:,}" if found.rated else "none rated"
    if found.rests is not Rests.VOTES:
        named = " automatic" if found.rests is Rests.AUTOMATIC else ""
        share, each = _share(replace(found, lower=None, upper=None)), _cost(replace(cost, lower=None, upper=None))
        return rated, f"{share}{named}", f"{each}{named}", f"{found.raters:,}"
    only = "†" if found.holds_for_these_raters_only else ""
    return rated, f"{_share(found)}{only}", f"{_cost(cost)}{only}", f"{found.raters:,}"


def _summary(line: Line) -> tuple[str, ...]:
    mean = line.latency.mean
    return (
        f"{line.unchecked:,} of {line.responses:,}",
        "unknown" if mean is None else f"{mean / 1000:.3g}",
        "none" if line.quality.mean is None else points(line.quality.mean),
        _dollars(line.cost_usd),
        _point(line.cost_per_point),
    )


def _share(found: ShareAcceptable | HumanShare) -> str:
    if found.value is None:
        return "unknown"
    has_ends = found.lower is not None and found.upper is not None
    ends = f" ({100 * (found.lower or 0.0):.0f}–{100 * (found.upper or 0.0):.0f})" if has_ends else ""
    return f"{100 * found.value:.0f} %{ends}"


def _cost(cost: CostPerAcceptable) -> str:
    if cost.state is not CostState.KNOWN or cost.value is None:
        return str(cost.state)
    upper = "?" if cost.upper is None else _thousand(cost.upper)
    bounds = "" if cost.lower is None else f" ({_thousand(cost.lower)}–{upper})"
    return f"{_thousand(cost.value)}{bounds}"


def _point(cost: CostPerPoint) -> str:
    return str(cost.state) if cost.value is None else _thousand(cost.value)


def _thousand(usd: float) -> str:
    return f"{1_000 * usd:.3g}"


def _dollars(usd: float | None) -> str:
    return "unknown" if usd is None else f"{usd:.4g}"


def _seconds(quantile: Quantile | None) -> str:
    if quantile is None:
        return "unknown"
    if quantile.value is None:
        return f"> {(quantile.at_least or 0.0) / 1000:.3g}"
    return f"{quantile.value / 1000:.3g}"
