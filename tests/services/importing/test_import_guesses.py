"""What a file holds is guessed from its content, and templates and odd tables come in as they are."""

from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from core.errors import BadFile
from core.services.importing import ImportSummary, Kind, import_file
from core.services.importing import look as file_look
from core.services.importing import templates as kinds_templates
from core.services.importing.columns import answer_columns
from core.storage.tables import Candidate, Prompt, Response
from tests.workspace import NOW

USER = '{"role": "user", "content": "Where is my order?"}'
SAID = '{"role": "assistant", "content": "On its way."}'
GUESSES: dict[str, tuple[str, Kind]] = {
    "log without answers": (f'{{"model": "m", "messages": [{USER}]}}', Kind.PROMPTS),
    "log with answers": (f'{{"model": "m", "messages": [{USER}, {SAID}]}}', Kind.RESPONSES),
    "answers of nobody": (f'{{"messages": [{USER}, {SAID}]}}', Kind.PROMPTS),
    "exported prompts": (f'{{"id": "1", "messages": [{USER}]}}', Kind.PROMPTS),
    "questions alone": ("Question\nWhere is it?\n", Kind.PROMPTS),
    "questions and categories": ("Kundenfrage;Kategorie\nWo ist es?;Versand\n", Kind.PROMPTS),
    "question and right answer": ("Question,Expected answer\nWhere?,Here\n", Kind.PROMPTS),
    "a column for each": ("Kundenfrage;Antwort Modell A;Antwort Modell B\nWo?;Hier;Dort\n", Kind.RESPONSES),
    "a column of names": ("ID,Question,Model,Response\n1,Where?,gpt,Here\n", Kind.RESPONSES),
    "ballots": ("item,Model A,Model B,Preferred\n1,a,b,left\n", Kind.VOTES),
    "candidates": ("Title,Provider,Model\na,openai,gpt\n", Kind.CANDIDATES),
}


def look(text: str, name: str) -> file_look.FileLook:
    return file_look.look_into_file(BytesIO(text.encode()), name=name)


def take(engine: Engine, content: bytes, kind: Kind, name: str, **more: Any) -> ImportSummary:
    return import_file(engine, BytesIO(content), kind, name=name, now=NOW, **more)


@pytest.mark.parametrize("name", GUESSES)
def test_the_kind_follows_from_the_content(name: str) -> None:
    text, kind = GUESSES[name]
    assert look(text, "export.csv" if text[0] != "{" else "export.jsonl").guess() is kind


def test_a_name_decides_only_between_kinds_that_can_be_read() -> None:
    log, _ = GUESSES["log without answers"]
    assert look(log, "responses.jsonl").guess() is Kind.PROMPTS
    answered, _ = GUESSES["log with answers"]
    assert look(answered, "prompts.jsonl").guess() is Kind.PROMPTS


def test_a_table_with_a_column_of_answers_for_each_candidate_brings_prompts_and_answers(engine: Engine) -> None:
    text = (
        "Kundenfrage;Bereich;Antwort Modell A;Antwort Modell B\n"
        "Wo ist meine Bestellung?;Versand;Unterwegs.;Bitte die Nummer.\n"
        "Kann ich umtauschen?;Retouren;Ja.;\n"
    )
    found = look(text, "fragen.csv")
    assert found.answers == {"Modell A": "Antwort Modell A", "Modell B": "Antwort Modell B"}
    assert found.sample("Kundenfrage") == "Wo ist meine Bestellung?"
    columns = found.likely_wide_columns() | answer_columns(found.answers) | {"category": "Bereich"}
    assert file_look.missing_fields(found, Kind.RESPONSES, columns) == []
    done = take(engine, text.encode(), Kind.RESPONSES, "fragen.csv", dataset="fragen", columns=columns)
    assert (done.created, done.dataset) == (3, "fragen")
    with Session(engine) as session:
        asked = session.exec(select(Prompt.category, Prompt.messages).order_by(Prompt.id)).all()
        assert set(session.exec(select(Candidate.name))) == {"Modell A", "Modell B"}
        assert [turns for (turns,) in session.exec(select(Response.turns).order_by(Response.id))] == [
            "Unterwegs.", "Bitte die Nummer.", "Ja.",
        ]  # fmt: skip
    assert asked[0] == ("Versand", [{"role": "user", "content": "Wo ist meine Bestellung?"}])
    assert take(engine, text.encode(), Kind.RESPONSES, "fragen.csv", dataset="fragen", columns=columns).already_imported


def test_a_table_with_the_candidates_names_in_a_column_brings_prompts_and_answers(engine: Engine) -> None:
    from core.services.importing.columns import with_prompts

    text = "ID,Question,Model,Response\n1,Where?,gpt,Here\n1,Where?,claude,There\n2,When?,gpt,Now\n"
    found = look(text, "answers.csv")
    columns = with_prompts(found.likely_columns(Kind.RESPONSES))
    assert columns == {"id": "ID", "turns": "Question", "candidate": "Model", "text": "Response"}
    assert file_look.missing_fields(found, Kind.RESPONSES, columns) == []
    assert take(engine, text.encode(), Kind.RESPONSES, "answers.csv", columns=columns).created == 3
    with Session(engine) as session:
        assert session.exec(select(Prompt.external_id).order_by(Prompt.id)).all() == ["1", "2"]


def test_prompts_without_ids_are_told_by_their_text(engine: Engine) -> None:
    text = b"Question,Topic\nWhere?,a\nWhen?,b\nWhere?,a\n"
    columns = {"turns": "Question", "category": "Topic"}
    done = take(engine, text, Kind.PROMPTS, "q.csv", columns=columns)
    assert done.created == 2
    assert any("more than once" in note for note in done.notes)
    lines = b'{"q": "Where?", "topic": "a"}\n{"q": "When?", "topic": "b"}\n'
    mapped = take(engine, lines, Kind.PROMPTS, "q.jsonl", columns={"turns": "q", "category": "topic"}, dataset="other")
    assert mapped.created == 2
    assert take(engine, b"turns\nOne column\n", Kind.PROMPTS, "one.csv").created == 1


@pytest.mark.parametrize("format", ["csv", "jsonl"])
def test_every_template_comes_in_as_it_is(engine: Engine, format: str) -> None:
    for kind in (Kind.CANDIDATES, Kind.PROMPTS, Kind.RESPONSES, Kind.VOTES):
        content = kinds_templates.template(kind, format)
        found = file_look.look_into_file(BytesIO(content), name=f"evenhand-{kind}.{format}")
        assert found.guess() is kind
        assert kind in found.reads
        assert take(engine, content, kind, f"evenhand-{kind}.{format}", dataset="mine").created == 2


@pytest.mark.parametrize(
    ("name", "head", "says"),
    [
        ("log.pdf", b"%PDF-1.7\n", "a PDF document. Save it as CSV or JSONL"),
        ("log.xlsx", b"PK\x03\x04\x14\x00", "an Excel workbook. Save it as CSV or JSONL"),
        ("log", b"PK\x03\x04\x14\x00\x06\x00[Content_Types].xml xl/workbook.xml", "an Excel workbook. Save it as CSV"),
        ("log.docx", b"PK\x03\x04\x14\x00", "a Word document. Save it as CSV or JSONL"),
        ("log.ods", b"PK\x03\x04\x14\x00", "a spreadsheet. Save it as CSV or JSONL"),
        ("log.zip", b"PK\x03\x04\x14\x00", "a zip archive. Unpack it"),
        ("log.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document. Save it as CSV or JSONL"),
        ("log.rtf", b"{\\rtf1\\ansi", "a rich-text document. Save it as CSV or JSONL"),
        ("log.html", b"<!DOCTYPE html><html>", "a web page or XML. Save it as CSV or JSONL"),
        ("log.png", b"\x89PNG\r\n\x1a\n\x00\x00", "an image. Only text can be compared. Save it as CSV or JSONL"),
        ("log.jpg", b"\xff\xd8\xff\xe0\x00\x10JFIF", "an image. Only text can be compared. Save it as CSV or JSONL"),
    ],
)
def test_what_is_no_table_says_what_to_save_it_as(name: str, head: bytes, says: str) -> None:
    with pytest.raises(BadFile) as caught:
        file_look.look_into_file(BytesIO(head + b"x" * 100), name=name)
    assert says in str(caught.value)
    assert str(caught.value).startswith(f"{name}: It is ")


def test_the_same_file_by_another_mapping_is_other_content_wherever_its_prompts_are(engine: Engine) -> None:
    prompts = b'{"id": "p1", "turns": ["Where?"]}\n'
    take(engine, prompts, Kind.PROMPTS, "p.jsonl", dataset="d")
    answers = b'{"prompt_id": "p1", "candidate": "a", "text": "Here.", "other": "There."}\n'
    by_hand = {"text": "other"}
    assert take(engine, answers, Kind.RESPONSES, "r.jsonl", columns=by_hand).created == 1
    assert take(engine, answers, Kind.RESPONSES, "r.jsonl").created == 1
    assert take(engine, answers, Kind.RESPONSES, "r.jsonl", columns=by_hand).already_imported
    assert take(engine, answers, Kind.RESPONSES, "r.jsonl").already_imported
