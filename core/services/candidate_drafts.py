"""A candidate as somebody types it: from what is stored, and back again through the checks of an import."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from core.errors import BadInput
from core.providers import presets
from core.services.importing.candidate_fields import candidate_record
from core.services.importing.records import CandidateRecord, Flaw
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
}


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


@dataclass(frozen=True)
class CandidateDraft(EndpointDraft):
    """A candidate as somebody types it. ``fallback``: a second endpoint for when the first one fails."""

    name: str = ""
    fallback: EndpointDraft | None = None


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
    row = {"name": (draft.name or "").strip()} | _row(draft)
    if draft.fallback is not None:
        row["fallback"] = {"name": row["name"]} | _row(draft.fallback)
    try:
        record = candidate_record(1, row)
    except Flaw as flaw:
        place, _, field = (flaw.field or "").rpartition(".")
        raise BadInput(f"{LABELS.get(field, field)}{' of the fallback' if place else ''} {flaw.problem}") from None
    presets.endpoints_of(record.provider, record.model, record.settings)
    return record


def _row(draft: EndpointDraft) -> dict[str, Any]:
    typed = {field.name: getattr(draft, field.name) for field in fields(EndpointDraft)}
    stripped = {name: found.strip() if isinstance(found, str) else found for name, found in typed.items()}
    return {name: found for name, found in stripped.items() if found not in (None, "") or name in ("provider", "model")}


def _typed(found: Mapping[str, Any]) -> dict[str, Any]:
    typed = {field.name: found.get(field.name) for field in fields(EndpointDraft)}
    return typed | {name: typed[name] or "" for name in ("provider", "model")}


def _endpoint_draft(found: Mapping[str, Any]) -> EndpointDraft:
    return EndpointDraft(**_typed(found))
