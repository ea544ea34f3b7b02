"""The fields of a candidate and what each may hold: the same for a line of a file and for the form on Candidates."""

import re
from typing import Any
from urllib.parse import urlsplit

from core.services.importing import fields
from core.services.importing.records import CandidateRecord, Flaw, Row
from core.settings import without_secrets

TEXTS = ("base_url", "api_key_env", "system")
PRICES = ("input_usd_per_mtok", "output_usd_per_mtok")
KNOWN = frozenset({"name", "provider", "model", "fallback", "temperature", "max_tokens", *TEXTS, *PRICES})
CHANGEABLE = frozenset({"api_key_env", *PRICES})
"""What may change under responses that are there: who pays and how much is nothing that a model answers by."""

HOTTEST, DEAREST = 2.0, 100_000.0
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LONGEST_VARIABLE, _LONGEST_PLAIN = 64, 20
_KEY_PREFIX = re.compile(r"(sk-|gsk_|AIza)[A-Za-z0-9_-]{12,}$")
_IS_A_KEY = "looks like a key. Keys are never kept here: put it into an environment variable and name that variable."


def candidate_record(line: int, row: Row) -> CandidateRecord:
    """A candidate out of its fields; Flaw names the first one that is wrong, and never shows what may be a key."""
    settings = _settings(row)
    fallback = fields.mapping(row, "fallback")
    if fallback is not None:
        if "fallback" in fallback:
            raise Flaw("cannot have a fallback of its own.", field="fallback")
        try:
            settings["fallback"] = _named(fallback) | _settings(fallback)
        except Flaw as flaw:
            raise Flaw(flaw.problem, field=f"fallback.{flaw.field}") from None
    named = _named(row)
    return CandidateRecord(line, named["name"], named["provider"], named["model"], settings)


def definition(settings: dict[str, Any]) -> dict[str, Any]:
    """The part of a candidate's settings that decides what it answers."""
    kept = {field: found for field, found in settings.items() if field not in CHANGEABLE}
    if isinstance(kept.get("fallback"), dict):
        kept["fallback"] = definition(kept["fallback"])
    return kept


def _named(row: Row) -> dict[str, str]:
    named = {field: fields.name(row, field) for field in ("name", "provider", "model")}
    for field, found in named.items():
        _refuse_key(found, field)
    return named


def _settings(row: Row) -> dict[str, Any]:
    settings: dict[str, Any] = {field: fields.optional_text(row, field) for field in TEXTS}
    settings |= {field: fields.amount(row, field) for field in ("temperature", *PRICES)}
    settings["max_tokens"] = fields.count(row, "max_tokens")
    settings = {field: found for field, found in settings.items() if found not in (None, "")}
    _check(settings)
    return settings


def _check(settings: dict[str, Any]) -> None:
    if "api_key_env" in settings:
        _check_variable(settings["api_key_env"])
    if "base_url" in settings:
        _check_address(settings["base_url"])
    if without_secrets(settings.get("system", "")) != settings.get("system", ""):
        raise Flaw("holds a key of this machine. Take it out.", field="system")
    if settings.get("temperature", 0.0) > HOTTEST:
        raise Flaw(f"must be a number from 0 to {HOTTEST:g}.", field="temperature")
    if settings.get("max_tokens") == 0:
        raise Flaw("must be at least 1, or absent for the provider's own limit.", field="max_tokens")
    for field, other in (PRICES, PRICES[::-1]):
        if field in settings and other not in settings:
            raise Flaw("is missing: give both prices or neither.", field=other)


def is_variable(found: str) -> bool:
    """Whether ``found`` is the name of an environment variable, and no key by mistake."""
    is_name = _VARIABLE.fullmatch(found) is not None and len(found) <= _LONGEST_VARIABLE
    return is_name and not _is_like_a_key(found)


def _is_like_a_key(found: str) -> bool:
    is_long = len(found) > _LONGEST_PLAIN
    is_odd = found != found.upper() or "_" not in found or _VARIABLE.fullmatch(found) is None
    return (is_long and is_odd) or _KEY_PREFIX.match(found) is not None or without_secrets(found) != found


def _check_variable(found: str) -> None:
    """A variable's name, and no key by mistake: what looks like one is not shown, for messages end up in logs."""
    if _is_like_a_key(found):
        raise Flaw(_IS_A_KEY, field="api_key_env")
    if not is_variable(found):
        problem = "must be the name of an environment variable, such as OPENAI_API_KEY: letters, digits, underscores."
        raise Flaw(problem, field="api_key_env")


def _check_address(found: str) -> None:
    _refuse_key(found, "base_url")
    try:
        parts = urlsplit(found)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_address = False
    if not is_address or re.search(r"\s", found):
        raise Flaw("must be an address that begins with http:// or https://.", field="base_url")
    if parts.username or parts.password or parts.query or parts.fragment:
        problem = "holds more than an address. Passwords and keys stay out: name the variable that holds the key."
        raise Flaw(problem, field="base_url")


def _refuse_key(found: str, field: str) -> None:
    if _KEY_PREFIX.match(found) or without_secrets(found) != found:
        raise Flaw(_IS_A_KEY, field=field)
