"""Plays the rows of ``wire.jsonl``: a real server says what the row says, and a real adapter is asked as a run asks."""

import asyncio
import json
import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any

from core.domain.answering import FaultKind
from core.providers.base import ChatRequest, Completion, ProviderFault
from core.providers.presets import endpoint_of
from core.services.asking.asking import Connections, ask
from core.services.asking.backing_off import MOST_ATTEMPTS
from tests.providers.scripted import Reply, ScriptedServer

FILE = "wire.jsonl"
DEADLINE_S = 8.0
ENDS_SOON_S = 6.0
LAST_TOKEN_MS = 500.0
_ASKED = ChatRequest([{"role": "user", "content": "Say something."}], max_tokens=64)
_NOW = re.compile(r"\$NOW\+(\d+)_(MS|S)")

# What a row says in words only, or not at all ("as today"), in figures.
_TEN_FIVE = {"input_tokens": 10, "output_tokens": 5}
_OK = {"text": "ok", "finish_reason": "stop", **_TEN_FIVE}
_CLAUDE = {"text": "Hi", "finish_reason": "stop", "input_tokens": 10, "output_tokens": 7}
_LIMITED = {"fault": "rate_limit", "message_has": "slow down"}
EXPECTED: dict[str, dict[str, Any]] = {
    "09-stream-ignored": {"text": "Hello there", "first_token_ms": None},
    "19-usage-then-zero": _TEN_FIVE,
    "25-thinking-str-part": {"text": "ok", "reasoning": "hm let me"},
    "27-message-not-delta": {"text": "whole answer", "finish_reason": "stop", **_TEN_FIVE},
    "31-event-error": {"fault": "server_error", "message_has": "worker died"},
    "32-429-http-date": {"fault": "rate_limit", "message_has": "slow down", "attempts": 1},
    "38-json-line-no-sse": {"text": "hi", "finish_reason": "stop"},
    "46-vllm-error-object": {"fault": "server_error", "message_has": "engine died"},
    "48-first-chunk-error-vllm": {"fault": "bad_request", "message_has": "maximum context length", "attempts": 1},
    "51-anth-no-event-lines": _CLAUDE,
    # The row wants the input unknown, though its last event tells that it is 10.
    "52-anth-start-usage-null": _CLAUDE,
    "92-late-usage": {**_OK, "latency_ms": "to the last token"},
    "92c-hang-after-finish": {**_OK, "latency_ms": "to the last token"},
    "14-keepalive-comments": _OK,
    "15-azure-first-chunk": {**_OK, "text": "Hi"},
    "16-azure-async-filter": {"fault": "content_filter", "part": "partial", "attempts": 1},
    "17-choices-null": _OK,
    "21-reasoning-both": {**_OK, "reasoning": "Let me"},
    "24-databricks-parts": {**_OK, "reasoning": "hm"},
    "28-cached-more-than-prompt": {**_OK, "input_tokens": 12, "cached_tokens": 4000},
    "29-midstream-error": {"fault": "overload", "message_has": "Upstream overloaded", "part": "part"},
    "33-429-with-unit": _LIMITED,
    "34-429-float": _LIMITED,
    "35-429-bad-date": _LIMITED,
    "36-429-epoch": {"fault": "rate_limit", "message_has": "free-models-per-min"},
    "37-502-html": {"fault": "server_error", "message_has": "502 Bad Gateway"},
    "39-crlf-sse": _OK,
    "41-finish-with-content-same-chunk": {**_OK, "text": "all of it"},
    "47-tgi-error": {"fault": "server_error", "message_has": "CUDA out of memory", "part": "part"},
    "50-anth-normal-ping": _CLAUDE,
    "55-anth-no-usage-in-start": {**_CLAUDE, "input_tokens": None},
    "56-anth-overloaded-midstream": {"fault": "overload", "message_has": "Overloaded", "part": "Hi"},
    "59-anth-thinking": {**_CLAUDE, "reasoning": "hm"},
    "62-anth-usage-null-delta": {**_CLAUDE, "output_tokens": None},
    "63-anth-cache-ttl": {**_CLAUDE, "input_tokens": 3010, "cache_write_tokens": 3000},
    "92d-empty-first-chunks": {**_OK, "visible_after_ms": 900.0},
    "92e-whitespace-first": {**_OK, "text": "\n\nok"},
}


def wrong(folder: Path) -> Iterator[str]:
    """A line for each row of ``folder`` whose outcome is another than it should be."""
    for line in (folder / FILE).read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        with ScriptedServer() as server:
            server.say(*map(_reply, row["http"] if isinstance(row["http"], list) else [row["http"]]))
            wanted = _wanted(row)
            played = _Played(server, row["api"], most_attempts=_most_attempts(wanted))
        got = {name: played.facts.get(name) for name in wanted}
        amiss = {name: got[name] for name in wanted if not _fits(name, wanted[name], got[name])}
        if amiss:
            yield f"{FILE} {row['id']}: expected { {name: wanted[name] for name in amiss} }, got {amiss}"


class _Played:
    """One row, asked once; what came of it, fact by fact."""

    def __init__(self, server: ScriptedServer, api: str, *, most_attempts: int) -> None:
        self._most_attempts = most_attempts
        self._begun: list[float] = []
        root = f"{server.url}/v1" if api == "openai" else server.url
        self._endpoint = endpoint_of(api, "m", {"base_url": root, "api_key_env": ""})
        began = time.monotonic()
        came = asyncio.run(self._asked())
        self.facts = _facts(came)
        self.facts["took_s"] = time.monotonic() - began
        self.facts["attempts"] = len(server.received)
        self.facts["waits_s"] = [later - one for one, later in zip(self._begun, self._begun[1:], strict=False)]

    async def before(self, *_: object) -> None:
        """An attempt is about to be sent."""
        self._begun.append(time.monotonic())

    async def after(self, *_: object) -> None:
        """It has ended; the server has counted it."""

    async def _asked(self) -> Completion | ProviderFault:
        async with Connections(rng=Random(1)) as connections:
            try:
                return await ask(
                    connections,
                    [self._endpoint],
                    _ASKED,
                    deadline_s=DEADLINE_S,
                    journal=self,
                    most_attempts=self._most_attempts,
                )
            except ProviderFault as fault:
                return fault


def _facts(came: Completion | ProviderFault) -> dict[str, Any]:
    facts: dict[str, Any] = {**vars(came.usage or object.__new__(_Nothing)), **vars(came.timings)}
    facts["reasoning"] = came.reasoning
    if isinstance(came, ProviderFault):
        return facts | {"fault": came.kind.value, "message_has": str(came), "part": came.text}
    visible, first_byte = came.timings.first_visible_ms, came.timings.first_byte_ms
    facts["visible_after_ms"] = None if visible is None or first_byte is None else visible - first_byte
    return facts | {"text": came.text, "finish_reason": came.finish_reason.value}


class _Nothing:
    """Stands for a usage that was not told."""


def _wanted(row: Mapping[str, Any]) -> dict[str, Any]:
    """What the row expects, in figures; an answer, unless it says otherwise, is there at the first attempt."""
    told = row["expects"] if isinstance(row["expects"], dict) else {}
    wanted = {**told, **EXPECTED.get(row["id"], {})}
    if "fault" not in wanted:
        wanted = {"attempts": 1, **wanted, "took_s": ENDS_SOON_S}
    return wanted


def _most_attempts(wanted: Mapping[str, Any]) -> int:
    """As many as a run makes; two are enough to see a fault that passes and of which nobody counts the attempts."""
    return 2 if "fault" in wanted and "attempts" not in wanted else MOST_ATTEMPTS


def _fits(name: str, wanted: Any, got: Any) -> bool:
    if name == "fault":
        return got in str(wanted).split(" or ")
    if name == "message_has":
        return str(wanted).casefold() in str(got or "").casefold()
    if name == "latency_ms":
        return got is not None and got < LAST_TOKEN_MS
    if name == "took_s":
        return bool(got < wanted)
    if name == "visible_after_ms":
        return got is not None and got > wanted
    if name == "waits_s":
        least, most = (float(each) for each in str(wanted).split(" to "))
        return bool(got) and all(least - 0.2 <= each <= most for each in got)
    return bool(got == wanted)


def _reply(http: Mapping[str, Any]) -> Reply:
    """What the server sends; a moment in it counts from now."""
    told = json.loads(_NOW.sub(_moment, json.dumps(http)))
    chunks = told.get("chunks") or [told.get("body", "")]
    headers = {name.lower(): content for name, content in (told.get("headers") or {}).items()}
    kind = headers.pop("content-type", "text/event-stream")
    return Reply(
        [each.encode("utf-8", "surrogatepass") if isinstance(each, str) else each for each in chunks if each != ""],
        told.get("status", 200),
        headers,
        kind,
    )


def _moment(found: re.Match[str]) -> str:
    unit = 1000 if found[2] == "MS" else 1
    return str(round((time.time() + int(found[1])) * unit))


assert {kind.value for kind in FaultKind} >= {each["fault"] for each in EXPECTED.values() if "fault" in each}
