"""A routing table as files for other tools: what stands in them, and that no key does."""

import json
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from core.domain.routing import Route
from core.errors import BadInput
from core.services.routing import exported, table_in_force
from core.services.routing.deployments import NOWHERE, deployments
from core.services.routing.portkey import portkey_config
from core.services.routing.yaml_text import yaml_text
from core.storage.engine import reading
from core.storage.tables import Candidate
from tests.services.routing.portkey_schema import SCHEMA
from tests.services.routing.tables import accepted, candidates
from tests.workspace import NOW

HOSTILE = 'co"ding: #1 \\ é \u2028 $x$\n- evil: &a *b'
KEY = "sk-1234567890abcdefghijklmnop"


def one(**settings: Any) -> Candidate:
    named = {"provider": settings.pop("provider", "openai"), "model": settings.pop("model", "gpt-5-mini")}
    return Candidate(id=1, name="A", position=0, created_at=NOW, settings=settings, **named)


@pytest.fixture
def table(sqlite_engine: Engine) -> Engine:
    """A answers support, B and then C behind it; B answers a category of an odd name."""
    a, b, c = candidates(sqlite_engine, "http://127.0.0.1:9001/v1", "http://127.0.0.1:9002/v1", None)
    accepted(sqlite_engine, a, [Route("support", a, (b, c), 1500.0), Route(HOSTILE, b)])
    return sqlite_engine


def text(engine: Engine, format: str) -> str:
    with reading(engine) as session:
        return exported(session, format)


def test_json_names_candidates_and_says_which_version_it_is(table: Engine):
    found = json.loads(text(table, "json"))
    assert (found["dataset"], found["version"], found["state"]) == ("Support", 1, "in force")
    support, odd = found["routes"]
    assert (support["category"], support["primary"], support["fallbacks"], support["timeout_ms"]) == (
        "support", "A", ["B", "C"], 1500.0,
    )  # fmt: skip
    assert (odd["category"], odd["primary"], odd["fallbacks"], odd["timeout_ms"]) == (HOSTILE, "B", [], None)
    assert found["otherwise"]["primary"] == "A"


def test_without_an_accepted_table_it_says_that_the_champion_answers_everything(sqlite_engine: Engine):
    candidates(sqlite_engine, None)
    found = json.loads(text(sqlite_engine, "json"))
    assert (found["version"], found["routes"], found["otherwise"]["primary"]) == (None, [], "A")
    assert "nobody accepted a table" in found["state"]
    assert yaml.safe_load(text(sqlite_engine, "litellm"))["model_list"][0]["model_name"] == "route"


def test_litellm_gets_a_group_a_category_and_its_fallbacks_as_groups_of_their_own(table: Engine):
    found = yaml.safe_load(text(table, "litellm"))
    groups = {one["model_name"]: one["litellm_params"] for one in found["model_list"]}
    assert list(groups) == ["route/support", f"route/{HOSTILE}", "route", "candidate/B", "candidate/C"]
    assert groups["route/support"] == {
        "model": "openai/A", "api_base": "http://127.0.0.1:9001/v1", "api_key": "none", "timeout": 1.5,
        "stream_timeout": 1.5, "max_tokens": 20,
    }  # fmt: skip
    assert "timeout" not in groups["candidate/B"]
    assert found["router_settings"]["fallbacks"] == [{"route/support": ["candidate/B", "candidate/C"]}]
    assert found["router_settings"]["num_retries"] == 0


def test_portkey_gets_a_condition_a_category_and_its_config_has_the_documented_shape(table: Engine):
    found = json.loads(text(table, "portkey"))
    jsonschema.validate(found, SCHEMA, format_checker=jsonschema.FormatChecker())
    assert found["strategy"]["conditions"][1] == {
        "query": {"metadata.category": {"$eq": HOSTILE}}, "then": f"route/{HOSTILE}",
    }  # fmt: skip
    first = found["targets"][0]
    assert [one.get("request_timeout") for one in first["targets"]] == [1500, 1500, None]
    assert [one["override_params"]["model"] for one in first["targets"]] == ["A", "B", "C"]
    with reading(table) as session:
        there = table_in_force(session)
    for broken in ({"strategy": {"mode": "guess"}}, {**found, "retries": 3}, {"provider": "openai"}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(broken, SCHEMA)
    assert portkey_config(there.table, there.candidates) == found


def test_an_unknown_format_names_those_that_there_are(table: Engine):
    with pytest.raises(BadInput, match=r"no format 'xml' for routes. There are: json, litellm, portkey\."):
        text(table, "xml")


def test_keys_are_named_and_never_written(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("TEAM_API_KEY", KEY)
    (found,) = deployments(one(headers={"x-team": "$TEAM_API_KEY", "x-both": "Bearer $TEAM_API_KEY", "x-plain": "1"}))
    assert found.key == "os.environ/OPENAI_API_KEY"
    assert found.headers == {"x-team": "os.environ/TEAM_API_KEY", "x-plain": "1"}
    assert any("x-both" in note for note in found.notes)
    assert KEY not in repr(found)


def test_what_a_gateway_cannot_be_told_is_noted():
    (found,) = deployments(one(system="Be brief.", temperature=0.2, max_tokens=50))
    assert any("system prompt" in note for note in found.notes)
    assert found.settings == {"temperature": 0.2, "max_tokens": 50}
    (local,) = deployments(one(provider="local", model="smollm2"))
    assert (local.base_url, bool(local.notes)) == (NOWHERE, True)
    (unknown,) = deployments(one(provider="written", model="alder"))
    assert (unknown.base_url, unknown.model) == (NOWHERE, "alder")


def test_a_second_endpoint_is_a_deployment_of_its_own():
    first, second = deployments(one(fallback={"provider": "groq", "model": "gpt-oss"}))
    assert (first.base_url, second.base_url) == ("https://api.openai.com/v1", "https://api.groq.com/openai/v1")
    assert second.key == "os.environ/GROQ_API_KEY"
    (anthropic,) = deployments(replace_provider("anthropic"))
    assert anthropic.api == "anthropic"


def replace_provider(provider: str) -> Candidate:
    return one(provider=provider, model="claude-haiku-4-5")


_texts = st.text(alphabet=st.characters(exclude_categories=["Cs"]))
_plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False, width=32) | _texts,
    lambda inner: st.lists(inner) | st.dictionaries(_texts, inner),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.dictionaries(_texts, _plain))
def test_what_is_written_as_yaml_is_read_back_as_it_was(value: dict[str, Any]):
    assert yaml.safe_load(yaml_text(value) or "{}") == value
