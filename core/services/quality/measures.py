"""Every figure of a candidate in a category, each once, with its formula.

The table of all figures, the charts, the way to the responses behind a figure and the exports follow from this list.
"""

from collections.abc import Callable, Mapping
from typing import Any

from core.domain.raters import Share
from core.domain.raters import share as wilson
from core.domain.words import PER_CENT, UNKNOWN, money, n, per_thousand, percent
from core.services.quality import words
from core.services.quality.figures import Line
from core.services.quality.measure import Figure, Measure, number, quantiles
from core.services.quality.measures_human import GAIN, HUMAN, HUMAN_COST, RATED, UNCHECKED, flat
from core.services.quality.measures_summary import AVERAGE_LATENCY, AVERAGE_QUALITY, COST_PER_POINT
from core.services.quality.measures_time import latency_measure, time_measure, token_measure
from core.services.quality.report import QualityReport
from core.services.quality.scope_words import apart_in_words
from core.storage.tables.facts import TOKENS


def measures(report: QualityReport) -> list[Measure]:
    """All there are, in the order of the table."""
    return [*MEASURES, *(_score(name) for name in report.evaluators)]


def shown(report: QualityReport) -> list[Measure]:
    """Those that say something here: figures that rest on votes only where there are any."""
    return [measure for measure in measures(report) if report.said or not measure.needs_votes]


def _share(found: Share) -> str:
    return f"{found.hits:,} · {percent(found.value)}" if found.hits else "0"


def _kinds(counts: Mapping[str, int]) -> str:
    kinds = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in counts.items())
    return f": {kinds}" if kinds else ""


def _cost_per_acceptable(line: Line) -> Figure:
    cost = line.cost_per_acceptable
    detail = f"{words.cost_and_span(cost)} per 1,000 acceptable responses"
    return Figure(cost.value, words.cost(cost), detail, cost.lower, cost.upper)


def _cost_exported(line: Line) -> dict[str, Any]:
    return flat("cost_per_acceptable_usd", line.cost_per_acceptable) | {
        "cost_per_acceptable": str(line.cost_per_acceptable.state)
    }


def _acceptable(line: Line) -> Figure:
    found = line.acceptable
    detail = f"{words.share_and_span(found)} of {found.n:,} acceptable"
    detail += f"; {words.unchecked(line)}" if line.unchecked else ""
    return Figure(found.value, words.share(found), detail, found.lower, found.upper)


def _prompts(line: Line) -> Figure:
    return Figure(line.prompts, apart_in_words(line), words.asked(line))


def _prompts_exported(line: Line) -> dict[str, Any]:
    return {"prompts_asked": line.prompts, "prompts_compared_on": line.of, "stands_apart": line.stands_apart}


def _of_responses(
    title: str, count: Callable[[Line], int], word: str, behind: str, *, head: str = "", export: str = "",
    untold: Callable[[Line], int] = lambda line: 0, by_judge: Callable[[Line], int] = lambda line: 0,  # noqa: ARG005
    **more: Any,
) -> Measure:  # fmt: skip
    """A share of responses, with Wilson's interval.

    ``head`` and ``export``: where they are not ``title`` and ``behind``. ``untold``: of how many responses it is not
    known; they are no part of the share. ``by_judge``: of how many a judge told it.
    """

    def of(line: Line) -> Figure:
        unknown = untold(line)
        found = wilson(count(line), line.responses - unknown)
        if found is None:
            none = "unscored" if line.responses else "no responses"
            return Figure(None, none, f"{n(line.responses, 'response')} unscored" if line.responses else none)
        interval = f"{percent(found.lower)} to {percent(found.upper)}"
        detail = f"{found.hits:,} of {found.n:,} {word} ({interval})"
        detail += f"; {by_judge(line):,} told by a judge" if by_judge(line) else ""
        detail += f"; {unknown:,} unscored" if unknown else ""
        return Figure(found.value, _share(found), detail, found.lower, found.upper)

    def exported(line: Line) -> dict[str, Any]:
        return {export or behind: count(line)}

    return Measure(title, head or title, of, percent, exported, behind, counted=count, **more)


def _errors(line: Line) -> Figure:
    found = wilson(line.errors, line.responses + line.errors)
    if found is None:
        return Figure(None, "nothing asked", "nothing asked")
    detail = f"{found.hits:,} of {found.n:,} given up{_kinds(line.given_up)}"
    return Figure(found.value, _share(found), detail, found.lower, found.upper)


def _retries(line: Line) -> Figure:
    if line.retries is None or not line.attempts:
        return Figure(None, UNKNOWN, "attempts not known")
    detail = f"{n(line.retries, 'retry', 'retries')} in {n(line.attempts, 'attempt')}{_kinds(line.faults)}"
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
    return Figure(line.judge_cost_usd, money(line.judge_cost_usd), f"{n(line.judge_calls, 'call')} of judges")


def _counted(count: Callable[[Line], int | None], what: str) -> Callable[[Line], Figure]:
    def of(line: Line) -> Figure:
        found = count(line)
        return (
            Figure(None, UNKNOWN, f"{what} not known") if found is None else Figure(found, f"{found:,}", n(found, what))
        )

    return of


def _score(name: str) -> Measure:
    def of(line: Line) -> Figure:
        found = line.scores.get(name)
        if found is None or found.mean is None:
            asked = found is None or found.missing or found.unscored
            return Figure(None, "unscored" if asked else "not asked", "no score")
        unscored = found.unscored + found.missing
        detail = f"{found.mean:.3f} over {found.scored:,}{f', {unscored:,} unscored' if unscored else ''}"
        return Figure(found.mean, f"{found.mean:.2f}", detail)

    def exported(line: Line) -> dict[str, Any]:
        found = line.scores.get(name)
        return {f"score: {name}": None if found is None else found.mean}

    return Measure(f"Score: {name}", name, of, "{:.2f}".format, exported, help=_SCORES, bounds=(0.0, 1.0))


_SCORES = (
    "The mean of what was scored, from 0 to 1, where 1 is the good end. Prompts that it does not concern are left out."
)
COST = Measure(
    "Cost per 1,000 automatically acceptable responses", "Per 1,000 automatically acceptable",
    _cost_per_acceptable, per_thousand, _cost_exported,
    interval=lambda line: words.span(line.cost_per_acceptable, per_thousand),
    help=(
        "Everything paid, failed attempts and retries too, divided by the automatically acceptable responses, times "
        "1,000. Judges are not in it."
    ),
)  # fmt: skip
ACCEPTABLE = Measure(
    "Share automatically acceptable", "Automatically acceptable",
    _acceptable, percent, lambda line: flat("acceptable", line.acceptable),
    interval=lambda line: words.span(line.acceptable, percent), bounds=(0.0, 1.0),
    cell=lambda share: f"{100 * share:.1f}{PER_CENT}",
    help=(
        "By gates alone: complete, refusing only where the prompt expects it, not blocked, and passing every gate. A "
        "response that was given up counts as not acceptable, but for a refused key or want of credit."
    ),
)  # fmt: skip
ERRORS = Measure(
    "Errors", "Errors", _errors, percent, lambda line: {"errors": line.errors}, "errors",
    "Given up after all tries, of all that was asked.", counted=lambda line: line.errors,
)  # fmt: skip
SPENT = Measure(
    "Spent", "Spent", _spend, money, lambda line: {"cost_usd": line.cost_usd}, "dearest",
    "All attempts, failed ones too. Judges are apart.",
)  # fmt: skip
SUMMARY = (AVERAGE_LATENCY, AVERAGE_QUALITY, SPENT, COST_PER_POINT)
MEASURES = (
    HUMAN_COST,
    HUMAN,
    RATED,
    COST,
    ACCEPTABLE,
    Measure(
        "Prompts", "Prompts", _prompts, number, _prompts_exported,
        help="How many of the prompts that candidates are compared on it was asked.", is_charted=False,
    ),
    Measure(
        "Responses", "Responses", _counted(lambda line: line.responses, "response"), number,
        lambda line: {"responses": line.responses}, "all", is_charted=False,
    ),
    ERRORS,
    _of_responses(
        "Refusals", lambda line: line.refusals, "refuse", "refusals", untold=lambda line: line.untold_refusals,
        by_judge=lambda line: line.judged_refusals,
        help="Responses that refuse, where the prompt expects it too. In languages that this was not measured on, a "
        "judge of refusals tells; without one, responses are unscored and no part of the share.",
    ),
    _of_responses(
        "Cut short or empty", lambda line: line.incomplete, "cut short or empty", "incomplete",
        head="Cut short", help="Cut short by the token limit or by a stream that broke off, or empty.",
    ),
    _of_responses("Blocked", lambda line: line.blocked, "blocked", "blocked"),
    _of_responses(
        "Without a verdict", lambda line: line.open, "without a verdict", "undecided",
        head="No verdict", export="without_verdict", is_charted=False,
    ),
    UNCHECKED,
    AVERAGE_LATENCY,
    latency_measure("p50", "Median latency", "Median"),
    latency_measure("p95", "p95 latency", "p95"),
    latency_measure("p99", "p99 latency", "p99", is_charted=False),
    time_measure(
        "p50", "Median time to the first token", "First token", lambda line: line.ttft,
        lambda line: {f"ttft_ms_{which}": value for which, value in quantiles(line.ttft).items()},
        is_charted=False,
    ),
    Measure(
        "Attempts", "Attempts", _counted(lambda line: line.attempts, "attempt"), number,
        lambda line: {"attempts": line.attempts}, "all", is_charted=False,
    ),
    Measure(
        "Retries", "Retries", _retries, percent, lambda line: {"retries": line.retries}, "errors",
        "Attempts beyond the first, of all attempts.", counted=lambda line: line.retries,
    ),
    *map(token_measure, TOKENS),
    SPENT,
    Measure(
        "Spent on judges", "Judges", _judges, money, lambda line: {"judge_cost_usd": line.judge_cost_usd},
        help="What judges cost that scored these responses.",
    ),
    AVERAGE_QUALITY,
    COST_PER_POINT,
    GAIN,
)  # fmt: skip
