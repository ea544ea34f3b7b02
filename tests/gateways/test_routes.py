"""What we export of a routing table routes in LiteLLM and in Portkey themselves, as our own router does."""

import json
import secrets
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.domain.routing import Route
from core.services.routing import exported
from core.storage.engine import open_engine, reading, writing
from core.storage.schema import upgrade
from core.storage.tables import Candidate
from tests.gateways.gateways import litellm_over, portkey
from tests.planted import Outcome, PlantedPlan, PlantedServer, planted
from tests.services.routing.tables import accepted, candidates

pytestmark = pytest.mark.long
ODD = 'co"ding: #1 \\ é'
KEY_VARIABLE = "ALPHA_API_KEY"
Ask = Callable[[str | None], tuple[int, str]]


@pytest.fixture(scope="module")
def behind() -> Iterator[tuple[PlantedServer, PlantedServer]]:
    """A and B."""
    with planted() as one, planted() as other:
        yield one, other


@pytest.fixture(scope="module")
def table(behind: tuple[PlantedServer, PlantedServer], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A answers support and B follows after a second; B answers the odd category; A everything else."""
    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('table')}/evenhand.db")
    upgrade(engine)
    a, b = candidates(engine, *(server.base_url for server in behind))
    with writing(engine) as session:
        found = session.get_one(Candidate, a)
        found.settings = {**found.settings, "api_key_env": KEY_VARIABLE}
    routes = [Route("support", a, (b,), 1500.0), Route(ODD, b, (a,), 1500.0)]
    accepted(engine, a, routes, otherwise=Route(None, a, (b,), 1500.0))
    yield engine
    engine.dispose()


@pytest.fixture(scope="module", params=["litellm", "portkey"])
def ask(request: pytest.FixtureRequest, table: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """Asks through the gateway for a category; gives the status and the text."""
    folder: Path = tmp_path_factory.mktemp(request.param)
    with reading(table) as session:
        config = exported(session, request.param)
    assert "key-of-a" not in config and f"os.environ/{KEY_VARIABLE}" in config
    if request.param == "litellm":
        key = f"sk-{secrets.token_hex(16)}"
        with litellm_over(config, folder, key=key, variables={KEY_VARIABLE: "key-of-a"}) as url:
            yield lambda category: _post(url, {"Authorization": f"Bearer {key}"}, _group(category))
    else:
        plain = json.dumps(json.loads(config.replace(f"os.environ/{KEY_VARIABLE}", "key-of-a")))
        with portkey(folder) as url:
            yield lambda category: _post(url, _told(plain, category), "ignored")


def _group(category: str | None) -> str:
    return "route" if category is None else f"route/{category}"


def _told(config: str, category: str | None) -> dict[str, str]:
    metadata = {} if category is None else {"category": category}
    return {"x-portkey-config": config, "x-portkey-metadata": json.dumps(metadata)}


def _post(url: str, headers: dict[str, str], model: str) -> tuple[int, str]:
    asked = f"Where is my parcel? {datetime.now(UTC).timestamp()}"
    body = json.dumps({"model": model, "messages": [{"role": "user", "content": asked}], "stream": True}).encode()
    request = urllib.request.Request(f"{url}/chat/completions", body, {"Content-Type": "application/json", **headers})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, _heard(answer.read().decode())
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def _heard(stream: str) -> str:
    """The text of a streamed answer."""
    lines = [line.removeprefix("data: ") for line in stream.splitlines() if line.startswith("data: {")]
    pieces = [choice["delta"].get("content") for line in lines for choice in json.loads(line)["choices"]]
    return "".join(filter(None, pieces))


def _plan(behind: tuple[PlantedServer, PlantedServer], of_a: PlantedPlan) -> None:
    behind[0].use(of_a)
    behind[1].use(PlantedPlan(text="B says so."))


def _calls(behind: tuple[PlantedServer, PlantedServer]) -> list[int]:
    return [len(server.journal()) for server in behind]


def test_each_category_goes_to_its_primary_and_to_nobody_else(ask: Ask, behind: Any) -> None:
    _plan(behind, PlantedPlan(text="A says so."))
    for category, text in (("support", "A says so."), (ODD, "B says so."), (None, "A says so.")):
        assert ask(category) == (200, text)
    assert _calls(behind) == [2, 1]
    assert {call.model for call in behind[0].journal()} == {"A"}


def test_where_the_primary_fails_its_fallback_answers(ask: Ask, behind: Any) -> None:
    _plan(behind, PlantedPlan(outcomes=(Outcome("status", status=500),)))
    assert ask("support") == (200, "B says so.")
    assert _calls(behind) == [1, 1]


def test_where_the_primary_is_rate_limited_its_fallback_answers(ask: Ask, behind: Any) -> None:
    _plan(behind, PlantedPlan(outcomes=(Outcome("status", status=429, retry_after_s=0.1),)))
    assert ask("support") == (200, "B says so.")
    assert _calls(behind)[1] == 1


def test_past_the_timeout_its_fallback_answers(ask: Ask, behind: Any) -> None:
    _plan(behind, PlantedPlan(outcomes=(Outcome("hang"),)))
    assert ask("support") == (200, "B says so.")
    (left,), (taken,) = (server.journal() for server in behind)
    assert 1.0 <= taken.received_at - left.received_at <= 6.0
