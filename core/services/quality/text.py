"""Cost and quality as the JSON object that scripts rely on, as rows for a table, and as text for a terminal."""

from collections.abc import Sequence
from textwrap import wrap
from typing import Any

from sqlmodel import Session

from core.domain.acceptability import CostPerAcceptable, CostState, ShareAcceptable
from core.domain.latency import Quantile
from core.domain.words import n
from core.services import quality
from core.services.quality import Line, QualityReport, Scope, measures
from core.services.quality.measure import Measure, bounds, quantiles
from core.storage.tables import Dataset

_WIDEST, _NARROWEST_NAME, _LONGEST_NAME, _GAP = 100, 8, 40, "  "
_HEADS = ("responses", "errors", "acceptable", "$ per acceptable", "spent $", "p50 s", "p95 s")


def report_object(
    session: Session, dataset: Dataset, *, run_id: int | None = None, shared: bool = False
) -> dict[str, Any]:
    """The object of ``evenhand report --json``; its fields are fixed. None: not known, or no acceptable response.

    Every candidate over all categories (category None) and then in each. ``run_id``: of that run alone; else on the
    champion's prompts, each in the newest run that asked it. ``shared``: on the prompts that all were asked. ``scope``
    says which prompts these are, and which candidates stand apart because they were asked too few of them: those come
    last and are not to be compared with the others.
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
            blocks += ["", *_table(found, lines, category or "all categories")]
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
    return [line for sentence in said for line in wrap(sentence, _WIDEST)]


def _short(name: str) -> str:
    return _cut(name, _LONGEST_NAME)


def _table(found: QualityReport, lines: list[Line], title: str) -> list[str]:
    rows = [_HEADS, *(_cells(line) for line in lines)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    room = max(_WIDEST - sum(widths) - len(_GAP) * len(widths), _NARROWEST_NAME)
    marked = [f"{found.candidate(line.candidate_id).name}{' *' if line.stands_apart else ''}" for line in lines]
    names = [_cut(name, room) for name in (title, *marked)]
    first = max(map(len, names))
    return [
        _GAP.join([f"{name:<{first}}", *(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True))])
        for name, row in zip(names, rows, strict=True)
    ]


def _cells(line: Line) -> tuple[str, ...]:
    share = line.acceptable
    return (
        f"{line.responses:,}",
        f"{line.errors:,}",
        "unknown" if share.value is None else f"{100 * share.value:.0f} %{_percents(share)}",
        _cost(line.cost_per_acceptable),
        "unknown" if line.cost_usd is None else f"{line.cost_usd:.4g}",
        *(_seconds(quantile) for quantile in (line.latency.p50, line.latency.p95)),
    )


def _percents(share: ShareAcceptable) -> str:
    return "" if share.lower is None or share.upper is None else f" ({100 * share.lower:.0f}–{100 * share.upper:.0f})"


def _cost(cost: CostPerAcceptable) -> str:
    if cost.state is not CostState.KNOWN or cost.value is None:
        return str(cost.state)
    bounds = "" if cost.lower is None else f" ({cost.lower:.2g}–{'?' if cost.upper is None else f'{cost.upper:.2g}'})"
    return f"{cost.value:.2g}{bounds}"


def _seconds(quantile: Quantile | None) -> str:
    if quantile is None:
        return "unknown"
    if quantile.value is None:
        return f"> {(quantile.at_least or 0.0) / 1000:.3g}"
    return f"{quantile.value / 1000:.3g}"


def _cut(name: str, room: int) -> str:
    """Names often differ at the end, so the middle goes."""
    tail = room // 3
    return name if len(name) <= room else f"{name[: room - tail - 1]}…{name[-tail:]}"


def _notes(found: QualityReport) -> list[str]:
    notes = ["Acceptable: complete, refusing only where that is expected, and passing every gate. In brackets:"]
    notes.append("95 % intervals, clustered by prompt. Costs count failed attempts and retries; judges are apart.")
    undecided = sum(line.open for line in found.overall())
    if undecided:
        notes.append(f"{undecided:,} responses have no verdict yet (a gate is unscored) and count on neither side.")
    return notes
