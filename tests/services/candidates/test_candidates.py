"""Candidates: what each needs to be asked, defining one without ever taking a key, champion, retirement, deletion."""

import io
import json
from dataclasses import replace

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from core.errors import BadInput, NotFound
from core.services.candidates import candidates
from core.services.candidates.candidates import CandidateLine
from core.services.candidates.drafts import CandidateDraft, EndpointDraft, draft_of
from core.services.importing import Kind, import_file
from core.storage.engine import reading, write
from core.storage.tables import Candidate, Response
from tests.own_prices import set_price
from tests.statements import statements
from tests.workspace import NOW, make_workspace

pytestmark = pytest.mark.one_database

DRAFT = CandidateDraft(
    name="Alder",
    provider="openai",
    model="gpt-4o-mini",
    system="Be kind.",
    temperature=0.2,
    max_tokens=300,
)
KEY = "sk-proj-0123456789abcdef0123456789abcdef"


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "TEAM_API_KEY", "SECOND_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def define(engine: Engine, draft: CandidateDraft = DRAFT) -> Candidate:
    return write(engine, lambda session: candidates.define(session, draft, now=NOW))


def lines(engine: Engine) -> dict[str, CandidateLine]:
    with reading(engine) as session:
        return {line.candidate.name: line for line in candidates.listed(session, NOW)}


def answered(engine: Engine) -> Candidate:
    """A candidate that is defined in full and has six responses."""
    workspace = make_workspace(engine)
    with reading(engine) as session:
        candidate = session.get_one(Candidate, workspace.candidates[0])
    draft = replace(DRAFT, name=candidate.name, provider="openai", model="gpt-4o-mini")

    def complete(session: Session) -> None:
        session.get_one(Candidate, candidate.id).provider = None
        candidates.change(session, candidate.id or 0, draft)

    write(engine, complete)
    with reading(engine) as session:
        return session.get_one(Candidate, candidate.id)


def refused(engine: Engine, draft: CandidateDraft) -> str:
    with pytest.raises(BadInput) as found:
        define(engine, draft)
    with reading(engine) as session:
        assert not session.exec(select(Candidate)).all()
    return str(found.value)


def test_a_defined_candidate_is_listed_with_what_it_needs(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    define(engine)
    line = lines(engine)["Alder"]
    assert (line.provider, line.host, line.keys) == ("OpenAI", "api.openai.com", {"OPENAI_API_KEY": False})
    assert line.why_not == "OPENAI_API_KEY is not set."
    assert (line.responses, line.runs) == (0, 0)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    line = lines(engine)["Alder"]
    assert (line.keys, line.why_not) == ({"OPENAI_API_KEY": True}, None)
    assert KEY not in repr(line)


def test_what_a_preset_knows_need_not_be_stored(engine: Engine) -> None:
    assert define(engine).settings == {"system": "Be kind.", "temperature": 0.2, "max_tokens": 300}


def test_the_local_model_needs_no_key_and_has_no_host(engine: Engine) -> None:
    define(engine, CandidateDraft(name="Small", provider="local", model="smollm2"))
    line = lines(engine)["Small"]
    assert (line.keys, line.host, line.why_not) == ({}, None, None)
    assert line.rates is not None
    assert line.rates.is_free


def test_a_published_price_is_found_an_unknown_one_is_none_and_ones_own_comes_first(engine: Engine) -> None:
    define(engine)
    define(engine, replace(DRAFT, name="Odd", model="no-such-model-4711"))
    define(engine, replace(DRAFT, name="Own", input_usd_per_mtok=1.0, output_usd_per_mtok=2.5))
    found = lines(engine)
    assert found["Alder"].rates is not None
    assert found["Alder"].rates.source.startswith("genai-prices")
    assert found["Odd"].rates is None
    own = found["Own"].rates
    assert own is not None
    assert (own.source, own.input_usd_per_mtok, own.output_usd_per_mtok) == ("candidate", 1.0, 2.5)


def test_a_fallback_brings_its_own_key(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    second = EndpointDraft(
        provider="openai", model="gpt-4o-mini", base_url="https://gateway.test/v1", api_key_env="SECOND_API_KEY"
    )
    define(engine, replace(DRAFT, fallback=second))
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    line = lines(engine)["Alder"]
    assert line.keys == {"OPENAI_API_KEY": True, "SECOND_API_KEY": False}
    assert line.why_not == "SECOND_API_KEY is not set."
    assert draft_of(line.candidate).fallback == second


def test_a_candidate_known_by_name_only_says_so(engine: Engine) -> None:
    make_workspace(engine)
    write(engine, lambda session: setattr(session.get_one(Candidate, 1), "provider", None))
    found = lines(engine)
    assert found["candidate 0"].why_not == "Only its name is known. Say which model it is."
    assert "There is no provider 'provider-candidate'" in (found["candidate 1"].why_not or "")
    assert (found["candidate 0"].responses, found["candidate 0"].runs) == (6, 1)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "  "}, "Name is empty"),
        ({"model": ""}, "Model is empty"),
        ({"provider": "opnai"}, "There is no provider 'opnai'"),
        ({"base_url": "api.openai.com"}, "Address must be an address that begins with http"),
        ({"api_key_env": "MY KEY"}, "Key variable must be the name of an environment variable"),
        ({"temperature": 3.0}, "Temperature must be a number from 0 to 2"),
        ({"max_tokens": 0}, "Most tokens must be at least 1"),
        ({"input_usd_per_mtok": -1.0}, "Price of input must be a number of at least 0"),
        ({"input_usd_per_mtok": 1.0}, "Price of output is missing"),
        ({"fallback": EndpointDraft(provider="openai", model="")}, "Model of the fallback is empty"),
    ],
)
def test_a_draft_that_could_not_be_asked_is_refused_by_field(
    engine: Engine, changes: dict[str, object], said: str
) -> None:
    assert said in refused(engine, replace(DRAFT, **changes))


@pytest.mark.parametrize("field", ["name", "model", "base_url", "api_key_env"])
def test_a_pasted_key_is_refused_and_not_echoed(engine: Engine, field: str) -> None:
    said = refused(engine, replace(DRAFT, **{field: KEY}))
    assert "looks like a key" in said
    assert KEY[:12] not in said


def test_a_name_is_given_once(engine: Engine) -> None:
    define(engine)
    with pytest.raises(BadInput, match="called 'Alder' already"):
        define(engine)


def test_a_candidate_without_responses_may_change_in_everything(engine: Engine) -> None:
    made = define(engine)
    changed = replace(DRAFT, name="Birch", provider="anthropic", model="claude-sonnet-4-5", temperature=None)
    write(engine, lambda session: candidates.change(session, made.id or 0, changed))
    line = lines(engine)["Birch"]
    assert (line.candidate.id, line.candidate.model, line.provider) == (made.id, "claude-sonnet-4-5", "Anthropic")
    assert "temperature" not in line.candidate.settings


@pytest.mark.parametrize(
    "changes",
    [{"model": "gpt-4o"}, {"system": "Be brief."}, {"temperature": 0.3}, {"max_tokens": None}, {"provider": "groq"}],
)
def test_a_candidate_that_has_answered_keeps_its_definition(engine: Engine, changes: dict[str, object]) -> None:
    made = answered(engine)
    with pytest.raises(BadInput, match="has 6 responses under its old definition"):
        write(engine, lambda session: candidates.change(session, made.id or 0, replace(draft_of(made), **changes)))
    assert lines(engine)[made.name].candidate.settings == made.settings


def test_a_candidate_that_has_answered_keeps_its_name(engine: Engine) -> None:
    made = answered(engine)
    with pytest.raises(BadInput, match="so it keeps it"):
        write(engine, lambda session: candidates.change(session, made.id or 0, replace(draft_of(made), name="Other")))


def test_price_and_key_of_a_candidate_that_has_answered_may_change(engine: Engine) -> None:
    made = answered(engine)
    write(engine, lambda session: set_price(session, made.id or 0, input_usd=3.0, output_usd=6.0))
    write(
        engine,
        lambda session: candidates.change(
            session, made.id or 0, replace(draft_of(session.get_one(Candidate, made.id)), api_key_env="TEAM_API_KEY")
        ),
    )
    line = lines(engine)[made.name]
    assert line.rates is not None
    assert (line.rates.output_usd_per_mtok, line.keys) == (6.0, {"TEAM_API_KEY": False})
    write(engine, lambda session: set_price(session, made.id or 0, input_usd=None, output_usd=None))
    assert "output_usd_per_mtok" not in lines(engine)[made.name].candidate.settings


def test_a_copy_has_the_settings_and_a_free_name(engine: Engine) -> None:
    made = define(engine)
    define(engine, replace(DRAFT, name="Alder 2"))
    with reading(engine) as session:
        assert candidates.copy_of(session, made) == replace(DRAFT, name="Alder 3")


def test_there_is_one_champion(engine: Engine) -> None:
    first, second = define(engine), define(engine, replace(DRAFT, name="Birch"))
    for each in (first, second):
        write(engine, lambda session, each=each: candidates.make_champion(session, each.id))
    found = lines(engine)
    assert [name for name, line in found.items() if line.candidate.is_champion] == ["Birch"]
    assert list(found) == ["Birch", "Alder"]


def test_the_champion_is_not_retired_and_a_retired_one_not_made_champion(engine: Engine) -> None:
    first, second = define(engine), define(engine, replace(DRAFT, name="Birch"))
    write(engine, lambda session: candidates.make_champion(session, first.id or 0))
    with pytest.raises(BadInput, match="Make another candidate the champion first"):
        write(engine, lambda session: candidates.retire(session, first.id or 0))
    write(engine, lambda session: candidates.retire(session, second.id or 0))
    assert lines(engine)["Birch"].why_not == "It is retired."
    with pytest.raises(BadInput, match="Bring it back first"):
        write(engine, lambda session: candidates.make_champion(session, second.id or 0))
    write(engine, lambda session: candidates.bring_back(session, second.id or 0))
    assert lines(engine)["Birch"].why_not == "OPENAI_API_KEY is not set."


def test_only_a_candidate_without_responses_is_deleted(engine: Engine) -> None:
    made = answered(engine)
    with pytest.raises(BadInput, match="Retire it instead"):
        write(engine, lambda session: candidates.delete(session, made.id or 0))
    other = define(engine)
    write(engine, lambda session: candidates.delete(session, other.id or 0))
    assert "Alder" not in lines(engine)
    with reading(engine) as session:
        assert session.exec(select(Response).where(Response.candidate_id == made.id)).first() is not None


def test_a_candidate_that_is_gone_is_not_found(engine: Engine) -> None:
    with pytest.raises(NotFound, match="does not exist any more"):
        write(engine, lambda session: candidates.retire(session, 4711))


@pytest.mark.regression("1.9")
def test_sixty_candidates_take_no_more_queries_than_five(engine: Engine) -> None:
    counted = []
    for first, last in ((0, 5), (5, 60)):
        for number in range(first, last):
            define(engine, replace(DRAFT, name=f"Candidate {number}"))
        with statements(engine) as said:
            lines(engine)
        counted.append(len(said))
    assert counted[0] == counted[1] <= 10


def test_one_that_asks_the_same_as_another_is_told_of_it(engine: Engine) -> None:
    define(engine)
    with reading(engine) as session:
        assert candidates.twins_of(session, replace(DRAFT, name="Birch", input_usd_per_mtok=None), but="") == ["Alder"]
        assert candidates.twins_of(session, replace(DRAFT, name="Birch", temperature=0.3), but="") == []
        assert candidates.twins_of(session, DRAFT, but="Alder") == []
        assert candidates.twins_of(session, replace(DRAFT, model=""), but="") == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"provider": "openai-compatible"}, "Address is missing: 'Other (OpenAI-compatible)' has no address"),
        (
            {"base_url": "https://gateway.test/v1", "api_key_env": "OPENAI_API_KEY"},
            "Key variable cannot be used: OPENAI",
        ),
        ({"api_key_env": "team_api_key"}, "Key variable must be the name of an environment variable"),
        ({"api_key_env": "EVENHAND_API_KEY"}, "Key variable cannot be used: EVENHAND_API_KEY belongs to Evenhand"),
        ({"headers": "x-portkey-provider openai"}, "Further headers are written one a line"),
        ({"headers": "Authorization: Bearer x"}, "Further headers may not hold 'Authorization'"),
        ({"headers": "x-a: 1\nX-A: 2"}, "Further headers name 'X-A' twice"),
        ({"extra": "top_p = 1"}, "Further fields of the request is not a JSON object"),
        ({"extra": '{"stream": false}'}, "Further fields of the request may not hold 'stream'"),
        (
            {"fallback": EndpointDraft("openai", "m", base_url="https://evil.test/v1", api_key_env="OPENAI_API_KEY")},
            "Key variable of the fallback cannot be used",
        ),
    ],
)
def test_what_is_wrong_is_told_in_the_words_of_the_form(engine: Engine, changes: dict[str, object], said: str) -> None:
    assert said in refused(engine, replace(DRAFT, **changes))


@pytest.mark.parametrize(
    ("provider", "typed", "kept"),
    [
        ("openai-compatible", "https://gateway.test/v1/chat/completions", "https://gateway.test/v1"),
        ("openai-compatible", "https://gateway.test/v1/Chat/Completions/", "https://gateway.test/v1"),
        ("anthropic-compatible", "https://gateway.test/anthropic/v1/messages", "https://gateway.test/anthropic"),
        ("openai-compatible", "https://gateway.test/v1/", "https://gateway.test/v1"),
    ],
)
def test_an_address_may_be_pasted_with_the_path_of_its_call(
    engine: Engine, provider: str, typed: str, kept: str
) -> None:
    made = define(engine, replace(DRAFT, provider=provider, base_url=typed))
    assert made.settings["base_url"] == kept


def test_headers_and_fields_come_back_as_they_were_typed(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    headers = "x-portkey-provider: openai\nx-portkey-api-key: $PORTKEY_API_KEY"
    draft = replace(DRAFT, provider="portkey", headers=headers, extra='{"top_p": 0.9}')
    made = define(engine, draft)
    assert made.settings["headers"] == {"x-portkey-provider": "openai", "x-portkey-api-key": "$PORTKEY_API_KEY"}
    assert made.settings["extra"] == {"top_p": 0.9}
    assert lines(engine)["Alder"].why_not == "PORTKEY_API_KEY is not set."
    write(engine, lambda session: set_price(session, made.id or 0, input_usd=3.0, output_usd=6.0))
    assert lines(engine)["Alder"].candidate.settings["headers"] == made.settings["headers"]


def test_a_fallback_in_a_file_needs_no_name(engine: Engine) -> None:
    record = {"name": "Ours", "provider": "vllm", "model": "helpdesk-8b"}
    record["fallback"] = {"provider": "together", "model": "our-org/helpdesk-8b"}
    content = io.BytesIO(json.dumps(record).encode())
    import_file(engine, content, Kind.CANDIDATES, name="candidates.jsonl", now=NOW)
    assert lines(engine)["Ours"].keys == {"TOGETHER_API_KEY": False}
    assert lines(engine)["Ours"].candidate.settings == {"fallback": record["fallback"]}
