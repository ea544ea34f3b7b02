"""Sound import files of every kind and format, and a seeded mutator that spoils them."""

import gzip
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

MEGABYTE = 1024 * 1024
MESSAGES = [{"role": "user", "content": "Where is my order?"}]
COMPLETION = {
    "model": "m1",
    "created": 1735689600,
    "choices": [{"message": {"role": "assistant", "content": "Soon."}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 4, "completion_tokens": 2},
}


@dataclass(frozen=True)
class Seed:
    """A sound file: what it holds and its records."""

    kind: str
    records: tuple[dict[str, Any], ...]


SEEDS = (
    Seed(
        "prompts",
        tuple(
            {
                "id": f"n{number}",
                "category": "support",
                "turns": ["Hi", "And?"],
                "reference": ["yes"],
                "constraints": {"max_words": 9, "nested": [1, {"a": None}]},
                "tags": ["multi_turn"],
            }
            for number in range(6)
        ),
    ),
    Seed(
        "responses",
        tuple(
            {
                "prompt_id": f"p{number}",
                "candidate": "m1",
                "text": f"Answer {number} — naïve",
                "repetition": 3,
                "latency_ms": 12.5,
                "ttft_ms": 3,
                "input_tokens": 7,
                "output_tokens": 9,
                "cost_usd": 0.001,
                "finish_reason": "stop",
                "created_at": "2025-01-01T00:00:00Z",
            }
            for number in range(6)
        ),
    ),
    Seed(
        "votes",
        tuple(
            {
                "prompt_id": f"p{number}",
                "left": "m1",
                "right": "m2",
                "winner": ("left", "right", "tie", "both_bad")[number % 4],
                "question": "tone",
                "rater": f"r{number}",
                "created_at": 1735689600 + number,
            }
            for number in range(6)
        ),
    ),
    Seed(
        "candidates",
        tuple(
            {
                "name": f"c{number}",
                "provider": "openai",
                "model": "m",
                "temperature": 0.5,
                "max_tokens": 100,
                "fallback": {"name": "f", "provider": "local", "model": "m"},
            }
            for number in range(3)
        ),
    ),
    Seed("prompts", tuple({"input": MESSAGES, "ideal": ["a", f"b{number}"]} for number in range(4))),
    Seed(
        "responses",
        tuple({"request": {"model": "m1", "messages": MESSAGES}, "response": COMPLETION} for _ in range(4)),
    ),
    Seed(
        "prompts",
        tuple({"custom_id": f"b{number}", "body": {"model": "m", "messages": MESSAGES}} for number in range(4)),
    ),
    Seed(
        "responses",
        tuple(
            {
                "id": f"o{number}",
                "traceId": "t",
                "type": "GENERATION",
                "startTime": "2025-01-01T00:00:00Z",
                "endTime": "2025-01-01T00:00:02Z",
                "model": "m1",
                "input": {"messages": MESSAGES},
                "output": "Soon.",
                "usageDetails": {"input": 3, "output": 1},
            }
            for number in range(4)
        ),
    ),
    Seed(
        "responses",
        tuple(
            {
                "id": f"s{number}",
                "run_type": "llm",
                "inputs": {"messages": [[{"lc": 1, "id": ["HumanMessage"], "kwargs": {"content": "Hi"}}]]},
                "outputs": {"generations": [[{"text": "Hello"}]], "llm_output": {"model_name": "m1"}},
                "start_time": "2025-01-01T00:00:00",
            }
            for number in range(4)
        ),
    ),
    Seed(
        "responses",
        tuple(
            {
                "request_id": f"l{number}",
                "spend": 0.1,
                "model": "m1",
                "messages": MESSAGES,
                "response": COMPLETION,
                "startTime": "2025-01-01T00:00:00",
                "endTime": "2025-01-01T00:00:01",
            }
            for number in range(4)
        ),
    ),
    Seed("prompts", tuple({"question_id": number, "category": "x", "turns": ["a", "b"]} for number in range(4))),
    Seed(
        "responses",
        tuple(
            {"question_id": f"p{number}", "model_id": "m1", "choices": [{"turns": ["One."]}], "tstamp": 1686286924.2}
            for number in range(4)
        ),
    ),
    Seed(
        "votes",
        tuple(
            {"question_id": f"p{number}", "model_a": "m1", "model_b": "m2", "winner": "tie", "judge": "j"}
            for number in range(4)
        ),
    ),
    Seed(
        "votes",
        tuple(
            {
                "id": number,
                "prompt": f"p{number}",
                "model_x": 1,
                "model_y": 2,
                "worker": number,
                "winner": "left",
                "left": "m1",
                "right": "m2",
            }
            for number in range(4)
        ),
    ),
)  # fmt: skip

_WRONG: tuple[Any, ...] = (
    None, True, -1, 1.5, 10**30, "", " ", [], {}, [None], [[]], {"a": {}}, "x" * 5000, "nul \x00", "\ud800", "1e999",
    -0.0, 1e308, "9999-99-99", "0001-01-01", -62135596800, 1e18, "=1+1", "p0", "\u202e", ["a"] * 100, float("nan"),
    float("inf"), {"role": "user"}, "\x7f", "🎲" * 200,
)  # fmt: skip


def spoil(seed: Seed, rng: random.Random) -> tuple[bytes, str]:
    """(a spoiled file of ``seed``, its name). Mostly wrong; now and then it is still sound."""
    records = json.loads(json.dumps(seed.records))
    for _ in range(rng.choice((0, 1, 1, 2))):
        rng.choice(_RECORDS)(records, rng)
    content, name = _written(records, rng)
    for _ in range(rng.choice((0, 1, 1, 2))):
        content = rng.choice(_BYTES)(content, rng)
    if rng.random() < 0.2:
        content, name = _packed(content, rng), f"{name}.gz"
    return content, name


def _written(records: list[Any], rng: random.Random) -> tuple[bytes, str]:
    if rng.random() < 0.75:
        text = "".join(json.dumps(each, ensure_ascii=rng.random() < 0.5) + "\n" for each in records)
        return text.encode(errors="surrogatepass"), "spoiled.jsonl"
    if rng.random() < 0.6:
        return json.dumps(records, indent=rng.choice((None, 1))).encode(errors="surrogatepass"), "spoiled.json"
    titles = list(records[0]) if records and isinstance(records[0], dict) else ["a"]
    rows = [[json.dumps(each.get(title)) for title in titles] for each in records if isinstance(each, dict)]
    page = "\n".join(
        [",".join(titles), *(",".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row) for row in rows)]
    )
    return page.encode(errors="surrogatepass"), "spoiled.csv"


# ------------------------------------------------------------------ spoiling records


def _change(records: list[Any], rng: random.Random) -> None:
    within, key = _somewhere(records, rng)
    within[key] = rng.choice(_WRONG)


def _remove(records: list[Any], rng: random.Random) -> None:
    within, key = _somewhere(records, rng)
    del within[key]


def _rename(records: list[Any], rng: random.Random) -> None:
    within, key = _somewhere(records, rng)
    if isinstance(within, dict):
        within[f"{key}_"] = within.pop(key)


def _double(records: list[Any], rng: random.Random) -> None:
    records.append(rng.choice(records))


def _replace(records: list[Any], rng: random.Random) -> None:
    records[rng.randrange(len(records))] = rng.choice(_WRONG)


def _nest(records: list[Any], rng: random.Random) -> None:
    within, key = _somewhere(records, rng)
    for _ in range(rng.choice((3, 300))):
        within[key] = [within[key]]


def _somewhere(records: list[Any], rng: random.Random) -> tuple[Any, Any]:
    """A random place in a random record: (the object or list, the key or index)."""
    within: Any = records
    key: Any = rng.randrange(len(records))
    while isinstance(within[key], dict | list) and within[key] and (within is records or rng.random() < 0.5):
        within = within[key]
        key = rng.choice(list(within)) if isinstance(within, dict) else rng.randrange(len(within))
    return within, key


_RECORDS: tuple[Callable[[list[Any], random.Random], None], ...] = (
    _change, _change, _change, _change, _remove, _rename, _double, _replace, _nest,
)  # fmt: skip

# ------------------------------------------------------------------ spoiling bytes


def _cut(content: bytes, rng: random.Random) -> bytes:
    return content[: rng.randrange(len(content) + 1)]


def _flip(content: bytes, rng: random.Random) -> bytes:
    spoiled = bytearray(content)
    for _ in range(rng.randrange(1, 6)):
        if spoiled:
            spoiled[rng.randrange(len(spoiled))] = rng.randrange(256)
    return bytes(spoiled)


def _insert(content: bytes, rng: random.Random) -> bytes:
    place = rng.randrange(len(content) + 1)
    return (
        content[:place]
        + rng.choice((b"\x00", b"\xff\xfe", b"NaN", b"\\ud800", b"\n", b"}", b'"', b","))
        + content[place:]
    )


def _encode(content: bytes, rng: random.Random) -> bytes:
    text = content.decode(errors="replace")
    return text.encode(rng.choice(("utf-16", "utf-16-le", "utf-32", "latin-1", "cp037", "utf-8-sig")), errors="replace")


def _mix(content: bytes, rng: random.Random) -> bytes:
    lines = content.split(b"\n")
    rng.shuffle(lines)
    return b"\n".join(lines)


def _junk(content: bytes, rng: random.Random) -> bytes:
    return rng.choice((b"", content)) + rng.randbytes(rng.randrange(200))


def _lengthen(content: bytes, rng: random.Random) -> bytes:
    """Once in a while, a line of 20 MB; 50 MB take no other way through the code, only more time."""
    if rng.random() < 0.85:
        return content + b" " * 1000
    place = rng.randrange(len(content) + 1)
    return content[:place] + b"x" * (20 * MEGABYTE) + content[place:]


_BYTES: tuple[Callable[[bytes, random.Random], bytes], ...] = (_cut, _flip, _insert, _encode, _mix, _junk, _lengthen)


def _packed(content: bytes, rng: random.Random) -> bytes:
    packed = gzip.compress(content, 1, mtime=0)
    way = rng.random()
    if way < 0.4:
        return packed
    if way < 0.6:
        return packed[: rng.randrange(len(packed))]
    if way < 0.8:
        return _flip(packed, rng)
    if way < 0.9:
        return content
    return gzip.compress(b"\n" * (150 * MEGABYTE), 1, mtime=0) if rng.random() < 0.2 else packed + b"tail"
