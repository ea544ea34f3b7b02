"""A candidate as somebody types it: from what is stored, and back again through the checks of an import."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from core.domain.fields import Flaw
from core.errors import BadInput
from core.providers import presets
from core.providers.fields import WrongField
from core.providers.keys import UNVOUCHED
from core.services.candidates.fields import CandidateRecord, candidate_record
from core.storage.tables import Candidate

LABELS = {
    "name": "Name",
    "provider": "Provider",
    "model": "Model",
    "base_url": "Address",
    "api_key_env": "Key variable",
    "system": "System prompt",
    "temperature": "Temperature",
    "max_tokens": "Most tokens",
    "input_usd_per_mtok": "Price of input",
    "output_usd_per_mtok": "Price of output",
    "headers": "Further headers",
    "extra": "Further fields of the request",
    "fallback": "Fallback",
}
"""What the form calls each field."""


@dataclass(frozen=True)
class EndpointDraft:
    """A model behind an endpoint as somebody types it; None or blank leaves it to the preset or the provider."""

    provider: str = ""
    model: str = ""
    base_url: str | None = None
    api_key_env: str | None = None
    system: str | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    input_usd_per_mtok: float | None = None
    output_usd_per_mtok: float | None = None
    headers: Mapping[str, Any] | str | None = None
    """A line each, or as they are stored."""
    extra: Mapping[str, Any] | str | None = None
    """JSON, or as it is stored."""
    key_to_confirm: bool = False
    """An import names where its key goes, and no admin has allowed that yet."""


@dataclass(frozen=True)
class CandidateDraft(EndpointDraft):
    """A candidate as somebody types it."""

    name: str = ""
    fallback: EndpointDraft | None = None
    """A second endpoint for when the first one fails."""


def draft_of(candidate: Candidate) -> CandidateDraft:
    """The candidate as a draft, to be changed or to begin another one with."""
    fallback = candidate.settings.get("fallback")
    return CandidateDraft(
        name=candidate.name,
        fallback=_endpoint_draft(fallback) if isinstance(fallback, dict) else None,
        **_typed(candidate.settings | {"provider": candidate.provider, "model": candidate.model}),
    )


def checked(draft: CandidateDraft) -> CandidateRecord:
    """The draft as a record. BadInput says which field is wrong and how to mend it, and shows nothing like a key."""
    try:
        row = {"name": (draft.name or "").strip()} | _row(draft)
        if draft.fallback is not None:
            row["fallback"] = {"name": row["name"]} | _row(draft.fallback)
        record = candidate_record(1, row)
    except Flaw as flaw:
        place, _, field = (flaw.field or "").rpartition(".")
        of_the_fallback = " of the fallback" if place else ""
        raise BadInput(f"{LABELS.get(field, field)}{of_the_fallback} {flaw.problem}") from None
    try:
        presets.endpoints_of(record.provider, record.model, record.settings)
    except BadInput as error:
        raise BadInput(in_words_of_the_form(error)) from None
    return _still_doubted(record, draft)


def in_words_of_the_form(error: BadInput) -> str:
    """What is wrong with a candidate, by the names that the form has for its fields."""
    if isinstance(error, WrongField):
        return f"{LABELS.get(error.field, error.field)} {error.problem}"
    return str(error)


def allowed(settings: Mapping[str, Any]) -> dict[str, Any]:
    """A candidate's settings without a word of doubt about where its keys go."""
    kept = {field: found for field, found in settings.items() if field != UNVOUCHED}
    if isinstance(kept.get("fallback"), dict):
        kept["fallback"] = allowed(kept["fallback"])
    return kept


def _still_doubted(record: CandidateRecord, draft: CandidateDraft) -> CandidateRecord:
    settings, second = dict(record.settings), record.settings.get("fallback")
    if draft.key_to_confirm:
        settings[UNVOUCHED] = True
    if draft.fallback is not None and draft.fallback.key_to_confirm and isinstance(second, dict):
        settings["fallback"] = second | {UNVOUCHED: True}
    return record._replace(settings=settings)


def _row(draft: EndpointDraft) -> dict[str, Any]:
    typed = {field.name: getattr(draft, field.name) for field in fields(EndpointDraft) if field.name != UNVOUCHED}
    stripped = {name: found.strip() if isinstance(found, str) else found for name, found in typed.items()}
    stripped |= {"headers": _headers(stripped["headers"]), "extra": _further(stripped["extra"])}
    return {name: found for name, found in stripped.items() if found not in (None, "") or name in ("provider", "model")}


def _headers(typed: Mapping[str, Any] | str | None) -> dict[str, Any] | None:
    """Headers out of ``name: content``, one a line."""
    if not isinstance(typed, str):
        return dict(typed) if typed else None
    found: dict[str, Any] = {}
    for line in filter(None, map(str.strip, typed.splitlines())):
        name, colon, content = line.partition(":")
        if not colon:
            raise Flaw("are written one a line, a name, a colon and the content: a line has no colon.", field="headers")
        if name.strip().casefold() in map(str.casefold, found):
            raise Flaw(f"name '{name.strip()}' twice.", field="headers")
        found[name.strip()] = content.strip()
    return found or None


def _further(typed: Mapping[str, Any] | str | None) -> dict[str, Any] | None:
    if not isinstance(typed, str):
        return dict(typed) if typed else None
    if not typed:
        return None
    try:
        found = json.loads(typed)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Flaw('is not a JSON object such as {"top_p": 0.9}.', field="extra")
    return found


def _typed(found: Mapping[str, Any]) -> dict[str, Any]:
    typed = {field.name: found.get(field.name) for field in fields(EndpointDraft)}
    named = {name: typed[name] or "" for name in ("provider", "model")}
    return typed | named | {UNVOUCHED: bool(typed[UNVOUCHED])}


def _endpoint_draft(found: Mapping[str, Any]) -> EndpointDraft:
    return EndpointDraft(**_typed(found))
