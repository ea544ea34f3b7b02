"""Cost and quality as the JSON object that scripts rely on, as rows for a table, and as text for a terminal."""

from collections.abc import Sequence
from textwrap import wrap
from typing import Any

from sqlmodel import Session

from core.domain.acceptability import FEWEST_RATED, Rests
from core.domain.words import n
from core.services import quality
from core.services.quality import Line, QualityReport, Scope, measures
from core.services.quality.measure import Measure, bounds, quantiles
from core.services.quality.measures_human import human_exported
from core.services.quality.measures_summary import AVERAGE_QUALITY, POINT_DEFINED
from core.services.quality.text_tables import WIDEST, cut, tables
from core.storage.tables import Dataset

_LONGEST_NAME = 40


def report_object(
    session: Session, dataset: Dataset, *, run_id: int | None = None, shared: bool = False
) -> dict[str, Any]:
    """The object of ``evenhand report --json``; its fields are fixed. None: not known, or no acceptable response.

    Every candidate over all categories (category None) and then in each. ``run_id``: of that run alone; else on the
    champion's prompts, each in the newest run that asked it. ``shared``: on the prompts that all were asked. ``scope``
    says which prompts these are, and which candidates stand apart because they were asked too few of them: those come
    last and are not to be compared with the others. ``humanly_acceptable`` ``rests`` on *votes*, or (where too few
    responses are rated) on the *automatic* figure, or on *nothing*.
    """
    found = quality.report(session, Scope(dataset.id or 0, run_id, shared=shared))
    return {
        "dataset": dataset.name,
        "candidates": [_object(found, line) for line in _in_order(found)],
        "scope": _scope(found),
    }


def _in_order(found: QualityReport) -> list[Line]:
    """Those that are compared first, each with its categories; then those that stand apart over all."""
    apart = {line.candidate_id for line in found.apart()}
    return sorted(found.lines, key=lambda line: line.candidate_id in apart)


def _scope(found: QualityReport) -> dict[str, Any]:
    apart = [
        {"candidate": found.candidate(line.candidate_id).name, "category": line.category} | _coverage(line)
        for line in found.lines
        if line.stands_apart
    ]
    nothing = {"category": None, "asked": 0, "of": found.compared_on[None]}
    return {
        "said": quality.scope_in_words(found),
        "prompts": found.compared_on[None],
        "apart": [*apart, *({"candidate": candidate.name} | nothing for candidate in found.elsewhere())],
        "send_answers": found.said,
        "simulated_answers": found.simulated,
        "unplaced_answers": found.unplaced,
        "quality_evaluators": found.of_quality,
    }


def _coverage(line: Line) -> dict[str, int]:
    return {"asked": line.prompts, "of": line.of}


def _object(found: QualityReport, line: Line) -> dict[str, Any]:
    return {
        "candidate": found.candidate(line.candidate_id).name,
        "category": line.category,
        "responses": line.responses,
        "errors": line.errors,
        "refusals": line.refusals,
        "incomplete": line.incomplete,
        "attempts": line.attempts,
        "latency_ms": quantiles(line.latency),
        "ttft_ms": quantiles(line.ttft),
        "input_tokens": line.tokens["input_tokens"].total,
        "output_tokens": line.tokens["output_tokens"].total,
        "cost_usd": line.cost_usd,
        "acceptable": bounds(line.acceptable),
        "cost_per_acceptable_usd": bounds(line.cost_per_acceptable),
        "scores": {name: score.mean for name, score in line.scores.items()},
        "unchecked": line.unchecked,
        "acceptable_where_checked": bounds(line.checked),
        "humanly_acceptable": bounds(line.human) | human_exported(line),
        "cost_per_humanly_acceptable_usd": bounds(line.human_cost),
        "average_latency_ms": line.latency.mean,
        "average_quality": AVERAGE_QUALITY.exported(line)["average_quality"],
        "cost_per_quality_point_usd": line.cost_per_point.value,
    }


def report_rows(found: QualityReport) -> list[dict[str, Any]]:
    """One flat row a candidate and category, for CSV and the like; a field that is not known is None.

    ``cost_per_acceptable``: *known*, *none* or *unknown*. ``scope``: which prompts the row rests on; ``stands_apart``:
    the candidate was asked too few of them to be ranked among the others, and comes last.
    """
    all_measures = measures.measures(found)
    return [_row(found, line, all_measures) for line in _in_order(found)]


def _row(found: QualityReport, line: Line, all_measures: Sequence[Measure]) -> dict[str, Any]:
    row = {"candidate": found.candidate(line.candidate_id).name, "category": line.category}
    figures = {name: cell for measure in all_measures for name, cell in measure.exported(line).items()}
    return row | figures | {"scope": quality.scope_in_words(found, line.category)}


def report_text(session: Session, dataset: Dataset, *, run_id: int | None = None, shared: bool = False) -> str:
    """The same as a table for a terminal, at most 100 columns wide: over all categories, then by category."""
    found = quality.report(session, Scope(dataset.id or 0, run_id, shared=shared))
    head = f"{dataset.name} · {n(found.prompts, 'prompt')}"
    if not found.candidates:
        return f"{head}\nNo responses yet. Evaluate candidates with `evenhand run`, or import responses."
    blocks = ["\n".join([head, *_scope_text(found)])]
    for category in (None, *found.categories):
        lines = [*found.compared(category), *found.apart(category)]
        if lines:
            blocks += tables(found, lines, category or "all categories")
    return "\n".join([*blocks, "", *_notes(found)])


def _scope_text(found: QualityReport) -> list[str]:
    """What is compared, and who stands apart, as lines that fit."""
    said = [f"Compared on {quality.scope_in_words(found, write=_short)}."]
    apart = [
        f"{_short(found.candidate(line.candidate_id).name)} {quality.apart_in_words(line)}" for line in found.apart()
    ]
    apart += [f"{_short(candidate.name)} 0 of {found.compared_on[None]:,}" for candidate in found.elsewhere()]
    if not found.lines:
        said.append("No prompt was asked of all of them: leave --shared out.")
    elif apart:
        said.append(f"Asked too few of these, so standing apart (marked *), not to be ranked: {', '.join(apart)}.")
    return [line for sentence in said for line in wrap(sentence, WIDEST)]


def _short(name: str) -> str:
    return cut(name, _LONGEST_NAME)


def _notes(found: QualityReport) -> list[str]:
    lines = found.overall()
    notes = ["Acceptable: complete, refusing only where that is expected, and passing every gate. In brackets:"]
    notes.append("95 % intervals, clustered by prompt. Costs count failed attempts and retries; judges are apart.")
    undecided, unchecked = sum(line.open for line in lines), sum(line.unchecked for line in lines)
    if unchecked:
        of = sum(line.responses for line in lines)
        notes.append(f"{unchecked:,} of {of:,} unchecked: no gate applies, so they count on form alone.")
    if undecided:
        notes.append(f"{n(undecided, 'response')} without a verdict (a gate is not scored): on neither side.")
    notes += [*_human_notes(found, lines), _quality_note(found)]
    return [line for note in notes for line in wrap(note, WIDEST)]


def _human_notes(found: QualityReport, lines: list[Line]) -> list[str]:
    if not found.said:
        return ["No expert has said yet which of these responses they would send: all figures are automatic."]
    notes = ["Humanly acceptable: what experts would send, inferred for all responses from the rated ones."]
    if any(line.human.rests is not Rests.VOTES for line in lines):
        notes[0] += f" Below {FEWEST_RATED} rated the automatic figure stands, named so."
    few = sorted({line.human.raters for line in lines if line.human.holds_for_these_raters_only})
    if few:
        most = f"at most {few[-1]} raters" if len(few) > 1 else n(few[0], "rater")
        notes.append(f"With {most}, intervals marked † hold for these raters only.")
    if found.simulated:
        notes.append(f"{found.simulated:,} of {found.said:,} judgements by raters are simulated.")
    if found.unplaced:
        notes.append(f"{n(found.unplaced, 'imported answer')} left out: several texts could be meant.")
    return notes


def _quality_note(found: QualityReport) -> str:
    names = ", ".join(_short(name) for name in found.of_quality)
    return f"{POINT_DEFINED} Averaged: {names or 'nothing, for no evaluator scores quality'}."
