"""An endpoint that sends without end: it is cut off, reported as malformed, and takes little memory."""

from collections.abc import Iterator

import pytest

from tests.providers.hostile import WAYS, Client, HostileServer, hostile

USUAL = (
    "one line without end",
    "one event of lines without end",
    "an answer without end",
    "comments without end",
    "an error without end",
    "a gzip bomb",
    "a gzip bomb in gzip",
    "a brotli answer",
    "pings of Claude without end",
)
MOST_MIB = 96  # a bound has room for one event, its words and what parsing it takes; sent are 200 MiB and more


@pytest.fixture(scope="module")
def server() -> Iterator[HostileServer]:
    with hostile() as made:
        yield made


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    client = Client()
    yield client
    client.close()


@pytest.mark.regression("2.6")
@pytest.mark.parametrize("way", [pytest.param(way, marks=() if way in USUAL else pytest.mark.long) for way in WAYS])
def test_what_has_no_end_is_cut_off_in_little_memory(server: HostileServer, client: Client, way: str) -> None:
    api = "anthropic" if "Claude" in way else "openai"
    found = client.asks(f"{server.url}/{list(WAYS).index(way)}/v1", api)
    assert found["mib"] < MOST_MIB, found
    assert found["kind"] == "malformed", found


def test_headers_without_end_are_cut_off(server: HostileServer, client: Client) -> None:
    found = client.asks(f"{server.url}/headers", "openai")
    assert found["mib"] < MOST_MIB, found
    assert found["kind"] in ("malformed", "connection"), found
