"""The fields of a candidate and what each may hold: the same for a line of a file and for the form on Candidates."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from core.domain import fields
from core.domain.fields import Flaw, Row
from core.errors import BadInput
from core.providers import fields as asking
from core.providers import presets
from core.providers.keys import UNVOUCHED
from core.settings import without_secrets

TEXTS = ("base_url", "api_key_env", "system")
PRICES = ("input_usd_per_mtok", "output_usd_per_mtok")
OBJECTS = ("headers", "extra")
KNOWN = frozenset({"name", "provider", "model", "fallback", "temperature", "max_tokens", *TEXTS, *PRICES, *OBJECTS})
CHANGEABLE = frozenset({"api_key_env", UNVOUCHED, *PRICES})
"""What may change under responses that are there: who pays and how much is nothing that a model answers by."""

HOTTEST, DEAREST = 2.0, 100_000.0
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
_LONGEST_VARIABLE, _LONGEST_PLAIN = 64, 20
_KEY_PREFIX = re.compile(r"(sk-|gsk_|AIza)[A-Za-z0-9_-]{12,}$")
_IS_A_KEY = "looks like a key. Keys are never kept here: put it into an environment variable and name that variable."


class CandidateRecord(NamedTuple):
    """A candidate as read; ``settings`` holds every field but name, provider and model."""

    line: int
    name: str
    provider: str
    model: str
    settings: dict[str, Any]


def candidate_record(line: int, row: Row) -> CandidateRecord:
    """A candidate out of its fields; Flaw names the first one that is wrong, and never shows what may be a key."""
    named, settings = _named(row), _settings(row)
    _check_endpoint(named, settings)
    fallback = fields.mapping(row, "fallback")
    if fallback is not None:
        if "fallback" in fallback:
            raise Flaw("cannot have a fallback of its own.", field="fallback")
        try:
            settings["fallback"] = _fallback(fallback)
        except Flaw as flaw:
            raise Flaw(flaw.problem, field=f"fallback.{flaw.field}") from None
    return CandidateRecord(line, named["name"], named["provider"], named["model"], settings)


def _fallback(row: Row) -> dict[str, Any]:
    """A second endpoint: it needs no name of its own, and is asked the same."""
    second = _named(row if row.get("name") is not None else {**row, "name": "fallback"}) | _settings(row)
    if row.get("name") is None:
        second.pop("name")
    if "extra" in second:
        raise Flaw("belongs to the candidate itself: both endpoints are asked the same.", field="extra")
    _check_endpoint({field: str(second[field]) for field in ("provider", "model")}, second)
    return second


def with_doubts(record: CandidateRecord, known: dict[str, Any] | None) -> CandidateRecord:
    """The record as an import may store it: where it sends a variable's content to a stranger, it says so.

    A file that came with somebody's data must not choose where keys go, so such a candidate is asked by nothing until
    an admin has seen and saved it. ``known``: the settings of a candidate of that name, whose keys an admin has allowed
    to go where they go now.
    """
    settings = _doubted(record.provider, record.model, record.settings, known)
    fallback = settings.get("fallback")
    if isinstance(fallback, dict):
        before = (known or {}).get("fallback")
        asked = (fallback.get("provider", record.provider), fallback.get("model", record.model))
        # It is sent the candidate's further fields.
        second = _doubted(*asked, {**fallback, "extra": settings.get("extra")}, _with_extra(before, known))
        settings["fallback"] = {field: found for field, found in second.items() if field != "extra"}
    return record._replace(settings=settings)


def _with_extra(fallback: object, settings: dict[str, Any] | None) -> dict[str, Any] | None:
    return {**fallback, "extra": (settings or {}).get("extra")} if isinstance(fallback, dict) else None


_OF_A_KEY = ("provider", "base_url", "api_key_env", "headers", "extra")


def _doubted(provider: str, model: str, settings: dict[str, Any], known: dict[str, Any] | None) -> dict[str, Any]:
    kept = {field: found for field, found in settings.items() if field != UNVOUCHED}
    if known is not None and all(known.get(field) == kept.get(field) for field in _OF_A_KEY):
        return kept | ({UNVOUCHED: True} if known.get(UNVOUCHED) else {})
    try:
        endpoint = presets.endpoint_of(provider, model, kept)
    except BadInput:
        return kept
    return kept | ({UNVOUCHED: True} if presets.unvouched(endpoint) else {})


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
    settings |= {field: fields.mapping(row, field) for field in OBJECTS}
    settings = {field: found for field, found in settings.items() if found not in (None, "", {})}
    _check(settings)
    return settings


def _check(settings: dict[str, Any]) -> None:
    if "api_key_env" in settings:
        _check_variable(settings["api_key_env"])
    if "base_url" in settings:
        settings["base_url"] = _address(settings["base_url"])
    if without_secrets(settings.get("system", "")) != settings.get("system", ""):
        raise Flaw("holds a key of this machine. Take it out.", field="system")
    for field in OBJECTS:
        _check_object(settings.get(field, {}), field)
    if settings.get("temperature", 0.0) > HOTTEST:
        raise Flaw(f"must be a number from 0 to {HOTTEST:g}.", field="temperature")
    if settings.get("max_tokens") == 0:
        raise Flaw("must be at least 1, or absent for the provider's own limit.", field="max_tokens")
    for field, other in (PRICES, PRICES[::-1]):
        if field in settings and other not in settings:
            raise Flaw("is missing: give both prices or neither.", field=other)


def _check_object(found: Any, field: str) -> None:
    """Headers and body fields as the provider takes them, and without a key."""
    try:
        asking.headers({field: found}) if field == "headers" else asking.further({field: found})
    except asking.WrongField as wrong:
        raise Flaw(wrong.problem, field=field) from None
    for each in _texts(found):
        _refuse_key(each, field)


def _texts(found: Any) -> Iterator[str]:
    if isinstance(found, dict | list):
        for each in found.values() if isinstance(found, dict) else found:
            yield from _texts(each)
    elif isinstance(found, str):
        yield found


def _check_endpoint(named: dict[str, str], settings: dict[str, Any]) -> None:
    """What only shows when provider, address and key are looked at together; an unknown provider is told elsewhere."""
    try:
        presets.endpoint_of(named["provider"], named["model"], settings)
    except asking.WrongField as wrong:
        raise Flaw(wrong.problem, field=wrong.field) from None
    except BadInput:
        return


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
        problem = (
            "must be the name of an environment variable, such as OPENAI_API_KEY: capital letters, digits, underscores."
        )
        raise Flaw(problem, field="api_key_env")


def _address(found: str) -> str:
    _refuse_key(found, "base_url")
    try:
        return asking.base_url({"base_url": found}) or ""
    except asking.WrongField as wrong:
        raise Flaw(wrong.problem, field="base_url") from None


def _refuse_key(found: str, field: str) -> None:
    if _KEY_PREFIX.match(found) or without_secrets(found) != found:
        raise Flaw(_IS_A_KEY, field=field)
