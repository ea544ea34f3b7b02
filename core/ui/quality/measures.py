"""Every figure that a chart can show of one candidate in one category: how it is found, written and bounded."""

from collections.abc import Callable
from dataclasses import dataclass

from core.domain.raters import Share
from core.domain.raters import share as wilson
from core.services.quality import Line, QualityReport
from core.ui.quality import words
from core.ui.shared.words import UNKNOWN, money, percent, seconds


@dataclass(frozen=True)
class Figure:
    """A value with its bounds, how it is written, and what it rests on. ``value`` None: ``written`` says why."""

    value: float | None
    written: str
    detail: str
    lower: float | None = None
    upper: float | None = None


@dataclass(frozen=True)
class Measure:
    """``of``: a line's figure. ``write``: a number of the axis. ``bounds``: of the axis, else as the values need."""

    title: str
    of: Callable[[Line], Figure]
    write: Callable[[float], str]
    bounds: tuple[float, float] | None = None
    help: str = ""


def measures(report: QualityReport) -> dict[str, Measure]:
    """All there are, by title."""
    found = [COST, ACCEPTABLE, *_FIXED, *(_score(name) for name in report.evaluators)]
    return {measure.title: measure for measure in found}


def cost_per_acceptable(line: Line) -> Figure:
    """What one acceptable response cost, everything paid counted."""
    cost = line.cost_per_acceptable
    detail = f"{words.cost_and_span(cost)} per acceptable response"
    return Figure(cost.value, words.cost(cost), detail, cost.lower, cost.upper)


def share_acceptable(line: Line) -> Figure:
    """The share of responses and errors that is acceptable."""
    found = line.acceptable
    detail = f"{words.share_and_span(found)} of {found.n:,} acceptable"
    return Figure(found.value, words.share(found), detail, found.lower, found.upper)


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 10 or value == int(value) else f"{value:,.1f}"


def _score_value(value: float) -> str:
    return f"{value:.2f}"


def _count(found: Share) -> str:
    return f"{found.hits:,} · {percent(found.value)}" if found.hits else "0"


def _of_responses(count: Callable[[Line], int], word: str) -> Callable[[Line], Figure]:
    """A share of responses, with Wilson's interval."""

    def of(line: Line) -> Figure:
        found = wilson(count(line), line.responses)
        if found is None:
            return Figure(None, "no responses", "no responses")
        written = _count(found)
        interval = f"{percent(found.lower)} to {percent(found.upper)}"
        return Figure(
            found.value, written, f"{found.hits:,} of {found.n:,} {word} ({interval})", found.lower, found.upper
        )

    return of


def _errors(line: Line) -> Figure:
    found = wilson(line.errors, line.responses + line.errors)
    if found is None:
        return Figure(None, "nothing asked", "nothing asked")
    kinds = ", ".join(f"{n} {kind.replace('_', ' ')}" for kind, n in line.given_up.items())
    detail = f"{found.hits:,} of {found.n:,} given up{f': {kinds}' if kinds else ''}"
    return Figure(found.value, _count(found), detail, found.lower, found.upper)


def _retries(line: Line) -> Figure:
    if line.retries is None or not line.attempts:
        return Figure(None, UNKNOWN, "attempts not known")
    kinds = ", ".join(f"{n} {kind.replace('_', ' ')}" for kind, n in line.faults.items())
    detail = f"{line.retries:,} retries in {line.attempts:,} attempts{f': {kinds}' if kinds else ''}"
    found = wilson(line.retries, line.attempts)
    bounds = (found.lower, found.upper) if found else (None, None)
    return Figure(line.retries / line.attempts, f"{line.retries:,}", detail, *bounds)


def _spend(line: Line) -> Figure:
    if line.cost_usd is None:
        return Figure(None, UNKNOWN, "a price is not known")
    return Figure(line.cost_usd, money(line.cost_usd), f"{money(line.cost_usd)} in all, failed attempts too")


def _judges(line: Line) -> Figure:
    if line.judge_cost_usd is None:
        return Figure(None, UNKNOWN, "the judge's price is not known")
    return Figure(line.judge_cost_usd, money(line.judge_cost_usd), f"{line.judge_calls:,} calls of judges")


def _tokens(fact: str) -> Callable[[Line], Figure]:
    def of(line: Line) -> Figure:
        found = line.tokens[fact]
        if found.mean is None:
            return Figure(None, UNKNOWN, "tokens not known")
        total = f", {found.total:,} in all" if found.total is not None else ""
        return Figure(found.mean, _number(found.mean), f"{_number(found.mean)} a response{total}")

    return of


def _score(name: str) -> Measure:
    def of(line: Line) -> Figure:
        found = line.scores.get(name)
        if found is None or found.mean is None:
            asked = found is None or found.missing or found.unscored
            return Figure(None, "unscored" if asked else "not asked", "no score")
        unscored = found.unscored + found.missing
        detail = f"{found.mean:.3f} over {found.scored:,}{f', {unscored:,} unscored' if unscored else ''}"
        return Figure(found.mean, _score_value(found.mean), detail)

    return Measure(f"Score: {name}", of, _score_value, (0.0, 1.0), _SCORES)


_SCORES = (
    "The mean of what was scored, from 0 to 1, where 1 is the good end. Prompts that it does not concern are left out."
)
COST = Measure("Cost per acceptable response", cost_per_acceptable, money, help=(
    "Everything paid, failed attempts and retries too, divided by the acceptable responses. Judges are not in it."
))  # fmt: skip
ACCEPTABLE = Measure("Share acceptable", share_acceptable, percent, (0.0, 1.0), (
    "Complete, refusing only where the prompt expects it, not blocked, and passing every gate. A response that was "
    "given up counts as not acceptable."
))  # fmt: skip
_FIXED = (
    Measure("Spent", _spend, money, help="All attempts, failed ones too. Judges are apart."),
    Measure("Spent on judges", _judges, money, help="What judges cost that scored these responses."),
    Measure("Output tokens a response", _tokens("output_tokens"), _number),
    Measure("Input tokens a response", _tokens("input_tokens"), _number),
    Measure("Cached tokens a response", _tokens("cached_tokens"), _number),
    Measure("Reasoning tokens a response", _tokens("reasoning_tokens"), _number),
    Measure("Median latency", lambda line: _time(line, "p50"), seconds),
    Measure("p95 latency", lambda line: _time(line, "p95"), seconds),
    Measure("Errors", _errors, percent, help="Given up after all tries, of all that was asked."),
    Measure("Retries", _retries, percent, help="Attempts beyond the first, of all attempts."),
    Measure("Refusals", _of_responses(lambda line: line.refusals, "refuse"), percent, help=(
        "Responses that refuse, where the prompt expects it too."
    )),
    Measure("Incomplete", _of_responses(lambda line: line.incomplete, "incomplete"), percent, help=(
        "Cut short by the token limit or by a stream that broke off, or empty."
    )),
    Measure("Blocked", _of_responses(lambda line: line.blocked, "blocked"), percent),
)  # fmt: skip


def _time(line: Line, which: str) -> Figure:
    found = getattr(line.latency, which)
    if found is None:
        return Figure(None, UNKNOWN, "latency not known")
    written = words.quantile(found)
    interval = ""
    if found.lower is not None and found.upper is not None:
        interval = f" ({seconds(found.lower)} to {seconds(found.upper)})"
    return Figure(found.value, written, f"{written}{interval} over {line.latency.n:,}", found.lower, found.upper)
