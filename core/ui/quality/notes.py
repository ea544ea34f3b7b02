"""What to know before one compares: on which prompts, what has no verdict or no votes, which runs are left out."""

from collections.abc import Sequence

from core.domain.acceptability import FEWEST_RATED
from core.domain.words import n
from core.services.quality import Line, QualityReport, apart_in_words, scope_in_words
from core.ui.quality.standing import rests_on_votes
from core.ui.shared.frame import as_typed

_MOST_APART = 8


def scope(report: QualityReport, category: str | None, apart: Sequence[Line]) -> list[str]:
    """On which prompts candidates are compared, and who was asked too few of them."""
    said = [f"Compared on {scope_in_words(report, category, write=as_typed)}."]
    names = [f"**{as_typed(report.candidate(line.candidate_id).name)}** {apart_in_words(line)}" for line in apart]
    nothing = f"0 of {report.compared_on.get(category, 0):,}"
    names += [f"**{as_typed(candidate.name)}** {nothing}" for candidate in report.elsewhere(category)]
    if names:
        more = f" and {len(names) - _MOST_APART:,} more" if len(names) > _MOST_APART else ""
        said.append(f"Asked too few of these to be ranked, so apart below: {', '.join(names[:_MOST_APART])}{more}.")
    return said


def notes(report: QualityReport, lines: Sequence[Line]) -> list[str]:
    """What to know before comparing: other prompts, no verdict, runs that are unfinished or left out."""
    said = []
    fewest, most = (pick((line.prompts for line in lines), default=0) for pick in (min, max))
    if fewest < most:
        name = report.candidate(min(lines, key=lambda line: line.prompts).candidate_id).name
        said.append(f"Not all were asked the same: {as_typed(name)} {n(fewest, 'prompt')}, others up to {most:,}.")
    undecided, unchecked = (sum(getattr(line, name) for line in lines) for name in ("open", "unchecked"))
    if undecided:
        said.append(f"{n(undecided, 'response')} without a verdict (a gate is not scored): on neither side.")
    if unchecked:
        of = sum(line.responses for line in lines)
        said.append(f"{unchecked:,} of {of:,} unchecked: no gate applies, so they pass or fail on form alone.")
    return [*said, *_experts(report, lines), *_unfinished(report)]


def _experts(report: QualityReport, lines: Sequence[Line]) -> list[str]:
    """What is known of what experts would send, and what is not."""
    if not report.said:
        return ["No expert has said yet which of these responses they would send, so all figures are automatic."]
    said = []
    few = [line for line in lines if line.responses and not rests_on_votes(line)]
    if few:
        least = min(few, key=lambda line: line.human.rated)
        name = f"{as_typed(report.candidate(least.candidate_id).name)} {least.human.rated:,}"
        others = f" and {len(few) - 1:,} more" if len(few) > 1 else ""
        said.append(
            f"Too few rated for a figure of what experts would send ({name}{others}; {FEWEST_RATED} are needed each), "
            "so the answer is the automatic one."
        )
    if report.simulated:
        of = "all" if report.simulated == report.said else f"{report.simulated:,} of"
        said.append(
            f"Simulated: {of} {report.said:,} times that a rater said of a response here whether to send it; a vote "
            "says it of two responses."
        )
    if report.unplaced:
        said.append(f"{n(report.unplaced, 'imported answer')} left out: several texts could be meant.")
    return said


def _unfinished(report: QualityReport) -> list[str]:
    said = []
    for run in report.runs:
        newest = {
            of: max((id for id, whom in report.counted.items() if of in whom), default=0) for of in run.candidates
        }
        if run.state == "done" or not (run.id in report.counted or any(id < run.id for id in newest.values())):
            continue
        left_out = "" if run.id in report.counted else " It is not counted; choose it above to see it."
        problem = f": {as_typed(run.problem).rstrip('.')}" if run.problem else ""
        said.append(f"Run {run.id} {_STATES.get(run.state, run.state)}{problem}.{left_out}")
    return said


_STATES = {
    "queued": "waits to be carried out",
    "running": "is not finished",
    "cancelled": "was cancelled",
    "stopped": "was stopped",
}
