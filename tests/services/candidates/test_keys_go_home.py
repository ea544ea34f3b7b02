"""A file of candidates that came with somebody's data sends no variable of this machine to a place of its own."""

import io
import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from core.errors import BadFile, BadInput
from core.providers.presets import endpoint_of
from core.services import runs
from core.services.asking.trial import try_out
from core.services.candidates import candidates
from core.services.candidates.candidates import CandidateLine
from core.services.candidates.drafts import CandidateDraft
from core.services.importing import Kind, import_file
from core.settings import without_secrets
from core.storage.engine import reading, write
from core.storage.tables import Candidate, Prompt
from tests.own_prices import set_price
from tests.providers.conftest import ask
from tests.providers.dialects import Dialect
from tests.providers.scripted import ScriptedServer
from tests.workspace import NOW, make_workspace

CANARY = "canary-9f8e7d6c5b4a"
EVIL = "http://evil.example/v1"
GATEWAY = {"name": "a", "provider": "openai", "model": "m", "base_url": "https://gateway.example/v1"}
GATEWAY |= {"api_key_env": "GATEWAY_API_KEY"}


@pytest.fixture
def script() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


@pytest.fixture
def evil(script: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> ScriptedServer:
    """Every host of the network, as an attacker holds it: whoever asks for one in plain text asks this server."""
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, script.url)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    script.say(Dialect("openai").stream(["Thank you."]))
    return script


def bring(engine: Engine, *records: dict[str, Any]) -> Any:
    content = "".join(json.dumps(record) + "\n" for record in records)
    return import_file(engine, io.BytesIO(content.encode()), Kind.CANDIDATES, name="candidates.jsonl", now=NOW)


def lines(engine: Engine) -> dict[str, CandidateLine]:
    with reading(engine) as session:
        return {line.candidate.name: line for line in candidates.listed(session, NOW)}


def try_all(engine: Engine) -> None:
    with reading(engine) as session:
        found = list(session.exec(select(Candidate)))
    for candidate in found:
        try_out(engine, candidate, deadline_s=5.0, now=NOW)


@pytest.mark.regression("2.5")
@pytest.mark.parametrize(
    "name",
    [
        "OPENAI_API_KEY",
        "ANTHROPIC_API_KEY",
        "LITELLM_PROXY_API_KEY",
        "SENDGRID_API_KEY",
        "AWS_SECRET_ACCESS_KEY",
        "DATABASE_URL",
        "PGPASSWORD",
        "EVENHAND_DATABASE_URL",
        "EVENHAND_API_KEY",
        "OPENAI_ORG_ID",
    ],
)
@pytest.mark.parametrize("place", ["primary", "fallback"])
def test_no_variable_goes_where_a_file_says(
    sqlite_engine: Engine, evil: ScriptedServer, monkeypatch: pytest.MonkeyPatch, name: str, place: str
) -> None:
    monkeypatch.setenv(name, CANARY)
    endpoint = {"provider": "openai", "model": "m", "base_url": EVIL, "api_key_env": name}
    record = {"name": "evil", **endpoint}
    if place == "fallback":
        record = {"name": "evil", "provider": "vllm", "model": "m", "base_url": "http://127.0.0.1:9/v1"}
        record["fallback"] = {"name": "evil", **endpoint}
    try:
        bring(sqlite_engine, record)
    except BadFile as refused:
        assert CANARY not in str(refused)
    try_all(sqlite_engine)
    assert CANARY not in repr(evil.received)


@pytest.mark.parametrize(
    "provider",
    [pytest.param("litellm", marks=pytest.mark.regression("2.5")), "vllm", "openai", "anthropic", "portkey"],
)
def test_a_presets_usual_key_stays_at_home_too(
    sqlite_engine: Engine, evil: ScriptedServer, monkeypatch: pytest.MonkeyPatch, provider: str
) -> None:
    for name in ("LITELLM_PROXY_API_KEY", "OPENAI_API_KEY", "ANTHROPIC_API_KEY", "PORTKEY_API_KEY"):
        monkeypatch.setenv(name, CANARY)
    with suppress(BadFile):
        bring(sqlite_engine, {"name": "evil", "provider": provider, "model": "m", "base_url": EVIL})
    try_all(sqlite_engine)
    assert CANARY not in repr(evil.received)


MENDED = pytest.mark.regression("2.5")


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("https://evil.example/v1", marks=MENDED),
        pytest.param("https://api.openai.com.evil.example/v1", marks=MENDED),
        pytest.param("https://evilapi.openai.com.evil/v1", marks=MENDED),
        "https://api.openai.com@evil.example/v1",
        "https://api.openai.com:pass@evil.example/v1",
        pytest.param("https://evil.example\\.api.openai.com/v1", marks=MENDED),
        "https://evil.example?.api.openai.com/v1",
        "https://evil.example#.api.openai.com",
        pytest.param("https://evil.example%2f.api.openai.com/v1", marks=MENDED),
        pytest.param("https://evil.example\t.api.openai.com/v1", marks=MENDED),
        "https://evil.example\uff0f.api.openai.com/v1",
        pytest.param("https://127.0.0.1.evil.example/v1", marks=MENDED),
        pytest.param("https://localhost.evil.example/v1", marks=MENDED),
        pytest.param("https://2130706433/v1", marks=MENDED),
        pytest.param("http://api.openai.com/v1", marks=MENDED),
        pytest.param("http://eu.api.openai.com/v1", marks=MENDED),
        pytest.param("https://api.openai.com:8443/v1", marks=MENDED),
    ],
)
def test_a_presets_key_named_by_hand_goes_to_its_own_host_alone(address: str) -> None:
    with pytest.raises(BadInput):
        endpoint_of("openai", "m", {"base_url": address, "api_key_env": "OPENAI_API_KEY"})
    with pytest.raises(BadInput):
        endpoint_of("groq", "m", {"base_url": address, "api_key_env": "OPENAI_API_KEY"})


@pytest.mark.parametrize(
    "address",
    [
        "https://api.openai.com/v1",
        "https://eu.api.openai.com/v1",
        "https://api.openai.com:443/v1",
        "http://localhost:4000/v1",
        "http://127.0.0.1:4000/v1",
        "http://[::1]:4000/v1",
        "https://127.8.8.8/v1",
    ],
)
def test_at_home_and_on_this_machine_it_may_be_named(address: str) -> None:
    for provider in ("openai", "openai-compatible"):
        endpoint = endpoint_of(provider, "m", {"base_url": address, "api_key_env": "OPENAI_API_KEY"})
        assert endpoint.api_key_env == "OPENAI_API_KEY"


@pytest.mark.regression("2.5")
@pytest.mark.parametrize("name", ["AWS_SECRET_ACCESS_KEY", "DATABASE_URL", "HOME", "EVENHAND_API_KEY", "GITHUB_TOKEN"])
def test_what_is_no_key_by_its_name_is_none(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("EVENHAND_KEY_VARIABLES", "EVENHAND_API_KEY")
    for address in ("https://gateway.example/v1", "http://127.0.0.1:4000/v1"):
        with pytest.raises(BadInput, match=r"_API_KEY|never sent"):
            endpoint_of("openai", "m", {"base_url": address, "api_key_env": name})


def test_the_operator_says_which_other_variables_are_keys_and_where_they_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVENHAND_KEY_VARIABLES", "HOUSE_TOKEN, OTHER_TOKEN@gateway.example OTHER_TOKEN@other.example")
    anywhere = {"base_url": "https://anywhere.example/v1", "api_key_env": "HOUSE_TOKEN"}
    assert endpoint_of("openai", "m", anywhere).api_key_env == "HOUSE_TOKEN"
    for host in ("gateway.example", "other.example"):
        endpoint_of("openai", "m", {"base_url": f"https://{host}/v1", "api_key_env": "OTHER_TOKEN"})
    with pytest.raises(BadInput, match=r"may go to gateway\.example or other\.example alone"):
        endpoint_of("openai", "m", anywhere | {"api_key_env": "OTHER_TOKEN"})


@pytest.mark.parametrize(
    ("address", "is_right"),
    [
        ("http://gateway.example/v1", False),
        ("http://8.8.8.8/v1", False),
        ("http://10.1.2.3:8000/v1", True),
        ("http://litellm:4000/v1", True),
        ("http://models.internal/v1", True),
    ],
)
def test_no_key_crosses_the_open_network_in_plain_text(address: str, is_right: bool) -> None:
    settings = {"base_url": address, "api_key_env": "GATEWAY_API_KEY"}
    if is_right:
        assert endpoint_of("openai", "m", settings).api_key_env == "GATEWAY_API_KEY"
    else:
        with pytest.raises(BadInput, match="https"):
            endpoint_of("openai", "m", settings)


@pytest.mark.regression("2.5")
def test_an_imported_address_gets_a_key_of_ones_own_only_once_an_admin_allows_it(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY_API_KEY", CANARY)
    made = make_workspace(engine, prompts=1, candidates=1)
    assert any("allowed" in note for note in bring(engine, GATEWAY | {"key_to_confirm": False}).notes)
    line = lines(engine)["a"]
    assert "GATEWAY_API_KEY be sent to gateway.example" in (line.why_not or "")
    assert line.host == "gateway.example"
    with reading(engine) as session:
        order = runs.RunOrder(session.get_one(Prompt, made.prompts[0]).dataset_id, [line.id])
    with pytest.raises(BadInput, match="cannot be asked"):
        write(engine, lambda session: runs.plan(session, order, now=NOW))
    write(engine, lambda session: set_price(session, line.id, input_usd=1.0, output_usd=2.0))
    assert lines(engine)["a"].why_not is not None

    bring(engine, GATEWAY | {"base_url": "https://third.example/v1"})
    with pytest.raises(BadInput, match="changed meanwhile"):
        write(engine, lambda session: candidates.allow_key(session, line.candidate))
    assert "third.example" in (lines(engine)["a"].why_not or "")

    priced = GATEWAY | {"input_usd_per_mtok": 1.0, "output_usd_per_mtok": 2.0}
    bring(engine, priced)
    line = lines(engine)["a"]
    write(engine, lambda session: candidates.allow_key(session, line.candidate))
    assert lines(engine)["a"].why_not is None
    assert bring(engine, priced).created == 0
    assert lines(engine)["a"].why_not is None
    bring(engine, priced | {"base_url": "https://elsewhere.example/v1"})
    assert "elsewhere.example" in (lines(engine)["a"].why_not or "")


def test_a_variable_that_may_not_be_sent_is_refused_by_the_field_that_names_it() -> None:
    settings = {"headers": {"X-Trace": "no FOO_API_KEY"}, "extra": {"a": "$FOO_API_KEY"}}
    with pytest.raises(BadInput, match="extra") as told:
        endpoint_of("openai", "m", settings | {"base_url": "http://gateway.example/v1"})
    assert "headers" not in str(told.value)


@pytest.mark.parametrize(
    "change",
    [{"base_url": "http://127.0.0.1:4000/v1"}, {"base_url": "https://api.openai.com/v1"}, {"api_key_env": None}],
    ids=["this machine", "a known provider", "no key"],
)
def test_what_sends_no_key_to_a_stranger_is_asked_without_further_ado(
    sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    monkeypatch.setenv("GATEWAY_API_KEY", CANARY)
    bring(sqlite_engine, GATEWAY | change)
    assert lines(sqlite_engine)["a"].why_not is None


def test_what_an_admin_types_needs_no_second_word(sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_API_KEY", CANARY)
    draft = CandidateDraft(**GATEWAY)
    write(sqlite_engine, lambda session: candidates.define(session, draft, now=NOW))
    assert lines(sqlite_engine)["a"].why_not is None


OF_THE_SDKS = {
    "OPENAI_CUSTOM_HEADERS": f"X-Leak: {CANARY}-1\nUser-Agent: {CANARY}-2\nAuthorization: Bearer {CANARY}-3",
    "ANTHROPIC_CUSTOM_HEADERS": f"X-Leak: {CANARY}-4\nanthropic-version: {CANARY}-5",
    "OPENAI_ORG_ID": f"{CANARY}-6",
    "OPENAI_PROJECT_ID": f"{CANARY}-7",
    "OPENAI_ADMIN_KEY": f"{CANARY}-8",
    "OPENAI_BASE_URL": "http://127.0.0.1:9/",
    "OPENAI_WEBHOOK_SECRET": f"{CANARY}-9",
    "ANTHROPIC_AUTH_TOKEN": f"{CANARY}-10",
    "ANTHROPIC_BASE_URL": "http://127.0.0.1:9/",
    "ANTHROPIC_ORGANIZATION_ID": f"{CANARY}-11",
    "ANTHROPIC_WORKSPACE_ID": f"{CANARY}-12",
    "OPENAI_API_KEY": f"{CANARY}-13",
    "ANTHROPIC_API_KEY": f"{CANARY}-14",
}
SENT = {"host", "content-length", "accept", "accept-encoding", "connection", "content-type", "user-agent"}


@pytest.mark.regression("2.5")
@pytest.mark.parametrize("api", ["openai", "anthropic"])
def test_nothing_that_the_sdks_read_is_sent_unless_a_candidate_says_so(
    script: ScriptedServer, monkeypatch: pytest.MonkeyPatch, api: str
) -> None:
    for name, content in OF_THE_SDKS.items():
        monkeypatch.setenv(name, content)
    script.say(Dialect(api).stream(["Fine."]))
    assert ask(Dialect(api).endpoint(script.url, api_key_env="")).text == "Fine."
    (received,) = script.received
    assert CANARY not in repr(received)
    assert set(received.headers) - {"anthropic-version"} == SENT


@pytest.mark.regression("2.5")
def test_what_the_sdks_read_counts_as_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql://me:{CANARY}-20@host/db")
    monkeypatch.setenv("EVENHAND_KEY_VARIABLES", "HOUSE_ACCESS")
    monkeypatch.setenv("HOUSE_ACCESS", f"{CANARY}-21")
    for name, content in OF_THE_SDKS.items():
        monkeypatch.setenv(name, content)
    said = without_secrets(" ".join(f"{CANARY}-{number}." for number in (*range(1, 15), 20, 21)))
    assert CANARY not in said
    assert "[OPENAI_ORG_ID]" in said


def test_a_candidate_says_which_headers_and_fields_are_sent(
    script: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTKEY_API_KEY", "portkey-secret-1")
    monkeypatch.setenv("OPENAI_API_KEY", "openai-secret-22")
    monkeypatch.setenv("OPENAI_ORG_ID", "organisation-333")
    headers = {"x-portkey-api-key": "$PORTKEY_API_KEY", "x-portkey-provider": "openai"}
    headers |= {"OpenAI-Organization": "$OPENAI_ORG_ID", "x-upstream-auth": "Bearer $PORTKEY_API_KEY"}
    settings = {"base_url": f"{script.url}/v1/chat/completions", "api_key_env": "OPENAI_API_KEY", "headers": headers}
    settings |= {"extra": {"top_p": 0.9, "stop": ["$END"], "upstream": {"key": "$PORTKEY_API_KEY"}}}
    from core.providers.presets import request_of

    script.say(Dialect("openai").stream(["Fine."]))
    ask(endpoint_of("openai-compatible", "m", settings), request_of(settings, [{"role": "user", "content": "?"}]))
    (received,) = script.received
    assert received.path == "/v1/chat/completions"
    assert received.headers["authorization"] == "Bearer openai-secret-22"
    assert received.headers["x-portkey-api-key"] == "portkey-secret-1"
    assert received.headers["x-upstream-auth"] == "Bearer portkey-secret-1"
    assert received.headers["openai-organization"] == "organisation-333"
    assert received.headers["x-portkey-provider"] == "openai"
    assert received.body["upstream"] == {"key": "portkey-secret-1"}
    assert (received.body["top_p"], received.body["stop"], received.body["stream"]) == (0.9, ["$END"], True)


@pytest.mark.parametrize(
    ("field", "content"),
    [
        ("headers", {"Authorization": "Bearer x"}),
        ("headers", {"authorization": "$GATEWAY_API_KEY"}),
        ("headers", {"X-API-Key": "$GATEWAY_API_KEY"}),
        ("headers", {"Host": "evil.example"}),
        ("headers", {"Content-Length": "0"}),
        ("headers", {"Transfer-Encoding": "chunked"}),
        ("headers", {"x-a": "b\r\nAuthorization: c"}),
        ("headers", {"x a": "b"}),
        ("headers", {"x-a": "$AWS_SECRET_ACCESS_KEY"}),
        ("headers", {"x-a": "$OPENAI_API_KEY"}),
        ("headers", {"x-a": "${GATEWAY_API_KEY}"}),
        ("headers", {"x-a": "a $GATEWAY_API_KEY b"}),
        ("headers", {"x-portkey-api-key": "pk-written-here"}),
        ("headers", {"x-a": "1", "X-A": "2"}),
        ("headers", {"x-a": 5}),
        ("headers", {f"x-{n}": "a" for n in range(21)}),
        ("headers", {"x-a": "a" * 1001}),
        ("extra", {"model": "other"}),
        ("extra", {"Messages": []}),
        ("extra", {"stream": False}),
        ("extra", {"max_completion_tokens": 9}),
        ("extra", {"n": 50}),
        ("extra", {"key": "$OPENAI_API_KEY"}),
        ("extra", {"a": "b" * 10_001}),
        ("extra", {"a": "sk-0123456789abcdef0123"}),
    ],
)
def test_headers_and_fields_that_would_say_something_else_are_refused(
    sqlite_engine: Engine, field: str, content: dict[str, Any]
) -> None:
    with pytest.raises(BadFile) as refused:
        bring(sqlite_engine, GATEWAY | {field: content})
    assert refused.value.field == field
    assert "pk-written" not in str(refused.value)


@pytest.mark.regression("2.5")
def test_a_header_takes_no_variable_to_a_stranger(
    sqlite_engine: Engine, evil: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENDGRID_API_KEY", CANARY)
    plain = {"name": "evil", "provider": "openai", "model": "m", "base_url": "http://evil/v1", "api_key_env": None}
    bring(sqlite_engine, plain | {"headers": {"x-a": "$SENDGRID_API_KEY"}, "extra": {"b": "$SENDGRID_API_KEY"}})
    try_all(sqlite_engine)
    assert evil.received == []
    assert lines(sqlite_engine)["evil"].keys == {"SENDGRID_API_KEY": True}


def test_a_header_from_a_variable_that_is_not_set_is_a_fault_before_anything_is_sent(
    sqlite_engine: Engine, script: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PORTKEY_API_KEY", raising=False)
    at_hand = {"name": "a", "provider": "openai-compatible", "model": "m", "base_url": f"{script.url}/v1"}
    bring(sqlite_engine, at_hand | {"headers": {"x-portkey-api-key": "$PORTKEY_API_KEY"}})
    assert lines(sqlite_engine)["a"].why_not == "PORTKEY_API_KEY is not set."
    with reading(sqlite_engine) as session:
        trial = try_out(sqlite_engine, session.exec(select(Candidate)).one(), now=NOW)
    assert "PORTKEY_API_KEY, which is not set" in trial.problem
    assert script.received == []


@pytest.mark.parametrize(
    "name",
    [
        *(pytest.param(n, marks=pytest.mark.regression("1.8")) for n in ("openai_api_key", "Team_Api_Key", "team_KEY")),
        "1_API_KEY",
        "TEAM API_KEY",
    ],
)
def test_a_variable_that_could_not_be_asked_with_is_refused_where_it_is_entered(
    sqlite_engine: Engine, name: str
) -> None:
    with pytest.raises(BadFile) as refused:
        bring(sqlite_engine, GATEWAY | {"api_key_env": name})
    assert refused.value.field == "api_key_env"
    with pytest.raises(BadInput, match="Key variable"):
        draft = CandidateDraft(**(GATEWAY | {"api_key_env": name}))
        write(sqlite_engine, lambda session: candidates.define(session, draft, now=NOW))


def test_the_further_fields_take_no_key_to_a_fallback_either(
    sqlite_engine: Engine, evil: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The primary is where the key belongs, and fails; its fields go to the second endpoint, too."""
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    record = {"name": "evil", "provider": "openai", "model": "m", "base_url": "http://127.0.0.1:9/v1"}
    record |= {"extra": {"user": "$OPENAI_API_KEY"}}
    record["fallback"] = {"provider": "openai-compatible", "model": "m", "base_url": EVIL, "api_key_env": ""}
    with suppress(BadFile):
        bring(sqlite_engine, record)
    try_all(sqlite_engine)
    assert CANARY not in repr(evil.received)


def test_a_key_of_ones_own_in_the_further_fields_waits_for_an_admin_where_the_fallback_is_a_stranger(
    sqlite_engine: Engine,
) -> None:
    record = {**GATEWAY, "base_url": "http://127.0.0.1:9/v1", "extra": {"user": "$GATEWAY_API_KEY"}}
    record["fallback"] = {"provider": "openai-compatible", "model": "m", "base_url": "https://evil.example/v1"}
    bring(sqlite_engine, record)
    assert lines(sqlite_engine)["a"].is_doubted


def test_another_provider_under_a_known_name_is_looked_at_anew(sqlite_engine: Engine) -> None:
    """It has another usual key."""
    record = {"name": "a", "provider": "openai", "model": "m", "base_url": "https://evil.example/v1"}
    bring(sqlite_engine, record)
    assert not lines(sqlite_engine)["a"].is_doubted
    bring(sqlite_engine, {**record, "provider": "litellm"})
    assert lines(sqlite_engine)["a"].is_doubted


def test_a_dot_at_the_end_makes_no_stranger_a_known_host(sqlite_engine: Engine) -> None:
    bring(sqlite_engine, {**GATEWAY, "base_url": "https://evil.example./v1"})
    assert lines(sqlite_engine)["a"].is_doubted


@pytest.mark.parametrize("host", ["134744072", "0x08080808", "8.8", "010.8.8.8", "8.8.8.0x8"])
def test_an_address_written_as_other_numbers_is_no_inner_network(host: str) -> None:
    with pytest.raises(BadInput, match="must be an address"):
        endpoint_of("openai-compatible", "m", {"base_url": f"http://{host}/v1", "api_key_env": "GATEWAY_API_KEY"})
