"""The figures of times and tokens: a quantile of latency, the mean of a count of tokens."""

from collections.abc import Callable
from typing import Any

from core.domain.latency import Quantile
from core.domain.words import UNKNOWN, seconds
from core.services.quality import words
from core.services.quality.amounts import Times
from core.services.quality.figures import Line
from core.services.quality.measure import Exported, Figure, Measure, number, quantiles

_HEADS = {"input_tokens": "Tokens in", "output_tokens": "Tokens out"}


def token_measure(fact: str) -> Measure:
    """The mean of a fact of responses; files hold the sum."""
    kind = fact.removesuffix("_tokens").capitalize()
    title, head = f"{kind} tokens a response", _HEADS.get(fact, kind)

    def of(line: Line) -> Figure:
        found = line.tokens[fact]
        if found.mean is None:
            return Figure(None, UNKNOWN, "tokens not known")
        total = f", {found.total:,} in all" if found.total is not None else ""
        return Figure(found.mean, number(found.mean), f"{number(found.mean)} a response{total}")

    return Measure(title, head, of, number, lambda line: {fact: line.tokens[fact].total}, cell="{:,.0f}".format)


def time_measure(
    which: str, title: str, head: str, times: Callable[[Line], Times], exported: Exported, **more: Any
) -> Measure:
    """A quantile of times in ms, by its name in ``Times``."""

    def of(line: Line) -> Figure:
        found: Quantile | None = getattr(times(line), which)
        if found is None:
            return Figure(None, UNKNOWN, "latency not known")
        written = words.quantile(found)
        has_ends = found.lower is not None and found.upper is not None
        interval = f" ({seconds(found.lower or 0.0)} to {seconds(found.upper or 0.0)})" if has_ends else ""
        return Figure(found.value, written, f"{written}{interval} over {times(line).n:,}", found.lower, found.upper)

    return Measure(title, head, of, seconds, exported, "slowest", cell=lambda ms: f"{ms / 1000:,.2f} s", **more)


def latency_measure(which: str, title: str, head: str, **more: Any) -> Measure:
    def exported(line: Line) -> dict[str, Any]:
        return {f"latency_ms_{which}": quantiles(line.latency)[which]}

    return time_measure(which, title, head, lambda line: line.latency, exported, **more)
