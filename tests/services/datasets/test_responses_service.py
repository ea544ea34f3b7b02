"""The responses explorer: finding a prompt, what was answered, and what raters said of it."""

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from core.domain.votes import Outcome
from core.errors import NotFound
from core.services.datasets import prompt_votes, responses
from core.storage.engine import reading, writing
from core.storage.tables import Dataset, Prompt, Response, Run
from tests.ballots import Ballot, cast, make_simulated
from tests.workspace import NOW, Workspace, make_workspace

pytestmark = pytest.mark.one_database

L, R, TIE, BAD = Outcome


def say(engine: Engine, at: Workspace, prompt: int, *texts: str) -> None:
    """Give a prompt other user turns."""
    with writing(engine) as session:
        found = session.get_one(Prompt, at.prompts[prompt])
        found.messages = [{"role": "user", "content": text} for text in texts]


def ids(engine: Engine, **wanted: str) -> list[str]:
    with reading(engine) as session:
        (dataset,) = responses.datasets(session)
        return [prompt.external_id for prompt in responses.prompts(session, dataset.id, **wanted)[0]]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("refund", ["p1"]),
        ("REFUND is  late", ["p1"]),
        ("überweisung", ["p2"]),
        ("Überweisung", ["p2"]),
        ("second turn", ["p3"]),
        ("100%", ["p4"]),
        ("a_b", ["p4"]),
        ('say "hi"', ["p5"]),
        ("p0", ["p0"]),
        ("role", []),
        ("content", []),
        ("nowhere", []),
        ("   ", ["p0", "p1", "p2", "p3", "p4", "p5"]),
    ],
)
def test_a_search_finds_words_of_any_turn_and_ids_and_nothing_of_the_storage(
    engine: Engine, search: str, found: list[str]
) -> None:
    at = make_workspace(engine)
    say(engine, at, 1, "My refund is late")
    say(engine, at, 2, "Meine ÜBERWEISUNG kam nicht an")
    say(engine, at, 3, "First", "The second\nturn")
    say(engine, at, 4, "100% of a_b")
    say(engine, at, 5, 'Please say "hi"')
    assert ids(engine, search=search) == found


def test_a_category_narrows_the_prompts(engine: Engine) -> None:
    make_workspace(engine)
    assert ids(engine, category="coding") == ["p1", "p3", "p5"]
    with reading(engine) as session:
        assert responses.categories(session, responses.datasets(session)[0].id) == ["coding", "support"]


def test_of_very_many_prompts_the_first_are_listed_and_that_there_are_more(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_workspace(engine)
    monkeypatch.setattr(responses, "MOST_PROMPTS", 4)
    with reading(engine) as session:
        (dataset,) = responses.datasets(session)
        found, more = responses.prompts(session, dataset.id)
        assert ([prompt.external_id for prompt in found], more) == (["p0", "p1", "p2", "p3"], True)
        other = responses.find_prompt(session, dataset.id, "p5")
        assert other is not None
        assert other.opening == "Question 5?"
        assert responses.find_prompt(session, dataset.id, "p9") is None


def test_the_first_dataset_is_the_one_answered_last_own_before_the_demo_and_empty_ones_last(
    engine: Engine,
) -> None:
    at = make_workspace(engine)
    with writing(engine) as session:
        empty = Dataset(name="empty", content_hash="empty", created_at=NOW)
        demo = Dataset(name="demo", content_hash="demo", is_demo=True, created_at=NOW)
        second = Dataset(name="second", content_hash="second", created_at=NOW)
        session.add_all([second, empty, demo])
        session.flush()
        for dataset in (second, demo):
            run = Run(dataset_id=dataset.id, source="import", state="done", created_at=NOW)
            session.add(run)
            session.flush()
            session.add(
                Response(
                    run_id=run.id, prompt_id=at.prompts[0], candidate_id=at.candidates[0], turns=["x"],
                    content_hash="x", created_at=NOW,
                )
            )  # fmt: skip
        session.add(Run(dataset_id=empty.id, source="evaluation", state="queued", created_at=NOW))
    with reading(engine) as session:
        assert [dataset.label for dataset in responses.datasets(session)] == ["second", "tests", "demo", "empty"]
        assert list(responses.names(session)) == ["second", "tests", "demo", "empty"]


def test_a_later_version_of_a_dataset_says_so(engine: Engine) -> None:
    make_workspace(engine)
    with writing(engine) as session:
        session.add(Dataset(name="tests", version=2, content_hash="other", created_at=NOW))
    with reading(engine) as session:
        assert [dataset.label for dataset in responses.datasets(session)] == ["tests", "tests (version 2)"]


def test_every_response_is_shown_with_who_wrote_it_and_absent_is_not_zero(engine: Engine) -> None:
    at = make_workspace(engine)
    with writing(engine) as session:
        asked = select(Response).filter_by(prompt_id=at.prompts[0], candidate_id=at.candidates[1])
        known = session.exec(asked).one()
        known.latency_ms, known.output_tokens = 1200.0, 0
    with reading(engine) as session:
        found = responses.of_prompt(session, at.prompts[0])
    assert [(shown.candidate, shown.position) for shown in found] == [(f"candidate {n}", n) for n in range(4)]
    assert (found[1].response.latency_ms, found[1].response.output_tokens) == (1200.0, 0)
    assert (found[0].response.latency_ms, found[0].response.output_tokens) == (None, None)


def test_votes_are_added_up_per_question_and_pair_whatever_the_sides(engine: Engine) -> None:
    at = make_workspace(engine)
    make_simulated(engine, at, 2)
    cast(
        engine,
        at,
        [
            Ballot(0, 0, 1, L),
            Ballot(1, 1, 0, R),
            Ballot(2, 1, 0, L),
            Ballot(0, 1, 0, TIE, question=1),
            Ballot(1, 1, 0, BAD, question=1),
            Ballot(0, 2, 3, L, prompt=1),
        ],
    )
    with reading(engine) as session:
        tone, safety = prompt_votes.outcomes(session, at.prompts[0])
        human = prompt_votes.outcomes(session, at.prompts[0], simulated=False)
    assert (tone.question, tone.first, tone.second) == ("Tone", "candidate 0", "candidate 1")
    assert (tone.first_won, tone.second_won, tone.tie, tone.both_bad, tone.simulated) == (2, 1, 0, 0, 1)
    assert (safety.first_won, safety.second_won, safety.tie, safety.both_bad) == (0, 0, 1, 1)
    assert (human[0].first_won, human[0].second_won) == (2, 0)


def test_each_vote_names_what_it_stood_for_and_who_cast_it(engine: Engine) -> None:
    at = make_workspace(engine)
    make_simulated(engine, at, 1)
    cast(engine, at, [Ballot(0, 1, 0, R), Ballot(1, 0, 1, BAD, question=2, also={"too_fast": True})])
    with reading(engine) as session:
        newest, oldest = prompt_votes.votes(session, at.prompts[0])
        assert prompt_votes.votes(session, at.prompts[5]) == []
    assert (oldest.left, oldest.right, oldest.answer, oldest.rater) == (
        "candidate 1",
        "candidate 0",
        "candidate 0",
        "rater 0",
    )
    assert (newest.question, newest.answer, newest.kind, newest.too_fast) == ("Send", "Neither", "simulated", True)


def test_a_prompt_that_is_gone_is_said_to_be_gone(engine: Engine) -> None:
    make_workspace(engine)
    with reading(engine) as session, pytest.raises(NotFound, match="does not exist any more"):
        responses.prompt(session, 999)


def test_a_response_tells_where_it_stands_and_one_that_is_not_there_nothing(engine: Engine) -> None:
    at = make_workspace(engine)
    with reading(engine) as session:
        response = session.exec(
            select(Response).filter_by(prompt_id=at.prompts[3], candidate_id=at.candidates[1])
        ).one()
        found = responses.whereabouts(session, response.id)
        assert (found.prompt, found.category, found.dataset, found.is_imported) == ("p3", "coding", "tests", True)
        assert (found.prompt_id, found.candidate_id) == (at.prompts[3], at.candidates[1])
        assert [responses.whereabouts(session, id) for id in (0, -1, 999, 2**63 - 1, 2**63, 10**40)] == [None] * 6
