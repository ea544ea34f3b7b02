"""Studies as an admin changes them: nothing wrong gets in, and no vote or begun pair is lost on the way."""

import random
from dataclasses import replace

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from core.domain.people import Role
from core.domain.votes import Outcome
from core.errors import BadInput, NotFound, NothingToRate
from core.services.people import people
from core.services.studies import progress as study_progress
from core.services.studies import questions, settings, studies, voting
from core.services.studies.studies import DEFAULT_QUESTIONS, QuestionText
from core.storage.engine import reading, write
from core.storage.tables import Assignment, Pair, Person, Question, Study, Vote
from tests.ballots import make_simulated
from tests.pairs import pair_in_hand
from tests.workspace import NOW, Workspace, later, make_workspace

pytestmark = pytest.mark.one_database

CLARITY = QuestionText("clarity", "Clarity", "Which is clearer?", ("A", "B", "Alike", "Neither"))


def make(engine: Engine, **given: object) -> Study:
    """A study that was opened."""

    def work(session: Session) -> Study:
        study = studies.create(session, **{"name": "Own", "now": NOW, **given})
        studies.set_state(session, study.id, "open")
        return study

    return write(engine, work)


def draft(engine: Engine, name: str = "Draft", **given: object) -> int:
    return write(engine, lambda session: studies.create(session, name=name, now=NOW, **given)).id


def offered(engine: Engine, rater: int) -> list[str]:
    with reading(engine) as session:
        return [study.name for study in studies.for_rater(session, rater)]


def awaited(engine: Engine, rater: int) -> str | None:
    from core.services.people import study_raters

    with reading(engine) as session:
        return study_raters.awaited(session, rater)


def take(engine: Engine, study_id: int, rater: int, seed: int = 0) -> Assignment:
    return pair_in_hand(engine, study_id=study_id, rater_id=rater, now=NOW, rng=random.Random(seed))


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
        ({"candidate_ids": [1]}, "Choose two or more"),
        ({"candidate_ids": [1, 999]}, "does not exist"),
        ({"person_ids": []}, "nobody is chosen"),
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
    assert offered(engine, first) == ["Own"]
    assert offered(engine, second) == ["Everything"]
    write(engine, lambda session: studies.set_raters(session, study.id, None))
    assert offered(engine, second) == ["Own"]


def test_a_study_begins_as_a_draft_that_no_rater_is_offered(engine: Engine):
    workspace = make_workspace(engine)
    rater = workspace.raters[0]
    study = draft(engine)
    assert progress(engine, study).study.state == "draft"
    assert offered(engine, rater) == ["Everything"]
    with pytest.raises(NothingToRate):
        take(engine, study, rater)
    write(engine, lambda session: studies.set_state(session, study, "open"))
    assert offered(engine, rater) == ["Draft"]


@pytest.mark.parametrize(("before", "after"), [("draft", "paused"), ("draft", "closed"), ("open", "draft")])
def test_a_draft_can_only_be_opened_and_nothing_becomes_one_again(engine: Engine, before: str, after: str):
    make_workspace(engine)
    study = draft(engine)
    if before == "open":
        write(engine, lambda session: studies.set_state(session, study, "open"))
    with pytest.raises(BadInput):
        write(engine, lambda session: studies.set_state(session, study, after))
    assert progress(engine, study).study.state == before


def test_questions_of_a_draft_are_ordered_and_deleted_and_one_must_stand_at_its_opening(engine: Engine):
    make_workspace(engine)
    study = draft(engine)
    with reading(engine) as session:
        tone, safety, send = (question.id for question in studies.questions(session, study))
    write(engine, lambda session: questions.ask_earlier(session, send))
    write(engine, lambda session: questions.delete(session, tone))
    with reading(engine) as session:
        assert [question.id for question in studies.questions(session, study)] == [send, safety]
    for question in (send, safety):
        write(engine, lambda session, question=question: questions.delete(session, question))
    with pytest.raises(BadInput, match="asks no question"):
        write(engine, lambda session: studies.set_state(session, study, "open"))
    write(engine, lambda session: questions.add(session, study, CLARITY))
    write(engine, lambda session: studies.set_state(session, study, "open"))


def test_questions_of_an_open_study_are_neither_deleted_nor_moved(engine: Engine):
    workspace = make_workspace(engine)
    for change in (questions.delete, questions.ask_earlier):
        with pytest.raises(BadInput):
            write(engine, lambda session, change=change: change(session, workspace.questions[1]))


def test_a_draft_is_deleted_and_those_invited_to_it_stay(engine: Engine):

    workspace = make_workspace(engine)
    study = draft(engine, person_ids=workspace.raters[:1])
    rater, _ = write(engine, lambda s: people.invite(s, name="Anna", role=Role.RATER, now=NOW, study_id=study))
    write(engine, lambda session: settings.delete_draft(session, study))
    with reading(engine) as session:
        assert [study.name for study in session.exec(select(Study))] == ["Everything"]
        assert session.get(Person, rater.id) is not None
    assert offered(engine, rater.id) == ["Everything"]
    with pytest.raises(BadInput, match="Only a draft"):
        write(engine, lambda session: settings.delete_draft(session, workspace.study))


def test_the_default_study_steps_back_for_a_named_one_but_not_from_those_who_have_begun_it(engine: Engine):
    workspace = make_workspace(engine)
    begun, fresh, _ = workspace.raters
    answer(engine, take(engine, workspace.study, begun), workspace.questions[0])
    own = make(engine)
    assert offered(engine, begun) == ["Own", "Everything"]
    assert offered(engine, fresh) == ["Own"]
    for state in ("paused", "closed"):
        write(engine, lambda session, state=state: studies.set_state(session, own.id, state))
    assert offered(engine, fresh) == ["Everything"]
    assert progress(engine, workspace.study).votes == 1


def test_a_rater_lands_in_the_study_they_were_invited_to_which_need_not_be_the_first(engine: Engine):
    make_workspace(engine)
    make(engine, name="First")
    second = make(engine, name="Second", person_ids=None)
    anna, _ = write(engine, lambda s: people.invite(s, name="Anna", role=Role.RATER, now=NOW, study_id=second.id))
    assert offered(engine, anna.id) == ["Second", "First"]
    write(engine, lambda session: people.new_link(session, anna.id, now=NOW))
    assert offered(engine, anna.id) == ["Second", "First"], "a renewed link leads to the same study"


def test_who_is_invited_to_a_study_of_chosen_people_becomes_one_of_them(engine: Engine):
    workspace = make_workspace(engine)
    study = make(engine, person_ids=workspace.raters[:1])
    anna, _ = write(engine, lambda s: people.invite(s, name="Anna", role=Role.RATER, now=NOW, study_id=study.id))
    assert offered(engine, anna.id) == ["Own"]
    with reading(engine) as session:
        assert set(studies.rater_ids(session, study.id)) == {workspace.raters[0], anna.id}


def test_whoever_waits_for_their_study_reads_in_words_what_to_expect(engine: Engine):
    workspace = make_workspace(engine)
    study = draft(engine)
    invited, _ = write(engine, lambda s: people.invite(s, name="Anna", role=Role.RATER, now=NOW, study_id=study))
    anna = invited.id
    assert offered(engine, anna) == [], "somebody invited to a study is not given everything meanwhile"
    assert awaited(engine, workspace.raters[0]) is None
    assert "'Draft', which you were invited to, has not opened yet" in awaited(engine, anna)
    write(engine, lambda session: studies.set_state(session, study, "open"))
    assert offered(engine, anna) == ["Draft"]
    write(engine, lambda session: studies.set_state(session, study, "paused"))
    assert offered(engine, anna) == ["Draft"] and "is paused" in awaited(engine, anna)
    write(engine, lambda session: studies.set_state(session, study, "closed"))
    assert offered(engine, anna) == [] and "is closed" in awaited(engine, anna)
    write(engine, lambda session: studies.set_raters(session, study, workspace.raters[:1]))
    assert "others rate now" in awaited(engine, anna)


def test_two_open_studies_over_the_same_pairs_are_found_and_studies_apart_are_not(engine: Engine):
    from core.services.studies import overlaps

    workspace = make_workspace(engine, prompts=6, candidates=4)
    coding = make(engine, name="Coding", categories=["coding"])
    make(engine, name="Support", categories=["support"])
    all_of_it = draft(engine, name="All", candidate_ids=workspace.candidates[:2])
    with reading(engine) as session:
        assert overlaps.among_open(session) == []
        found = overlaps.with_open(session, studies.get(session, all_of_it))
        assert [(each.second.name, each.pairs) for each in found] == [("Coding", 3), ("Support", 3)]
    write(engine, lambda session: studies.set_state(session, all_of_it, "open"))
    with reading(engine) as session:
        assert {(each.first.name, each.second.name) for each in overlaps.among_open(session)} == {
            ("Coding", "All"),
            ("Support", "All"),
        }
    write(engine, lambda session: studies.set_state(session, coding.id, "paused"))
    with reading(engine) as session:
        assert [each.first.name for each in overlaps.among_open(session)] == ["Support"]


def test_whoever_names_no_study_reads_the_one_that_was_rated(engine: Engine):
    workspace = make_workspace(engine)
    draft(engine, "Newest")
    study = make(engine)

    def read() -> str:
        with reading(engine) as session:
            return studies.named(session, None).name

    assert read() == "Everything"
    answer(engine, take(engine, study.id, workspace.raters[0]), _first_question(engine, study.id))
    assert read() == "Own"
    answer(engine, take(engine, workspace.study, workspace.raters[1]), workspace.questions[0])
    assert read() == "Everything"


def test_a_study_rated_by_people_comes_before_one_with_newer_simulated_votes(engine: Engine):
    workspace = make_workspace(engine)
    study = make(engine)
    answer(engine, take(engine, study.id, workspace.raters[0]), _first_question(engine, study.id))
    make_simulated(engine, workspace, 1)
    answer(engine, take(engine, workspace.study, workspace.raters[1]), workspace.questions[0])
    with reading(engine) as session:
        assert studies.for_reading(session).id == study.id


def _first_question(engine: Engine, study: int) -> int:
    with reading(engine) as session:
        return studies.questions(session, study)[0].id


@pytest.mark.regression("2.1")
def test_nobody_whose_access_has_ended_is_offered_a_study_or_put_among_its_raters(engine: Engine):
    workspace = make_workspace(engine)
    gone, stays, _ = workspace.raters
    write(engine, lambda session: people.create_person(session, name="Ada", role=Role.ADMIN, now=NOW))
    write(engine, lambda session: people.revoke(session, gone, now=NOW))
    with reading(engine) as session:
        assert studies.for_rater(session, gone) == []
    with pytest.raises(BadInput, match="access of rater 0 has ended"):
        write(engine, lambda session: studies.set_raters(session, workspace.study, [gone, stays]))
    with reading(engine) as session:
        assert studies.rater_ids(session, workspace.study) == []


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
    write(engine, lambda session: settings.save_settings(session, workspace.study, **save))
    found = progress(engine, workspace.study)
    assert (found.done, found.wanted, found.share, found.votes) == (1, 1, 1.0, 6)
    with pytest.raises(NothingToRate):
        take(engine, workspace.study, workspace.raters[2])


def test_a_study_keeps_its_own_name_and_takes_no_other_studys(engine: Engine):
    workspace = make_workspace(engine)
    make(engine)
    save = {"overlap": 2, "pairs_per_rater": 10}
    write(engine, lambda session: settings.save_settings(session, workspace.study, name="Everything", **save))
    with pytest.raises(BadInput, match="already"):
        write(engine, lambda session: settings.save_settings(session, workspace.study, name="Own", **save))


def test_what_a_study_compares_may_change_until_rating_begins(engine: Engine):
    workspace = make_workspace(engine)
    study = make(engine)
    scope = {"dataset_id": dataset_of(engine, workspace), "categories": ["support"], "candidate_ids": None}
    write(engine, lambda session: settings.save_scope(session, study.id, **scope))
    assert progress(engine, study.id).study.categories == ["support"]
    take(engine, study.id, workspace.raters[0])
    with pytest.raises(BadInput, match="Rating has begun"):
        write(engine, lambda session: settings.save_scope(session, study.id, **scope))
    with pytest.raises(BadInput, match="over everything"):
        write(engine, lambda session: settings.save_scope(session, workspace.study, **scope))


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
        ({"title": " "}, "^Title:"),
        ({"wording": ""}, "^What raters read:"),
        ({"key": "Größe"}, "lower-case"),
        ({"key": "tone"}, "^Key: .*already"),
        ({"title": "质量", "key": ""}, "lower-case"),
        ({"answers": ("A", "B", "", "Neither")}, "3 · Both alike: .* all four"),
        ({"answers": ("A", "B", "Same", "same ")}, "4 · Neither is good: another answer says the same"),
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
        lambda session: settings.save_guidelines(session, workspace.study, guidelines=text, more_expected=" Monday. "),
    )
    found = progress(engine, workspace.study).study
    assert (found.guidelines, found.more_expected) == (text, "Monday.")
