"""The table of hard cases: each evaluator against what has fooled evaluators before."""

import pytest

from core.domain.scoring.base import Score
from core.services.scoring.registry import KINDS
from tests.domain.scoring import cases_of_facts, cases_of_form, cases_of_likeness, cases_of_manner, cases_of_numbers
from tests.domain.scoring.case import NOT_APPLICABLE, UNSCORED, Case

TABLE: dict[str, list[Case]] = {
    name.lower(): cases
    for module in (cases_of_facts, cases_of_form, cases_of_likeness, cases_of_manner, cases_of_numbers)
    for name, cases in vars(module).items()
    if isinstance(cases, list) and name.isupper()
}
ROWS = [pytest.param(key, case, id=f"{key}: {case.name}") for key, cases in TABLE.items() for case in cases]
LONGEST_REASON = 240


@pytest.mark.parametrize(("key", "case"), ROWS)
def test_a_hard_case_is_scored_as_it_should_be(key: str, case: Case) -> None:
    score = case.scored_by(key)
    assert _is(score, case), f"expected {case.value}, got {score}"
    assert case.says in score.reason
    assert len(score.reason) <= LONGEST_REASON
    score.reason.encode()
    assert "\x00" not in score.reason


def _is(score: Score, case: Case) -> bool:
    if case.value == UNSCORED:
        return score.value is None and score.applies
    if case.value == NOT_APPLICABLE:
        return score.value is None and not score.applies
    least, most = case.value if isinstance(case.value, tuple) else (case.value, case.value)
    return score.value is not None and score.applies and float(least) <= score.value <= float(most)


def test_every_kind_that_asks_no_model_has_at_least_eight_hard_cases() -> None:
    short = {
        kind.key: len(TABLE.get(kind.key, [])) for kind in KINDS if kind.score and len(TABLE.get(kind.key, [])) < 8
    }
    assert short == {}


def test_every_table_of_cases_belongs_to_a_kind() -> None:
    assert set(TABLE) <= {kind.key for kind in KINDS}


@pytest.mark.parametrize("key", sorted(TABLE))
def test_every_kind_meets_an_empty_answer_and_a_megabyte(key: str) -> None:
    lengths = [len(case.text) for case in TABLE[key]]
    assert min(lengths) == 0
    assert max(lengths) >= 999_000


@pytest.mark.parametrize("key", sorted(TABLE))
def test_every_kind_passes_something_and_fails_something(key: str) -> None:
    values = [case.scored_by(key).value for case in TABLE[key] if len(case.text) < 10_000]
    known = [value for value in values if value is not None]
    assert max(known) > 0.99
    assert min(known) < 0.01 or key == "embedding_similarity"
