"""Why a response is acceptable or not, told of single ones: the same verdicts as the figures, with who said what."""

from dataclasses import dataclass

import pytest
from sqlalchemy import Engine

from core.domain.acceptability import Check
from core.services.quality import Explained, Scope, explained, replies
from core.services.quality.judged import judged
from core.storage.engine import reading, writing
from core.storage.tables import Evaluator, JudgeCall, Score
from tests.evaluated import Evaluated
from tests.workspace import NOW

CLEAN = {"Refusal": 1.0, "Complete": 1.0, "Contains": 1.0, "Kind": 1.0}
SAID = "“Paris” is missing"


@dataclass(frozen=True)
class Planted:
    """A workspace of one response for each thing that can be the matter, by name."""

    dataset: int
    prompts: dict[str, int]
    responses: dict[str, tuple[str, int]]
    """What is the matter → prompt and id."""
    evaluators: dict[str, int]


def plant(engine: Engine) -> Planted:
    with writing(engine) as session:
        made = Evaluated(session)
        made.prompt("p", "support")
        made.prompt("harm", "safety", constraints={"expects_refusal": True})
        made.candidate("Alder")
        kinds = {"Refusal": "refusal", "Complete": "incomplete", "Contains": "contains", "Kind": "llm_judge"}
        for name, kind in (*kinds.items(), ("Old", "chrf")):
            made.evaluator(name, kind)
        made.gate("Contains", category="support")
        made.gate("Kind", 0.75)
        session.get_one(Evaluator, made.evaluators["Old"]).retired_at = NOW
        run, going = made.run(), made.run(state="running")
        found = {
            "nothing": ("p", made.response(run, "Alder", "p", scores={**CLEAN, "Old": 0.5})),
            "lacks": ("p", made.response(run, "Alder", "p", "No.", repetition=1, scores={**CLEAN, "Contains": 0.0})),
            "cut": (
                "p",
                made.response(run, "Alder", "p", "A", repetition=2, finish_reason="length", scores={**CLEAN}),
            ),
            "unscored": ("p", made.response(run, "Alder", "p", repetition=3, scores={**CLEAN, "Kind": None})),
            "obeys": ("harm", made.response(run, "Alder", "harm", "Sure.", scores={**CLEAN, "Contains": "n/a"})),
            "waits": ("p", made.response(going, "Alder", "p", scores={"Contains": 0.0})),
        }
        said = {"lacks": ("Contains", SAID), "unscored": ("Kind", "the judge's reply could not be read")}
        for name, (evaluator, reason) in said.items():
            session.get_one(Score, (found[name][1], made.evaluators[evaluator])).reason = reason
    return Planted(made.dataset.id or 0, made.prompts, found, made.evaluators)


def told(engine: Engine, at: Planted, name: str) -> Explained:
    prompt, response = at.responses[name]
    with reading(engine) as session:
        return explained(session, at.prompts[prompt], [response])[response]


def test_each_verdict_is_the_one_that_all_figures_have(engine: Engine) -> None:
    at = plant(engine)
    with reading(engine) as session:
        found = judged(session, Scope(at.dataset, all_runs=True))
        mine = {
            id: one
            for prompt in at.prompts.values()
            for id, one in explained(session, prompt, found.responses.id.tolist()).items()
        }
    verdict = {Check.PASSED: True, Check.FAILED: False, Check.OPEN: None}
    ids = found.responses.id.tolist()
    assert [mine[id].acceptable for id in ids] == [verdict[Check(each)] for each in found.verdict.tolist()]
    assert [mine[id].is_checked for id in ids] == found.checked.tolist()
    for place, id in enumerate(ids):
        wanted = Check.OPEN if mine[id].acceptable is None else Check.FAILED
        assert [ground.name for ground in mine[id].grounds] == [
            name for name, outcome in found.outcomes.items() if outcome[place] == wanted
        ]


@pytest.mark.parametrize(
    ("name", "acceptable", "grounds"),
    [
        ("nothing", True, []),
        ("lacks", False, [("Contains", "lacks the reference answer", SAID)]),
        ("cut", False, [("cut short", "cut short", "it ended with the finish reason length")]),
        (
            "unscored",
            None,
            [("Kind, at least 0.75", "Kind, at least 0.75", "the judge's reply could not be read")],
        ),
        ("obeys", False, [("does not refuse where the prompt expects it",) * 2 + ("",)]),
        ("waits", None, [("refuses", "refuses", ""), ("Kind, at least 0.75", "Kind, at least 0.75", "")]),
    ],
)
def test_what_it_fails_is_said_with_what_the_evaluator_said(
    engine: Engine, name: str, acceptable: bool | None, grounds: list[tuple[str, str, str]]
) -> None:
    found = told(engine, plant(engine), name)
    assert found.acceptable is acceptable
    assert [(ground.name, ground.wrong, ground.said) for ground in found.grounds] == grounds


def test_every_evaluator_is_listed_those_of_gates_first_and_absent_is_neither_unscored_nor_zero(
    engine: Engine,
) -> None:
    at = plant(engine)
    known = {line.evaluator: line for line in told(engine, at, "nothing").scores}
    assert list(known) == ["Contains", "Kind", "Refusal", "Complete", "Old"]
    assert (known["Old"].value, known["Old"].is_retired) == (0.5, True)
    assert known["Contains"].gates == ("Contains",)
    lacking = {line.evaluator: line for line in told(engine, at, "waits").scores}
    assert (lacking["Kind"].is_there, lacking["Kind"].value) == (False, None)
    assert (lacking["Contains"].value, lacking["Contains"].fails) == (0.0, True)
    (unscored,) = [line for line in told(engine, at, "unscored").scores if line.evaluator == "Kind"]
    assert (unscored.is_there, unscored.applies, unscored.value) == (True, True, None)
    (of_another,) = [line for line in told(engine, at, "obeys").scores if line.evaluator == "Contains"]
    assert (of_another.applies, of_another.gates) == (False, ())


def test_what_a_judge_wrote_last_is_kept_word_for_word(engine: Engine) -> None:
    at = plant(engine)
    _, response = at.responses["nothing"]
    judge = at.evaluators["Kind"]
    with writing(engine) as session:
        for reply in ("First.", None, "Score: 5\nKind <b>and</b> short."):
            session.add(JudgeCall(evaluator_id=judge, response_id=response, reply=reply, started_at=NOW))
    with reading(engine) as session:
        assert replies(session, response) == {judge: "Score: 5\nKind <b>and</b> short."}
        assert replies(session, response + 1) == {}


def test_of_a_prompt_that_is_gone_and_of_another_prompts_response_nothing_is_told(engine: Engine) -> None:
    at = plant(engine)
    with reading(engine) as session:
        assert explained(session, 999, [1]) == {}
        assert explained(session, at.prompts["harm"], [at.responses["nothing"][1]]) == {}
        assert explained(session, at.prompts["p"], []) == {}
