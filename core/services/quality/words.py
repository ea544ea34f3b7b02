"""How figures of cost and quality are written: amounts, shares, times."""

from collections.abc import Callable

from core.domain.acceptability import CostPerAcceptable, CostState, HumanShare, Rests, ShareAcceptable
from core.domain.latency import Quantile
from core.domain.words import UNKNOWN, n, per_thousand, percent, seconds
from core.services.quality.amounts import Times
from core.services.quality.figures import Line
from core.services.quality.scope_words import apart_in_words


def span(found: CostPerAcceptable | ShareAcceptable | HumanShare, write: Callable[[float], str]) -> str:
    """The interval of a figure; empty where there is none."""
    if found.value is None or found.lower is None:
        return ""
    return (
        f"{write(found.lower)} to {write(found.upper)}" if found.upper is not None else f"{write(found.lower)} or more"
    )


def cost(found: CostPerAcceptable) -> str:
    """The cost per 1,000 acceptable responses, or why there is none."""
    return str(found.state) if found.value is None else per_thousand(found.value)


def cost_and_span(found: CostPerAcceptable) -> str:
    """The cost per 1,000 with its interval; for none the least that 1,000 would cost."""
    if found.state is CostState.NONE:
        return f"none acceptable{f', so more than {per_thousand(found.lower)} per 1,000' if found.lower else ''}"
    interval = span(found, per_thousand)
    return f"{cost(found)} ({interval})" if interval else cost(found)


def share(found: ShareAcceptable | HumanShare) -> str:
    """The share acceptable, or that it is not known."""
    return UNKNOWN if found.value is None else percent(found.value)


def share_and_span(found: ShareAcceptable | HumanShare) -> str:
    """The share with its interval."""
    interval = span(found, percent)
    return f"{share(found)} ({interval})" if interval else share(found)


def inferred(line: Line) -> str:
    """What experts would send: what was measured, and what that says of all responses; or that it is not known."""
    found = line.human
    if found.rests is not Rests.VOTES:
        return f"{share_and_span(found)}, {stands_in(found)}" if found.value is not None else stands_in(found)
    how = "" if found.rated == found.responses else f" of all {found.responses:,}"
    return f"experts would send {share_and_span(found)}{how}{only_these(found)} ({_plain(line)})"


def _plain(line: Line) -> str:
    """The count that a human share comes from, and why the share is another."""
    counted = f"{line.human_sent:,} of {line.human.rated:,} rated by simple majority"
    inferred = "" if line.human.rated == line.human.responses else " and inferred for the others"
    return f"{counted}; the share counts every vote, each opponent alike{inferred}"


def measured(line: Line) -> str:
    """How many of the rated responses experts would send."""
    return f"{line.human_sent:,} of {line.human.rated:,} rated would be sent"


def stands_in(found: HumanShare) -> str:
    """Why a human share is none: it is the automatic one, or nothing is known."""
    few = f"{found.rated:,} rated {'is' if found.rated == 1 else 'are'} too few" if found.rated else "none rated"
    return f"automatic, {few}" if found.rests is Rests.AUTOMATIC else f"no verdict, {few}"


def only_these(found: HumanShare) -> str:
    """The limit of an interval that too few raters are behind; empty where there is none."""
    return f"; holds for {these_raters(found)} only" if found.holds_for_these_raters_only else ""


def these_raters(found: HumanShare) -> str:
    """The raters behind a human share, for who knows of whom it is."""
    return "this rater" if found.raters == 1 else f"these {n(found.raters, 'rater')}"


def unchecked(line: Line) -> str:
    """Of how many responses no gate judged anything, and what is known of the others."""
    said = f"{line.unchecked:,} of {line.responses:,} unchecked: no gate applies"
    return (
        f"{said}; of {line.checked.n:,} checked {share_and_span(line.checked)} acceptable" if line.checked.n else said
    )


def asked(line: Line) -> str:
    """How many of the prompts a candidate was asked: 4 of 64 prompts."""
    return f"{apart_in_words(line)} prompts"


def quantile(found: Quantile | None) -> str:
    """A quantile of times; one that lies among timeouts is more than they waited."""
    if found is None or (found.value is None and found.at_least is None):
        return UNKNOWN
    return f"> {seconds(found.at_least or 0.0)}" if found.value is None else seconds(found.value)


def median_and_p95(times: Times) -> str:
    """The two, in seconds, as short as can be."""
    if times.p50 is None:
        return UNKNOWN
    both = [quantile(times.p50), quantile(times.p95)]
    if all(each.endswith(" s") for each in both):
        both[0] = both[0].removesuffix(" s")
    return " · ".join(both)


def quantiles(times: Times) -> str:
    """Median, p95 and p99 in one line."""
    if times.p50 is None:
        return UNKNOWN
    return f"median {quantile(times.p50)}, p95 {quantile(times.p95)}, p99 {quantile(times.p99)}"
