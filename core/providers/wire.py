"""The HTTP client that both adapters send through: one for each place, with room for hundreds of streams at once."""

from typing import TYPE_CHECKING

from core.providers.fields import is_loopback
from core.providers.hearing import sending

if TYPE_CHECKING:
    import httpx2

MOST_CONNECTIONS = 1024
CONNECT_WITHIN_S = 10.0
KEPT_OPEN_S = 30.0


def http_client(base_url: str | None) -> "httpx2.AsyncClient":
    """A client for ``base_url``. The attempt's own deadline bounds everything but the connecting.

    It follows no redirect, so that a key goes nowhere but to the host it is meant for, and asks no proxy for this
    machine.
    """
    import httpx2

    return httpx2.AsyncClient(
        timeout=httpx2.Timeout(None, connect=CONNECT_WITHIN_S),
        limits=httpx2.Limits(
            max_connections=MOST_CONNECTIONS,
            max_keepalive_connections=MOST_CONNECTIONS,
            keepalive_expiry=KEPT_OPEN_S,
        ),
        trust_env=not is_loopback(base_url),
        event_hooks={"request": [sending]},
    )
