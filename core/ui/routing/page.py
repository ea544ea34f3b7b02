"""What the Routing page is about: the dataset, its table in force and the one that the evidence allows now."""

from collections.abc import Sequence
from functools import partial

import streamlit as st
from sqlalchemy import Engine

from core.services import deciding
from core.services import routing as service
from core.services.datasets import responses
from core.services.large import computed
from core.services.routing import Version, View
from core.storage.engine import reading
from core.ui.shared import frame
from core.ui.shared.filters import answered_dataset, say_gone
from core.ui.shared.kept import KEPT
from core.ui.shared.resources import engine

_FRESH_S = 60


def chosen_dataset() -> str | None:
    """The dataset whose routes are shown, in all its versions; None (and the page says what to do) without any."""
    name = answered_dataset("routing")
    if name is None:
        frame.empty_state(
            "Nothing to route yet",
            "Routes are compiled from what candidates answered. Import prompts on *Data* and press *Re-evaluate*, or "
            "import responses; then say on *Candidates* which candidate is in production.",
            icon=":material/alt_route:",
        )
        return None
    say_gone()
    return name


def found(dataset: str) -> View | None:
    """Compiled once for everybody who looks, and anew when responses, votes, limits or decisions changed."""
    with st.spinner("Compiling the routes …"):
        return _kept(engine(), dataset)


def compute_first(database: Engine) -> None:
    """Compute and keep what the page shows of itself, so that who looks first does not wait for it."""
    with reading(database) as session:
        answered = set(deciding.datasets(session))
        shown = next((name for name in responses.names(session) if name in answered), None)
    if shown is not None:
        _kept(database, shown)


def _kept(database: Engine, dataset: str) -> View | None:
    with reading(database) as session:
        as_of = service.as_of(session, dataset)

    anew = partial(computed, database, service.view, dataset)
    return KEPT.get(("routes", str(database.url), dataset, as_of), anew, fresh_s=_FRESH_S)


def versions(dataset: str) -> Sequence[Version]:
    """Every proposed table, the newest first."""
    with reading(engine()) as session:
        return service.listed(session, dataset)


def no_champion() -> None:
    """Without somebody in production there is nobody whom a route could leave."""
    frame.empty_state(
        "No champion is named",
        "A category leaves the candidate that answers it today only with proof, so somebody has to answer it today. "
        "Say on *Candidates* which one is in production.",
        icon=":material/alt_route:",
    )
