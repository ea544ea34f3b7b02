"""Where a candidate's model is asked, as gateways are told of it: without a key, and with what they cannot be told."""

from dataclasses import dataclass, field
from typing import Any

from core.errors import BadInput
from core.providers import fields, presets
from core.providers.base import Endpoint
from core.services.asking.costing import most_output
from core.storage.tables import Candidate

NOWHERE = "https://fill-in.invalid/v1"
"""An address that never exists (RFC 2606), where ours is not known: a placeholder that no request leaves by."""


@dataclass(frozen=True)
class Deployment:
    """One endpoint of one candidate."""

    name: str
    """Of the candidate; of its second endpoint with a word added."""
    api: str
    """openai or anthropic: what its endpoint speaks."""
    model: str
    base_url: str
    key: str | None
    """The variable that holds it, as gateways name it: os.environ/NAME. None: it is asked without one."""
    headers: dict[str, str] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    """What is sent with each request: temperature, max_tokens, further fields."""
    notes: tuple[str, ...] = ()
    """What a gateway cannot be told, or has to be told by hand."""


def deployments(candidate: Candidate) -> list[Deployment]:
    """Its endpoints, the first one first; one with a placeholder's address where Evenhand cannot ask it itself."""
    try:
        endpoints = presets.endpoints_of(candidate.provider or "", candidate.model or "", candidate.settings)
    except BadInput:
        note = "Fill in where it is asked: Evenhand does not know, or may not ask there."
        return [Deployment(candidate.name, "openai", candidate.model or candidate.name, NOWHERE, None, notes=(note,))]
    return [_deployment(candidate, endpoint, number) for number, endpoint in enumerate(endpoints)]


def _deployment(candidate: Candidate, endpoint: Endpoint, number: int) -> Deployment:
    notes = []
    name = candidate.name if number == 0 else f"{candidate.name} (second endpoint)"
    if endpoint.base_url is None:
        notes.append("It runs inside Evenhand: give it a server of its own and fill in the address.")
    if candidate.settings.get("system"):
        notes.append("It has a system prompt (see system): put it before the messages of each request.")
    headers, left_out = _headers(endpoint)
    if left_out:
        notes.append(f"Add by hand, as they hold more than a key: headers {', '.join(left_out)}.")
    return Deployment(
        name,
        "anthropic" if endpoint.api == "anthropic" else "openai",
        endpoint.model,
        endpoint.base_url or NOWHERE,
        f"os.environ/{endpoint.api_key_env}" if endpoint.api_key_env else None,
        headers,
        _sent(candidate),
        tuple(notes),
    )


def _headers(endpoint: Endpoint) -> tuple[dict[str, str], list[str]]:
    """Headers as gateways may have them, and the names of those that only Evenhand can fill in."""
    found, left_out = {}, []
    for name, content in endpoint.headers:
        variable = fields.variable_in(content)
        if variable is None:
            found[name] = content
        elif variable[0] == "":
            found[name] = f"os.environ/{variable[1]}"
        else:
            left_out.append(name)
    return found, left_out


def _sent(candidate: Candidate) -> dict[str, Any]:
    temperature = candidate.settings.get("temperature")
    sent: dict[str, Any] = {"max_tokens": most_output(candidate.settings)}
    return sent if temperature is None else {"temperature": temperature, **sent}
