"""The recipes of docs/developing.md, run as they stand there: a provider, an evaluator, an import format."""

import io
import re
from datetime import UTC, datetime
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
