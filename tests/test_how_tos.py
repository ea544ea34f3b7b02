"""The recipes of docs/developing.md, run as they stand there, some of them in a copy of the project."""

import io
import os
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
from tests.speed import patience_s
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
    assert kind.score(Subject(["Hello."], category="coding"), kind.params()).applies is False
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


WORDIEST_IN_A_COPY = """
import io, os, sys
from datetime import UTC, datetime
from streamlit.testing.v1 import AppTest
from typer.testing import CliRunner
from core.cli import app
from core.services.importing import Kind, import_file
from core.storage.engine import get_engine
from core.storage.schema import upgrade

engine, now = get_engine(), datetime(2026, 11, 22, tzinfo=UTC)
upgrade(engine)
prompts = b'{"id": "p", "turns": ["Hello?"]}\\n{"id": "q", "turns": ["How are you?"]}'
import_file(engine, io.BytesIO(prompts), Kind.PROMPTS, name="d.jsonl", dataset="d", now=now)
answers = b'{"prompt_id": "p", "candidate": "c", "text": "Hi."}\\n'
answers += b'{"prompt_id": "q", "candidate": "c", "text": "Very well, thank you."}'
import_file(engine, io.BytesIO(answers), Kind.RESPONSES, name="r.jsonl", dataset="d", now=now)
said = CliRunner().invoke(app, ["wordiest"])
assert (said.exit_code, said.output) == (0, "4 q\\n1 p\\n"), said.output
page = AppTest.from_file("pages/shell.py", default_timeout=60).run().switch_page("wordiest.py").run()
assert not page.exception, page.exception
assert page.title[0].value == "Wordiest"
assert page.dataframe[0].value["Words"].tolist() == [4, 1]
"""


RULE_IN_A_COPY = """
import sys
from sqlmodel import select
from core.services.watching import rules
from core.storage.engine import open_engine, reading
from core.storage.schema import upgrade
from core.storage.tables import Alert

engine = open_engine(sys.argv[1])
upgrade(engine)
assert (rules.look(engine), rules.look(engine)) == (1, 0), "told once"
with reading(engine) as session:
    assert session.exec(select(Alert.title)).all() == ["No champion is named"]
"""


TOUCHED = {
    "a provider": ["core/providers/presets.py"],
    "a fact of a response": [
        "core/domain/answering.py",
        "core/providers/openai_compatible.py",
        "core/storage/tables/evaluation.py",
        "core/storage/tables/compared.py",
        "core/storage/migrations/versions/0015_audio_tokens.py",
    ],
    "a metric": ["core/services/quality/measures.py"],
    "an evaluator": ["core/domain/scoring/polite_close.py", "core/services/scoring/registry.py"],
    "an import format": [
        "core/services/importing/formats/tickets.py",
        "core/services/importing/formats/__init__.py",
    ],
    "a rule of alerts": [
        "core/services/watching/rules/championless.py",
        "core/domain/alerts.py",
        "core/services/watching/rules/registry.py",
    ],
    "a service": ["core/services/datasets/wordiest.py"],
    "a command": ["core/cli/wordiest.py", "core/cli/__init__.py"],
    "a page": [
        "pages/wordiest.py",
        "core/ui/wordiest/page.py",
        "core/ui/shared/navigation.py",
        "core/ui/wordiest/__init__.py",
        "pyproject.toml",
    ],
}
"""By recipe: the files with code to write, then those that take a line without one being shown."""


def test_a_recipe_touches_few_files_and_shows_what_goes_into_each():
    recipes = dict(re.findall(r"^### Adding ([^\n]+)\n(.*?)(?=^##)", RECIPES, re.DOTALL | re.MULTILINE))
    assert set(recipes) == set(TOUCHED)
    for recipe, text in recipes.items():
        shown = re.findall(r"^```python\n# (\S+)$", text, re.MULTILINE)
        assert TOUCHED[recipe][: len(shown)] == shown
        lines = [path for path in TOUCHED[recipe][len(shown) :] if not path.endswith("wordiest/__init__.py")]
        assert all(f"`{path}`" in text for path in lines), recipe
        print(f"{recipe}: {', '.join(TOUCHED[recipe])}")


def test_a_fact_of_a_response_is_four_lines_and_a_migration(tmp_path: Path):
    copied(tmp_path)
    for path in (
        "core/domain/answering.py",
        "core/providers/openai_compatible.py",
        "core/storage/tables/evaluation.py",
        "core/storage/tables/compared.py",
    ):
        _beneath(tmp_path / path, r"^ +reasoning_tokens\b", block(path))
    write_block(tmp_path, "core/storage/migrations/versions/0015_audio_tokens.py")
    in_copy(tmp_path, sys.executable, "-c", FACT_IN_A_COPY, f"sqlite:///{tmp_path}/evenhand.db")


def test_a_rule_of_alerts_is_one_file_its_words_and_one_line(tmp_path: Path):
    copied(tmp_path)
    write_block(tmp_path, "core/services/watching/rules/championless.py")
    alerts, registry = (tmp_path / f"core/{path}.py" for path in ("domain/alerts", "services/watching/rules/registry"))
    _beneath(alerts, r'^    SCHEDULE = "schedule"', '    CHAMPIONLESS = "championless"\n')
    _beneath(alerts, r"^    AlertKind.SCHEDULE:", block("core/domain/alerts.py"))
    registry.write_text(
        registry.read_text()
        .replace("import agreement, champion, ", "import agreement, champion, championless, ", 1)
        .replace("    missed.MISSED,\n", "    missed.MISSED,\n    championless.CHAMPIONLESS,\n", 1)
    )
    in_copy(tmp_path, sys.executable, "-c", RULE_IN_A_COPY, f"sqlite:///{tmp_path}/evenhand.db")


def test_a_service_a_command_and_a_page_are_a_file_each_and_their_lines(tmp_path: Path):
    copied(tmp_path)
    for path in (
        "core/services/datasets/wordiest.py",
        "core/cli/wordiest.py",
        "pages/wordiest.py",
        "core/ui/wordiest/page.py",
    ):
        write_block(tmp_path, path)
    (tmp_path / "core/ui/wordiest/__init__.py").touch()
    navigation = "core/ui/shared/navigation.py"
    _beneath(tmp_path / navigation, r'^ +PageEntry\("raters.py"', block(navigation))
    commands, settings = tmp_path / "core/cli/__init__.py", tmp_path / "pyproject.toml"
    commands.write_text(commands.read_text().replace("    serving,\n", "    serving,\n    wordiest,\n", 1))
    settings.write_text(settings.read_text().replace('| studies"', '| studies | wordiest"', 1))
    in_copy(tmp_path, sys.executable, "-c", WORDIEST_IN_A_COPY)
    in_copy(tmp_path, str(Path(sys.executable).with_name("lint-imports")))


def copied(folder: Path) -> None:
    """Copy what a recipe changes into ``folder``."""
    for name in ("core", "pages"):
        shutil.copytree(PROJECT_ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT_ROOT / "pyproject.toml", folder)


def write_block(folder: Path, path: str) -> None:
    """Write the recipe's code for the file ``path`` there."""
    (folder / path).parent.mkdir(exist_ok=True)
    (folder / path).write_text(block(path), encoding="utf-8")


def in_copy(folder: Path, *command: str) -> None:
    """Run ``command`` in the copy; it ends with 0."""
    environment = os.environ | {"PYTHONPATH": str(folder), "EVENHAND_DATABASE_URL": f"sqlite:///{folder}/own.db"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=patience_s(120), check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _beneath(path: Path, begins: str, line: str) -> None:
    """Add ``line`` beneath the one that begins so."""
    before = path.read_text(encoding="utf-8")
    found = re.search(rf"{begins}.*\n", before, re.MULTILINE)
    assert found, f"{path} has no line that begins with {begins}"
    path.write_text(before[: found.end()] + line + before[found.end() :], encoding="utf-8")
