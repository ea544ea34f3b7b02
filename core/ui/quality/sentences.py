"""The answer of the Cost & quality page in words: what costs least, how sure that is, what to know first."""

from collections import Counter
from collections.abc import Sequence

from core.domain.acceptability import CostPerAcceptable, CostState
from core.domain.words import money, n
from core.services.quality import Line, QualityReport, apart_in_words, scope_in_words
from core.services.quality.words import cost, cost_and_span, share_and_span, span
from core.ui.shared.frame import as_typed

_MOST_NAMED, _MOST_APART = 3, 8


def listed(names: Sequence[str]) -> str:
    """Names in bold, at most three of them, as typed."""
    shown = [f"**{as_typed(name)}**" for name in names[:_MOST_NAMED]]
    if len(names) > _MOST_NAMED:
        return f"{', '.join(shown)} and {len(names) - _MOST_NAMED:,} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def in_order(lines: Sequence[Line]) -> list[Line]:
    """The cheapest per acceptable response first, then those without one, then those of unknown cost."""
    rank = {CostState.KNOWN: 0, CostState.NONE: 1, CostState.UNKNOWN: 2}

    def key(line: Line) -> tuple[int, float, float, int]:
        found = line.cost_per_acceptable
        return rank[found.state], found.value or 0.0, -(line.acceptable.value or 0.0), line.candidate_id

    return sorted(lines, key=key)


def called(report: QualityReport, line: Line) -> str:
    """The candidate of a line, in bold, as typed."""
    candidate = report.candidate(line.candidate_id)
    return f"**{as_typed(candidate.name)}**{' (champion)' if candidate.is_champion else ''}"


def headline(report: QualityReport, lines: Sequence[Line]) -> str:
    """The answer: what costs least per acceptable response. ``lines``: in order."""
    if not any(line.responses for line in lines):
        return "No response arrived"
    first = lines[0].cost_per_acceptable
    name = as_typed(report.candidate(lines[0].candidate_id).name)
    if first.state is CostState.KNOWN:
        price = money(first.value or 0.0).replace("$", "\\$")
        known = [line for line in lines if line.cost_per_acceptable.state is CostState.KNOWN]
        if len(known) == 1:
            return f"{name} costs {price} per acceptable response"
        return f"{name} costs least: {price} per acceptable response"
    if first.state is CostState.NONE:
        return "No response is acceptable, so none has a cost"
    if any(line.acceptable.value is not None for line in lines):
        return "What an acceptable response costs is unknown"
    return "No response has a verdict yet"


def explained(report: QualityReport, lines: Sequence[Line]) -> list[str]:
    """The sentences below the headline: how sure, whom it beats, who is acceptable more often."""
    first = lines[0]
    if first.cost_per_acceptable.state is not CostState.KNOWN:
        return _why_not(report, lines)
    said = [_interval(first), *_others(report, lines), *_better(report, lines), *_missing(report, lines)]
    return [sentence.replace("$", "\\$") for sentence in said if sentence]


def _interval(line: Line) -> str:
    cost_span = span(line.cost_per_acceptable, money)
    of = f"{share_and_span(line.acceptable)} of {n(line.acceptable.n, 'response')} acceptable"
    if not cost_span:
        return f"With {of}. Too few prompts for an interval: there are {line.acceptable.prompts}."
    return f"95 % interval **{cost_span}**, with {of}."


def _others(report: QualityReport, lines: Sequence[Line]) -> list[str]:
    first, others = lines[0].cost_per_acceptable, lines[1:]
    known = [line for line in others if line.cost_per_acceptable.state is CostState.KNOWN]
    clear = [line for line in known if _is_above(line.cost_per_acceptable, first)]
    unclear = [line for line in known if line not in clear]
    said = []
    if unclear:
        names = listed([report.candidate(line.candidate_id).name for line in unclear])
        word = "its interval overlaps" if len(unclear) == 1 else "their intervals overlap"
        said.append(f"Not clearly cheaper than {names}: {word}.")
    if clear:
        each = [f"{called(report, line)} {cost_and_span(line.cost_per_acceptable)}" for line in clear[:_MOST_NAMED]]
        more = f" and {len(clear) - _MOST_NAMED:,} more" if len(clear) > _MOST_NAMED else ""
        said.append(f"Clearly dearer: {'; '.join(each)}{more}.")
    return said


def _is_above(one: CostPerAcceptable, other: CostPerAcceptable) -> bool:
    return one.lower is not None and other.upper is not None and one.lower > other.upper


def _better(report: QualityReport, lines: Sequence[Line]) -> list[str]:
    """Who is acceptable most often, where that is not the cheapest."""
    judged = [line for line in lines if line.acceptable.value is not None]
    best = max(judged, key=lambda line: line.acceptable.value or 0.0)
    if (best.acceptable.value or 0.0) <= (lines[0].acceptable.value or 0.0):
        return []
    bounds = best.acceptable.lower, lines[0].acceptable.upper
    clearly = bounds[0] is not None and bounds[1] is not None and bounds[0] > bounds[1]
    unsure = "" if clearly else "; the intervals overlap"
    at = f", at {cost(best.cost_per_acceptable)} each" if best.cost_per_acceptable.value is not None else ""
    return [f"Most often acceptable: {called(report, best)} with {share_and_span(best.acceptable)}{at}{unsure}."]


def _missing(report: QualityReport, lines: Sequence[Line]) -> list[str]:
    none = [report.candidate(line.candidate_id).name for line in lines if _is(line, CostState.NONE)]
    said = [f"No response of {listed(none)} is acceptable."] if none else []
    return [*said, *_unpriced(report, lines)]


def _unpriced(report: QualityReport, lines: Sequence[Line]) -> list[str]:
    names = [report.candidate(line.candidate_id).name for line in lines if line.cost_usd is None]
    if not names:
        return []
    return [
        f"What {listed(names)} cost is unknown. Where a price is missing, enter it on *Candidates*, also afterwards; "
        "imported responses bring their own cost."
    ]


def _why_not(report: QualityReport, lines: Sequence[Line]) -> list[str]:
    said = []
    if not any(line.responses for line in lines):
        kinds = sum((Counter(line.given_up) for line in lines), Counter[str]())
        why = ", ".join(f"{n:,} {kind.replace('_', ' ')}" for kind, n in kinds.most_common())
        return [f"All that was asked was given up{f': {why}' if why else ''}. Below: each with what went wrong."]
    if any(line.cost_per_acceptable.state is CostState.NONE for line in lines):
        said.append(
            "Every one with a verdict fails a gate, refuses, is cut short or was given up. Below: which, and why."
        )
    if all(line.acceptable.value is None for line in lines):
        said.append("Evaluators score new responses in the background; look again in a moment.")
    return [sentence.replace("$", "\\$") for sentence in (*said, *_unpriced(report, lines))]


def _is(line: Line, state: CostState) -> bool:
    return line.cost_per_acceptable.state is state


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
        said.append(f"Not all were asked the same: {as_typed(name)} {fewest:,} prompts, others up to {most:,}.")
    undecided = sum(line.open for line in lines)
    if undecided:
        said.append(f"{undecided:,} responses have no verdict (a gate is not scored) and count on neither side.")
    return [*said, *_unfinished(report)]


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
