"""A routing table for other tools: JSON of our own, LiteLLM's router, Portkey's gateway. Never with a key in it."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session

from core.domain.routing import Route, RoutingTable
from core.errors import BadInput
from core.services.routing.litellm import litellm_config
from core.services.routing.plans import TableInForce, table_in_force
from core.services.routing.portkey import portkey_config
from core.services.routing.versions import Version, listed
from core.services.routing.yaml_text import yaml_text

NOBODY_ACCEPTED = "nobody accepted a table: the champion answers everything"


def exported(session: Session, format: str, dataset: str | None = None) -> str:
    """The table in force as a file of that format. Raises BadInput for a format that is not in FORMATS."""
    if format not in FORMATS:
        raise BadInput(f"There is no format '{format}' for routes. There are: {', '.join(FORMATS)}.")
    found = table_in_force(session, dataset)
    versions = listed(session, found.dataset)
    version = next((one for one in versions if one.id == found.version), None)
    return FORMATS[format](found, version)


def routes_object(found: TableInForce, version: Version | None) -> dict[str, Any]:
    """The table with all that is known of it, candidates by name."""
    return {
        "dataset": found.dataset,
        "version": found.version,
        "state": NOBODY_ACCEPTED if version is None else str(version.state),
        "accepted_at": _at(None if version is None else version.decided_at),
        "accepted_by": None if version is None else version.decided_by,
        "why": None if version is None else version.why,
        **table_object(found.table, {id: one.name for id, one in found.candidates.items()}),
        "limits": None if version is None else version.rests_on.get("limits"),
    }


def table_object(table: RoutingTable, names: Mapping[int, str]) -> dict[str, Any]:
    """Routes with candidates by name; ``timeout_ms`` runs to the whole answer, null where it is not known."""
    return {
        "routes": [_route(route, names) for route in table.routes],
        "otherwise": _route(table.otherwise, names),
    }


def _route(route: Route, names: Mapping[int, str]) -> dict[str, Any]:
    return {
        "category": route.category,
        "primary": names.get(route.primary, "?"),
        "fallbacks": [names.get(one, "?") for one in route.fallbacks],
        "timeout_ms": route.timeout_ms,
        "because": str(route.because),
    }


def _at(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _json(found: TableInForce, version: Version | None) -> str:
    return _indented(routes_object(found, version))


def _litellm(found: TableInForce, version: Version | None) -> str:
    head = "\n".join(f"# {' '.join(line.split())}" for line in [_title(found, version), *_LITELLM])
    return f"{head}\n{yaml_text(litellm_config(found.table, found.candidates))}"


def _portkey(found: TableInForce, version: Version | None) -> str:  # noqa: ARG001
    return _indented(portkey_config(found.table, found.candidates))


def _title(found: TableInForce, version: Version | None) -> str:
    at = "" if version is None or version.decided_at is None else f", accepted {version.decided_at:%Y-%m-%d}"
    which = NOBODY_ACCEPTED if version is None else f"version {version.id}{at}"
    return "".join(one if one.isprintable() else " " for one in f"Routes of {found.dataset}: {which}.")


_LITELLM = (
    "Ask for the model 'route/CATEGORY'; 'route' alone is for everything else. Timeouts run to the whole answer.",
    "Keys are read from the environment of LiteLLM.",
)


def _indented(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


FORMATS: Mapping[str, Callable[[TableInForce, Version | None], str]] = {
    "json": _json,
    "litellm": _litellm,
    "portkey": _portkey,
}
