"""The table as LiteLLM's proxy and Router read it: a model group a category, and what follows where that fails."""

from collections.abc import Iterator, Mapping
from typing import Any

from core.domain.routing import Route, RoutingTable
from core.services.routing.deployments import Deployment, deployments
from core.services.routing.resting import FAILURES, REST_S
from core.storage.tables import Candidate

GROUP = "route"
"""Of whatever has no route of its own; each category's is this, a slash and its name."""
_CANDIDATE = "candidate"
Known = Mapping[int, Candidate]


def group_of(category: str | None) -> str:
    """The name under which a category is asked for."""
    return GROUP if category is None else f"{GROUP}/{category}"


def litellm_config(table: RoutingTable, candidates: Known) -> dict[str, Any]:
    """``model_list`` and ``router_settings``.

    A route's group is its primary alone, with the route's timeout; its fallbacks are groups of their own, asked in
    their order and one at a time, because within a group LiteLLM would spread requests.
    """
    routes = [*table.routes, table.otherwise]
    behind = [(route, list(_behind(route, candidates))) for route in routes]
    alone = {one.name: one for _, several in behind for one in several}
    groups = [_model(group_of(route.category), _first(route, candidates), route.timeout_ms) for route in routes] + [
        _model(f"{_CANDIDATE}/{name}", one, None) for name, one in sorted(alone.items())
    ]
    fallbacks = [
        {group_of(route.category): [f"{_CANDIDATE}/{one.name}" for one in several]}
        for route, several in behind
        if several
    ]
    return {
        "model_list": groups,
        "router_settings": {
            "num_retries": 0,
            "allowed_fails": FAILURES,
            "cooldown_time": int(REST_S),
            "fallbacks": fallbacks,
        },
    }


def _first(route: Route, candidates: Known) -> Deployment:
    return deployments(candidates[route.primary])[0]


def _behind(route: Route, candidates: Known) -> Iterator[Deployment]:
    """What follows the primary's first endpoint: its second, then every endpoint of the fallbacks."""
    yield from deployments(candidates[route.primary])[1:]
    for one in route.fallbacks:
        yield from deployments(candidates[one])


def _model(group: str, one: Deployment, timeout_ms: float | None) -> dict[str, Any]:
    params: dict[str, Any] = {"model": f"{one.api}/{one.model}", "api_base": one.base_url}
    # Without a key LiteLLM would send OpenAI's own; an endpoint that wants none takes any.
    params["api_key"] = one.key or "none"
    if timeout_ms is not None:
        params["timeout"] = params["stream_timeout"] = timeout_ms / 1000
    if one.headers:
        params["extra_headers"] = one.headers
    found: dict[str, Any] = {"model_name": group, "litellm_params": params | one.settings}
    info = {"candidate": one.name, **({"notes": list(one.notes)} if one.notes else {})}
    return found | {"model_info": info}
