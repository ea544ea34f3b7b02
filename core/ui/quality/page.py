"""The parts of the Cost & quality page: the answer in words, and its evidence in charts."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import plotly.graph_objects as go
import streamlit as st
from sqlalchemy import Engine

from core.domain.words import UNKNOWN, n
from core.services import quality
from core.services.datasets import responses
from core.services.quality import Line, QualityReport, Scope, measures, rated, words
from core.services.quality.measure import Measure
from core.services.quality.measures_human import HUMAN, HUMAN_COST
from core.services.quality.measures_summary import COST_PER_POINT
from core.storage.engine import reading
from core.ui.quality import charts, notes, sentences
from core.ui.quality.charts import DotRow
from core.ui.quality.choice import Choice
from core.ui.quality.standing import Standing, rests_on_votes, standing
from core.ui.shared import arriving, colours, filters, frame, grids
from core.ui.shared.kept import KEPT
from core.ui.shared.resources import engine

_FRESH_S = 20
_MOST_PLOTTED = 20


@dataclass(frozen=True)
class View:
    """What is shown: one line a candidate in the chosen category, in order."""

    report: QualityReport
    choice: Choice
    lines: list[Line]
    apart: list[Line]
    """Those of candidates that were asked too few of the prompts to be compared."""
    coloured: frozenset[int]
    """Positions in colour."""
    as_of: tuple[int, ...]
    """The ``stamp`` of what it was computed from."""
    by: Standing
    """Which figures the candidates are compared on."""

    @property
    def plotted(self) -> list[Line]:
        """Those that charts show: the first twenty."""
        return self.lines[:_MOST_PLOTTED]


def found(choice: Choice, as_of: tuple[int, ...]) -> QualityReport:
    """The figures; computed once for everybody who looks, and anew when responses came or gates changed."""
    with st.spinner("Adding up what it cost …"):
        return kept(engine(), choice.scope, as_of)


def stamp(choice: Choice) -> tuple[int, ...]:
    """Changes with what the figures rest on; while a run is under way, time alone renews them."""
    with reading(engine()) as session:
        return quality.as_of(session, choice.runs) + rated.as_of(session)


def compute_first(database: Engine) -> None:
    """Compute and keep what the page shows of itself, so that who looks first does not wait for it."""
    with reading(database) as session:
        datasets = responses.datasets(session)
        if not datasets:
            return
        scope = Scope(datasets[0].id)
        as_of = quality.as_of(session, quality.runs(session, scope.dataset_id)) + rated.as_of(session)
    kept(database, scope, as_of)


def kept(database: Engine, scope: Scope, as_of: tuple[int, ...]) -> QualityReport:
    """The figures in ``scope``, for whoever shows them; ``as_of``: the ``stamp`` of what they rest on."""

    def compute() -> QualityReport:
        with reading(database) as session:
            return quality.report(session, scope)

    return KEPT.get(("report", str(database.url), scope, as_of), compute, fresh_s=_FRESH_S)


def view(report: QualityReport, choice: Choice, as_of: tuple[int, ...]) -> View:
    """The lines to show, the cheapest first."""
    lines, apart = (
        [line for line in found if line.candidate_id in choice.candidate_ids]
        for found in (report.compared(choice.category), report.apart(choice.category))
    )
    by = standing(lines)
    positions = [report.candidate(line.candidate_id).position for line in (*lines, *apart)]
    lines, apart = sentences.in_order(lines, by), sentences.in_order(apart, by)
    return View(report, choice, lines, apart, colours.coloured(positions), as_of, by)


def answer(view: View) -> None:
    """The answer in words, what it rests on, and what to know before comparing."""
    with st.container(border=True, gap="small"):
        if view.lines:
            st.header(sentences.headline(view.report, view.lines, view.by), anchor=False)
            for sentence in sentences.explained(view.report, view.lines, view.by):
                st.markdown(sentence)
            st.caption(rests_on(view))
        else:
            st.header("Nobody here was asked enough of these prompts", anchor=False)
        for sentence in notes.scope(view.report, view.choice.category, view.apart):
            st.caption(f":material/rule: {sentence}")
        for note in notes.notes(view.report, view.lines):
            st.caption(f":material/info: {note}")


def rests_on(view: View) -> str:
    """How many responses, of how many candidates, where, and how many of them experts rated."""
    responses, errors = (sum(getattr(line, name) for line in view.lines) for name in ("responses", "errors"))
    failed = f" and {errors:,} given up" if errors else ""
    scope = frame.as_typed(view.choice.category or "all categories")
    rated = sum(line.human.rated for line in view.lines)
    said = f" · {rated:,} rated by experts" if rated else ""
    return f"{n(responses, 'response')}{failed} of {n(len(view.lines), 'candidate')} · {scope}{said} · 95 % intervals"


def plots(view: View) -> None:
    """Cost and share side by side, then the times; nothing where no response arrived."""
    if not any(line.responses for line in view.lines):
        return
    if len(view.lines) > len(view.plotted):
        st.caption(
            f":material/info: Charts show the first {_MOST_PLOTTED} of {len(view.lines):,}, the cheapest first. "
            "Choose candidates above to see others; the table has all."
        )
    with st.grid(2, min_column_width=330, gap="medium"):
        human = any(rests_on_votes(line) for line in view.plotted)
        for measure, beside, key in (
            (HUMAN_COST, measures.COST, "cost"),
            (HUMAN, measures.ACCEPTABLE, "cost_acceptable"),
        ):
            with st.container(gap="xsmall"):
                if human:
                    _head(measure.title, "Filled: what experts would send. Hollow: automatic, by gates alone.")
                    dots(view, measure, key=key, beside=beside)
                else:
                    _head(beside.title, beside.help)
                    dots(view, beside, key=key)
        for title, name in (("Latency", "latency"), ("Time to first token", "ttft")):
            with arriving.place(f"cost_at_{name}", title):
                rows = [(view.report.candidate(line.candidate_id), getattr(line, name)) for line in view.plotted]
                if any(times.p50 is not None for _, times in rows):
                    _head(title, "Filled: median. Hollow: p95. Tick: p99. Bands: 95 % intervals.")
                    charts.spreads(rows, title=title, shown=view.coloured, key=f"cost_chart-{name}")
                else:
                    st.subheader(title, anchor=False)
                    st.markdown(f"{_each_of(view)}: {UNKNOWN}.")


def _head(title: str, said: str) -> None:
    st.subheader(title, anchor=False)
    st.caption(said)


def dots(view: View, measure: Measure, *, key: str, beside: Measure | None = None) -> None:
    """The dot plot of one figure; ``beside`` it, hollow, the automatic one that stands where too few are rated."""
    rows = _rows(view, measure, beside)
    drawn = [each for row in rows for each in (row, row.beside) if each is not None]
    if drawn and all(row.value == 0 for row in drawn):
        st.markdown(f"{_each_of(view)}: {frame.dollars(measure.write(0.0))}.")
        return
    if all(row.value is None for row in drawn) and len({row.written for row in rows}) == 1:
        st.markdown(f"{_each_of(view)}: {rows[0].written}.")
        return
    figure = dots_figure(view, measure, beside=beside)
    charts.show_dots(figure, rows, title=measure.title, key=f"cost_chart-{key}")


def dots_figure(view: View, measure: Measure, *, beside: Measure | None = None) -> go.Figure:
    """What ``dots`` draws."""
    rows = _rows(view, measure, beside)
    return charts.dots_figure(rows, shown=view.coloured, write=measure.write, bounds=measure.bounds)


def _rows(view: View, measure: Measure, beside: Measure | None) -> list[DotRow]:
    return [_dot(view, measure, line, beside) for line in view.plotted]


def _each_of(view: View) -> str:
    """Whom charts show, at the beginning of a line, for Markdown."""
    shown, all_ = len(view.plotted), len(view.lines)
    if shown < all_:
        return f"Each of the first {shown:,} candidates"
    if all_ == 1:
        return frame.as_typed(view.report.candidate(view.lines[0].candidate_id).name)
    return "Both candidates" if all_ == 2 else f"Each of the {all_:,} candidates"


def _dot(view: View, measure: Measure, line: Line, beside: Measure | None) -> DotRow:
    figure, candidate = measure.of(line), view.report.candidate(line.candidate_id)
    row = DotRow(candidate, figure.value, figure.lower, figure.upper, figure.written, figure.detail)
    if beside is None:
        return row
    if not rests_on_votes(line):
        return replace(row, is_hollow=True)
    other = beside.of(line)
    return replace(row, beside=DotRow(candidate, other.value, other.lower, other.upper, "", other.detail, True))


def any_figure(view: View) -> None:
    """Any other figure: a dot plot by candidate, and a table by candidate and category."""
    if not view.lines:
        return
    known = {measure.title: measure for measure in measures.shown(view.report) if measure.is_charted}
    st.subheader("Figure by figure", anchor=False)
    measure = known[filters.one_of("Figure", list(known), key="cost_figure", usual=_telling(view, known), width=280)]
    if measure.help:
        st.caption(measure.help)
    with st.grid(2, min_column_width=330, gap="medium"):
        with st.container():
            dots(view, measure, key="cost_figure")
        with st.container():
            if not _is_nothing(view, measure):
                by_category(view, measure)


def _telling(view: View, known: Mapping[str, Measure]) -> str:
    """The first figure not drawn above in which the candidates differ; without one the first of all."""
    above = {measure.title for measure in (HUMAN_COST, HUMAN, measures.COST, measures.ACCEPTABLE)}
    differing = (title for title, each in known.items() if len({each.of(line).written for line in view.lines}) > 1)
    return next((title for title in differing if title not in above), next(iter(known)))


def _is_nothing(view: View, measure: Measure) -> bool:
    """Whether the figure is 0 of everybody everywhere, which a sentence says."""
    of = {line.candidate_id for line in view.lines}
    return all(measure.of(line).value == 0 for line in view.report.lines if line.candidate_id in of)


def summary(view: View) -> None:
    """What people know from elsewhere, for each candidate: latency, quality, spend, cost per quality point."""
    if not view.lines:
        return
    st.subheader("Averages and cost per quality point", anchor=False)
    averaged = ", ".join(frame.as_typed(name) for name in view.report.of_quality)
    st.caption(
        f"{COST_PER_POINT.help} "
        + (f"Averaged: {averaged}." if averaged else "No evaluator here scores quality, so there is none.")
    )
    rows = [
        {"Candidate": name_of(view, line)}
        | {each.title: grids.Number(*each.in_table(line)) for each in measures.SUMMARY}
        for line in view.lines
    ]
    grids.show(rows, alt="Average latency, average quality, spend and cost per quality point of every candidate")


def by_category(view: View, measure: Measure) -> None:
    """The figure of each candidate in each category."""
    of = {(line.candidate_id, line.category): line for line in view.report.lines}
    rows = []
    for line in view.lines:
        candidate = view.report.candidate(line.candidate_id)
        row: dict[str, object] = {"Candidate": name_of(view, line), "All": measure.of(of[candidate.id, None]).written}
        for category in view.report.categories:
            here = of.get((candidate.id, category))
            row[category] = _written(measure, here) if here else "–"
        rows.append(row)
    grids.show(rows, alt=f"{measure.title} of every candidate in every category")


def name_of(view: View, line: Line) -> grids.Name:
    """The candidate of a line, as tables show it."""
    candidate = view.report.candidate(line.candidate_id)
    return grids.Name(candidate.name, candidate.position, candidate.position in view.coloured, candidate.is_champion)


def _written(measure: Measure, line: Line) -> str:
    """The figure; of a candidate that was asked too few prompts of a category, also how many."""
    written = measure.of(line).written
    return f"{written} ({words.asked(line)})" if line.stands_apart else written
