"""`evenhand route`: ask a prompt by the routing table in force."""

import asyncio
import sys
from difflib import get_close_matches
from typing import Annotated, Any

import typer
from sqlalchemy import Engine

from core.cli.terminal import AsJson, app, plainly, print_json, workspace
from core.domain.words import money, seconds
from core.errors import BadInput, NotFound
from core.services.routing import Routed, RouteFailed, Router, table_in_force
from core.storage.engine import reading


@app.command()
def route(
    prompt: Annotated[str | None, typer.Argument(help="What to ask; by default what comes on stdin.")] = None,
    category: Annotated[
        str | None, typer.Option(help="The prompt's category; without one the champion answers.")
    ] = None,
    dataset: Annotated[
        str | None,
        typer.Option(help="Whose table; by default the one that was accepted last, else the newest dataset's."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Ask a prompt by the table in force: of the category's primary, and of the next where that fails or is too slow.

    Prints the answer, and on stderr who gave it. Ends with 1 where nobody answered.
    """
    with plainly():
        engine = workspace()
        _check_category(engine, dataset, category)
        text = _text(prompt)
        try:
            found = asyncio.run(_send(engine, dataset, text, category))
        except RouteFailed as error:
            typer.echo(f"evenhand: {error}", err=True)
            raise typer.Exit(1) from error
    if as_json:
        print_json(_object(found))
    else:
        typer.echo(found.answer.text)
        typer.echo(_said(found), err=True)


async def _send(engine: Engine, dataset: str | None, text: str, category: str | None) -> Routed:
    async with Router(engine, dataset=dataset) as router:
        return await router.send([{"role": "user", "content": text}], category)


def _check_category(engine: Engine, dataset: str | None, category: str | None) -> None:
    """A mistyped category would silently be answered by the champion."""
    if category is None:
        return
    with reading(engine) as session:
        found = table_in_force(session, dataset)
    if found.version is not None and category not in found.categories:
        close = get_close_matches(category, found.categories, n=1)
        meant = f" Did you mean '{close[0]}'?" if close else ""
        there = ", ".join(found.categories) or "none"
        raise NotFound(
            f"The table of '{found.dataset}' has no route for '{category}'.{meant} It has: {there}. "
            "Leave --category out to have the champion answer."
        )


def _text(prompt: str | None) -> str:
    if prompt is None and sys.stdin.isatty():
        raise BadInput("There is nothing to ask: give the prompt as an argument or on stdin.")
    text = sys.stdin.read() if prompt is None else prompt
    if not text.strip():
        raise BadInput("The prompt is empty.")
    return text


def _object(found: Routed) -> dict[str, Any]:
    """The object of ``--json``; null is not known."""
    names = {one.id: one.name for one in found.plan.candidates}
    return {
        "dataset": found.plan.dataset,
        "version": found.plan.version,
        "category": found.plan.category,
        "candidate": found.answered_by.name,
        "primary": names.get(found.plan.route.primary),
        "fell_back_because": found.fell_back,
        "text": found.answer.text,
        "finish_reason": found.answer.finish_reason,
        "answered_by": found.answer.answered_by,
        "latency_ms": found.latency_ms,
        "first_visible_ms": found.first_visible_ms,
        "timeout_ms": found.plan.route.timeout_ms,
        "cost_usd": found.cost_usd,
        "tries": [
            {
                "candidate": names.get(one.candidate_id),
                "was_sent": one.was_sent,
                "latency_ms": one.latency_ms,
                "cost_usd": one.cost_usd,
                "fell_back_because": one.fell_back,
                "problem": one.problem or None,
            }
            for one in found.tries
        ],
        "outcome": found.outcome_id,
    }


def _said(found: Routed) -> str:
    primary = next((one.name for one in found.plan.candidates if one.id == found.plan.route.primary), "the primary")
    fell = f", because {primary} {_FELL[found.fell_back]}" if found.fell_back else ""
    cost = "at an unknown price" if found.cost_usd is None else f"for {money(found.cost_usd)}"
    version = "no table in force" if found.plan.version is None else f"version {found.plan.version}"
    return f"{found.answered_by.name} answered in {seconds(found.latency_ms)} {cost}{fell} ({version})."


_FELL = {
    "failed": "failed",
    "rate_limited": "is rate-limited or overloaded",
    "too_slow": "was too slow",
    "cannot_be_asked": "cannot be asked",
}
