"""Files that users of comparable tools stumbled over, taken in by the real import into a real SQLite file."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select

from core.domain.scoring import contains, number_match
from core.errors import EvenhandError
from core.services.importing import ImportSummary, Kind, import_file
from core.services.scoring import subjects
from core.storage.engine import open_engine, reading
from core.storage.schema import upgrade
from core.storage.tables import metadata

NOW = datetime(2025, 6, 1, 12, tzinfo=UTC)
USER = "user"
P, R, V = Kind.PROMPTS, Kind.RESPONSES, Kind.VOTES
Row = dict[str, Any]


class Workspace:
    """An empty workspace and what was found to be otherwise than expected in it."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine, self.folder = engine, folder
        self.wrong: list[str] = []

    def take(self, file: str, kind: Kind, **more: Any) -> ImportSummary | None:
        """Import a file of the folder; a refusal is one thing otherwise than expected."""
        try:
            return import_file(self.engine, self.folder / file, kind, now=NOW, **more)
        except EvenhandError as error:
            self.expect(f"{file} as {kind}", "it to come in", f"'{error}'")
            return None

    def rows(self, table: str) -> list[Row]:
        """All rows of a table, in the order in which they came."""
        one = metadata.tables[table]
        with self.engine.connect() as connection:
            return [dict(row._mapping) for row in connection.execute(select(one).order_by(one.c.id))]

    def column(self, table: str, *names: str) -> list[Any]:
        """One value a row, or a tuple of several."""
        return [row[names[0]] if len(names) == 1 else tuple(row[name] for name in names) for row in self.rows(table)]

    def expect(self, what: str, expected: Any, got: Any) -> None:
        """Note where it is otherwise."""
        if expected != got:
            self.wrong.append(f"imports/{self.folder.name}: {what}: expected {expected}, got {got}")

    def left_out(self, file: str, summary: ImportSummary | None, count: int, line: int | None = None) -> None:
        """Expect so many records left out, and a note that names the first line."""
        if summary is None:
            return
        self.expect(f"{file} left out", count, summary.left_out)
        notes = " ".join(summary.notes)
        if line is not None and f"line {line}" not in notes and f"lines {line}" not in notes:
            self.expect(f"{file} notes", f"line {line} named", notes)


def wrong(folder: Path) -> Iterator[str]:
    """One line for each thing that is otherwise than the table beside the cases says; ``folder`` holds imports/."""
    for name, check in _CHECKS.items():
        for each in check if isinstance(check, tuple) else (check,):
            with _workspace(folder / "imports" / name) as workspace:
                try:
                    each(workspace)
                except Exception as error:
                    workspace.expect("the import", "no exception", repr(error))
                yield from workspace.wrong


@contextmanager
def _workspace(folder: Path) -> Iterator[Workspace]:
    with tempfile.TemporaryDirectory() as place:
        engine = open_engine(f"sqlite:///{Path(place) / 'evenhand.db'}")
        upgrade(engine)
        try:
            yield Workspace(engine, folder)
        finally:
            engine.dispose()


def _user(text: str) -> Row:
    return {"role": USER, "content": text}


def _system(text: str) -> Row:
    return {"role": "system", "content": text}


def _reference_per_turn(here: Workspace) -> None:
    here.take("question.jsonl", P, dataset="mt")
    here.take("answer.jsonl", R)
    names = dict(here.column("candidate", "id", "name"))
    owners = {row["id"]: names[row["candidate_id"]] for row in here.rows("response")}
    with reading(here.engine) as session:
        scored = subjects.read(session, list(owners))
    for kind in (contains.KIND, number_match.KIND):
        assert kind.score is not None
        values = {owners[each.response_id]: kind.score(each.subject, kind.params()).value for each in scored}
        here.expect(kind.key, {"m-wrong": 0.0, "m-right": 1.0}, values)


def _system_apart_in_a_log(here: Workspace) -> None:
    here.take("log.jsonl", R)
    expected = [
        [_system(said), _user("What is the fee?")]
        for said in ("Answer in German only.", "Answer in French only.", "Answer in one word.")
    ]
    here.expect("log.jsonl prompts", expected, here.column("prompt", "messages"))
    said = [["Die Gebühr ist 5 Euro."], ["Les frais sont de 5 euros."], ["Five."]]
    here.expect("log.jsonl answers", said, here.column("response", "turns"))


def _system_apart_in_a_batch(here: Workspace) -> None:
    here.take("batch.jsonl", P)
    asked = [_system("Answer in German only."), _user("What is the fee?")]
    here.expect("batch.jsonl prompts", [asked, asked], here.column("prompt", "messages"))


def _system_apart_in_langfuse(here: Workspace) -> None:
    here.take("langfuse.jsonl", R)
    asked = [_system("Answer in German only."), _user("What is the fee?")]
    here.expect("langfuse.jsonl prompts", [asked], here.column("prompt", "messages"))


def _json_references(here: Workspace) -> None:
    here.take("dataset.jsonl", P)
    expected = [['{"answer": "shipping", "confidence": 1}'], ['{"label": "shipping", "urgent": true}']]
    here.expect("dataset.jsonl references", expected, here.column("prompt", "reference"))
    asked = [[_user("Classify in JSON.")], [_user("Classify this in JSON.")]]
    here.expect("dataset.jsonl prompts", asked, here.column("prompt", "messages"))


def _json_answers_in_langfuse(here: Workspace) -> None:
    here.take("langfuse.jsonl", R)
    expected = [
        ['{"answer": "shipping", "confidence": 0.9}'],
        ['{"topic": "refund", "score": 3}'],
        ['["refund", "late"]'],
        ['{"order": 7, "status": "late", "carrier": "Post"}'],
    ]
    here.expect("langfuse.jsonl answers", expected, here.column("response", "turns"))


def _json_answers_in_a_log(here: Workspace) -> None:
    here.take("log.jsonl", R)
    expected = [['{"text": "shipping", "confidence": 0.9}'], ['{"order": 7, "carrier": "Post"}']]
    here.expect("log.jsonl answers", expected, here.column("response", "turns"))


def _all_messages(here: Workspace) -> None:
    for file, expected, references in (
        (
            "only.jsonl",
            [[_system("Name the quality that this advice is about, in one noun: speak plainly.")]],
            [["clarity"]],
        ),
        (
            "trailing.jsonl",
            [
                [
                    _system("You answer quiz questions."),
                    _user("Which river runs through Vienna?"),
                    _system("Reply with the name in capital letters only."),
                ]
            ],
            [["DANUBE"]],
        ),
        (
            "fewshot.jsonl",
            [
                [_system("Translate."), _system("Haus"), _system("house"), _user("Baum")],
                [_system("Yes or no?"), _user("Is 7 prime?")],
                [_system("Number?"), _user("2+2")],
            ],
            [["tree"], ["Yes", "yes"], ["4"]],
        ),
    ):
        before = len(here.rows("prompt"))
        here.take(file, P)
        here.expect(f"{file} prompts", expected, here.column("prompt", "messages")[before:])
        here.expect(f"{file} references", references, here.column("prompt", "reference")[before:])


def _pages(here: Workspace) -> None:
    for file in ("api.json", "api-pretty.json", "traces.json"):
        before = len(here.rows("response"))
        here.take(file, R)
        here.expect(f"{file} answers", [["On its way."]], here.column("response", "turns")[before:])
        here.expect(f"{file} prompts", [[_user("Where is my parcel?")]], here.column("prompt", "messages")[before:])
    here.expect("candidates", ["qwen3"], here.column("candidate", "name"))
    latencies = here.column("response", "latency_ms")
    here.expect("latencies", [12771.0] * 3, latencies)
    told = here.column("response", "input_tokens", "output_tokens", "ttft_ms")[-1:]
    here.expect("traces.json tokens and ttft", [(13, 353, 1212.0)], told)


def _model_missing(here: Workspace) -> None:
    file = "one-model-missing.jsonl"
    summary = here.take(file, R)
    here.left_out(file, summary, 1, 2)
    here.expect(f"{file} answers", [["On its way."]], here.column("response", "turns"))


def _buckets(here: Workspace) -> None:
    here.take("usage.jsonl", R)
    names = ("input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens")
    expected = [(2495, 291, 2304, 200), (9105, 12, 9000, None), (40, 9, None, None)]
    here.expect("usage.jsonl tokens", expected, here.column("response", *names))
    times = here.column("response", "latency_ms", "ttft_ms")[-1:]
    here.expect("usage.jsonl times", [(12771.0, 1212.0)], times)


def _one_answer_in_many_battles(here: Workspace) -> None:
    here.take("battles.jsonl", R)
    names = dict(here.column("candidate", "id", "name"))
    found = {(names[row["candidate_id"]], *row["turns"]) for row in here.rows("response")}
    expected = {("alpha", "Apple.", "Pear."), ("beta", "Fig.", "Plum."), ("gamma", "Kiwi.", "Lime.")}
    here.expect("battles.jsonl responses", (3, expected), (len(here.rows("response")), found))
    here.take("battles.jsonl", V)
    here.expect("battles.jsonl votes", [1, 2, 0], here.column("vote", "outcome"))


def _battles(file: str, odd: int, answers: list[list[str]], outcomes: list[int], total: int) -> Any:
    def check(here: Workspace) -> None:
        summary = here.take(file, R)
        here.left_out(file, summary, total, odd if total else None)
        here.expect(f"{file} answers", answers, here.column("response", "turns"))
        summary = here.take(file, V)
        here.left_out(f"{file} votes", summary, total, odd if total else None)
        here.expect(f"{file} votes", outcomes, here.column("vote", "outcome"))

    return check


def _excel(here: Workspace) -> None:
    here.take("excel.csv", P)
    expected = [[_user("Wo ist mein Paket?\r\nBitte schnell.")], [_user("Hallo")]]
    here.expect("excel.csv prompts", expected, here.column("prompt", "messages"))
    here.expect("excel.csv categories", ["versand", "versand"], here.column("prompt", "category"))


def _pretty(here: Workspace) -> None:
    here.take("pretty.json", P)
    here.expect("pretty.json prompts", [("q1", [_user("Hallo")])], here.column("prompt", "external_id", "messages"))


def _json_cells(here: Workspace) -> None:
    for file, expected in (
        ("ref-list.csv", "[2, 3, 5]"),
        ("ref-object.csv", '{"order": 7, "status": "late"}'),
        ("ref-textlist.csv", '["refund", "late"]'),
    ):
        here.take(file, P)
        here.expect(f"{file} reference", [[expected]], here.column("prompt", "reference")[-1:])


def _times(here: Workspace) -> None:
    here.take("p.csv", P)
    noon = datetime(2025, 3, 1, 12, tzinfo=UTC)
    for file, expected in (
        ("times.csv", noon),
        ("times2.csv", noon.replace(microsecond=123456)),
        ("times3.csv", noon.replace(microsecond=123000)),
        ("times4.csv", noon),
        ("times5.csv", noon.replace(microsecond=123456)),
        ("times6.csv", noon.replace(hour=0)),
    ):
        with _workspace(here.folder) as other:
            other.take("p.csv", P)
            other.take(file, R)
            other.expect(f"{file} time", [expected], other.column("response", "created_at"))
            here.wrong += other.wrong


def _cut_off(file: str, **told: Any) -> Any:
    def check(here: Workspace) -> None:
        if file == "batch.jsonl":
            here.take("batch-in.jsonl", P, dataset="batch")
        here.take(file, R)
        expected = {"turns": ["Once upon a time there"], "finish_reason": "length"} | told
        found = [{name: row[name] for name in expected} for row in here.rows("response")]
        here.expect(file, [expected], found)

    return check


def _thinking(here: Workspace) -> None:
    here.take("log.jsonl", R)
    here.expect("log.jsonl answers", [["It is 5 euros."], ["Five euros."]], here.column("response", "turns"))
    here.expect("log.jsonl output", [18, None], here.column("response", "output_tokens"))


def _refusal(here: Workspace) -> None:
    here.take("log.jsonl", R)
    expected = [
        (["I'm sorry, I can't assist with that."], "refusal"),
        ([""], "content_filter"),
        (["Hi"], "stop"),
    ]
    here.expect("log.jsonl answers", expected, here.column("response", "turns", "finish_reason"))
    first = [_system("Be brief."), _user("How do I pick a lock?")]
    here.expect("log.jsonl first prompt", [first], here.column("prompt", "messages")[:1])


_USAGE = {"input_tokens": 12, "output_tokens": 20}
_CHECKS: dict[str, Any] = {
    "65-mtbench-reference-per-turn": _reference_per_turn,
    "66-system-apart": (_system_apart_in_a_log, _system_apart_in_a_batch, _system_apart_in_langfuse),
    "67-json-text-answer": (_json_references, _json_answers_in_langfuse, _json_answers_in_a_log),
    "68-evals-system-only": _all_messages,
    "69-langfuse-traces": (_pages, _model_missing),
    "70-langfuse-cached": _buckets,
    "71-mtbench-human-judgments": _one_answer_in_many_battles,
    "72-arena-140k": (
        _battles("battles.jsonl", 2, [["Apple."], ["Fig."], ["Red."], ["Blue."]], [3, 0], 1),
        _battles("one.jsonl", 0, [["Apple."], ["Fig."]], [3], 0),
    ),
    "74-arena-55k": (
        _battles("battles.csv", 2, [["Apple."], ["Fig."], ["ok"], ["fine"]], [2, 1], 1),
        _battles("two.csv", 0, [["Apple."], ["Fig."]], [2], 0),
    ),
    "86-csv": (_excel, _pretty),
    "87-json-cells": (_json_cells, _times),
    "88-truncated-imports": (
        _cut_off("batch.jsonl", **_USAGE),
        _cut_off("langfuse.jsonl"),
        _cut_off("langsmith-lc.jsonl", **_USAGE),
        _cut_off("langsmith-wrap.jsonl", cached_tokens=8, reasoning_tokens=8, ttft_ms=400.0, **_USAGE),
    ),
    "89-thinking-blocks": _thinking,
    "93-openai-refusal-field": _refusal,
}
