"""Endpoints that are known by name: one line each in PRESETS, and how a candidate's settings become an Endpoint.

To add one, add its line (and a Quirk, where it differs from the protocol's standard): nothing else names providers.
"""
# ruff: noqa: E501 (a line a preset)

from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from core.errors import BadInput
from core.providers import fields, keys
from core.providers.base import ChatRequest, Endpoint, Message, Preset
from core.providers.quirks import Quirk

_OPENAI = frozenset({Quirk.MAX_COMPLETION_TOKENS})
_GEMINI = frozenset({Quirk.NO_SEED})
_MISTRAL = frozenset({Quirk.NO_STREAM_OPTIONS, Quirk.RANDOM_SEED})
_PORTKEY = frozenset({Quirk.PORTKEY_KEY})
_LOCAL = frozenset({Quirk.NO_PROMPT_CACHE, Quirk.NO_KEEP_ALIVE})
_NONE: frozenset[str] = frozenset()

# fmt: off
PRESETS: tuple[Preset, ...] = (
    Preset("openai", "OpenAI", "openai", "https://api.openai.com/v1", "OPENAI_API_KEY", "openai", _OPENAI, docs="https://platform.openai.com/docs/api-reference/chat", more_variables=("OPENAI_ORG_ID", "OPENAI_PROJECT_ID")),
    Preset("anthropic", "Anthropic", "anthropic", "https://api.anthropic.com", "ANTHROPIC_API_KEY", "anthropic", docs="https://docs.anthropic.com/en/api/messages"),
    Preset("gemini", "Google Gemini", "openai", "https://generativelanguage.googleapis.com/v1beta/openai", "GEMINI_API_KEY", "google", _GEMINI, docs="https://ai.google.dev/gemini-api/docs/openai"),
    Preset("mistral", "Mistral", "openai", "https://api.mistral.ai/v1", "MISTRAL_API_KEY", "mistral", _MISTRAL, docs="https://docs.mistral.ai/api"),
    Preset("deepseek", "DeepSeek", "openai", "https://api.deepseek.com", "DEEPSEEK_API_KEY", "deepseek", docs="https://api-docs.deepseek.com"),
    Preset("qwen", "Qwen (DashScope)", "openai", "https://dashscope-intl.aliyuncs.com/compatible-mode/v1", "DASHSCOPE_API_KEY", docs="https://www.alibabacloud.com/help/en/model-studio/compatibility-of-openai-with-dashscope", more_hosts=("dashscope.aliyuncs.com", "dashscope-us.aliyuncs.com")),
    Preset("together", "Together", "openai", "https://api.together.xyz/v1", "TOGETHER_API_KEY", "together", docs="https://docs.together.ai/docs/openai-api-compatibility", more_hosts=("api.together.ai",)),
    Preset("groq", "Groq", "openai", "https://api.groq.com/openai/v1", "GROQ_API_KEY", "groq", _OPENAI, docs="https://console.groq.com/docs/openai"),
    Preset("openrouter", "OpenRouter", "openai", "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY", "openrouter", docs="https://openrouter.ai/docs/api-reference/overview"),
    Preset("litellm", "LiteLLM proxy", "openai", "http://127.0.0.1:4000/v1", "LITELLM_PROXY_API_KEY", is_self_hosted=True, docs="https://docs.litellm.ai/docs/proxy/user_keys"),
    Preset("portkey", "Portkey", "openai", "https://api.portkey.ai/v1", "PORTKEY_API_KEY", None, _PORTKEY, docs="https://portkey.ai/docs/api-reference/inference-api/headers"),
    Preset("tokenmix", "TokenMix", "openai", "https://api.tokenmix.ai/v1", "TOKENMIX_API_KEY", docs="https://tokenmix.ai/docs/chat-completions"),
    Preset("ezai", "EzAI", "anthropic", "https://ezaiapi.com", "EZAI_API_KEY", docs="https://ezaiapi.com/docs", is_openai_below_v1=True),
    Preset("ezai-openai", "EzAI (OpenAI-compatible)", "openai", "https://ezaiapi.com/v1", "EZAI_API_KEY", docs="https://ezaiapi.com/docs"),
    Preset("vllm", "vLLM", "openai", "http://127.0.0.1:8000/v1", None, is_self_hosted=True, docs="https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html"),
    Preset("ollama", "Ollama", "openai", "http://127.0.0.1:11434/v1", None, is_self_hosted=True, docs="https://docs.ollama.com/api/openai-compatibility"),
    Preset("openai-compatible", "Other (OpenAI-compatible)", "openai", None, None, is_self_hosted=True),
    Preset("anthropic-compatible", "Other (Anthropic-compatible)", "anthropic", None, None, is_self_hosted=True),
    Preset("local", "SmolLM2 on this machine", "local", None, None, None, _LOCAL),
)
# fmt: on

WRITTEN = "written"
"""The provider of candidates whose answers were written for the demo; none of PRESETS."""


def preset_named(name: str) -> Preset:
    """The preset of that name. Raises BadInput, listing the names and the closest one."""
    if is_written(name):
        raise BadInput("Its answers were written for the demo, so there is no model to ask.")
    known = {preset.name: preset for preset in PRESETS}
    found = known.get(name.strip().casefold()) if isinstance(name, str) else None
    if found is not None:
        return found
    close = get_close_matches(str(name).casefold(), known, n=1, cutoff=0.5)
    meant = f" Did you mean '{close[0]}'?" if close else ""
    raise BadInput(f"There is no provider '{name}'.{meant} Known ones: {', '.join(known)}.")


def is_written(provider: object) -> bool:
    """Whether what a candidate answers was written by people: then there is nothing to send anything to."""
    return isinstance(provider, str) and provider.strip().casefold() == WRITTEN


def price_provider_of(name: str) -> str | None:
    """The provider's id in genai-prices; None where that cannot know its prices, or the name is unknown."""
    return next((preset.price_provider for preset in PRESETS if preset.name == name), None)


def title_of(name: str) -> str:
    """How people call the provider; the name itself where it is no preset's."""
    if is_written(name):
        return "Written for the demo"
    return next((preset.title for preset in PRESETS if preset.name == name), name)


def endpoint_of(provider: str, model: str, settings: Mapping[str, Any]) -> Endpoint:
    """Where a candidate's model is asked: the preset, with what the settings say over it.

    A preset's usual key goes to the preset's own host, to this machine, and to nobody else (see keys.refusal): for
    another host the candidate names a variable. There the token limit goes by its widely known name, too. Raises
    BadInput naming the field.
    """
    preset = _spoken(preset_named(provider), settings)
    if not isinstance(model, str) or not model.strip():
        raise fields.WrongField("model", "is empty: give the model's name as the provider spells it.")
    own_url = _own_url(preset, settings)
    is_elsewhere = own_url is not None and not keys.is_own_host(preset, own_url)
    key_env, is_optional = _key(preset, settings, own_url, is_elsewhere=is_elsewhere)
    headers, further = fields.headers(settings), fields.further(settings)
    if preset.api == "local" and headers:
        raise fields.WrongField("headers", "cannot be sent to the model on this machine.")
    endpoint = Endpoint(
        provider=preset.name,
        api=preset.api,
        model=model.strip(),
        base_url=own_url or preset.base_url,
        api_key_env=key_env,
        quirks=preset.quirks - {Quirk.MAX_COMPLETION_TOKENS} if is_elsewhere else preset.quirks,
        is_key_optional=is_optional,
        headers=tuple(headers.items()),
        variables=tuple(dict.fromkeys([*([key_env] if key_env else []), *keys.named(headers, further)])),
    )
    for variable in endpoint.variables:
        problem = keys.refusal(variable, endpoint.base_url, PRESETS)
        if problem is not None:
            field = (
                "api_key_env"
                if variable == key_env
                else "headers"
                if variable in keys.named(headers, None)
                else "extra"
            )
            raise fields.WrongField(field, f"cannot be used: {problem}")
    doubted = unvouched(endpoint) if settings.get(keys.UNVOUCHED) else []
    if doubted:
        raise fields.WrongField("api_key_env", f"waits for an admin: {doubt(endpoint, doubted)}")
    return endpoint


def _spoken(preset: Preset, settings: Mapping[str, Any]) -> Preset:
    """The preset with the protocol that it speaks at the address that the settings give."""
    is_openai = preset.is_openai_below_v1 and (fields.base_url(settings) or "").endswith("/v1")
    return replace(preset, api="openai") if is_openai else preset


def doubt(endpoint: Endpoint, variables: Sequence[str]) -> str:
    """What an admin is asked to look at."""
    return (
        f"an import says that {' and '.join(variables)} be sent to {keys.host_of(endpoint.base_url)}, and nobody here "
        "has allowed that yet."
    )


def unvouched(endpoint: Endpoint) -> list[str]:
    """Its variables of which nobody has said yet that they belong where it is asked."""
    return [name for name in endpoint.variables if not keys.is_vouched_for(name, endpoint.base_url, PRESETS)]


def _own_url(preset: Preset, settings: Mapping[str, Any]) -> str | None:
    """The address that the settings give; None where the preset's is asked."""
    url = fields.base_url(settings)
    if url is None and preset.base_url is None and preset.api != "local":
        raise fields.WrongField("base_url", f"is missing: '{preset.title}' has no address of its own.")
    if url is not None and preset.api == "anthropic" and url.endswith("/v1"):
        return url.removesuffix("/v1")
    return url


def _key(
    preset: Preset, settings: Mapping[str, Any], own_url: str | None, *, is_elsewhere: bool
) -> tuple[str | None, bool]:
    """The variable that holds the key, None for none, and whether it may be missing."""
    named = fields.key_variable(settings)
    if named is not None:
        return named or None, False
    is_trusted = not is_elsewhere or preset.is_self_hosted or fields.is_loopback(own_url)
    return preset.api_key_env if is_trusted else None, is_elsewhere or preset.is_self_hosted


def endpoints_of(provider: str, model: str, settings: Mapping[str, Any]) -> list[Endpoint]:
    """The primary endpoint and, where ``settings["fallback"]`` names one, the second that may serve the same model.

    The fallback gives ``provider``, ``model``, ``base_url`` and ``api_key_env``; provider and model are those of the
    primary where it leaves them out. The question asked is the same at both.
    """
    primary = endpoint_of(provider, model, settings)
    second = settings.get("fallback")
    if second is None:
        return [primary]
    if not isinstance(second, Mapping):
        raise fields.WrongField("fallback", "is not an object with provider, model, base_url and api_key_env.")
    try:
        # It is sent the candidate's further fields, so what these stand for must be allowed to go there, too.
        asked = {**second, "extra": settings.get("extra")}
        other = endpoint_of(second.get("provider", provider), second.get("model", model), asked)
    except BadInput as error:
        raise BadInput(f"Field 'fallback': {error}") from error
    if (other.place, other.model) == (primary.place, primary.model):
        raise fields.WrongField("fallback", "names the same endpoint and model as the candidate itself.")
    return [primary, other]


def request_of(settings: Mapping[str, Any], messages: Sequence[Message], *, repetition: int = 0) -> ChatRequest:
    """The request of a candidate with these settings: its system prompt before ``messages``, its limits and seed.

    ``repetition`` counts from 0 and is added to the seed, so that repetitions differ and can still be repeated.
    Raises BadInput naming the field.
    """
    system = fields.text(settings, "system")
    seed = fields.whole_number(settings, "seed", at_least=0)
    turns = list(messages)
    if system:
        turns.insert(0, {"role": "system", "content": system})
    return ChatRequest(
        messages=turns,
        max_tokens=fields.whole_number(settings, "max_tokens", at_least=1),
        temperature=fields.number(settings, "temperature", at_least=0, at_most=2),
        seed=None if seed is None else seed + repetition,
        extra=fields.further(settings),
    )
