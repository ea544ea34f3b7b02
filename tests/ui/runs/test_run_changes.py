"""What changed since another run, as it is shown below a run."""

import pytest
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from core.domain.changes import Change, State
from core.services.quality.comparison import CandidateChanges, Compared, ComparedRow, Comparison, What
from core.storage.engine import writing
from core.storage.tables import Run
from core.ui.runs import changes_words as words
from tests.evaluated import Evaluated
from tests.pages.grids import grids

PAGE = """
import streamlit as st
from core import clock
from core.services import runs
from core.storage.engine import reading
from core.ui.runs import changes
from core.ui.shared.resources import engine
with reading(engine()) as session:
    lines = runs.listed(session, now=clock.now())
changes.section(lines, next(line for line in lines if line.id == int(st.query_params["run"])))
"""
CLEAN = {"Refusal": 1.0, "Complete": 1.0}


def shown(run: int, **address: str) -> AppTest:
    app = AppTest.from_string(PAGE, default_timeout=60)
    for name, value in {"run": str(run), **{f"runs_{key}": there for key, there in address.items()}}.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def planted(engine: Engine) -> list[int]:
    """An import, then two evaluations of 12 prompts: the last is 1.5 × slower. Then runs with little in common."""
    with writing(engine) as session:
        made = Evaluated(session)
        for number in range(12):
            made.prompt(f"p{number}", "support")
        made.candidate("Terse *$1* [x]")
        made.candidate("Other")
        for name, kind in (("Refusal", "refusal"), ("Complete", "incomplete")):
            made.evaluator(name, kind)
        found = [made.run("import"), made.run(), made.run(), made.run(), made.run(), made.run(state="cancelled")]
        for run, factor in zip(found[:3], (1.0, 1.0, 1.5), strict=True):
            for number in range(12):
                wobble = 1.05 if number % 2 and run == found[2] else 1.0
                made.response(
                    run, "Terse *$1* [x]", f"p{number}", latency_ms=(500 + 50 * number) * factor * wobble, scores=CLEAN
                )
        made.response(found[3], "Terse *$1* [x]", "p1", latency_ms=500.0)
        made.response(found[4], "Other", "p1")
        for run, candidates, responses in zip(
            found, ([1], [1], [1], [1], [2], [1]), (12, 12, 12, 1, 1, 0), strict=True
        ):
            row = session.get(Run, run)
            row.candidate_ids, row.responses, row.planned = candidates, responses, responses
    return found


def test_a_run_is_compared_with_the_newest_earlier_one_and_says_what_changed(workspace: Engine) -> None:
    runs = planted(workspace)
    app = shown(runs[2])
    assert app.selectbox[0].label == "Compare with"
    assert app.selectbox[0].value.startswith(f"Run {runs[1]} · evaluation")
    assert [option.split(" ·")[0] for option in app.selectbox[0].options] == [
        f"Run {runs[3]}", f"Run {runs[1]}", f"Run {runs[0]}",
    ]  # fmt: skip
    said = app.markdown[0].value
    assert said.startswith(f"**1 of 4 comparisons changed clearly** between run {runs[1]} and run {runs[2]}: ")
    assert r"**Terse \*\$1\* \[x\]** is slower: 1.54 × the latency (1.51 to 1.56)" in said
    (table,) = grids(app)
    assert list(table[0])[-2:] == [f"Run {runs[1]}", f"Run {runs[2]}"]
    assert [row["Verdict"] for row in table] == ["clear", "no change", "no change", "no change", "–", "–"]
    assert [row["Change"] for row in table] == ["1.54 ×", "0 points", "0.00", "0.00", "unknown", "unknown"]


def test_another_run_can_be_chosen_and_named_in_the_address(workspace: Engine) -> None:
    runs = planted(workspace)
    app = shown(runs[2])
    label = next(option for option in app.selectbox[0].options if option.startswith(f"Run {runs[0]} "))
    app.selectbox[0].select(label).run()
    assert f"between run {runs[0]} and run {runs[2]}" in app.markdown[0].value
    again = shown(runs[1], against=label)
    assert f"**Nothing changed clearly** between run {runs[0]} and run {runs[1]}: 4 comparisons." in (
        again.markdown[0].value
    )
    assert shown(runs[1], against="Run 999 · gone").selectbox[0].value.startswith(f"Run {runs[0]} ")


def test_too_few_prompts_are_said_to_be_so(workspace: Engine) -> None:
    runs = planted(workspace)
    app = shown(runs[3])
    assert "Too little to tell a change" in app.markdown[0].value
    assert "at most 1 prompt in both" in app.markdown[0].value
    assert {row["Verdict"] for row in grids(app)[0]} <= {"too few prompts", "–"}


@pytest.mark.parametrize("place", [4, 5])
def test_nothing_is_shown_where_there_is_nothing_to_compare(workspace: Engine, place: int) -> None:
    app = shown(planted(workspace)[place])
    assert not [*app.subheader, *app.selectbox, *app.markdown, *app.dataframe, *app.caption]


def changed(value: float, lower: float | None, upper: float | None, *, is_ratio: bool = True) -> Change:
    return Change(is_ratio, State.CLEAR, 20, value=value, lower=lower, upper=upper, p=0.001)


@pytest.mark.parametrize(
    ("measure", "change", "said"),
    [
        (Compared(What.LATENCY), changed(0.5, 0.4, 0.625), "is faster: 0.50 × the latency (0.40 to 0.62)"),
        (
            Compared(What.TTFT),
            changed(12.0, 9.0, 16.0),
            "begins later: 12.0 × the time to first token (9.00 to 16.0)",
        ),
        (Compared(What.COST), changed(2.0, None, None), "is dearer: 2.00 × the cost (on all 20 prompts)"),
        (Compared(What.COST), changed(1.004, 1.001, 1.007), "is dearer: 1.004 × the cost (1.001 to 1.007)"),
        (
            Compared(What.ACCEPTABLE),
            changed(-0.4, -0.631, -0.169, is_ratio=False),
            "is acceptable less often: −40 points (−63 to −17)",
        ),
        (
            Compared(What.SCORE, "Word limit"),
            changed(0.0312, 0.0021, 0.0603, is_ratio=False),
            "scores higher on Word limit: +0.031 (+0.002 to +0.060)",
        ),
    ],
)
def test_a_change_is_written_so_that_its_direction_cannot_be_misread(
    measure: Compared, change: Change, said: str
) -> None:
    line = CandidateChanges(1, "Terse", 0, 20, {measure: change}, 0, 0, ((), ()))
    assert words.said(ComparedRow(line, measure, change)) == f"**Terse** {said}"


def test_many_clear_changes_are_counted_and_the_surest_are_named() -> None:
    lines = [
        CandidateChanges(
            n, f"c{n}", n, 20, {Compared(What.LATENCY): changed(2.0, 1.5, 2.5)}, n, 20, (("a",), (f"b{n}",))
        )
        for n in range(6)
    ]
    found = Comparison(7, 9, lines, [f"x{n}" for n in range(5)], [])
    assert words.answer(found).endswith("; and 3 more, on top of the table.")
    assert words.other_models(found)[0] == "Another model answered for **c0**: a in run 7, b0 in run 9."
    assert words.other_models(found)[-1] == "So it is with 3 more candidates."
    assert words.identical(found) == (
        "Word for word the same in both runs: 15 of 120 responses; by candidate from 0 of 20 (c0) to 5 of 20 (c5)."
    )
    assert words.only_one(found) == ["Only run 7 asked x0, x1, x2 and 2 more."]
