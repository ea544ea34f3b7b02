"""Keys, seen from outside: unguessable ones, sent back by an endpoint, and not one of them in anything we keep or show.

The endpoint sends a harmless word along with every key: where that word is found and the key is not, we looked.
"""

import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.services import runs
from core.services.candidates import candidates
from core.services.candidates.drafts import CandidateDraft
from core.services.scoring import evaluators
from core.settings import PROJECT_ROOT
from core.storage.engine import reading, write
from core.storage.tables import Prompt, Run
from core.ui.shared.navigation import REGISTRY
from tests.browser.conftest import settle
from tests.browser.frames import Recorder
from tests.browser.server import Server
from tests.browser.visitor import asked
from tests.echo import WITNESS, EchoServer, echoing
from tests.long import times
from tests.speed import patience_s
from tests.workspace import NOW, make_workspace

pytestmark = pytest.mark.browser
VARIABLES = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "HOUSE_ACCESS")
ASKED = {
    "Alder": ("openai", "echo-text", "OPENAI_API_KEY"),
    "Birch": ("openai", "echo-401", "HOUSE_ACCESS"),
    "Cedar": ("openai", "echo-redirect", "HOUSE_ACCESS"),
    "Dogwood": ("anthropic", "echo-stream-error", "ANTHROPIC_API_KEY"),
    "Elm": ("anthropic", "echo-text", "ANTHROPIC_API_KEY"),
    "Fir": ("openai", "echo-malformed", "OPENAI_API_KEY"),
    "Gorse": ("openai", "echo-stall", "OPENAI_API_KEY"),
    "Hazel": ("openai", "echo-500", "OPENAI_API_KEY"),
}
TRIED_ON_THE_PAGE = ("Birch", "Dogwood", "Alder", "Cedar", "Elm")[: times(2, long=5)]


@pytest.fixture
def echo() -> Iterator[EchoServer]:
    with echoing() as server:
        yield server


@pytest.fixture
def keys() -> dict[str, str]:
    """A key for each variable, one of them with signs that an address writes otherwise."""
    return {
        "OPENAI_API_KEY": f"Canary{secrets.token_hex(12)}",
        "ANTHROPIC_API_KEY": f"Canary/+{secrets.token_hex(12)}==",
        "HOUSE_ACCESS": f"Canary.{secrets.token_hex(12)}",
    }


@pytest.fixture
def studio(
    make_server: Callable[..., Server], echo: EchoServer, keys: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Server:
    """A server that has the keys, with candidates and a judge behind the endpoint that sends them back."""
    monkeypatch.setenv("EVENHAND_KEY_VARIABLES", "HOUSE_ACCESS")
    server = make_server(**keys)
    make_workspace(server.engine, prompts=1, candidates=1)
    for name, (provider, model, variable) in ASKED.items():
        base_url = f"{echo.address}/v1" if provider == "openai" else echo.address
        draft = CandidateDraft(name=name, provider=provider, model=model, base_url=base_url, api_key_env=variable)
        write(server.engine, lambda session, draft=draft: candidates.define(session, draft, now=NOW))
    judge = {"provider": "openai", "model": "echo-judge", "base_url": f"{echo.address}/v1"}
    judge |= {"api_key_env": "HOUSE_ACCESS", "may_judge_own_family": True}
    write(server.engine, lambda session: evaluators.add(session, "llm_judge", "Judge", judge, NOW))
    return server


def evaluate(server: Server, keys: dict[str, str], log: Path) -> Run:
    """An evaluation by all candidates, carried out by a worker as the app starts it."""
    with reading(server.engine) as session:
        dataset_id = session.get_one(Prompt, 1).dataset_id
        asked = [line.id for line in candidates.listed(session, NOW) if line.candidate.name in ASKED]
    order = runs.RunOrder(dataset_id, asked, deadline_s=min(patience_s(8), 20))
    run = write(server.engine, lambda session: runs.plan(session, order, now=datetime.now(UTC)))
    environment = os.environ | keys | {"EVENHAND_DATABASE_URL": server.database}
    with log.open("wb") as output:
        command = [sys.executable, "-m", "core.services.runs.worker"]
        with subprocess.Popen(
            command, cwd=PROJECT_ROOT, env=environment, stdin=subprocess.PIPE, stdout=output, stderr=output
        ) as worker:
            worker.wait(150)
    with reading(server.engine) as session:
        return session.get_one(Run, run.id)


def try_on_the_page(page: Page, server: Server, name: str) -> None:
    """A test call, until there is an answer or an error."""
    page.goto(f"{server.address}/candidates?candidates_candidate={name}")
    settle(page)
    page.get_by_role("button", name="Ask it").click()
    went = page.get_by_text("Answered by").or_(page.get_by_test_id("stAlert"))
    expect(went.first).to_be_visible(timeout=patience_s(40) * 1000)
    settle(page)


def test_keys_that_an_endpoint_sends_back_are_nowhere(
    studio: Server, echo: EchoServer, keys: dict[str, str], page: Page, tmp_path: Path
):
    run = evaluate(studio, keys, tmp_path / "worker.log")
    assert (run.responses, run.failed) == (2, len(ASKED) - 2), run.problem
    recorder = Recorder()
    recorder.attach(page)
    studio.start()
    for name in TRIED_ON_THE_PAGE:
        try_on_the_page(page, studio, name)
    load_test(page, studio)
    for path in ("datasets?datasets_show=Evaluators", "candidates?candidates_show=Prices"):
        page.goto(f"{studio.address}/{path}")
        settle(page)
    for entry in REGISTRY:
        recorder.seen += asked(studio, entry.url_path).seen
    studio.stop()

    assert echo.keys >= set(keys.values()), "not every key was used"
    recorder.assert_absent(keys.values())
    assert len(recorder.contains(WITNESS)) >= len(TRIED_ON_THE_PAGE)
    kept = stored(studio)
    assert WITNESS.encode() in kept
    written = studio.output() + (tmp_path / "worker.log").read_text(errors="replace")
    for name, key in keys.items():
        assert key.encode() not in kept, name
        assert key.casefold() not in written.casefold(), name


def load_test(page: Page, server: Server) -> None:
    """A short load test from the page, to its end."""
    page.goto(f"{server.address}/candidates?candidates_show=Load test")
    settle(page)
    page.get_by_role("textbox", name="Requests per second").fill("2")
    page.get_by_label("Seconds at each rate").fill("1")
    page.get_by_label("Seconds at each rate").press("Enter")
    expect(page.get_by_text("About 12 requests")).to_be_visible()
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text("What was measured")).to_be_visible(timeout=patience_s(60) * 1000)
    settle(page)


def stored(server: Server) -> bytes:
    """The database file with its log, byte by byte."""
    file = Path(server.database.removeprefix("sqlite:///"))
    return b"".join(path.read_bytes() for path in sorted(file.parent.glob(f"{file.name}*")))
