"""Reads the fields of a candidate's settings; what is wrong raises BadInput that names the field and what it may be."""

import math
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from core.errors import BadInput

Settings = Mapping[str, Any]

_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*\Z")  # capitals alone: many a key pasted here by mistake would pass otherwise
_OURS = frozenset({"model", "messages", "stream", "stream_options"})
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def text(settings: Settings, name: str) -> str | None:
    """A text, or None where it is not given."""
    found = settings.get(name)
    if found is None or isinstance(found, str):
        return found
    raise BadInput(f"Field '{name}' is not a text: {found!r}.")


def number(settings: Settings, name: str, *, at_least: float, at_most: float) -> float | None:
    """A number between the bounds, or None where it is not given."""
    found = settings.get(name)
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int | float) or not math.isfinite(found):
        raise BadInput(f"Field '{name}' is not a number: {found!r}.")
    if not at_least <= found <= at_most:
        raise BadInput(f"Field '{name}' is {found}: it must lie between {at_least} and {at_most}.")
    return float(found)


def whole_number(settings: Settings, name: str, *, at_least: int) -> int | None:
    """A whole number from ``at_least`` on, or None where it is not given."""
    found = settings.get(name)
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int | float) or found != found // 1:
        raise BadInput(f"Field '{name}' is not a whole number: {found!r}.")
    if found < at_least:
        raise BadInput(f"Field '{name}' is {found}: it must be at least {at_least}.")
    return int(found)


def further(settings: Settings) -> Mapping[str, Any]:
    """Further fields of the request's body, by the provider's own names, such as ``top_p``."""
    found = settings.get("extra")
    if found is None:
        return {}
    if not isinstance(found, Mapping):
        raise BadInput(f"Field 'extra' is not an object: {found!r}.")
    taken = sorted(_OURS & set(found))
    if taken:
        raise BadInput(f"Field 'extra' may not hold '{taken[0]}': Evenhand sets it.")
    return dict(found)


def base_url(settings: Settings) -> str | None:
    """The address of an endpoint of one's own, without a slash at its end; None where it is not given."""
    found = text(settings, "base_url")
    if found is None or not found.strip():
        return None
    try:
        parts = urlsplit(found.strip())
        port_is_right = parts.port is None or parts.port > 0
    except ValueError:
        port_is_right = False
    if not port_is_right or parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadInput("Field 'base_url' is not an address such as https://host/v1.")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise BadInput("Field 'base_url' holds more than an address: put the key into a variable, see 'api_key_env'.")
    return found.strip().rstrip("/")


def key_variable(settings: Settings) -> str | None:
    """The name of the variable that holds the key; "" says that none is to be sent, None that nothing is said."""
    found = text(settings, "api_key_env")
    if found is None or not found.strip():
        return found and ""
    if not _VARIABLE.match(found.strip()):
        raise BadInput("Field 'api_key_env' is not a variable's name such as OPENAI_API_KEY; the key itself stays out.")
    return found.strip()


def is_loopback(url: str | None) -> bool:
    """Whether the address is on this machine."""
    return url is not None and urlsplit(url).hostname in _LOOPBACK
