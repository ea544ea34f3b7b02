"""Reading what evaluators say, straight from the facts: on its way it is added up to texts."""

import numpy as np
import pytest
from sqlalchemy import Engine

from core.services.columns import NO_CASE, NOT_THERE, UNSCORED, of_responses, scores
from core.storage.engine import reading, writing
from tests.evaluated import Evaluated

SAID = {
    "all of it": 1.0, "nothing": 0.0, "a third": 1 / 3, "just below": 1 - 2**-53, "little": 0.1 * 0.01,
    "very little": 2**-40 + 2**-62, "could not tell": None, "no case": "n/a",
}  # fmt: skip
MEANT = [*(said for said in SAID.values() if isinstance(said, float)), UNSCORED, NO_CASE, NOT_THERE]


def read(engine: Engine, evaluators: list[int], of: list[int]) -> list[list[float]]:
    found = np.full((len(of), len(evaluators)), NOT_THERE)
    with reading(engine) as session:
        for place, evaluator, values in of_responses(session, evaluators, np.array(of, dtype=np.int64)):
            found[place, evaluator] = values
    return found.tolist()


@pytest.fixture
def made(engine: Engine) -> tuple[Evaluated, list[int]]:
    """One answer for each of SAID and one without scores, with the answers of another candidate between them."""
    with writing(engine) as session:
        made = Evaluated(session)
        for name in ("Other", "Asked", "Last"):
            made.evaluator(name, "contains")
        for name in ("A", "B"):
            made.candidate(name)
        run, ids = made.run(), []
        for prompt, said in [*SAID.items(), ("not looked at", "missing")]:
            made.prompt(prompt, "support")
            scores = {} if said == "missing" else {"Asked": said, "Other": 0.5}
            made.response(run, "B", prompt, scores={"Asked": 0.25, "Last": 0.75})
            ids.append(made.response(run, "A", prompt, scores=scores))
    return made, ids


def test_every_value_comes_back_as_it_was_said(engine: Engine, made: tuple[Evaluated, list[int]]) -> None:
    evaluated, ids = made
    (asked,) = np.transpose(read(engine, [evaluated.evaluators["Asked"]], ids)).tolist()
    assert str(asked) == str(MEANT)


def test_evaluators_come_in_the_order_in_which_they_were_asked_for(
    engine: Engine, made: tuple[Evaluated, list[int]]
) -> None:
    evaluated, ids = made
    last, asked = (evaluated.evaluators[name] for name in ("Last", "Asked"))
    found = read(engine, [last, asked], [ids[0] - 1, ids[0], ids[1]])
    assert str(found) == str([[0.75, 0.25], [NOT_THERE, 1.0], [NOT_THERE, 0.0]])


def test_few_responses_far_apart_are_read_a_piece_at_a_time(
    engine: Engine, made: tuple[Evaluated, list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluated, ids = made
    monkeypatch.setattr(scores, "AT_ONCE", 2)
    monkeypatch.setattr(scores, "SPARSE", 1)
    assert str(read(engine, [evaluated.evaluators["Asked"]], ids)) == str([[value] for value in MEANT])


def test_without_responses_or_evaluators_there_is_nothing(engine: Engine, made: tuple[Evaluated, list[int]]) -> None:
    evaluated, ids = made
    assert read(engine, [evaluated.evaluators["Asked"]], []) == []
    assert read(engine, [], ids[:1]) == [[]]
    assert str(read(engine, [evaluated.evaluators["Last"]], ids[-1:])) == str([[NOT_THERE]])
