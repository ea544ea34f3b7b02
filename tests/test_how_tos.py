"""The recipes of docs/developing.md, run as they stand there, some of them in a copy of the project."""

import io
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from core.domain.scoring.base import Subject
from core.providers import presets
from core.providers.base import Preset
from core.providers.quirks import Quirk
from core.services.importing import Kind, import_file
from core.services.importing.formats import FORMATS
from core.services.scoring import evaluators, registry, service
from core.settings import PROJECT_ROOT
from core.storage.engine import reading, write
from core.storage.tables import Prompt, Response, Score
from tests.workspace import make_workspace

RECIPES = (PROJECT_ROOT / "docs" / "developing.md").read_text(encoding="utf-8")
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def block(path: str) -> str:
    """The recipe's code for the file ``path``, which its first line names."""
    found = re.search(rf"```python\n# {re.escape(path)}\n(.*?)```", RECIPES, re.DOTALL)
    assert found, f"no recipe shows {path}"
    return found.group(1)


def module(path: str) -> ModuleType:
    made = ModuleType(path.removesuffix(".py").replace("/", "."))
    exec(compile(block(path), path, "exec"), made.__dict__)
    return made


def test_a_preset_is_one_line_and_then_a_candidate_may_name_it(monkeypatch: pytest.MonkeyPatch):
    line = eval(block("core/providers/presets.py"), {"Preset": Preset, "Quirk": Quirk})
    monkeypatch.setattr(presets, "PRESETS", (*presets.PRESETS, line))
    endpoint = presets.endpoint_of("acme", "acme-large", {})
    assert (endpoint.base_url, endpoint.api_key_env) == ("https://api.acme.example/v1", "ACME_API_KEY")
    assert Quirk.NO_SEED in endpoint.quirks


def test_an_evaluator_is_one_file_and_one_line(engine: Engine, monkeypatch: pytest.MonkeyPatch):
    kind = module("core/domain/scoring/polite_close.py").KIND
    assert kind.score(Subject(["Hello."], category="coding"), kind.defaults).applies is False
    monkeypatch.setattr(registry, "KINDS", (*registry.KINDS, kind))
    monkeypatch.setitem(registry._BY_KEY, kind.key, kind)
    workspace = make_workspace(engine, prompts=2, candidates=1)
    added = write(engine, lambda session: evaluators.add(session, kind.key, "Polite close", {}, NOW))
    with reading(engine) as session:
        ids = list(session.exec(select(Response.id)))
    service.score_responses(engine, ids, now=NOW)
    with reading(engine) as session:
        scores = session.exec(select(Score).where(Score.evaluator_id == added.id).order_by(Score.response_id)).all()
    assert [(score.value, score.applies) for score in scores] == [(0.0, True), (None, False)]
    assert workspace.prompts and scores[0].reason == "'Kind regards' is missing"


def test_a_format_is_one_file_and_one_line(engine: Engine, monkeypatch: pytest.MonkeyPatch):
    made: Any = module("core/services/importing/formats/tickets.py").FORMAT
    monkeypatch.setitem(FORMATS, made.name, made)
    tickets = io.BytesIO(b'{"ticket": "T-1", "question": "Where is my order?"}\n')
    assert import_file(engine, tickets, Kind.PROMPTS, name="tickets.jsonl", now=NOW).created == 1
    with reading(engine) as session:
        prompt = session.exec(select(Prompt)).one()
    assert (prompt.external_id, prompt.messages[0]["content"]) == ("T-1", "Where is my order?")


FACT_IN_A_COPY = """
import io, sys
from datetime import UTC, datetime
from pathlib import Path
from core.domain.answering import FinishReason, Timings
from core.providers.base import Completion
from core.providers.openai_compatible import usage_of
from core.services import quality
from core.services.datasets.exporting import export_responses
from core.services.importing import Kind, import_file
from core.services.quality.text import report_rows
from core.services.runs.unit_history import UnitHistory, answer_of, response_row
from core.services.runs.work_order import Unit
from core.storage.engine import open_engine, reading, write
from core.storage.schema import upgrade
from core.storage.tables import Dataset, Study

now = datetime(2026, 11, 22, tzinfo=UTC)
usage = usage_of({"completion_tokens_details": {"audio_tokens": 7}})
said = answer_of(Completion("Hi.", FinishReason.STOP, Timings(1.0), usage), FinishReason.STOP)
assert response_row(1, Unit(1, 1, 0), UnitHistory([said, said]), now)["audio_tokens"] == 14

engine = open_engine(sys.argv[1])
upgrade(engine)
prompt = b'{"id": "p", "turns": ["Hello?"]}'
import_file(engine, io.BytesIO(prompt), Kind.PROMPTS, name="d.jsonl", dataset="d", now=now)
answer = b'{"prompt_id": "p", "candidate": "c", "text": "Hi.", "audio_tokens": 5}'
import_file(engine, io.BytesIO(answer), Kind.RESPONSES, name="r.jsonl", dataset="d", now=now)
out = io.BytesIO()
with reading(engine) as session:
    export_responses(session, Study(name="all"), "jsonl", out)
    [whole, _] = report_rows(quality.report(session, quality.Scope(1)))
assert b'"audio_tokens": 5' in out.getvalue(), out.getvalue()
assert whole["audio_tokens"] == 5, whole
"""


def test_a_fact_of_a_response_is_four_lines_and_a_migration(tmp_path: Path):
    for folder in ("core", "pages"):
        shutil.copytree(PROJECT_ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT_ROOT / "pyproject.toml", tmp_path)
    for path in (
        "core/domain/answering.py",
        "core/providers/openai_compatible.py",
        "core/storage/tables/evaluation.py",
        "core/storage/tables/compared.py",
    ):
        _beneath(tmp_path / path, "reasoning_tokens", block(path))
    migration = "core/storage/migrations/versions/0006_audio_tokens.py"
    (tmp_path / migration).write_text(block(migration))
    command = [sys.executable, "-c", FACT_IN_A_COPY, f"sqlite:///{tmp_path}/evenhand.db"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


def _beneath(path: Path, name: str, line: str) -> None:
    """Add ``line`` beneath the one that begins with ``name``."""
    before = path.read_text(encoding="utf-8")
    found = re.search(rf"^ +{name}\b.*\n", before, re.MULTILINE)
    assert found, f"{path} has no {name}"
    path.write_text(before[: found.end()] + line + before[found.end() :], encoding="utf-8")
