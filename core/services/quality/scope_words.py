"""What a report rests on, in words: whose prompts, which runs, and who was asked too few of them."""

from collections.abc import Callable

from core.domain.words import n
from core.services.quality.cells import Basis
from core.services.quality.figures import Line
from core.services.quality.report import QualityReport
from core.services.quality.scope import RunRef

_SOURCES = {"import": "imported", "demo": "demo", "evaluation": "evaluation"}
Written = Callable[[str], str]


def scope_in_words(report: QualityReport, category: str | None = None, *, write: Written = str) -> str:
    """On which prompts candidates are compared, and out of which runs.

    ``write``: how names that people typed are written.
    """
    prompts = n(report.compared_on.get(category, 0), "prompt")
    where = "" if category is None else f" in {write(category)}"
    scope = report.scope
    if scope.run_id is not None:
        runs = f"run {scope.run_id}"
    elif scope.all_runs:
        runs = f"all {len(report.runs):,} runs together"
    else:
        runs = "newest run of each"
    return f"{prompts}{where}{_whose(report, write)}, {runs}, with all repetitions"


def _whose(report: QualityReport, write: Written) -> str:
    if report.basis is Basis.CHAMPION:
        return f" of the champion {write(report.candidate(report.basis_id or 0).name)}"
    if report.basis is Basis.WIDEST:
        name = write(report.candidate(report.basis_id or 0).name)
        return f" of {name}, which was asked the most (there is no champion here)"
    if report.basis is Basis.SHARED:
        chosen = len(report.scope.among or report.candidates)
        return " that both candidates were asked" if chosen == 2 else f" that all {chosen:,} candidates were asked"
    return ""


def apart_in_words(line: Line) -> str:
    """How many of the prompts a candidate was asked: 4 of 64."""
    return f"{line.prompts:,} of {line.of:,}"


def run_name(run: RunRef) -> str:
    """A run in a list to choose from, and so in addresses: the same as long as there is this run."""
    return f"Run {run.id} · {_SOURCES.get(run.source, run.source)} · {run.created_at:%d %b %Y, %H:%M}"
