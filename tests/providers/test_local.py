"""The model on this machine: started on demand, once, and stopped when nobody needs it."""

import asyncio
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.domain.answering import FaultKind
from core.errors import NotFound
from core.providers import open_provider
from core.providers.base import Completion
from core.providers.local import LocalModel, weights
from core.providers.presets import endpoint_of, request_of
from tests.providers.conftest import fault_from
from tests.providers.dialects import Dialect

LOCAL = endpoint_of("local", "SmolLM2-135M-Instruct", {})
ASKED = request_of({"max_tokens": 3, "temperature": 0}, [{"role": "user", "content": "Hello"}])


def test_it_answers_with_no_key_and_one_at_a_time_so_that_waiting_is_not_latency(model_url: str) -> None:
    async def run() -> tuple[list[Completion], float]:
        provider = open_provider(LOCAL)
        await provider.complete(LOCAL, ASKED, timeout_s=60)
        started = time.perf_counter()
        answers = await asyncio.gather(*(provider.complete(LOCAL, ASKED, timeout_s=60) for _ in range(4)))
        took_ms = 1000 * (time.perf_counter() - started)
        await provider.close()
        return answers, took_ms

    answers, took_ms = asyncio.run(run())
    assert len({answer.text for answer in answers}) == 1 and answers[0].text
    assert sum(answer.timings.latency_ms for answer in answers) <= took_ms
    assert LOCAL.most_at_once == 1 and endpoint_of("openai", "m", {}).most_at_once is None


def test_many_threads_start_one_server_and_the_last_to_give_it_back_stops_it() -> None:
    model = LocalModel()
    with ThreadPoolExecutor(8) as threads:
        addresses = list(threads.map(lambda _: model.borrow(), range(8)))
    assert len(set(addresses)) == 1 and addresses[0].startswith("http://127.0.0.1:")
    for _ in range(8):
        model.give_back()
    assert fault_from(Dialect("openai").endpoint(addresses[0])).kind is FaultKind.CONNECTION


def test_a_process_that_still_uses_it_ends_by_itself() -> None:
    code = "from core.providers.local import THE_MODEL; print(THE_MODEL.borrow())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("http://127.0.0.1:")


def test_without_the_server_a_fault_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    monkeypatch.setattr("core.providers.local.THE_MODEL", LocalModel())
    fault = fault_from(LOCAL, ASKED)
    assert fault.kind is FaultKind.BAD_REQUEST and "make setup" in str(fault)


def test_without_the_weights_it_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.providers.local.WEIGHTS_PACKAGE", "no_such_package")
    with pytest.raises(NotFound, match="make setup"):
        weights()


def test_the_package_costs_nothing_to_import() -> None:
    code = (
        "import sys; import core.providers, core.providers.presets, core.providers.local; "
        "from core.providers import open_provider; "
        "open_provider(core.providers.presets.endpoint_of('openai', 'm', {})); "
        "print([m for m in ('openai', 'anthropic', 'httpx2', 'xllamacpp') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
