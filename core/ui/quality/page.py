"""The parts of the Cost & quality page: the answer in words, and its evidence in charts."""

from dataclasses import dataclass

import streamlit as st
from sqlalchemy import Engine

from core.domain.words import n
from core.services import quality
from core.services.datasets import responses
from core.services.quality import Line, QualityReport, Scope, measures, words
from core.services.quality.measure import Measure
from core.storage.engine import reading
from core.ui.quality import charts, sentences
from core.ui.quality.charts import DotRow
from core.ui.quality.choice import Choice
from core.ui.shared import colours, frame, grids
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

    @property
    def plotted(self) -> list[Line]:
        """Those that charts show: the first twenty."""
        return self.lines[:_MOST_PLOTTED]


def found(choice: Choice, as_of: tuple[int, ...]) -> QualityReport:
    """The figures; computed once for everybody who looks, and anew when responses came or gates changed."""
    with st.spinner("Adding up what it cost …"):
        return _kept(engine(), choice.scope, as_of)


def stamp(choice: Choice) -> tuple[int, ...]:
    """Changes with what the figures rest on; while a run is under way, time alone renews them."""
    with reading(engine()) as session:
        return quality.as_of(session, choice.runs)


def compute_first(database: Engine) -> None:
    """Compute and keep what the page shows of itself, so that who looks first does not wait for it."""
    with reading(database) as session:
        datasets = responses.datasets(session)
        if not datasets:
            return
        scope = Scope(datasets[0].id)
        as_of = quality.as_of(session, quality.runs(session, scope.dataset_id))
    _kept(database, scope, as_of)


def _kept(database: Engine, scope: Scope, as_of: tuple[int, ...]) -> QualityReport:
    def compute() -> QualityReport:
        with reading(database) as session:
            return quality.report(session, scope)

    return KEPT.get(("report", str(database.url), scope, as_of), compute, fresh_s=_FRESH_S)


def view(report: QualityReport, choice: Choice, as_of: tuple[int, ...]) -> View:
    """The lines to show, the cheapest first."""
    lines, apart = (
        sentences.in_order([line for line in found if line.candidate_id in choice.candidate_ids])
        for found in (report.compared(choice.category), report.apart(choice.category))
    )
    positions = [report.candidate(line.candidate_id).position for line in (*lines, *apart)]
    return View(report, choice, lines, apart, colours.coloured(positions), as_of)


def answer(view: View) -> None:
    """The answer in words, what it rests on, and what to know before comparing."""
    with st.container(border=True, gap="small"):
        if view.lines:
            st.header(sentences.headline(view.report, view.lines), anchor=False)
            for sentence in sentences.explained(view.report, view.lines):
                st.markdown(sentence)
            st.caption(_rests_on(view))
        else:
            st.header("Nobody here was asked enough of these prompts", anchor=False)
        for sentence in sentences.scope(view.report, view.choice.category, view.apart):
            st.caption(f":material/rule: {sentence}")
        for note in sentences.notes(view.report, view.lines):
            st.caption(f":material/info: {note}")


def _rests_on(view: View) -> str:
    responses, errors = (sum(getattr(line, name) for line in view.lines) for name in ("responses", "errors"))
    failed = f" and {errors:,} given up" if errors else ""
    scope = frame.as_typed(view.choice.category or "all categories")
    return f"{responses:,} responses{failed} of {n(len(view.lines), 'candidate')} · {scope} · 95 % intervals"


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
        with st.container(gap="xsmall"):
            _plot(view, measures.COST, key="cost")
        with st.container(gap="xsmall"):
            _plot(view, measures.ACCEPTABLE, key="cost_acceptable")
        for title, name in (("Latency", "latency"), ("Time to first token", "ttft")):
            with st.container(gap="xsmall"):
                _head(title, "Filled: median. Hollow: p95. Tick: p99. Bands: 95 % intervals.")
                rows = [(view.report.candidate(line.candidate_id), getattr(line, name)) for line in view.plotted]
                charts.spreads(rows, title=title, shown=view.coloured, key=f"cost_chart-{name}")


def _head(title: str, said: str) -> None:
    st.subheader(title, anchor=False)
    st.caption(said)


def _plot(view: View, measure: Measure, *, key: str) -> None:
    _head(measure.title, measure.help or "Per candidate, in the order of cost.")
    dots(view, measure, key=key)


def dots(view: View, measure: Measure, *, key: str) -> None:
    """The dot plot of one figure."""
    rows = []
    for line in view.plotted:
        figure = measure.of(line)
        rows.append(
            DotRow(
                view.report.candidate(line.candidate_id),
                figure.value,
                figure.lower,
                figure.upper,
                figure.written,
                figure.detail,
            )
        )
    charts.dots(
        rows,
        title=measure.title,
        shown=view.coloured,
        write=measure.write,
        key=f"cost_chart-{key}",
        bounds=measure.bounds,
    )


def any_figure(view: View) -> None:
    """Any other figure: a dot plot by candidate, and a table by candidate and category."""
    if not view.lines:
        return
    known = {measure.title: measure for measure in measures.measures(view.report) if measure.is_charted}
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        st.subheader("Figure by figure", anchor=False, width="content")
        names = list(known)
        chosen = st.selectbox(
            "Figure", names, index=names.index(measures.ERRORS.title), key="cost_figure", bind="query-params",
            width=280, label_visibility="collapsed",
        )  # fmt: skip
    measure = known.get(chosen or "", measures.ERRORS)
    if measure.help:
        st.caption(measure.help)
    with st.grid(2, min_column_width=330, gap="medium"):
        with st.container():
            dots(view, measure, key="cost_figure")
        with st.container():
            by_category(view, measure)


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
