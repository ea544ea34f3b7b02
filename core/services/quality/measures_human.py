"""The figures that rest on experts' answers, and of how many responses no gate judged anything."""

from collections.abc import Mapping
from typing import Any

from core.domain.acceptability import CostPerAcceptable, HumanShare, Rests, ShareAcceptable
from core.domain.words import UNKNOWN, n, per_thousand, percent
from core.services.quality import words
from core.services.quality.figures import Line
from core.services.quality.measure import Figure, Measure, bounds


def flat(name: str, found: ShareAcceptable | CostPerAcceptable | HumanShare) -> dict[str, float | None]:
    """A figure and its interval as three fields of a row."""
    return {name if bound == "value" else f"{name}_{bound}": value for bound, value in bounds(found).items()}


def _human(line: Line) -> Figure:
    found = line.human
    written = f"{words.share(found)}{_by_gates(line)}"
    return Figure(found.value, written, words.inferred(line), found.lower, found.upper)


def _by_gates(line: Line) -> str:
    """Where a figure is the automatic one, it says so."""
    return " automatic" if line.human.rests is Rests.AUTOMATIC else ""


def human_exported(line: Line) -> dict[str, Any]:
    """What the human share rests on, beside its value: how many were rated, by how many, and what the signals gave."""
    found = line.human
    return {
        "rests": str(found.rests),
        "rated": found.rated,
        "sent": line.human_sent,
        "votes": found.votes,
        "raters": found.raters,
        "holds_for_these_raters_only": found.holds_for_these_raters_only,
        "never_shown": found.never_shown,
        "correlation": found.correlation,
        "gain": found.gain,
        "by_weights": found.by_weights,
    }


def _human_flat(line: Line) -> Mapping[str, Any]:
    told = {f"humanly_acceptable_{name}": value for name, value in human_exported(line).items()}
    return flat("humanly_acceptable", line.human) | told


def _human_cost(line: Line) -> Figure:
    cost = line.human_cost
    named = "" if cost.value is None else _by_gates(line)
    what = "acceptable responses, automatic" if _by_gates(line) else "responses that experts would send"
    return Figure(
        cost.value, words.cost(cost) + named, f"{words.cost_and_span(cost)} per 1,000 {what}", cost.lower, cost.upper
    )


def _human_cost_flat(line: Line) -> Mapping[str, Any]:
    return flat("cost_per_humanly_acceptable_usd", line.human_cost) | {
        "cost_per_humanly_acceptable": str(line.human_cost.state)
    }


def _rated(line: Line) -> Figure:
    found = line.human
    if not found.rated:
        return Figure(None, "none rated", "no response was rated")
    by = f", {n(found.votes, 'answer')} by {n(found.raters, 'rater')}"
    return Figure(found.rated, f"{line.human_sent:,} of {found.rated:,}", f"{words.measured(line)}{by}")


def _gain(line: Line) -> Figure:
    found = line.human
    if found.gain is None:
        return Figure(None, UNKNOWN, "no signal told anything of the rated responses")
    alike = "" if found.correlation is None else f", correlation with the raters {found.correlation:.2f}"
    return Figure(found.gain, f"{found.gain:.2f} ×", f"worth {found.gain:.2f} times the votes{alike}")


def _unchecked(line: Line) -> Figure:
    if not line.responses:
        return Figure(None, "no responses", "no responses")
    return Figure(line.unchecked / line.responses, percent(line.unchecked / line.responses), words.unchecked(line))


HUMAN = Measure(
    "Humanly acceptable", "Humanly acceptable", _human, percent, _human_flat, "rated",
    interval=lambda line: words.span(line.human, percent), bounds=(0.0, 1.0), needs_votes=True,
    help=(
        "The share of all responses that experts would send, inferred from those that were rated. Below 30 rated the "
        "automatic share stands, named so."
    ),
)  # fmt: skip
HUMAN_COST = Measure(
    "Cost per 1,000 humanly acceptable responses", "Per 1,000 humanly acceptable", _human_cost, per_thousand,
    _human_cost_flat, "rated",
    interval=lambda line: words.span(line.human_cost, per_thousand), needs_votes=True,
    help="Everything paid, failed attempts and retries too, divided by the responses that experts would send, times "
    "1,000.",
)  # fmt: skip
RATED = Measure(
    "Rated responses", "Rated", _rated, "{:,.0f}".format, lambda line: {}, "rated",  # noqa: ARG005
    help="Measured: of the responses that raters saw, those that most of who rated them would send.",
    is_charted=False, needs_votes=True,
)  # fmt: skip
GAIN = Measure(
    "What automatic signals are worth", "Worth of signals", _gain, "{:.2f} ×".format, lambda line: {}, "rated",  # noqa: ARG005
    help="How many times the votes the automatic verdict and the judges are worth, measured on the rated responses.",
    is_charted=False, needs_votes=True,
)  # fmt: skip
UNCHECKED = Measure(
    "Unchecked", "Unchecked", _unchecked, percent,
    lambda line: {"unchecked": line.unchecked} | flat("acceptable_where_checked", line.checked),
    "unchecked", counted=lambda line: line.unchecked, bounds=(0.0, 1.0),
    help=(
        "Responses that no gate applies to. They count as acceptable on form alone: complete, not blocked, refusing "
        "only where the prompt expects it."
    ),
)  # fmt: skip
