"""Which variable of the environment may be sent where: a file of candidates says what it likes, and may be hostile."""

import ipaddress
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from core.providers import fields
from core.settings import key_variables

if TYPE_CHECKING:
    from core.providers.presets import Preset

_OURS = "EVENHAND_"
_ENDING = "_API_KEY"
_INNER = (".internal", ".local", ".lan", ".localhost", ".home.arpa")


def refusal(variable: str, url: str | None, presets: Sequence["Preset"]) -> str | None:
    """Why ``variable`` may not be sent to ``url``, and what to do; None where it may.

    A preset's goes to the preset's own host over https, or to this machine; a variable of ours nowhere; another one
    where it is a key by its name or by the operator's list, and not in plain text over a network that anybody reads.
    """
    if variable.upper().startswith(_OURS):
        return f"{variable} belongs to Evenhand itself and is never sent. Name another variable."
    owners = [preset for preset in presets if variable in preset.variables and not preset.is_self_hosted]
    if owners:
        if fields.is_loopback(url) or any(is_own_host(preset, url) for preset in owners):
            return None
        hosts = " or ".join(dict.fromkeys(urlsplit(preset.base_url or "").netloc for preset in owners))
        return (
            f"{variable} goes to {hosts} over https and to this machine alone, not to {_place(url)}. Put the key for "
            f"that address into a variable of its own, whose name ends in {_ENDING}."
        )
    listed = key_variables()
    if not variable.endswith(_ENDING) and variable not in listed:
        return (
            f"{variable} is no variable that may be sent: its name must end in {_ENDING}, or whoever runs Evenhand "
            "lists it in EVENHAND_KEY_VARIABLES."
        )
    if listed.get(variable) and not fields.is_loopback(url) and host_of(url) not in listed[variable]:
        return f"{variable} may go to {' or '.join(sorted(listed[variable]))} alone, as EVENHAND_KEY_VARIABLES says."
    if not is_private(url):
        return f"{variable} would be sent to {_place(url)} for all to read: give an address that begins with https://."
    return None


def is_vouched_for(variable: str, url: str | None, presets: Sequence["Preset"]) -> bool:
    """Whether it is known without asking anybody that ``url`` is where ``variable`` belongs."""
    if fields.is_loopback(url) or host_of(url) in key_variables().get(variable, ()):
        return True
    return any(variable in preset.variables and is_own_host(preset, url) for preset in presets)


def is_own_host(preset: "Preset", url: str | None) -> bool:
    """Whether ``url`` is one of the preset's own hosts, or below it such as eu.api.openai.com, over https."""
    if preset.is_self_hosted or url is None:
        return False
    parts = urlsplit(url)
    host = parts.hostname or ""
    return (
        parts.scheme == "https"
        and parts.port in (None, 443)
        and any(host == own or host.endswith(f".{own}") for own in preset.hosts)
    )


def is_private(url: str | None) -> bool:
    """Whether nobody else reads what is sent there: by https, on this machine, or within one's own network."""
    parts = urlsplit(url or "")
    host = parts.hostname or ""
    if parts.scheme == "https" or fields.is_loopback(url):
        return True
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return bool(host) and ("." not in host or host.endswith(_INNER))


def host_of(url: str | None) -> str:
    """The host's name; empty where there is none."""
    return (urlsplit(url or "").hostname or "").casefold()


def _place(url: str | None) -> str:
    parts = urlsplit(url or "")
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else "no address"


def named(headers: Mapping[str, str], further: Mapping[str, object]) -> list[str]:
    """The variables that headers and further fields stand for."""
    in_headers = (found[1] for content in headers.values() if (found := fields.variable_in(content)))
    return list(dict.fromkeys([*in_headers, *fields.variables_in(further)]))
