"""What pages show of a large workspace is computed in a process of its own, and is the same."""

import os

import pytest
from sqlalchemy import Engine

from core.errors import BadInput
from core.services import child, deciding, large
from core.storage.engine import reading
from tests.decided import Planted, plant
from tests.services.large_work import by_whom, ends_elsewhere, hangs_elsewhere, prints, refuses


@pytest.fixture
def many(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """A workspace that counts as large."""
    monkeypatch.setattr(large, "LARGE", 100)
    plant(engine, {"A": Planted(0.8, 0.02), "B": Planted(0.8, 0.008)}, prompts=60)
    return engine


def test_another_process_computes_it_and_the_same_comes_back(many: Engine) -> None:
    with reading(many) as session:
        (name,) = deciding.datasets(session)
        here = deciding.verdicts(session, name)
    assert large.computed(many, by_whom) != os.getpid()
    assert large.computed(many, deciding.verdicts, name) == here


@pytest.mark.one_database
def test_in_a_small_workspace_it_is_done_here(engine: Engine) -> None:
    assert large.computed(engine, by_whom) == os.getpid()


@pytest.mark.one_database
def test_where_that_process_ends_without_an_answer_it_is_done_here(many: Engine) -> None:
    assert large.computed(many, ends_elsewhere, os.getpid()) == "done here"


@pytest.mark.one_database
def test_where_it_hangs_it_is_ended_and_done_here(many: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "ANSWERS_WITHIN_S", 0.2)
    assert large.computed(many, hangs_elsewhere, os.getpid()) == "done here"


@pytest.mark.one_database
def test_what_it_prints_is_no_answer_and_a_refusal_is_one(many: Engine) -> None:
    assert large.computed(many, prints) == "the answer"
    with pytest.raises(BadInput, match="no such thing"):
        large.computed(many, refuses)
