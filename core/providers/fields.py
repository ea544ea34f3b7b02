"""Reads the fields of a candidate's settings; what is wrong raises WrongField, which names the field and says why."""

import ipaddress
import json
import math
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

from core.errors import BadInput

Settings = Mapping[str, Any]

_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*\Z")  # capitals alone: many a key pasted here by mistake would pass otherwise
_FROM_A_VARIABLE = re.compile(r"(?P<before>[A-Za-z]+ )?\$(?P<name>[A-Z_][A-Z0-9_]*)\Z")
_HOST = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?\.?\Z")
_OURS = frozenset(
    {"model", "messages", "system", "stream", "stream_options", "max_tokens", "max_completion_tokens", "temperature"}
    | {"seed", "random_seed", "n", "best_of"}
)
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}\Z")
_HEADER_TEXT = re.compile(r"[\x20-\x7e]{1,1000}\Z")
_OUR_HEADERS = frozenset(
    {"authorization", "proxy-authorization", "x-api-key", "api-key", "host", "cookie", "connection", "keep-alive", "te"}
    | {"content-length", "content-type", "content-encoding", "transfer-encoding", "accept", "accept-encoding", "expect"}
    | {"trailer", "upgrade", "forwarded", "anthropic-version"}
)
_OF_A_SECRET = re.compile(r"(key|token|secret|password|auth)$", re.I)
_IDENTIFIES = re.compile(r"virtual-key$", re.I)  # Portkey's name for a stored key is none
MOST_HEADERS, MOST_FURTHER = 20, 10_000
_ENDINGS = ("/chat/completions", "/completions", "/v1/messages", "/messages")


class WrongField(BadInput):
    """A field of the settings that is wrong; ``problem`` goes on from the field's name."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"Field '{field}' {problem}")
        self.field, self.problem = field, problem


def text(settings: Settings, name: str) -> str | None:
    """A text, or None where it is not given."""
    found = settings.get(name)
    if found is None or isinstance(found, str):
        return found
    raise WrongField(name, f"is not a text: {found!r}.")


def number(settings: Settings, name: str, *, at_least: float, at_most: float) -> float | None:
    """A number between the bounds, or None where it is not given."""
    found = settings.get(name)
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int | float) or not math.isfinite(found):
        raise WrongField(name, f"is not a number: {found!r}.")
    if not at_least <= found <= at_most:
        raise WrongField(name, f"is {found}: it must lie between {at_least} and {at_most}.")
    return float(found)


def whole_number(settings: Settings, name: str, *, at_least: int) -> int | None:
    """A whole number from ``at_least`` on, or None where it is not given."""
    found = settings.get(name)
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int | float) or found != found // 1:
        raise WrongField(name, f"is not a whole number: {found!r}.")
    if found < at_least:
        raise WrongField(name, f"is {found}: it must be at least {at_least}.")
    return int(found)


def further(settings: Settings) -> Mapping[str, Any]:
    """Further fields of the request's body, by the provider's own names, such as ``top_p``."""
    found = settings.get("extra")
    if found is None:
        return {}
    if not isinstance(found, Mapping):
        raise WrongField("extra", 'is not an object such as {"top_p": 0.9}.')
    taken = sorted(_OURS & {str(name).casefold() for name in found})
    if taken:
        raise WrongField("extra", f"may not hold '{taken[0]}': Evenhand sets it.")
    if len(json.dumps(found)) > MOST_FURTHER:
        raise WrongField("extra", f"is longer than {MOST_FURTHER:,} characters.")
    return dict(found)


def headers(settings: Settings) -> dict[str, str]:
    """Further headers of the request, as they are given: ``$NAME`` stands for what is in that variable."""
    found = settings.get("headers")
    if found is None:
        return {}
    if not isinstance(found, Mapping):
        raise WrongField("headers", 'is not an object such as {"x-portkey-provider": "openai"}.')
    if len(found) > MOST_HEADERS:
        raise WrongField("headers", f"holds more than {MOST_HEADERS} headers.")
    if len({str(name).casefold() for name in found}) < len(found):
        raise WrongField("headers", "names a header twice.")
    for name, content in found.items():
        _check_header(name, content)
    return dict(found)


def _check_header(name: object, content: object) -> None:
    if not isinstance(name, str) or not _HEADER_NAME.match(name):
        raise WrongField("headers", "holds a name that no header can have: letters, digits and hyphens.")
    if name.casefold() in _OUR_HEADERS:
        raise WrongField(
            "headers", f"may not hold '{name}': Evenhand sets it. The key's variable goes into its own field."
        )
    if not isinstance(content, str) or not _HEADER_TEXT.match(content) or content != content.strip():
        raise WrongField("headers", f"gives '{name}' something other than 1 to 1,000 plain characters.")
    from_variable = _FROM_A_VARIABLE.match(content)
    if "$" in content and not from_variable:
        raise WrongField("headers", f"gives '{name}' a $ that begins no variable's name, such as $PORTKEY_API_KEY.")
    if _OF_A_SECRET.search(name) and not _IDENTIFIES.search(name) and not from_variable:
        problem = (
            f"gives '{name}' what may be a key. Put it into a variable and write $ and its name, as $PORTKEY_API_KEY."
        )
        raise WrongField("headers", problem)


def variable_in(content: str) -> tuple[str, str] | None:
    """What stands before a variable in a header or body field (``Bearer ``, or nothing) and its name; None: plain."""
    found = _FROM_A_VARIABLE.match(content)
    return None if found is None else (found["before"] or "", found["name"])


def base_url(settings: Settings) -> str | None:
    """The address of an endpoint of one's own: what comes before ``/chat/completions``; None where it is not given."""
    found = text(settings, "base_url")
    if found is None or not found.strip():
        return None
    parts = _parts(found.strip())
    if parts is None:
        raise WrongField(
            "base_url", "must be an address that begins with http:// or https://, such as https://host/v1."
        )
    if parts.username or parts.password or parts.query or parts.fragment or "@" in parts.netloc:
        raise WrongField(
            "base_url", "holds more than an address. Passwords and keys stay out: name the key's variable."
        )
    url = found.strip().rstrip("/")
    ending = next((each for each in _ENDINGS if url.casefold().endswith(each)), "")
    return url[: len(url) - len(ending)].rstrip("/")


# Programs read a host whose last part is a number as an address, however it is written: 8.8 and 0x8080808, too.
_NUMERIC = re.compile(r"(?:^|\.)(?:\d+|0x[0-9a-f]*)\.?$")


def _parts(url: str) -> SplitResult | None:
    """The parts of an address that every program reads alike; None where it is none."""
    if not url.isascii() or not url.isprintable() or re.search(r"[\s\\\"<>^`{|}]", url):
        return None
    try:
        parts = urlsplit(url)
        port_is_right = parts.port is None or parts.port > 0
        host = parts.hostname or ""
        if _NUMERIC.search(host):
            ipaddress.ip_address(host)
        is_host = bool(_HOST.match(host)) or (":" in host and bool(ipaddress.ip_address(host)))
    except ValueError:
        return None
    return parts if port_is_right and is_host and parts.scheme in ("http", "https") else None


def key_variable(settings: Settings) -> str | None:
    """The name of the variable that holds the key; "" says that none is to be sent, None that nothing is said."""
    found = text(settings, "api_key_env")
    if found is None or not found.strip():
        return found and ""
    if not _VARIABLE.match(found.strip()):
        problem = "is not a variable's name such as OPENAI_API_KEY, in capitals; the key itself stays out."
        raise WrongField("api_key_env", problem)
    return found.strip()


def is_loopback(url: str | None) -> bool:
    """Whether the address is on this machine."""
    host = urlsplit(url).hostname if url is not None else None
    if host is None or host == "localhost":
        return host is not None
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
