from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from core.errors import BadInput, NotFound
from core.services import quality, scoring
from core.services.demo.opening import prepare_workspace
from core.services.scoring import evaluators, gates
from core.services.scoring.registry import KINDS, kind_named
from core.storage.engine import reading, write, writing
from core.storage.tables import Dataset, Evaluator, Gate, Prompt, Response
from tests.workspace import NOW, later, make_workspace

pytestmark = pytest.mark.one_database


def dataset_of(engine: Engine) -> int:
    make_workspace(engine)
    with reading(engine) as session:
        return session.exec(select(Dataset.id)).one()


def test_a_workspace_starts_with_evaluators_and_gates_and_a_second_start_adds_none(engine):
    prepare_workspace(engine, demo=False, now=NOW)
    prepare_workspace(engine, demo=False, now=later(5))
    with reading(engine) as session:
        assert [each.kind for each in evaluators.listed(session)] == list(evaluators.DEFAULT_KINDS)
        assert {each.created_at for each in evaluators.listed(session)} == {NOW}
        held = [line.evaluator.kind for line in gates.for_dataset(session, 1)]
    assert held == list(gates.DEFAULT_GATES)


def test_every_default_kind_takes_its_own_defaults_and_every_default_gate_may_be_one(sqlite_engine):
    for key in evaluators.DEFAULT_KINDS:
        kind_named(key).params.check({})
    assert all(kind_named(key).may_gate for key in gates.DEFAULT_GATES)


@pytest.mark.every_database
def test_two_processes_that_start_at_once_make_the_defaults_once(engine):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: scoring.ensure_defaults(engine, now=NOW), range(8)))
    with reading(engine) as session:
        kinds = [each.kind for each in session.exec(select(Evaluator))]
        held = session.exec(select(Gate.evaluator_id)).all()
    assert sorted(kinds) == sorted(evaluators.DEFAULT_KINDS)
    assert len(held) == len(set(held)) == len(gates.DEFAULT_GATES)


def test_what_was_retired_is_not_brought_back_by_the_next_start(engine):
    scoring.ensure_defaults(engine, now=NOW)
    with writing(engine) as session:
        rouge = evaluators.first_of(session, "rouge")
        evaluators.retire(session, rouge.id, NOW)
        gates.retire(session, gates.for_dataset(session, 1)[0].gate.id, NOW)
    scoring.ensure_defaults(engine, now=later(1))
    with reading(engine) as session:
        assert "rouge" not in {each.kind for each in evaluators.listed(session)}
        assert [line.evaluator.kind for line in gates.for_dataset(session, 1)] == list(gates.DEFAULT_GATES[1:])


def test_retiring_an_evaluator_retires_its_gates(engine):
    scoring.ensure_defaults(engine, now=NOW)
    with writing(engine) as session:
        evaluators.retire(session, evaluators.first_of(session, "contains").id, later(1))
    with reading(engine) as session:
        assert "contains" not in {line.evaluator.kind for line in gates.for_dataset(session, 1)}
        assert {gate.retired_at for gate in session.exec(select(Gate))} == {None, later(1)}


def test_the_same_evaluator_again_is_the_same_row_and_comes_back_into_use(engine):
    def add(session):
        return evaluators.add(session, "regex", "order number", {"pattern": r"LK-\d+"}, NOW)

    first = write(engine, add)
    write(engine, lambda session: evaluators.retire(session, first.id, later(1)))
    again = write(engine, add)
    assert again.id == first.id and again.retired_at is None


def test_other_parameters_are_another_evaluator_and_need_another_name(engine):
    with writing(engine) as session:
        one = evaluators.add(session, "word_limit", "short", {"max_words": 50}, NOW)
        with pytest.raises(BadInput, match="Another evaluator is called 'short'"):
            evaluators.add(session, "word_limit", "Short", {"max_words": 60}, NOW)
        other = evaluators.add(session, "word_limit", "shorter", {"max_words": 40}, NOW)
    assert one.id != other.id and one.params["max_words"] == 50


def test_parameters_that_make_no_sense_are_refused_by_name(sqlite_engine):
    with writing(sqlite_engine) as session:
        with pytest.raises(BadInput, match="max_words"):
            evaluators.add(session, "word_limit", "odd", {"max_words": "many"}, NOW)
        with pytest.raises(BadInput, match="name"):
            evaluators.add(session, "word_limit", " ", {"max_words": 5}, NOW)
        with pytest.raises(NotFound, match="no evaluator 'nonsense'"):
            evaluators.add(session, "nonsense", "odd", {}, NOW)
        with pytest.raises(BadInput, match=r"provider 'opnai'.*openai"):
            evaluators.add(session, "llm_judge", "judge", {"provider": "opnai", "model": "m"}, NOW)
        with pytest.raises(BadInput, match="model"):
            evaluators.add(session, "llm_judge", "judge", {"provider": "openai"}, NOW)
        with pytest.raises(BadInput, match="the key itself stays out"):
            key = {"provider": "openai", "model": "gpt-4o", "api_key_env": "sk-canary-0123456789"}
            evaluators.add(session, "llm_judge", "judge", key, NOW)
        with pytest.raises(BadInput, match="'temprature' is not a parameter of a judge"):
            evaluators.add(session, "llm_judge", "judge", {"provider": "openai", "model": "m", "temprature": 1}, NOW)


@pytest.mark.parametrize("key", [kind.key for kind in KINDS if not kind.may_gate])
def test_a_gate_on_what_no_response_may_fail_by_is_refused_with_the_reason(sqlite_engine, key):
    params = {"provider": "openai", "model": "gpt-4o"} if key.endswith("_judge") else {}
    with writing(sqlite_engine) as session:
        odd = evaluators.add(session, key, "odd one", params, NOW)
        with pytest.raises(BadInput, match=r"'odd one' cannot be a gate: (likeness|a flag|it compares|what it says)"):
            gates.add(session, None, None, odd.id, 1.0, NOW)


def test_a_gate_for_a_category_that_no_prompt_has_says_so_and_is_kept(engine):
    dataset = dataset_of(engine)
    with writing(engine) as session:
        limit = evaluators.add(session, "word_limit", "short", {"max_words": 50}, NOW)
        line = gates.add(session, dataset, "suport", limit.id, 1.0, NOW)
        assert "No prompt of this dataset has the category 'suport'" in line.warning
        assert "coding, support" in line.warning
        assert gates.add(session, dataset, "support", limit.id, 1.0, NOW).warning == ""
    with reading(engine) as session:
        lines = gates.for_dataset(session, dataset)
    assert [(line.gate.category, bool(line.warning)) for line in lines] == [("suport", True), ("support", False)]


def test_the_same_gate_twice_is_one_and_another_datasets_gate_is_not_seen(engine):
    dataset = dataset_of(engine)
    with writing(engine) as session:
        other = Dataset(name="other", content_hash="other", created_at=NOW)
        session.add(other)
        session.flush()
        limit = evaluators.add(session, "word_limit", "short", {"max_words": 50}, NOW)
        one = gates.add(session, dataset, None, limit.id, 1.0, NOW)
        assert gates.add(session, dataset, " ", limit.id, 1.0, later(1)).gate.id == one.gate.id
        assert gates.for_dataset(session, other.id) == []
        with pytest.raises(BadInput, match="above 0"):
            gates.add(session, dataset, None, limit.id, 0.0, NOW)
        with pytest.raises(NotFound, match="dataset 99"):
            gates.add(session, 99, None, limit.id, 1.0, NOW)


def test_a_limit_is_given_its_number_and_made_once(engine):
    made = make_workspace(engine, raters=0)
    scoring.ensure_defaults(engine, now=NOW)
    with writing(engine) as session:
        limit = evaluators.first_of(session, "word_limit")
        assert gates.limit_of(limit) == "words" and gates.limit_of(evaluators.first_of(session, "contains")) is None
        assert not gates.is_limited(session, 1, None, "words")
        first, again = (gates.with_limit(session, limit.id, 120, NOW) for _ in range(2))
        assert first.id == again.id and (first.name, first.params["max_words"]) == ("At most 120 words", 120)
        assert gates.limit_of(first) is None
        session.get(Prompt, made.prompts[0]).constraints = {"min_words": 3}
        session.flush()
        assert gates.is_limited(session, 1, None, "words") and not gates.is_limited(session, 1, None, "characters")
        with pytest.raises(BadInput, match="takes no number"):
            gates.with_limit(session, first.id, 5, NOW)


def test_a_gate_that_a_wider_one_covers_is_known(engine):
    make_workspace(engine, raters=0)
    scoring.ensure_defaults(engine, now=NOW)
    with writing(engine) as session:
        exact = evaluators.add(session, "exact_match", "Exact", {}, NOW)
        assert gates.covering(session, 1, "coding", exact.id, 1.0) is None
        gates.add(session, 1, "coding", exact.id, 1.0, NOW)
        assert gates.covering(session, 1, "coding", exact.id, 0.5) is not None
        assert gates.covering(session, 1, None, exact.id, 1.0) is None
        assert gates.covering(session, None, "coding", exact.id, 1.0) is None


def test_a_workspace_from_before_gets_a_new_default_and_what_somebody_made_becomes_no_gate(engine):
    scoring.ensure_defaults(engine, now=NOW)
    with writing(engine) as session:
        usual = evaluators.first_of(session, "json_valid")
        session.delete(session.exec(select(Gate).where(Gate.evaluator_id == usual.id)).one())
        session.flush()
        session.delete(usual)
    scoring.ensure_defaults(engine, now=later(1))
    with reading(engine) as session:
        assert evaluators.first_of(session, "json_valid").created_at == later(1)
        assert "json_valid" in {line.evaluator.kind for line in gates.for_dataset(session, 1)}
    with writing(engine) as session:
        usual = evaluators.first_of(session, "json_valid")
        session.delete(session.exec(select(Gate).where(Gate.evaluator_id == usual.id)).one())
        session.flush()
        session.delete(usual)
        session.flush()
        evaluators.add(session, "json_valid", "always JSON", {"always": True}, NOW)
    scoring.ensure_defaults(engine, now=later(2))
    with reading(engine) as session:
        assert "json_valid" not in {line.evaluator.kind for line in gates.for_dataset(session, 1)}


ANSWERED = {
    "a number with marks": ("2400", {}, "It costs 2,400 euros.", True),
    "a number in words": ("9", {}, "It takes nine days.", True),
    "a share": ("35%", {}, "That is 0.35.", True),
    "a price": ("$21", {}, "You get 21.00 dollars back.", True),
    "within a tolerance": ("3.14", {"number": {"value": 3.14, "tolerance": 0.05}}, "About 3.1.", True),
    "another number": ("2400", {}, "It costs 24,000 euros.", False),
    "another sign": ("9", {}, "It is -9.", False),
    "a step of a list": ("2", {}, "1. Fill.\n2. Boil.", False),
    "a name": ("Lima", {}, "It is **Li**ma.", True),
    "thought of and not said": ("Lima", {}, "<think>Lima?</think>It is Quito.", False),
    "JSON": (None, {"json": True}, 'So: {"a": 1}', True),
    "no JSON": (None, {"json": True}, "I have none.", False),
}


@pytest.mark.parametrize("case", ANSWERED)
def test_a_new_workspaces_gates_judge_an_answer_by_what_it_says(sqlite_engine, case):
    reference, constraints, text, is_acceptable = ANSWERED[case]
    made = make_workspace(sqlite_engine, prompts=1, candidates=1, raters=0)
    with writing(sqlite_engine) as session:
        prompt = session.get(Prompt, made.prompts[0])
        prompt.reference, prompt.constraints = [reference] if reference else None, constraints
        response = session.exec(select(Response)).one()
        response.turns, response.finish_reason = [text], "stop"
    scoring.score_missing(sqlite_engine, now=NOW)
    with reading(sqlite_engine) as session:
        dataset = session.exec(select(Dataset.id)).one()
        (row,), _ = quality.responses_behind(session, quality.Scope(dataset), quality.What("all"))
    assert row.acceptable is is_acceptable, row.reasons
