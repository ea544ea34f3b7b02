"""What a planted server does with each request; decided by the request itself, so that it can be foretold."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Outcome:
    """One way in which a request may end, and the ``share`` of requests that end so.

    ``kind``: answered | status (an HTTP error of ``status``) | refusal | length | content_filter (all these three are
    whole answers) | truncated (the stream ends in the middle, cleanly) | disconnect (the connection breaks in the
    middle) | malformed (a chunk that is no JSON) | hang (nothing is ever sent).
    """

    kind: str
    share: float = 1.0
    status: int = 500
    retry_after_s: float | None = None
    message: str = "planted"

    @property
    def is_charged(self) -> bool:
        """Whether the model worked for it: everything but what was refused or never begun."""
        return self.kind not in ("status", "hang")


ANSWERED = Outcome("answered")


@dataclass(frozen=True)
class PlantedPlan:
    """Times are ms from the moment the whole request was received; shares are drawn by the request's content.

    ``first_token_ms`` is of any channel: with a ``reasoning`` text it is that one's, and the answer's own begins at
    ``first_visible_ms``; without one the two are the same and ``first_visible_ms`` counts. ``pieces``: chunks of the
    answer, the first at ``first_visible_ms``, the last at ``total_ms``, when the stream ends.

    ``script``: pairs of a needle and an answer; the first needle found in the last user message gives the answer, else
    ``text``, in which {prompt} stands for that message. Tokens: None counts words. ``tries``: what becomes of the
    first, second, … request of the very same content; after those, ``outcomes`` by their shares, the rest answered.

    Stalls: at every multiple of ``stall_period_ms`` after the first request the server is frozen for ``stall_ms``, and
    what arrives meanwhile waits for the end; ``stall_every``: each n-th request waits ``stall_ms`` by itself.
    ``most_at_once``: requests beyond it get a 429. ``headers``: sent with every answer.
    """

    first_byte_ms: float = 0.0
    first_token_ms: float = 0.0
    first_visible_ms: float = 0.0
    total_ms: float = 0.0
    text: str = "A planted answer to: {prompt}"
    reasoning: str = ""
    script: Sequence[Sequence[str]] = ()
    pieces: int = 2
    input_tokens: int | None = None
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    output_tokens: int | None = None
    outcomes: Sequence[Outcome] = ()
    tries: Sequence[Outcome] = ()
    stall_ms: float = 0.0
    stall_period_ms: float | None = None
    stall_every: int | None = None
    most_at_once: int | None = None
    answered_by: str | None = None
    fingerprint: str = "fp_planted"
    headers: dict[str, str] = field(default_factory=dict)
    seed: int = 0

    def outcome(self, key: str, occurrence: int) -> Outcome:
        """What becomes of the ``occurrence``-th request (from 0) of this ``key``: who is asked what, see key_of."""
        if occurrence < len(self.tries):
            return self.tries[occurrence]
        if not self.outcomes:
            return ANSWERED
        drawn = hashlib.blake2b(f"{self.seed} {key} {occurrence}".encode(), digest_size=8).digest()
        left = int.from_bytes(drawn) / 2**64
        for outcome in self.outcomes:
            left -= outcome.share
            if left < 0:
                return outcome
        return ANSWERED

    def answer_to(self, prompt: str) -> str:
        """The text for this last user message."""
        for needle, answer in self.script:
            if needle in prompt:
                return answer
        return self.text.replace("{prompt}", prompt)

    def as_json(self) -> str:
        """For another process."""
        return json.dumps(asdict(self))


def plan_from(text: str) -> PlantedPlan:
    """What ``as_json`` wrote."""
    read: dict[str, Any] = json.loads(text)
    for name in ("outcomes", "tries"):
        read[name] = tuple(Outcome(**one) for one in read.get(name, ()))
    return PlantedPlan(**read)


def key_of(api: str, request: dict[str, Any], prompt: str) -> str:
    """What shares are drawn by: no matter how else the body is written, the same question fares the same."""
    return f"{api} {request.get('model')} {request.get('seed')} {prompt}"


def digest_of(body: bytes) -> str:
    """The name of a request's content."""
    return hashlib.sha256(body).hexdigest()[:16]
