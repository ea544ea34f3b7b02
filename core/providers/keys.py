"""Which variable of the environment may be sent where: a file of candidates says what it likes, and may be hostile."""

import ipaddress
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from core.providers import fields
from core.providers.base import Preset
from core.settings import key_variables, secret

UNVOUCHED = "key_to_confirm"
"""The field that an import sets, and no file can clear, where it names a stranger to send a variable's content to."""
_OURS = "EVENHAND_"
_ENDING = "_API_KEY"
_INNER = (".internal", ".local", ".lan", ".localhost", ".home.arpa")


def refusal(variable: str, url: str | None, presets: Sequence[Preset]) -> str | None:
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
    return _refusal_of_a_name(variable, url) or _refusal_of_a_place(variable, url)


def _refusal_of_a_name(variable: str, url: str | None) -> str | None:
    hosts = key_variables().get(variable)
    if not is_key_name(variable):
        return (
            f"{variable} is no variable that may be sent: its name must end in {_ENDING}, or whoever runs Evenhand "
            "lists it in EVENHAND_KEY_VARIABLES."
        )
    if hosts and not fields.is_loopback(url) and host_of(url) not in hosts:
        return f"{variable} may go to {' or '.join(sorted(hosts))} alone, as EVENHAND_KEY_VARIABLES says."
    return None


def _refusal_of_a_place(variable: str, url: str | None) -> str | None:
    if is_private(url):
        return None
    return f"{variable} would be sent to {_place(url)} for all to read: give an address that begins with https://."


def is_vouched_for(variable: str, url: str | None, presets: Sequence[Preset]) -> bool:
    """Whether ``url`` is known, without asking anybody, to be no stranger's: this machine, a known provider's own host,
    or where the operator said that ``variable`` may go.
    """
    if fields.is_loopback(url) or host_of(url) in key_variables().get(variable, ()):
        return True
    return any(is_own_host(preset, url) for preset in presets)


def is_own_host(preset: Preset, url: str | None) -> bool:
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


def is_key_name(variable: str) -> bool:
    """Whether a variable may hold a key at all, by its name or by the operator's list."""
    is_ours = variable.startswith(_OURS)
    return not is_ours and (variable.endswith(_ENDING) or variable in key_variables())


def filled_header(content: str) -> tuple[str, str | None]:
    """A header's content as it is sent, and the variable that it stands for if that is not set."""
    found = fields.variable_in(content)
    if found is None:
        return content, None
    before, name = found
    key = secret(name)
    return before + (key or ""), None if key else name


def filled(further: Any, variables: Collection[str]) -> Any:
    """A further field of the body as it is sent: a text that is $ and one of ``variables`` gives place to its content.

    One that is not set, or is another variable, stays a text. ``variables``: those that may go to the endpoint.
    """
    if isinstance(further, Mapping):
        return {name: filled(each, variables) for name, each in further.items()}
    if isinstance(further, list):
        return [filled(each, variables) for each in further]
    found = fields.variable_in(further) if isinstance(further, str) else None
    key = secret(found[1]) if found and found[1] in variables else None
    return further if key is None or found is None else found[0] + key


def named(headers: Mapping[str, str], further: Any) -> list[str]:
    """The variables that headers and further fields of the body stand for."""
    found = [variable[1] for content in headers.values() if (variable := fields.variable_in(content))]
    return list(dict.fromkeys([*found, *_in(further)]))


def _in(further: Any) -> Iterator[str]:
    if isinstance(further, Mapping | list):
        for each in further.values() if isinstance(further, Mapping) else further:
            yield from _in(each)
    elif isinstance(further, str) and (found := fields.variable_in(further)) and is_key_name(found[1]):
        yield found[1]
