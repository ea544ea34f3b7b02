"""The answer of the Cost & quality page in words: what costs least, how sure that is, what to know first."""

from collections import Counter
from collections.abc import Sequence

from core.domain.acceptability import CostPerAcceptable, CostState
from core.domain.words import n, per_thousand
from core.services.quality import Line, QualityReport
from core.services.quality.words import cost, cost_and_span, inferred, share_and_span, span
from core.ui.quality.standing import Standing
from core.ui.shared.frame import as_typed, dollars

_MOST_NAMED = 3


def listed(names: Sequence[str]) -> str:
    """Names in bold, at most three of them, as typed."""
    shown = [f"**{as_typed(name)}**" for name in names[:_MOST_NAMED]]
    if len(names) > _MOST_NAMED:
        return f"{', '.join(shown)} and {len(names) - _MOST_NAMED:,} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def in_order(lines: Sequence[Line], by: Standing) -> list[Line]:
    """The cheapest per acceptable response first, then those without one, then those of unknown cost."""
    rank = {CostState.KNOWN: 0, CostState.NONE: 1, CostState.UNKNOWN: 2}

    def key(line: Line) -> tuple[int, float, float, int]:
        found = by.cost(line)
        return rank[found.state], found.value or 0.0, -(by.share(line).value or 0.0), line.candidate_id

    return sorted(lines, key=key)


def called(report: QualityReport, line: Line) -> str:
    """The candidate of a line, in bold, as typed."""
    candidate = report.candidate(line.candidate_id)
    return f"**{as_typed(candidate.name)}**{' (champion)' if candidate.is_champion else ''}"


def headline(report: QualityReport, lines: Sequence[Line], by: Standing) -> str:
    """The answer: what costs least per acceptable response. ``lines``: in order."""
    if not any(line.responses for line in lines):
        return "No response arrived"
    first, what = by.cost(lines[0]), "responses that experts would send" if by.is_human else "acceptable responses"
    name = as_typed(report.candidate(lines[0].candidate_id).name)
    if first.state is CostState.KNOWN:
        price = dollars(per_thousand(first.value))
        known = [line for line in lines if by.cost(line).state is CostState.KNOWN]
        if len(known) == 1:
            return f"{name} costs {price} per 1,000 {what}"
        each = "response that experts would send" if by.is_human else "acceptable response"
        return f"{name} costs least per {each}: {price} per 1,000"
    if first.state is CostState.NONE:
        nothing = "Experts would send no response" if by.is_human else "No response is acceptable"
        return f"{nothing}, so none has a cost"
    if any(by.share(line).value is not None for line in lines):
        return f"What {what} cost is unknown"
    return "No response has a verdict yet"


def explained(report: QualityReport, lines: Sequence[Line], by: Standing) -> list[str]:
    """The sentences below the headline: how sure, whom it beats, who is acceptable more often."""
    first = lines[0]
    if by.cost(first).state is not CostState.KNOWN:
        return _why_not(report, lines, by)
    parts = (_others, _per_answer, _better, _missing, _automatic)
    said = [_interval(first, by), *(each for part in parts for each in part(report, lines, by))]
    return [dollars(sentence) for sentence in said if sentence]


def _interval(line: Line, by: Standing) -> str:
    cost_span = span(by.cost(line), per_thousand)
    if by.is_human:
        return f"95 % interval **{cost_span} per 1,000**: {inferred(line)}." if cost_span else f"With {inferred(line)}."
    of = f"{share_and_span(line.acceptable)} of {n(line.acceptable.n, 'response')} acceptable"
    if not cost_span:
        return f"With {of}. Too few prompts for an interval: there are {line.acceptable.prompts}."
    return f"95 % interval **{cost_span} per 1,000**, with {of}."


def _others(report: QualityReport, lines: Sequence[Line], by: Standing) -> list[str]:
    first, others = by.cost(lines[0]), lines[1:]
    known = [line for line in others if by.cost(line).state is CostState.KNOWN]
    clear = [line for line in known if _is_above(by.cost(line), first)]
    unclear = [line for line in known if line not in clear]
    said = []
    if unclear:
        names = listed([report.candidate(line.candidate_id).name for line in unclear])
        word = "overlaps that" if len(unclear) == 1 else "overlaps those"
        said.append(f"The interval {word} of {names}, which settles nothing: *Decisions* compares prompt by prompt.")
    if clear:
        each = [f"{called(report, line)} {cost_and_span(by.cost(line))}" for line in clear[:_MOST_NAMED]]
        more = f" and {len(clear) - _MOST_NAMED:,} more" if len(clear) > _MOST_NAMED else ""
        said.append(f"Clearly dearer: {'; '.join(each)}{more}.")
    return said


def _per_answer(report: QualityReport, lines: Sequence[Line], by: Standing) -> list[str]:
    """Whose answers have the lowest price, where another's acceptable ones cost least."""
    priced = [(line.cost_usd / line.responses, line) for line in lines if line.responses and line.cost_usd is not None]
    usd, cheapest = min(priced, key=lambda one: one[0])
    if cheapest is lines[0]:
        return []
    often = share_and_span(by.share(cheapest))
    told = f"experts would send {often}" if by.is_human else f"{often} are acceptable"
    return [
        f"Lowest price per answer: {called(report, cheapest)}, {per_thousand(usd)} per 1,000 answers, of which {told}."
    ]


def _is_above(one: CostPerAcceptable, other: CostPerAcceptable) -> bool:
    return one.lower is not None and other.upper is not None and one.lower > other.upper


def _better(report: QualityReport, lines: Sequence[Line], by: Standing) -> list[str]:
    """Who is acceptable most often, where that is not the cheapest."""
    judged = [line for line in lines if by.share(line).value is not None]
    best = max(judged, key=lambda line: by.share(line).value or 0.0)
    share, first = by.share(best), by.share(lines[0])
    if (share.value or 0.0) <= (first.value or 0.0):
        return []
    clearly = share.lower is not None and first.upper is not None and share.lower > first.upper
    unsure = "" if clearly else "; the intervals overlap"
    at = f", at {cost(by.cost(best))} per 1,000" if by.cost(best).value is not None else ""
    often = "Experts would send most of" if by.is_human else "Most often acceptable:"
    return [f"{often} {called(report, best)}{',' if by.is_human else ' with'} {share_and_span(share)}{at}{unsure}."]


def _missing(report: QualityReport, lines: Sequence[Line], by: Standing) -> list[str]:
    none = [report.candidate(line.candidate_id).name for line in lines if by.cost(line).state is CostState.NONE]
    by_whom = f"Experts would send no response of {listed(none)}." if by.is_human else ""
    said = [by_whom or f"No response of {listed(none)} is acceptable."] if none else []
    return [*said, *_unpriced(report, lines)]


def _automatic(report: QualityReport, lines: Sequence[Line], by: Standing) -> list[str]:
    """What gates alone say of the first, beside what experts do."""
    if not by.is_human:
        return []
    found = lines[0]
    price = f", {cost(found.cost_per_acceptable)} per 1,000" if found.cost_per_acceptable.value is not None else ""
    return [f"Gates alone let {share_and_span(found.acceptable)} of {called(report, found)} pass{price}."]


def _unpriced(report: QualityReport, lines: Sequence[Line]) -> list[str]:
    names = [report.candidate(line.candidate_id).name for line in lines if line.cost_usd is None]
    if not names:
        return []
    return [
        f"What {listed(names)} cost is unknown. Where a price is missing, enter it on *Candidates*, also afterwards; "
        "imported responses bring their own cost."
    ]


def _why_not(report: QualityReport, lines: Sequence[Line], by: Standing) -> list[str]:
    said = []
    if not any(line.responses for line in lines):
        kinds = sum((Counter(line.given_up) for line in lines), Counter[str]())
        why = ", ".join(f"{n:,} {kind.replace('_', ' ')}" for kind, n in kinds.most_common())
        return [f"All that was asked was given up{f': {why}' if why else ''}. Below: each with what went wrong."]
    if not by.is_human and any(line.cost_per_acceptable.state is CostState.NONE for line in lines):
        said.append(
            "Every one with a verdict fails a gate, refuses, is cut short or was given up. Below: which, and why."
        )
    if by.is_human:
        said.append(f"{called(report, lines[0])}: {inferred(lines[0])}.")
    elif all(line.acceptable.value is None for line in lines):
        said.append("Evaluators score new responses in the background; look again in a moment.")
    return [dollars(sentence) for sentence in (*said, *_unpriced(report, lines))]
