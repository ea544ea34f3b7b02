"""Presets, and what becomes of a candidate's settings."""

from typing import Any

import pytest
from genai_prices.data import providers as priced

from core.errors import BadInput
from core.providers import open_provider, presets
from core.providers.base import ChatRequest
from core.providers.presets import (
    PRESETS,
    Preset,
    endpoint_of,
    endpoints_of,
    preset_named,
    price_provider_of,
    request_of,
)
from core.providers.quirks import Quirk
from tests.providers.conftest import ask
from tests.providers.dialects import Dialect
from tests.providers.scripted import ScriptedServer

WANTED = """
openai anthropic gemini mistral deepseek qwen together groq openrouter litellm portkey tokenmix ezai ezai-openai vllm
ollama openai-compatible anthropic-compatible local
"""
ASKED = [{"role": "user", "content": "?"}]


def test_every_provider_that_was_promised_has_a_preset_and_each_is_there_once() -> None:
    assert [preset.name for preset in PRESETS] == WANTED.split()


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_every_preset_makes_an_endpoint_that_can_be_opened(preset: Preset) -> None:
    has_address = preset.base_url is not None or preset.api == "local"
    endpoint = endpoint_of(preset.name, "a-model", {} if has_address else {"base_url": "https://gate.example.com"})
    assert (endpoint.provider, endpoint.api, endpoint.model) == (preset.name, preset.api, "a-model")
    assert endpoint.api_key_env == preset.api_key_env
    assert endpoint.base_url == (preset.base_url if has_address else "https://gate.example.com")
    assert endpoint.base_url is None or endpoint.base_url.startswith(("https://", "http://127.0.0.1:"))
    assert endpoint.quirks <= set(Quirk)
    assert open_provider(endpoint) is not None


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_every_price_provider_is_one_that_genai_prices_knows(preset: Preset) -> None:
    assert price_provider_of(preset.name) == preset.price_provider
    assert preset.price_provider is None or preset.price_provider in {provider.id for provider in priced}


def test_an_unknown_provider_is_met_with_the_closest_and_with_all() -> None:
    with pytest.raises(BadInput, match=r"Did you mean 'mistral'\?.*openai.*local"):
        preset_named("mistrall")
    assert price_provider_of("nobody") is None


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("temperature", "warm"),
        ("temperature", True),
        ("temperature", 3),
        ("temperature", -0.1),
        ("temperature", float("nan")),
        ("max_tokens", 0),
        ("max_tokens", 1.5),
        ("max_tokens", "many"),
        ("max_tokens", float("inf")),
        ("seed", -1),
        ("seed", "lucky"),
        ("system", 7),
        ("extra", "top_p=1"),
        ("extra", {"messages": []}),
    ],
)
def test_a_wrong_setting_of_the_question_is_named(field: str, wrong: Any) -> None:
    with pytest.raises(BadInput, match=f"Field '{field}'"):
        request_of({field: wrong}, ASKED)


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("base_url", "api.example.com/v1"),
        ("base_url", "ftp://example.com"),
        ("base_url", "https://example.com:port/v1"),
        ("base_url", "https://me:hidden-word@example.com/v1"),
        ("base_url", "https://example.com/v1?key=hidden-word"),
        ("base_url", 8),
        ("api_key_env", "sk-hidden-word"),
        ("api_key_env", "hidden_word"),
        ("api_key_env", 5),
        ("fallback", "openrouter"),
        ("fallback", {"provider": "nobody"}),
        ("fallback", {"base_url": "nowhere"}),
        ("fallback", {}),
    ],
)
def test_a_wrong_setting_of_the_endpoint_is_named_and_what_may_be_a_key_is_not_repeated(field: str, wrong: Any) -> None:
    with pytest.raises(BadInput, match=f"Field '{field}'") as caught:
        endpoints_of("openai", "gpt", {field: wrong})
    assert "hidden" not in str(caught.value)


def test_a_model_must_have_a_name() -> None:
    with pytest.raises(BadInput, match="Field 'model'"):
        endpoint_of("openai", " ", {})


def test_settings_come_before_the_preset() -> None:
    endpoint = endpoint_of("openai", "gpt", {"base_url": "https://gate.example.com/v1/", "api_key_env": "GATE_API_KEY"})
    assert (endpoint.base_url, endpoint.api_key_env) == ("https://gate.example.com/v1", "GATE_API_KEY")
    assert not endpoint.is_key_optional


def test_the_usual_key_goes_to_its_own_host_and_to_this_machine_alone() -> None:
    def sent_to(url: str, provider: str = "openai") -> tuple[str | None, bool]:
        endpoint = endpoint_of(provider, "gpt", {"base_url": url})
        return endpoint.api_key_env, endpoint.is_key_optional

    assert sent_to("https://api.openai.com/v1/") == ("OPENAI_API_KEY", False)
    assert sent_to("https://eu.api.openai.com/v1") == ("OPENAI_API_KEY", False)
    assert sent_to("http://localhost:9000/v1") == ("OPENAI_API_KEY", True)
    assert sent_to("https://elsewhere.example.com/v1") == (None, True)
    assert sent_to("https://api.openai.com.example.com/v1") == (None, True)
    assert sent_to("https://myapi.openai.com.co/v1") == (None, True)
    assert sent_to("https://proxy.example.com", "litellm") == ("LITELLM_PROXY_API_KEY", True)
    assert endpoint_of("openai", "gpt", {"api_key_env": ""}).api_key_env is None


def test_a_fallback_is_a_second_endpoint_for_the_same_model() -> None:
    settings = {"fallback": {"provider": "openrouter", "model": "openai/gpt"}}
    primary, second = endpoints_of("openai", "gpt", settings)
    assert (primary.provider, primary.model) == ("openai", "gpt")
    assert (second.provider, second.model, second.api_key_env) == ("openrouter", "openai/gpt", "OPENROUTER_API_KEY")
    assert primary.place != second.place


def test_a_fallback_may_be_the_same_provider_at_another_address() -> None:
    settings = {"base_url": "http://127.0.0.1:1/v1", "fallback": {"base_url": "http://127.0.0.1:2/v1"}}
    _, second = endpoints_of("vllm", "m", settings)
    assert (second.provider, second.model, second.base_url) == ("vllm", "m", "http://127.0.0.1:2/v1")
    assert len(endpoints_of("vllm", "m", {})) == 1


def test_a_request_carries_the_system_prompt_the_limits_and_a_seed_of_its_repetition() -> None:
    settings = {"system": "Be kind.", "temperature": 0, "max_tokens": 50.0, "seed": 5, "extra": {"top_p": 0.5}}
    asked = request_of(settings, ASKED, repetition=2)
    assert asked == ChatRequest(
        [{"role": "system", "content": "Be kind."}, *ASKED],
        max_tokens=50,
        temperature=0.0,
        seed=7,
        extra={"top_p": 0.5},
    )
    assert request_of({}, ASKED, repetition=2) == ChatRequest(ASKED)


def test_a_new_preset_is_one_line(script: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    line = Preset("acme", "Acme", "openai", f"{script.url}/v1", "ACME_API_KEY", None, frozenset({Quirk.RANDOM_SEED}))
    monkeypatch.setattr(presets, "PRESETS", (*PRESETS, line))
    monkeypatch.setenv("ACME_API_KEY", "acme-secret")
    script.say(Dialect("openai").stream(["Hello from Acme."]))

    answer = ask(endpoint_of("acme", "acme-1", {}), request_of({"seed": 1}, ASKED))

    assert answer.text == "Hello from Acme."
    assert script.received[0].headers["authorization"] == "Bearer acme-secret"
    assert (script.received[0].body["model"], script.received[0].body["random_seed"]) == ("acme-1", 1)


def test_ezai_speaks_messages_at_its_root_and_openais_chat_below_v1() -> None:
    asked = [
        endpoint_of("ezai", "m", {}),
        endpoint_of("ezai", "m", {"base_url": "https://ezaiapi.com"}),
        endpoint_of("ezai", "m", {"base_url": "https://ezaiapi.com/v1/"}),
        endpoint_of("ezai-openai", "m", {}),
    ]
    assert [(each.api, each.base_url) for each in asked] == [
        ("anthropic", "https://ezaiapi.com"),
        ("anthropic", "https://ezaiapi.com"),
        ("openai", "https://ezaiapi.com/v1"),
        ("openai", "https://ezaiapi.com/v1"),
    ]
    assert {each.api_key_env for each in asked} == {"EZAI_API_KEY"}
