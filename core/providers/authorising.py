"""What of the environment is sent along with a request: the key, and headers that stand for a variable."""

from core.domain.answering import FaultKind, Timings
from core.providers import keys, presets
from core.providers.base import Endpoint, ProviderFault
from core.providers.faults import place_of
from core.settings import secret


def key_of(endpoint: Endpoint) -> str | None:
    """The key to send, None where none is needed. Raises ProviderFault AUTH where it is missing or goes astray."""
    for name in (endpoint.api_key_env, *endpoint.variables):
        problem = keys.refusal(name, endpoint.base_url, presets.PRESETS) if name else None
        if problem is not None:
            raise _unsent(f"{place_of(endpoint)} cannot be asked: {problem}")
    if endpoint.api_key_env is None:
        return None
    key = secret(endpoint.api_key_env)
    if key is None and not endpoint.is_key_optional:
        raise _unsent(
            f"{place_of(endpoint)} wants a key: set the variable {endpoint.api_key_env}, or name another one."
        )
    return key


def headers_of(endpoint: Endpoint) -> dict[str, str]:
    """The candidate's further headers as they are sent. Raises ProviderFault AUTH where a variable is missing."""
    found = {name: keys.filled_header(content) for name, content in endpoint.headers}
    missing = next((variable for _, variable in found.values() if variable is not None), None)
    if missing is not None:
        raise _unsent(f"{place_of(endpoint)} wants a header from the variable {missing}, which is not set.")
    return {name: content for name, (content, _) in found.items()}


def _unsent(message: str) -> ProviderFault:
    return ProviderFault(FaultKind.AUTH, f"{message} Nothing was sent.", timings=Timings(latency_ms=0.0))
