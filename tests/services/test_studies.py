"""Studies as an admin changes them: nothing wrong gets in, and no vote or begun pair is lost on the way."""

import random
from dataclasses import replace

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from core.domain.votes import Outcome
from core.errors import BadInput, NotFound, NothingToRate
from core.services import assigning, questions, studies, study_progress, study_settings, voting
from core.services.studies import DEFAULT_QUESTIONS, QuestionText
from core.storage.engine import reading, write
from core.storage.tables import Assignment, Pair, Person, Question, Study, Vote
from tests.workspace import NOW, Workspace, later, make_workspace

CLARITY = QuestionText("clarity", "Clarity", "Which is clearer?", ("A", "B", "Alike", "Neither"))


def make(engine: Engine, **given: object) -> Study:
    return write(engine, lambda session: studies.create(session, **{"name": "Own", "now": NOW, **given}))


def take(engine: Engine, study_id: int, rater: int, seed: int = 0) -> Assignment:
    return assigning.current(engine, study_id=study_id, rater_id=rater, now=NOW, rng=random.Random(seed))


def answer(engine: Engine, assignment: Assignment, question: int) -> Vote | None:
    return voting.cast(
        engine,
        public_id=assignment.public_id,
        rater_id=assignment.rater_id,
        question_id=question,
        outcome=Outcome.LEFT,
        now=later(1),
    )


def progress(engine: Engine, study_id: int) -> study_progress.StudyProgress:
    with reading(engine) as session:
        return study_progress.of(session, study_id)


def dataset_of(engine: Engine, workspace: Workspace) -> int:
    from core.storage.tables import Prompt

    with reading(engine) as session:
        return session.get_one(Prompt, workspace.prompts[0]).dataset_id


def test_a_study_compares_only_what_was_chosen_for_it(engine: Engine):
    workspace = make_workspace(engine, prompts=6, candidates=4)
    study = make(
        engine,
        dataset_id=dataset_of(engine, workspace),
        categories=["coding"],
        candidate_ids=workspace.candidates[:3],
        overlap=2,
    )
    found = progress(engine, study.id)
    assert (found.pairs, found.wanted) == (3 * 3, 3 * 3 * 2)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"name": "  "}, "needs a name"),
        ({"name": "x" * 81}, "80 characters"),
        ({"name": "Everything"}, "already"),
        ({"overlap": 0}, "from 1 to 100"),
        ({"pairs_per_rater": 0}, "asked of one rater"),
        ({"dataset_id": 999}, "does not exist"),
        ({"categories": ["cooking"]}, "cooking"),
        ({"candidate_ids": [1]}, "two or more"),
        ({"candidate_ids": [1, 999]}, "does not exist"),
        ({"person_ids": []}, "Nobody is chosen"),
        ({"person_ids": [999]}, "not here any more"),
        ({"guidelines": "g" * 20_001}, "20,000"),
    ],
)
def test_what_cannot_be_a_study_is_refused_and_leaves_nothing_behind(engine: Engine, given: dict, says: str):
    make_workspace(engine)
    with pytest.raises(BadInput, match=says):
        make(engine, **given)
    with reading(engine) as session:
        assert [study.name for study in session.exec(select(Study))] == ["Everything"]


def test_only_the_people_chosen_find_the_study(engine: Engine):
    workspace = make_workspace(engine)
    first, second, _ = workspace.raters
    study = make(engine, person_ids=[first])
    with reading(engine) as session:
        assert [each.name for each in studies.for_rater(session, first)] == ["Everything", "Own"]
        assert [each.name for each in studies.for_rater(session, second)] == ["Everything"]
    write(engine, lambda session: studies.set_raters(session, study.id, None))
    with reading(engine) as session:
        assert [each.name for each in studies.for_rater(session, second)] == ["Everything", "Own"]


def test_simulated_people_cannot_be_chosen_to_rate(engine: Engine):
    make_workspace(engine)
    program = write(engine, lambda session: _added(session, Person(name="sim", kind="simulated", created_at=NOW)))
    with pytest.raises(NotFound):
        make(engine, person_ids=[program])


def _added(session, row) -> int:
    session.add(row)
    session.flush()
    return row.id


def test_progress_counts_finished_ratings_and_those_in_hand(engine: Engine):
    workspace = make_workspace(engine, prompts=1, candidates=3, overlap=2)
    first, second, _ = workspace.raters
    done = take(engine, workspace.study, first)
    for question in workspace.questions:
        answer(engine, done, question)
    take(engine, workspace.study, second)
    found = progress(engine, workspace.study)
    assert (found.done, found.in_hand, found.wanted, found.votes, found.simulated) == (1, 1, 6, 3, 0)
    with reading(engine) as session:
        assert study_progress.rater_counts(session) == {workspace.study: 1}


def test_a_smaller_overlap_keeps_every_vote_and_gives_full_pairs_out_no_more(engine: Engine):
    workspace = make_workspace(engine, prompts=1, candidates=2, overlap=3)
    for rater in workspace.raters[:2]:
        assignment = take(engine, workspace.study, rater)
        for question in workspace.questions:
            answer(engine, assignment, question)
    save = {"name": "Everything", "overlap": 1, "pairs_per_rater": None}
    write(engine, lambda session: study_settings.save_settings(session, workspace.study, **save))
    found = progress(engine, workspace.study)
    assert (found.done, found.wanted, found.share, found.votes) == (1, 1, 1.0, 6)
    with pytest.raises(NothingToRate):
        take(engine, workspace.study, workspace.raters[2])


def test_a_study_keeps_its_own_name_and_takes_no_other_studys(engine: Engine):
    workspace = make_workspace(engine)
    make(engine)
    save = {"overlap": 2, "pairs_per_rater": 10}
    write(engine, lambda session: study_settings.save_settings(session, workspace.study, name="Everything", **save))
    with pytest.raises(BadInput, match="already"):
        write(engine, lambda session: study_settings.save_settings(session, workspace.study, name="Own", **save))


def test_what_a_study_compares_may_change_until_rating_begins(engine: Engine):
    workspace = make_workspace(engine)
    study = make(engine)
    scope = {"dataset_id": dataset_of(engine, workspace), "categories": ["support"], "candidate_ids": None}
    write(engine, lambda session: study_settings.save_scope(session, study.id, **scope))
    assert progress(engine, study.id).study.categories == ["support"]
    take(engine, study.id, workspace.raters[0])
    with pytest.raises(BadInput, match="Rating has begun"):
        write(engine, lambda session: study_settings.save_scope(session, study.id, **scope))
    with pytest.raises(BadInput, match="over everything"):
        write(engine, lambda session: study_settings.save_scope(session, workspace.study, **scope))


def test_who_was_in_the_middle_of_a_pair_finds_it_again_after_a_pause(engine: Engine):
    workspace = make_workspace(engine)
    rater = workspace.raters[0]
    held = take(engine, workspace.study, rater)
    answer(engine, held, workspace.questions[0])
    write(engine, lambda session: studies.set_state(session, workspace.study, "paused"))
    with pytest.raises(NothingToRate, match="paused"):
        take(engine, workspace.study, rater)
    write(engine, lambda session: studies.set_state(session, workspace.study, "open"))
    again = take(engine, workspace.study, rater, seed=5)
    assert again.public_id == held.public_id
    with reading(engine) as session:
        assert voting.answers(session, again) == {workspace.questions[0]: Outcome.LEFT}


def test_the_study_over_everything_is_paused_but_never_closed(engine: Engine):
    workspace = make_workspace(engine)
    with pytest.raises(BadInput, match="Pause it instead"):
        write(engine, lambda session: studies.set_state(session, workspace.study, "closed"))
    write(engine, lambda session: studies.set_state(session, workspace.study, "paused"))


def test_dropping_the_last_open_question_of_a_pair_in_hand_finishes_the_pair(engine: Engine):
    workspace = make_workspace(engine)
    rater = workspace.raters[0]
    held = take(engine, workspace.study, rater)
    for question in workspace.questions[:2]:
        answer(engine, held, question)
    write(engine, lambda session: questions.drop(session, workspace.questions[2], now=later(2)))
    assert take(engine, workspace.study, rater, seed=1).public_id != held.public_id
    with reading(engine) as session:
        assert session.get_one(Assignment, held.id).state == "done"
        assert session.get_one(Pair, held.pair_id).claimed == 1


def test_dropping_a_question_leaves_pairs_with_other_open_questions_in_hand(engine: Engine):
    workspace = make_workspace(engine)
    held = take(engine, workspace.study, workspace.raters[0])
    answer(engine, held, workspace.questions[0])
    write(engine, lambda session: questions.drop(session, workspace.questions[2], now=later(2)))
    with reading(engine) as session:
        assert session.get_one(Assignment, held.id).state == "leased"


def test_a_dropped_question_keeps_its_votes_and_comes_back(engine: Engine):
    workspace = make_workspace(engine)
    tone = workspace.questions[0]
    answer(engine, take(engine, workspace.study, workspace.raters[0]), tone)
    write(engine, lambda session: questions.drop(session, tone, now=later(2)))
    with reading(engine) as session:
        assert questions.votes(session, workspace.study) == {tone: 1}
        assert tone not in [each.id for each in studies.questions(session, workspace.study, asked_only=True)]
    write(engine, lambda session: questions.restore(session, tone))
    with reading(engine) as session:
        assert studies.questions(session, workspace.study, asked_only=True)[0].id == tone


def test_the_only_question_cannot_be_dropped(engine: Engine):
    workspace = make_workspace(engine)
    for question in workspace.questions[:2]:
        write(engine, lambda session, question=question: questions.drop(session, question, now=NOW))
    with pytest.raises(BadInput, match="only question"):
        write(engine, lambda session: questions.drop(session, workspace.questions[2], now=NOW))


def test_a_key_is_fixed_once_the_question_has_votes(engine: Engine):
    workspace = make_workspace(engine)
    tone = workspace.questions[0]
    renamed = replace(DEFAULT_QUESTIONS[0], key="voice")
    write(engine, lambda session: questions.word(session, tone, renamed))
    answer(engine, take(engine, workspace.study, workspace.raters[0]), tone)
    with pytest.raises(BadInput, match="'voice' stays"):
        write(engine, lambda session: questions.word(session, tone, DEFAULT_QUESTIONS[0]))
    worded = replace(renamed, wording="Which sounds like us?", answers=("A!", "B!", "Same", "None"))
    write(engine, lambda session: questions.word(session, tone, worded))
    with reading(engine) as session:
        found = session.get_one(Question, tone)
        assert (found.key, found.wording, found.answers) == ("voice", worded.wording, list(worded.answers))


def test_a_new_question_is_asked_last_and_gets_its_key_from_its_title(engine: Engine):
    workspace = make_workspace(engine)
    text = replace(CLARITY, key="", title="  Größe & clarity ")
    write(engine, lambda session: questions.add(session, workspace.study, text))
    with reading(engine) as session:
        last = studies.questions(session, workspace.study, asked_only=True)[-1]
    assert (last.key, last.title, last.position) == ("groe_clarity", "Größe & clarity", 3)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"title": " "}, "title"),
        ({"wording": ""}, "wording"),
        ({"key": "Größe"}, "lower-case"),
        ({"key": "tone"}, "already"),
        ({"title": "质量", "key": ""}, "lower-case"),
        ({"answers": ("A", "B", "", "Neither")}, "all four"),
        ({"answers": ("A", "B", "Same", "same ")}, "say the same"),
        ({"wording": "w" * 301}, "300"),
    ],
)
def test_a_question_that_raters_could_not_answer_is_refused(engine: Engine, change: dict, says: str):
    workspace = make_workspace(engine)
    with pytest.raises(BadInput, match=says):
        write(engine, lambda session: questions.add(session, workspace.study, replace(CLARITY, **change)))
    with reading(engine) as session:
        assert len(studies.questions(session, workspace.study)) == 3


def test_guidelines_and_words_on_more_are_kept_as_typed(engine: Engine):
    workspace = make_workspace(engine)
    text = "# Be fair\n\n* costs $5, not $10\n* :red[x] stays"
    write(
        engine,
        lambda session: study_settings.save_guidelines(
            session, workspace.study, guidelines=text, more_expected=" Monday. "
        ),
    )
    found = progress(engine, workspace.study).study
    assert (found.guidelines, found.more_expected) == (text, "Monday.")
