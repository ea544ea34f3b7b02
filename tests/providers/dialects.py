"""The same stories told in both protocols, so that one contract suite can hold both adapters to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.providers.base import Endpoint
from core.providers.presets import endpoint_of
from tests.providers.scripted import BREAK, Reply, anthropic_block, anthropic_event, event, openai_chunk

FINISH = {
    "openai": {"stop": "stop", "length": "length", "tool_calls": "tool_calls", "other": "surprise"},
    "anthropic": {
        "stop": "end_turn",
        "length": "max_tokens",
        "refusal": "refusal",
        "tool_calls": "tool_use",
        "other": "pause_turn",
    },
}


@dataclass(frozen=True)
class Dialect:
    """One protocol: where its endpoints lie, and how a stream is told in it."""

    name: str

    def endpoint(self, url: str, **settings: Any) -> Endpoint:
        """An endpoint on a server of the tests' own."""
        root = f"{url}/v1" if self.name == "openai" else url
        return endpoint_of(self.name, "model", {"base_url": root, **settings})

    def stream(
        self,
        says: Sequence[Any],
        *,
        thinks: Sequence[str] = (),
        thinks_for_s: float = 0.0,
        finish: str | None = "stop",
        usage: Mapping[str, Any] | None = None,
        broken: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """An answer that thinks, waits, says its pieces and ends; ``finish=None`` ends without a reason."""
        tell = self._openai if self.name == "openai" else self._anthropic
        pieces = tell(says, thinks, thinks_for_s, finish, usage or {})
        return Reply([*pieces, BREAK] if broken else pieces, headers=headers or {})

    def error(self, kind: str, message: str) -> dict[str, Any]:
        """The body of an error."""
        if self.name == "openai":
            return {"error": {"message": message, "type": kind, "code": kind, "param": None}}
        return {"type": "error", "error": {"type": kind, "message": message}}

    def error_in_stream(self, kind: str, message: str) -> bytes:
        """The event with which a stream reports an error of its own."""
        return event(self.error(kind, message), None if self.name == "openai" else "error")

    def _openai(
        self,
        says: Sequence[str],
        thinks: Sequence[str],
        thinks_for_s: float,
        finish: str | None,
        usage: Mapping[str, Any],
    ) -> list[Any]:
        pieces: list[Any] = [openai_chunk({"role": "assistant", "content": ""}, system_fingerprint="fp")]
        pieces += [openai_chunk({"reasoning_content": thought}) for thought in thinks]
        pieces += [thinks_for_s, *(openai_chunk({"content": text}) for text in says)]
        if finish is not None:
            pieces.append(openai_chunk({}, FINISH["openai"][finish]))
            pieces += [openai_chunk(usage=usage)] if usage else []
            pieces.append(event("[DONE]"))
        return pieces

    def _anthropic(
        self,
        says: Sequence[str],
        thinks: Sequence[str],
        thinks_for_s: float,
        finish: str | None,
        usage: Mapping[str, Any],
    ) -> list[Any]:
        begin = {"input_tokens": 7, "output_tokens": 1, **usage, **({"output_tokens": 1} if usage else {})}
        pieces: list[Any] = [anthropic_event("message_start", message={"model": "model-2026", "usage": begin})]
        pieces += anthropic_block(0, "thinking", "thinking", thinks) if thinks else []
        pieces += [thinks_for_s, *(anthropic_block(1, "text", "text", says) if says else [])]
        if finish is not None:
            end = {"output_tokens": usage.get("output_tokens", 3)}
            delta = {"stop_reason": FINISH["anthropic"][finish]}
            pieces += [anthropic_event("message_delta", delta=delta, usage=end), anthropic_event("message_stop")]
        return pieces
