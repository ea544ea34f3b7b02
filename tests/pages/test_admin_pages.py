"""The admins' pages, Studies and Data, as an admin uses them: run from the shell, in local mode."""

from io import BytesIO

import pytest
from sqlalchemy import Engine
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from core.domain.people import Role
from core.services import workspace as workspace_settings
from core.services.datasets import exporting
from core.services.importing import Kind, import_file
from core.services.people import people
from core.services.studies import studies
from core.storage.engine import reading, write
from core.storage.tables import Dataset, Person, Question, Response, Study, Vote
from core.ui.shared.navigation import PAGES_FOLDER
from tests.workspace import NOW, Workspace

PROMPTS = b'{"id": "p1", "category": "small", "turns": ["$5 or $10? :red[x]"]}\n{"id": "p2", "turns": ["Hi"]}\n'
ANSWERS = "".join(
    f'{{"prompt_id": "{prompt}", "candidate": "{name}", "text": "{name} says hello"}}\n'
    for prompt in ("p1", "p2")
    for name in ("Alder", "Birch")
).encode()


def page(file: str, **query: str) -> AppTest:
    app = AppTest.from_file(str(PAGES_FOLDER / "shell.py"), default_timeout=60)
    app.switch_page(file)
    for name, found in query.items():
        app.query_params[name] = found
    return run(app)


def run(app: AppTest) -> AppTest:
    app.run()
    assert not app.exception, [found.message for found in app.exception]
    return app


def press(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click()
    return run(app)


def words(app: AppTest) -> str:
    shown = [*app.title, *app.subheader, *app.markdown, *app.caption, *app.text, *app.error, *app.warning, *app.toast]
    said = "\n".join(str(element.value) for element in shown)
    return said.replace("\\", "").replace(":\u2060", ":").replace("\u00a0", " ")


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


def upload(app: AppTest, name: str, content: bytes) -> AppTest:
    app.file_uploader[0].set_value((name, content, "application/octet-stream"))
    return run(app)


def do_import(app: AppTest) -> AppTest:
    next(button for button in app.button if button.label.startswith("Import the")).click()
    return run(app)


def study_named(engine: Engine, name: str) -> Study:
    with reading(engine) as session:
        return session.exec(select(Study).where(Study.name == name)).one()


# ---------------------------------------------------------------- Studies


def test_a_fresh_workspace_says_what_its_study_needs(fresh: Engine):
    assert "It needs responses of two candidates to the same prompt. Import them on *Data*." in words(
        page("studies.py")
    )


def test_a_study_shows_how_far_it_is(full: tuple[Engine, Workspace]):
    said = words(page("studies.py"))
    assert "**0** of 72 ratings (0 %) · 36 pairs × 2 raters · 0 votes · 0 raters so far · over everything" in said


def test_a_study_is_made_from_the_page(full: tuple[Engine, Workspace]):
    engine, workspace = full
    app = press(page("studies.py"), "studies_new_study")
    app.text_input(key="studies_new_name").input("Safety *June*")
    app.number_input(key="studies_new_overlap").set_value(4)
    app.number_input(key="studies_new_goal").set_value(25)
    app.radio(key="studies_new_who").set_value("Chosen people")
    app.multiselect(key="studies_new_categories_None").set_value(["coding"])
    run(app)
    assert "18 pairs × 4 = **72 ratings** wanted" in words(app)
    app.multiselect(key="studies_new_people").set_value([workspace.raters[1]])
    press(app, "studies_new_make")
    made = study_named(engine, "Safety *June*")
    assert (made.overlap, made.pairs_per_rater, made.categories, made.state) == (4, 25, ["coding"], "draft")
    with reading(engine) as session:
        assert studies.rater_ids(session, made.id) == [workspace.raters[1]]
    assert [title.value.replace("\\", "") for title in app.title] == ["Safety *June*"]


def test_a_study_that_cannot_be_made_says_why_and_is_not(full: tuple[Engine, Workspace]):
    engine, _ = full
    app = press(page("studies.py"), "studies_new_study")
    app.text_input(key="studies_new_name").input("Everything")
    press(app, "studies_new_make")
    assert "there is a study called 'Everything' already" in app.error[0].value.replace("\\", "")
    assert "No study was made" in app.error[0].value
    with reading(engine) as session:
        assert len(session.exec(select(Study)).all()) == 1


def test_pausing_asks_first_and_says_what_happens_to_a_pair_in_hand(full: tuple[Engine, Workspace]):
    engine, workspace = full
    app = press(page("studies.py"), f"studies_paused_{workspace.study}")
    assert "Nothing is lost: answers given so far stay and count" in words(app)
    assert study_named(engine, "Everything").state == "open"
    press(app, "studies_state_yes")
    assert study_named(engine, "Everything").state == "paused"
    assert "'Everything' is paused now." in words(app)
    press(press(app, f"studies_open_{workspace.study}"), "studies_state_yes")
    assert study_named(engine, "Everything").state == "open"


def test_the_study_over_everything_offers_no_closing(full: tuple[Engine, Workspace]):
    engine, _ = full
    write(engine, lambda session: studies.create(session, name="Other", now=NOW, state="open"))
    assert labels(page("studies.py")).count("Close") == 1


def draft(engine: Engine, name: str = "June", **given: object) -> int:
    return write(engine, lambda session: studies.create(session, name=name, now=NOW, **given)).id


def test_a_draft_is_opened_after_saying_what_that_means(full: tuple[Engine, Workspace]):
    engine, workspace = full
    study = draft(engine, person_ids=workspace.raters[:1])
    app = page("studies.py", edit=str(study))
    assert "A draft: no rater sees it." in words(app)
    press(app, f"studies_open_{study}")
    said = words(app)
    assert "1 chosen person gets its 36 pairs with the next click." in said
    assert "It has no guidelines" in said
    assert "Everything* is then offered only to those who have begun it; its votes stay." in said
    assert study_named(engine, "June").state == "draft"
    press(app, "studies_state_yes")
    assert study_named(engine, "June").state == "open"
    assert "A draft:" not in words(app)


def test_two_open_studies_over_the_same_pairs_are_warned_about(full: tuple[Engine, Workspace]):
    engine, _ = full
    draft(engine, "First", categories=["coding"], state="open")
    study = draft(engine, "Second")
    assert not page("studies.py").warning
    app = press(page("studies.py"), f"studies_open_{study}")
    assert "**Second** and **First** share 18 pairs" in app.warning[0].value
    press(app, "studies_state_yes")
    assert "share 18 pairs" in page("studies.py").warning[0].value
    assert "share 18 pairs" in page("studies.py", edit=str(study)).warning[0].value


def test_a_draft_is_deleted_from_the_page_and_the_list_is_shown(full: tuple[Engine, Workspace]):
    engine, _ = full
    study = draft(engine)
    app = press(page("studies.py", edit=str(study)), f"studies_delete_{study}")
    assert "goes for good" in words(app)
    press(app, "studies_delete_yes")
    assert app.title[0].value == "Studies"
    with reading(engine) as session:
        assert [each.name for each in session.exec(select(Study))] == ["Everything"]


def test_questions_of_a_draft_are_moved_and_deleted(full: tuple[Engine, Workspace]):
    engine, _ = full
    study = draft(engine)
    app = page("studies.py", edit=str(study))
    with reading(engine) as session:
        tone, safety, send = (question.id for question in studies.questions(session, study))
    assert f"studies_earlier_{tone}" not in {button.key for button in app.button}
    press(app, f"studies_earlier_{send}")
    press(app, f"studies_delete_question_{tone}")
    with reading(engine) as session:
        assert [question.id for question in studies.questions(session, study)] == [send, safety]
    for question in (send, safety):
        press(app, f"studies_delete_question_{question}")
    assert "No question yet." in words(app)
    press(press(app, f"studies_open_{study}"), "studies_state_yes")
    assert "asks no question" in app.error[0].value.replace("\\", "")


def test_who_was_invited_to_a_study_is_named_on_its_page(full: tuple[Engine, Workspace]):
    engine, workspace = full
    app = page("studies.py", edit=str(workspace.study), studies_part="Who rates")
    assert "Nobody was invited to this study by name yet." in words(app)
    write(
        engine,
        lambda s: people.invite(s, name="Anna", role=Role.RATER, now=NOW, study_id=workspace.study),
    )
    app = page("studies.py", edit=str(workspace.study), studies_part="Who rates")
    assert "**Invited to this study:** Anna" in words(app)


def test_a_question_is_worded_anew_dropped_and_brought_back(full: tuple[Engine, Workspace]):
    engine, workspace = full
    tone = workspace.questions[0]
    app = page("studies.py", edit=str(workspace.study))
    press(app, f"studies_edit_question_{tone}")
    app.text_input(key=f"studies_question_{tone}_wording").input("Which sounds more like us?")
    next(button for button in app.button if button.label == "Save").click()
    run(app)
    press(app, f"studies_drop_{tone}")
    with reading(engine) as session:
        question = session.get_one(Question, tone)
        assert (question.wording, question.is_asked) == ("Which sounds more like us?", False)
    press(app, f"studies_restore_{tone}")
    with reading(engine) as session:
        assert session.get_one(Question, tone).is_asked


def test_the_last_question_stays_and_the_page_says_why(full: tuple[Engine, Workspace]):
    _, workspace = full
    app = page("studies.py", edit=str(workspace.study))
    for question in workspace.questions:
        press(app, f"studies_drop_{question}")
    assert "This is the only question that raters are asked" in app.error[0].value.replace("\\", "")


def test_a_question_is_added_from_the_page(full: tuple[Engine, Workspace]):
    engine, workspace = full
    app = page("studies.py", edit=str(workspace.study))
    app.text_input(key="studies_new_question_title").input("Clarity")
    app.text_input(key="studies_new_question_wording").input("Which is clearer?")
    app.text_input(key="studies_new_question_answer_3").input("Alike")
    next(button for button in app.button if button.label == "Add").click()
    run(app)
    assert "Fill in all four" in words(app)
    app.text_input(key="studies_new_question_answer_4").input("Neither")
    next(button for button in app.button if button.label == "Add").click()
    run(app)
    with reading(engine) as session:
        assert [each.key for each in studies.questions(session, workspace.study)][-1] == "clarity"


def test_guidelines_are_previewed_before_they_are_saved(full: tuple[Engine, Workspace]):
    engine, workspace = full
    app = page("studies.py", edit=str(workspace.study), studies_part="Guidelines")
    app.text_area(key=f"studies_guidelines_{workspace.study}").input("**Be fair.**")
    app.text_input(key=f"studies_more_{workspace.study}").input("On Monday.")
    run(app)
    assert f"studies_preview_{workspace.study}" in {shown.key for shown in app.get("bidi_component")}
    assert study_named(engine, "Everything").guidelines == ""
    press(app, "studies_save_guidelines")
    saved = study_named(engine, "Everything")
    assert (saved.guidelines, saved.more_expected) == ("**Be fair.**", "On Monday.")


def test_settings_change_the_numbers_and_say_what_a_smaller_overlap_keeps(full: tuple[Engine, Workspace]):
    engine, workspace = full
    app = page("studies.py", edit=str(workspace.study), studies_part="Settings")
    app.number_input(key=f"studies_settings_{workspace.study}_overlap").set_value(1)
    app.number_input(key=f"studies_settings_{workspace.study}_rerated").set_value(25)
    run(app)
    assert "keep them all" in words(app)
    press(app, "studies_save_settings")
    saved = study_named(engine, "Everything")
    assert (saved.overlap, saved.rerated_share) == (1, 0.25)


def test_an_address_of_a_study_that_is_gone_leads_to_the_list(full: tuple[Engine, Workspace]):
    for address in ("999", "x", "²"):
        assert page("studies.py", edit=address).title[0].value == "Studies"


# ---------------------------------------------------------------- Data


def test_an_empty_workspace_says_what_to_do_next(fresh: Engine):
    app = page("datasets.py")
    assert "No prompts yet" in words(app)
    assert {"Import a file", "See the demo"} <= set(labels(app))


def test_prompts_then_responses_are_imported_and_can_be_rated(fresh: Engine):
    app = page("datasets.py", datasets_show="Import")
    upload(app, "mine.jsonl", PROMPTS)
    assert "**mine.jsonl** reads as Evenhand JSONL, as prompts." in words(app)
    do_import(app)
    assert "2 prompts came in, all of them new." in words(app)
    upload(app, "answers.jsonl", ANSWERS)
    do_import(app)
    assert "4 responses came in, all of them new." in words(app)
    assert "In dataset 'mine'." in words(app)
    with reading(fresh) as session:
        assert len(session.exec(select(Response)).all()) == 4
    assert "**0** of 6 ratings" in words(page("studies.py"))


def test_the_same_file_twice_changes_nothing_and_says_so(fresh: Engine):
    app = page("datasets.py", datasets_show="Import")
    for _ in range(2):
        upload(app, "mine.jsonl", PROMPTS)
        do_import(app)
    assert "was imported before, so nothing changed (2 prompts)." in words(app)


def test_a_bad_file_names_line_and_field_and_leaves_nothing(fresh: Engine):
    app = page("datasets.py", datasets_show="Import")
    upload(app, "bad.jsonl", PROMPTS + b'{"id": 7, "turns": ["Hi"]}\n')
    do_import(app)
    said = app.error[0].value.replace("\\", "").replace(":\u2060", ":")
    assert "bad.jsonl, line 3, field 'id'" in said
    assert "Nothing was imported." in said
    with reading(fresh) as session:
        assert not session.exec(select(Dataset)).all()


def test_a_file_of_no_known_kind_is_refused_before_anything_is_asked(fresh: Engine):
    app = upload(page("datasets.py", datasets_show="Import"), "photo.png", b"\x89PNG\r\n\x1a\n\x00\x00")
    assert "photo.png" in app.error[0].value.replace("\\", "")
    assert not [label for label in labels(app) if label.startswith("Import the")]


def test_columns_of_a_csv_are_mapped_and_a_missing_one_is_asked_for(fresh: Engine):
    app = page("datasets.py", datasets_show="Import")
    upload(app, "v.csv", b"item,Model A,Model B,chosen,Worker\nq1,Alder,Birch,left,ann\nq1,Alder,Birch,tie,ben\n")
    assert "Still to be said: which field is `winner`." in words(app)
    next(box for box in app.selectbox if box.label == "winner *").set_value("chosen")
    run(app)
    next(field for field in app.text_input if field.label.startswith("Question")).input("tone")
    run(app)
    do_import(app)
    assert "2 votes came in, all of them new." in words(app)
    with reading(fresh) as session:
        assert len(session.exec(select(Vote)).all()) == 2
        tone = session.exec(select(Question).where(Question.key == "tone")).one()
        assert {vote.question_id for vote in session.exec(select(Vote))} == {tone.id}


def test_an_import_that_was_interrupted_is_told_of(fresh: Engine):
    app = page("datasets.py", datasets_show="Import")
    app.session_state["_import_running"] = "big.jsonl"
    run(app)
    assert "The import of **big.jsonl** was stopped. Nothing of it was kept" in words(app)


def test_rows_of_a_database_are_looked_at_and_imported(fresh: Engine, tmp_path):
    import sqlalchemy as sa

    address = f"sqlite:///{tmp_path / 'logs.db'}"
    with sa.create_engine(address).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE log (id TEXT, question TEXT)")
        connection.exec_driver_sql("INSERT INTO log VALUES ('a', 'Hi'), ('b', 'Ho')")
    app = page("datasets.py", datasets_show="Import", datasets_import_from="A database")
    app.text_input(key="datasets_import_url").input(address)
    app.text_area(key="datasets_import_sql").input("SELECT id, question AS turns FROM log")
    next(button for button in app.button if button.label == "Look at its first rows").click()
    run(app)
    do_import(app)
    assert "2 prompts came in, all of them new." in words(app)


def test_a_query_that_fails_says_what_the_database_said(fresh: Engine, tmp_path):
    app = page("datasets.py", datasets_show="Import", datasets_import_from="A database")
    app.text_input(key="datasets_import_url").input(f"sqlite:///{tmp_path / 'absent.db'}")
    app.text_area(key="datasets_import_sql").input("SELECT 1")
    next(button for button in app.button if button.label == "Look at its first rows").click()
    run(app)
    assert "absent.db" in app.error[0].value


def test_a_dataset_is_listed_and_its_prompts_are_shown_a_page_at_a_time(full: tuple[Engine, Workspace]):
    app = page("datasets.py")
    (row,) = app.dataframe[0].value.to_dict("records")
    assert (row["Dataset"], row["Prompts"], row["Candidates"], row["Responses"]) == ("tests", 6, 4, 24)
    assert "**p0** :gray[support]" in words(app)
    app.pagination[0].set_value(2)
    run(app)
    assert "**p5** :gray[coding]" in words(app)
    assert "**p0** :gray[support]" not in words(app)


def test_votes_are_offered_for_download_with_their_number(full: tuple[Engine, Workspace]):
    engine, _ = full
    assert "No votes yet" in words(page("datasets.py", datasets_show="Export"))
    vote = b'{"prompt_id": "p0", "left": "candidate 0", "right": "candidate 1", "winner": "tie", "rater": "=ann"}'
    import_file(engine, BytesIO(vote), Kind.VOTES, name="v.jsonl", now=NOW)
    app = page("datasets.py", datasets_show="Export")
    assert [button.label for button in app.get("download_button")] == ["Download 1 vote"]


@pytest.mark.parametrize("format", exporting.FORMATS)
def test_responses_are_offered_in_every_format(full: tuple[Engine, Workspace], format: str):
    app = page("datasets.py", datasets_show="Export", datasets_export_what="Responses")
    app.radio(key="datasets_export_format").set_value(format)
    run(app)
    assert [button.label for button in app.get("download_button")] == ["Download 24 responses"]


def test_one_switch_takes_simulated_votes_out_and_brings_them_back(fresh: Engine):
    app = press(page("datasets.py", datasets_show="Demo"), "datasets_open_demo")
    for count in (False, True):
        app.toggle(key="datasets_count_simulated").set_value(count)
        run(app)
        with reading(fresh) as session:
            assert workspace_settings.counts_simulated(session) is count


def test_the_demo_is_opened_and_removed_from_the_page(fresh: Engine):
    app = press(page("datasets.py", datasets_show="Demo"), "datasets_open_demo")
    assert "a very small model that answered on a laptop" in words(app)
    press(app, "datasets_remove_demo")
    assert "Your own datasets, studies and votes stay." in words(app)
    press(app, "datasets_remove_demo_yes")
    assert "The demo is not here" in words(app)
    with reading(fresh) as session:
        assert not session.exec(select(Dataset)).all()
        assert {person.kind for person in session.exec(select(Person))} <= {"human"}
