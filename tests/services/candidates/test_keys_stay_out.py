"""Keys that endpoints send back reach no table, no error text and no log, whichever way they come back."""

import logging
import secrets

import pytest
from sqlalchemy import Engine, select
from sqlmodel import col
from sqlmodel import select as choose

from core.services import runs
from core.services.asking.trial import try_out
from core.services.candidates import candidates
from core.services.candidates.drafts import CandidateDraft, EndpointDraft
from core.services.scoring import evaluators
from core.storage.engine import reading, write
from core.storage.tables import Attempt, Candidate, JudgeCall, Prompt, Response, metadata
from tests.echo import WAYS, WITNESS, EchoServer
from tests.workspace import NOW, make_workspace

VARIABLES = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "HOUSE_ACCESS")
DEADLINE_S = 3.0
ONE_TRY = ("text", "401", "redirect")


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A key in each variable: plain, with signs that URLs and JSON write otherwise, and under a harmless name."""
    made = [f"Canary{secrets.token_hex(10)}", f"Canary/+{secrets.token_hex(10)}==", f"Canary.{secrets.token_hex(10)}"]
    found = dict(zip(VARIABLES, made, strict=True))
    for name, key in found.items():
        monkeypatch.setenv(name, key)
    monkeypatch.setenv("EVENHAND_KEY_VARIABLES", "HOUSE_ACCESS")
    return found


def define(engine: Engine, echo: EchoServer, way: str, provider: str = "openai", variable: str | None = None) -> int:
    base_url = f"{echo.address}/v1" if provider == "openai" else echo.address
    draft = CandidateDraft(
        name=f"{provider} {way} {variable or ''}",
        provider=provider,
        model=f"echo-{way}",
        base_url=base_url,
        api_key_env=variable or ("OPENAI_API_KEY" if provider == "openai" else "ANTHROPIC_API_KEY"),
    )
    made = write(engine, lambda session: candidates.define(session, draft, now=NOW))
    return made.id or 0


def everything(engine: Engine) -> str:
    """Every cell of every table."""
    with engine.connect() as connection:
        rows = [row for table in metadata.sorted_tables for row in connection.execute(select(table))]
    return "\n".join(repr(tuple(row)) for row in rows)


def assert_absent(keys: dict[str, str], *texts: str) -> None:
    for text in texts:
        assert not [name for name, key in keys.items() if key.casefold() in text.casefold()]


def test_a_run_stores_no_key_however_it_is_sent_back(
    engine: Engine, echo: EchoServer, keys: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    workspace = make_workspace(engine, prompts=1, candidates=1)
    asked = [define(engine, echo, way, provider) for way in WAYS for provider in ("openai", "anthropic")]
    asked.append(define(engine, echo, "text", variable="HOUSE_ACCESS"))
    judge = {"provider": "openai", "model": "echo-judge", "base_url": f"{echo.address}/v1"}
    judge |= {"api_key_env": "HOUSE_ACCESS", "may_judge_own_family": True}
    write(engine, lambda session: evaluators.add(session, "llm_judge", "Echo judge", judge, NOW))
    with reading(engine) as session:
        dataset_id = session.get_one(Prompt, workspace.prompts[0]).dataset_id
    order = runs.RunOrder(dataset_id, asked, deadline_s=DEADLINE_S)
    run = write(engine, lambda session: runs.plan(session, order, now=NOW, for_here=True))
    runs.carry_out(engine, run.id or 0)
    with reading(engine) as session:
        answered = session.exec(choose(Response).where(Response.run_id == run.id)).all()
        faults = set(session.exec(choose(Attempt.error_kind).where(col(Attempt.error_kind).is_not(None))))
        judged = session.exec(choose(JudgeCall)).all()
    assert {WITNESS in response.turns[-1] for response in answered} == {True}
    assert faults >= {"auth", "rate_limit", "server_error", "malformed", "timeout", "truncated"}
    assert any(WITNESS in (call.reply or "") for call in judged)
    assert echo.keys >= set(keys.values())
    assert_absent(keys, everything(engine), caplog.text)


def test_a_key_in_the_tables_would_be_found(engine: Engine, keys: dict[str, str]) -> None:
    make_workspace(engine, prompts=1, candidates=1, guidelines=f"The key is {keys['HOUSE_ACCESS']}.")
    with pytest.raises(AssertionError):
        assert_absent(keys, everything(engine))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("provider", ["openai", "anthropic"])
def test_a_test_call_shows_no_key(
    way: str, provider: str, sqlite_engine: Engine, echo: EchoServer, keys: dict[str, str]
) -> None:
    candidate_id = define(sqlite_engine, echo, way, provider)
    with reading(sqlite_engine) as session:
        candidate = session.get_one(Candidate, candidate_id)
    trial = try_out(sqlite_engine, candidate, deadline_s=30.0 if way in ONE_TRY else 0.7, now=NOW)
    assert echo.keys & set(keys.values())
    assert bool(trial.answer) == (way == "text")
    assert WITNESS in trial.text if trial.answer else trial.problem
    assert_absent(keys, repr(trial), trial.problem, trial.text)
    assert_absent(keys, *(str(tried.fault) + (tried.fault.text if tried.fault else "") for tried in trial.tries))


def test_a_fallback_brings_its_own_key_and_shows_neither(
    sqlite_engine: Engine, echo: EchoServer, keys: dict[str, str]
) -> None:
    draft = CandidateDraft(
        name="Twice",
        provider="openai",
        model="echo-401",
        base_url=f"{echo.address}/v1",
        api_key_env="OPENAI_API_KEY",
        fallback=EndpointDraft("openai", "echo-text", base_url=f"{echo.address}/v1", api_key_env="HOUSE_ACCESS"),
    )
    candidate = write(sqlite_engine, lambda session: candidates.define(session, draft, now=NOW))
    trial = try_out(sqlite_engine, candidate, now=NOW)
    found = trial.answered_by
    assert found is not None
    assert found.is_fallback
    assert echo.keys == {keys["OPENAI_API_KEY"], keys["HOUSE_ACCESS"]}
    assert_absent(keys, repr(trial))
