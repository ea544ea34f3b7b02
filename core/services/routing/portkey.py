"""The table as Portkey's gateway reads it: a conditional config on the request's metadata, with a fallback in each."""

from collections.abc import Mapping
from typing import Any

from core.domain.routing import Route, RoutingTable
from core.services.routing.deployments import Deployment, deployments
from core.services.routing.litellm import group_of
from core.storage.tables import Candidate

METADATA = "category"
"""The key of the request's metadata that names the category."""


def portkey_config(table: RoutingTable, candidates: Mapping[int, Candidate]) -> dict[str, Any]:
    """A config for the header ``x-portkey-config``; the request's metadata say ``{"category": …}``.

    Keys are placeholders, os.environ/NAME, because Portkey reads no environment: put the key there, or a provider of
    your workspace's in place of provider and key. Timeouts are of the whole answer, in milliseconds.
    """
    routes = [*table.routes, table.otherwise]
    return {
        "strategy": {
            "mode": "conditional",
            "conditions": [
                {"query": {f"metadata.{METADATA}": {"$eq": route.category}}, "then": group_of(route.category)}
                for route in table.routes
            ],
            "default": group_of(None),
        },
        "targets": [_target(route, candidates) for route in routes],
    }


def _target(route: Route, candidates: Mapping[int, Candidate]) -> dict[str, Any]:
    asked = [one for id in (route.primary, *route.fallbacks) for one in deployments(candidates[id])]
    last = len(asked) - 1
    targets = [_endpoint(one, route.timeout_ms if place < last else None) for place, one in enumerate(asked)]
    return {"name": group_of(route.category), "strategy": {"mode": "fallback"}, "targets": targets}


def _endpoint(one: Deployment, timeout_ms: float | None) -> dict[str, Any]:
    found: dict[str, Any] = {
        "provider": one.api,
        "custom_host": one.base_url,
        "api_key": one.key or "none",
        "override_params": {"model": one.model, **one.settings},
    }
    return found if timeout_ms is None else found | {"request_timeout": int(timeout_ms)}
