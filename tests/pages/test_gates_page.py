"""Gates and evaluators on the Data page, as an admin uses them."""

import time

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from core.services import scoring
from core.services.quality import gate_preview
from core.services.scoring import evaluators, gates
from core.storage.engine import reading, write
from core.storage.tables import Evaluator, Gate, JudgeCall, Prompt, Response, Score
from core.ui.shared import jobs
from tests.pages.test_admin_pages import labels, page, press, run, words
from tests.workspace import NOW, make_workspace


@pytest.fixture
def scored(workspace: Engine) -> Engine:
    """Six prompts, every other one with a reference; two candidates, one of which knows the answers."""
    make_workspace(workspace, candidates=2)

    def answer(session) -> None:
        for prompt in session.exec(select(Prompt).where(Prompt.category == "support")):
            prompt.reference = ["Paris"]
        for response in session.exec(select(Response).where(Response.candidate_id == 1)):
            response.turns, response.finish_reason = ["It is Paris."], "stop"

    write(workspace, answer)
    scoring.ensure_defaults(workspace, now=NOW)
    scoring.score_missing(workspace, now=NOW)
    return workspace


def rows(app, number: int = 0) -> dict[str, dict[str, object]]:
    found = app.dataframe[number].value
    return {str(row[found.columns[0]]): row for row in found.to_dict("records")}


def evaluator(engine: Engine, kind: str) -> Evaluator:
    with reading(engine) as session:
        return session.exec(select(Evaluator).where(Evaluator.kind == kind)).one()


# ---------------------------------------------------------------- gates


def test_without_prompts_the_page_says_what_gates_belong_to(workspace: Engine):
    assert "Import prompts first: gates belong to a dataset." in words(page("datasets.py", datasets_show="Gates"))


def test_every_gate_says_how_many_responses_pass(scored: Engine):
    app = page("datasets.py", datasets_show="Gates")
    gate = rows(app)["Contains the reference"]
    assert (gate["Passed"], gate["Failed"], gate["Open"], gate["Not asked"]) == (3, 3, 0, 6)
    assert (gate["Pass"], gate["Category"], gate["For"]) == (50.0, "All categories", "all datasets")
    assert "**9 of 12 responses are acceptable** (75 %), of all runs." in words(app)


def test_what_always_holds_stands_before_the_gates(scored: Engine):
    names = list(rows(page("datasets.py", datasets_show="Gates")))
    assert names[:2] == ["complete: not cut short", "not empty"]
    assert names[5] == "Contains the reference"


def test_responses_that_nobody_scored_are_open_and_not_failures(scored: Engine):
    def unscore(session) -> None:
        for score in session.exec(select(Score).where(Score.response_id == 1)):
            session.delete(score)

    write(scored, unscore)
    app = page("datasets.py", datasets_show="Gates")
    assert rows(app)["Contains the reference"]["Open"] == 1
    assert "1 is open: not scored yet" in words(app)


def test_a_gate_says_what_it_would_stop_before_it_is_added(scored: Engine):
    write(scored, lambda session: evaluators.add(session, "regex", "Names Paris", {"pattern": "Paris"}, NOW))
    scoring.score_missing(scored, now=NOW)
    app = page("datasets.py", datasets_show="Gates")
    app.selectbox(key="datasets_gate_evaluator").set_value(evaluator(scored, "regex").id)
    run(app)
    assert "Of 12 responses here **6 would pass** and **6 would fail**." in words(app)
    app.selectbox(key="datasets_gate_category").set_value("coding")
    run(app)
    assert "Of 6 responses here **3 would pass** and **3 would fail**." in words(app)
    press(app, "datasets_gate_add")
    gate = rows(app)["Names Paris"]
    assert (gate["Category"], gate["For"], gate["Failed"]) == ("coding", "this dataset", 3)
    assert "**6 of 12 responses are acceptable**" in words(app)


def test_a_gate_of_a_judge_is_said_in_grades(scored: Engine):
    judge = {"provider": "local", "model": "smollm2"}
    made = write(scored, lambda session: evaluators.add(session, "llm_judge", "Judge", judge, NOW))
    write(scored, lambda session: gates.add(session, 1, None, made.id, 0.75, NOW))
    assert "Judge: at least 4 of 5" in rows(page("datasets.py", datasets_show="Gates"))


def test_what_may_not_gate_is_not_offered(scored: Engine):
    offered = page("datasets.py", datasets_show="Gates").selectbox(key="datasets_gate_evaluator").options
    assert not {"ROUGE", "Not refused", "Complete"} & set(offered)
    assert "Word limit" in offered


def test_the_preview_agrees_with_the_verdict_of_every_gate(scored: Engine):
    """The counts of a single gate come from a query of their own: they are those that the verdict rests on."""
    with reading(scored) as session:
        found = gate_preview.preview(session, 1)
    contains = next(counts for line, counts in found.gates if line.evaluator.kind == "contains")
    assert (found.whole.failed, contains.failed) == (3, 3)
    assert {counts.asked + counts.open + counts.not_asked for _, counts in found.gates} == {12}


def test_a_retired_gate_is_gone(scored: Engine):
    with reading(scored) as session:
        gate = session.exec(select(Gate).where(Gate.evaluator_id == evaluator(scored, "contains").id)).one()
    write(scored, lambda session: gates.retire(session, gate.id, NOW))
    app = page("datasets.py", datasets_show="Gates")
    assert "Contains the reference" not in rows(app)
    assert "**12 of 12 responses are acceptable**" in words(app)


def test_a_limit_asks_for_its_number_where_no_prompt_sets_one(scored: Engine):
    app = page("datasets.py", datasets_show="Gates")
    app.selectbox(key="datasets_gate_evaluator").set_value(evaluator(scored, "word_limit").id)
    app.selectbox(key="datasets_gate_category").set_value("coding")
    run(app)
    press(app, "datasets_gate_add")
    assert "'At most, in words' is empty" in app.error[0].value and "No gate was added" in app.error[0].value
    app.number_input(key="datasets_gate_most_words").set_value(3)
    run(app)
    assert "Responses are scored by it once it is added" in words(app)
    press(app, "datasets_gate_add")
    scoring.score_missing(scored, now=NOW)
    gate = rows(page("datasets.py", datasets_show="Gates"))["At most 3 words"]
    assert (gate["Category"], gate["Passed"], gate["Failed"]) == ("coding", 3, 3)


def test_a_limit_needs_no_number_where_prompts_set_it(scored: Engine):
    def limit(session) -> None:
        session.exec(select(Prompt).where(Prompt.category == "coding")).first().constraints = {"max_words": 3}
        gates.retire(session, session.exec(select(Gate).where(Gate.evaluator_id == limit_id)).one().id, NOW)

    limit_id = evaluator(scored, "word_limit").id
    write(scored, limit)
    app = page("datasets.py", datasets_show="Gates")
    app.selectbox(key="datasets_gate_evaluator").set_value(limit_id)
    run(app)
    press(app, "datasets_gate_add")
    assert not app.error and "Word limit" in rows(app)


def test_a_gate_that_is_there_already_is_said(scored: Engine):
    app = page("datasets.py", datasets_show="Gates")
    before = list(rows(app))
    app.selectbox(key="datasets_gate_evaluator").set_value(evaluator(scored, "contains").id)
    app.selectbox(key="datasets_gate_category").set_value("coding")
    run(app)
    press(app, "datasets_gate_add")
    assert "'Contains the reference' holds for all datasets" in app.error[0].value
    assert list(rows(app)) == before


# ---------------------------------------------------------------- evaluators


def test_every_evaluator_says_what_it_does_and_how_much_it_scored(scored: Engine):
    found = rows(page("datasets.py", datasets_show="Evaluators"))
    line = found["Contains the reference"]
    assert (line["Kind"], line["Scored"], line["Mean"], line["Gates"]) == ("check", 6, "0.50", 1)
    assert found["ROUGE"]["Kind"] == "likeness, never a gate"
    assert found["Word limit"]["Mean"] == "–"


def test_a_configured_evaluator_is_added_and_scores_old_responses_when_asked(scored: Engine):
    app = page("datasets.py", datasets_show="Evaluators")
    app.text_input(key="datasets_evaluator_0_regex_pattern").input("Par.s")
    app.text_input(key="datasets_evaluator_name_0_regex").input("Names Paris")
    press(app, "datasets_evaluator_add")
    assert rows(app)["Names Paris"]["Set to"] == "pattern (a regular expression): Par.s"
    press(app, "datasets_rescore")
    job = jobs.known("scoring again")
    assert job is not None
    deadline = time.monotonic() + 60
    while not job.is_over and time.monotonic() < deadline:
        time.sleep(0.05)
    assert (job.is_over, job.problem) == (True, "")
    app = page("datasets.py", datasets_show="Evaluators")
    assert (rows(app)["Names Paris"]["Scored"], rows(app)["Names Paris"]["Mean"]) == (12, "0.50")
    assert f"{job.result:,} scores written." in words(app)


def test_limits_are_added_from_numbers(scored: Engine):
    app = page("datasets.py", datasets_show="Evaluators")
    app.selectbox(key="datasets_evaluator_kind_0").set_value("word_limit")
    run(app)
    app.text_input(key="datasets_evaluator_name_0_word_limit").input("At most five words")
    app.number_input(key="datasets_evaluator_0_word_limit_max_words").set_value(5)
    press(app, "datasets_evaluator_add")
    with reading(scored) as session:
        made = session.exec(select(Evaluator).where(Evaluator.name == "At most five words")).one()
    assert made.params["max_words"] == 5


@pytest.mark.parametrize(("field", "typed", "said"), [("pattern", "(", "not a regular expression")])
def test_an_evaluator_that_makes_no_sense_is_refused_in_words(scored: Engine, field: str, typed: str, said: str):
    app = page("datasets.py", datasets_show="Evaluators")
    app.text_input(key=f"datasets_evaluator_0_regex_{field}").input(typed)
    press(app, "datasets_evaluator_add")
    assert said in app.error[0].value
    assert "Nothing was added" in app.error[0].value


def test_an_evaluator_that_is_there_already_is_said(scored: Engine):
    for name in ("Names Paris", "Names it again"):
        app = page("datasets.py", datasets_show="Evaluators")
        app.text_input(key="datasets_evaluator_0_regex_pattern").input("Par.s")
        app.text_input(key="datasets_evaluator_name_0_regex").input(name)
        press(app, "datasets_evaluator_add")
    assert "'Names Paris' does exactly this already" in app.error[0].value
    assert "Names it again" not in rows(app)


def test_a_field_is_called_as_the_form_calls_it(scored: Engine):
    app = page("datasets.py", datasets_show="Evaluators")
    app.selectbox(key="datasets_evaluator_kind_0").set_value("word_limit")
    run(app)
    app.number_input(key="datasets_evaluator_0_word_limit_max_words").set_value(5)
    app.number_input(key="datasets_evaluator_0_word_limit_min_words").set_value(9)
    press(app, "datasets_evaluator_add")
    assert "'Least words'" in app.error[0].value and "'Most words'" in app.error[0].value


def test_a_judge_takes_a_model_and_never_a_key(scored: Engine):
    app = page("datasets.py", datasets_show="Evaluators")
    app.selectbox(key="datasets_evaluator_kind_0").set_value("llm_judge")
    run(app)
    app.text_input(key="datasets_evaluator_0_llm_judge_model").input("gpt-4o-mini")
    app.text_input(key="datasets_evaluator_0_llm_judge_api_key_env").input("sk-proj-0123456789abcdef0123")
    press(app, "datasets_evaluator_add")
    assert "looks like a key" in app.error[0].value
    app.text_input(key="datasets_evaluator_0_llm_judge_api_key_env").input("")
    app.toggle(key="datasets_evaluator_0_llm_judge_may_judge_own_family").set_value(True)
    press(app, "datasets_evaluator_add")
    made = evaluator(scored, "llm_judge")
    assert (made.params["model"], made.params["may_judge_own_family"]) == ("gpt-4o-mini", True)


def test_a_judge_shows_how_often_it_was_not_understood_and_what_it_cost(scored: Engine):
    params = {"provider": "openai", "model": "gpt-4o-mini", "may_judge_own_family": True}
    judge = write(scored, lambda session: evaluators.add(session, "llm_judge", "Judge", params, NOW))
    calls = [
        JudgeCall(
            evaluator_id=judge.id, response_id=number, reply="?", value=value, cost_usd=0.25, started_at=NOW,
            finished_at=NOW,
        )
        for number, value in ((1, 1.0), (2, None), (3, 0.5), (4, 0.75))
    ]  # fmt: skip
    write(scored, lambda session: session.add_all(calls))
    line = rows(page("datasets.py", datasets_show="Evaluators"), 1)["Judge"]
    assert (line["Not understood"], line["Spent"], line["Calls"]) == ("1 of 4 (25.0 %)", "$1.00", 4)
    assert line["Own family"] == "No candidate is of its family."


def test_a_retired_evaluator_leaves_the_list_and_takes_its_gates_along(scored: Engine):
    write(scored, lambda session: evaluators.retire(session, evaluator(scored, "contains").id, NOW))
    assert "Contains the reference" not in rows(page("datasets.py", datasets_show="Evaluators"))
    app = page("datasets.py", datasets_show="Gates")
    assert "Contains the reference" not in rows(app)
    assert "Retire the gate" in labels(app)
