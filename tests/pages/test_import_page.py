"""Importing on the Data page: odd tables, corrections, what comes next; datasets renamed and deleted."""

from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session, select
from streamlit.testing.v1 import AppTest

from core.services.importing import Kind
from core.storage.tables import Candidate, Dataset, Prompt, Question, Response, Study, Vote
from tests.pages.test_admin_pages import do_import, labels, page, press, run, upload, words
from tests.workspace import Workspace

ODD = (
    b"Kundenfrage;Bereich;Antwort Modell A;Antwort Modell B\n"
    b"Wo ist meine Bestellung?;Versand;Unterwegs.;Bitte die Nummer.\nKann ich umtauschen?;Retouren;Ja.;Nein.\n"
)
LOG = b'{"messages": [{"role": "user", "content": "Where is my order?"}], "model": "old"}\n'
VOTE = b'{"prompt_id": "p0", "left": "candidate 0", "right": "candidate 1", "winner": "tie", "rater": "ann"}\n'


def importing(name: str, content: bytes) -> AppTest:
    return upload(page("datasets.py", datasets_show="Import"), name, content)


def chosen(app: AppTest, label: str) -> Any:
    return next(box for box in app.selectbox if box.label.startswith(label)).value


def test_a_csv_with_odd_headings_is_read_with_a_mapping_and_samples(fresh: Engine) -> None:
    app = importing("fragen.csv", ODD)
    assert app.radio[1].value == "responses"
    assert chosen(app, "turns") == "Kundenfrage"
    box = next(box for box in app.selectbox if box.label.startswith("turns"))
    assert "Kundenfrage · Wo ist meine Bestellung?" in box.options
    assert app.multiselect[0].value == ["Antwort Modell A", "Antwort Modell B"]
    assert [field.value for field in app.text_input if field.label.startswith("Candidate of")] == [
        "Modell A",
        "Modell B",
    ]
    assert list(app.dataframe[0].value["Kundenfrage"]) == ["Wo ist meine Bestellung?", "Kann ich umtauschen?"]
    assert chosen(app, "category") == "Bereich"
    do_import(app)
    assert "4 responses came in, all of them new." in words(app)
    with Session(fresh) as session:
        assert set(session.exec(select(Candidate.name))) == {"Modell A", "Modell B"}
        assert len(session.exec(select(Response)).all()) == 4
    assert {"Rate it", "Compare cost and quality"} <= set(labels(app))


def test_the_kind_stands_open_to_correction(fresh: Engine) -> None:
    app = importing("fragen.csv", ODD)
    app.radio[1].set_value(Kind.PROMPTS)
    run(app)
    do_import(app)
    assert "2 prompts came in, all of them new." in words(app)
    with Session(fresh) as session:
        assert len(session.exec(select(Prompt)).all()) == 2
        assert session.exec(select(Response)).all() == []


def test_a_log_without_answers_is_prompts_and_leads_on_to_candidates(fresh: Engine) -> None:
    app = importing("log.jsonl", LOG)
    assert app.radio[1].value == "prompts"
    do_import(app)
    assert "1 prompt came in" in words(app) or "1 prompts came in" in words(app)
    press(app, "datasets_import_next_0")
    assert app.title[0].value == "Candidates"


def test_votes_make_a_study_of_another_name_and_lead_to_its_board(full: tuple[Engine, Workspace]) -> None:
    app = importing("votes.jsonl", VOTE)
    box = next(box for box in app.selectbox if box.label == "Study")
    box.set_value("A new study …")
    run(app)
    next(field for field in app.text_input if field.label == "Name of the new study").input("Spring panel")
    run(app)
    do_import(app)
    engine, _ = full
    with Session(engine) as session:
        study = session.exec(select(Study).where(Study.name == "Spring panel")).one()
        assert session.exec(select(Vote.study_id)).all() == [study.id]
        assert "overall" in session.exec(select(Question.key).where(Question.study_id == study.id)).all()
    press(app, "datasets_import_next_0")
    assert app.title[0].value == "Leaderboard"
    assert "Spring panel" in next(box for box in app.selectbox if box.label == "Study").options


def test_templates_of_each_kind_are_offered(fresh: Engine) -> None:
    app = page("datasets.py", datasets_show="Import")
    assert len([button for button in app.get("download_button") if button.label in ("CSV", "JSONL")]) == 8


def test_a_pdf_is_told_what_to_be_saved_as(fresh: Engine) -> None:
    app = importing("handbook.pdf", b"%PDF-1.7 x")
    assert "Save it as CSV or JSONL" in app.error[0].value


def test_a_dataset_is_renamed_on_the_page(full: tuple[Engine, Workspace]) -> None:
    engine, _ = full
    app = press(page("datasets.py"), "datasets_rename_1")
    app.text_input(key="datasets_new_name").input("Help desk")
    next(button for button in app.button if button.label == "Rename" and button.key != "datasets_rename_1").click()
    run(app)
    with Session(engine) as session:
        assert session.exec(select(Dataset.name)).all() == ["Help desk"]
    assert "The dataset has its new name." in words(app)


def test_a_dataset_is_deleted_after_saying_what_goes(full: tuple[Engine, Workspace]) -> None:
    engine, _ = full
    app = press(page("datasets.py"), "datasets_delete_1")
    said = words(app)
    assert "6 prompts" in said
    assert "24 responses and their scores" in said
    press(app, "datasets_delete_yes")
    with Session(engine) as session:
        assert session.exec(select(Dataset)).all() == []
    assert "No prompts yet" in words(app)
