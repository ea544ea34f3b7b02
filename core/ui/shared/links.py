"""The bar in the head of an analyst's page: copy its link, take a picture of it, make a report of it."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import streamlit as st

from core.ui.shared import access, pins, slides
from core.ui.shared.frame import Head
from core.ui.shared.pins import Shown
from core.ui.shared.slides import Slide

_ASSETS = Path(__file__).parent / "assets"
_BAR = st.components.v2.component(
    "evenhand_links",
    html='<div class="links" role="group" aria-label="Share this page"></div>',
    css=(_ASSETS / "links.css").read_text(encoding="utf-8"),
    js=(_ASSETS / "links.js").read_text(encoding="utf-8"),
)
_SHARED = ("run", "prompt", "response", "finding", "candidate")
"""What pages say in the address without their name before it."""
_KINDS = ("picture", "report")


def bar(head: Head, page: str, *, slide: Callable[[], Slide] | None = None, shown: Shown | None = None) -> None:
    """Draw *Copy link*, and with a ``slide`` *Picture* and *Report*, into ``head``, which ``frame.page_head`` gave.

    ``page``: the prefix of its filters' names in the address. To be called when all filters are drawn. ``slide`` is
    computed only when somebody presses. With ``shown`` a link can hold on to its moment, and whoever opens one later
    is told what changed.
    """
    address: dict[str, Any] = {"page": page, "shared": list(_SHARED), "pin": None}
    if shown is not None:
        names = [key for key in sorted(st.query_params) if key.startswith(f"{page}_") or key in _SHARED]
        choices = {key: st.query_params.get_all(key) for key in names}
        with head.line:
            pins.say_changes(shown, choices)
        address["pin"] = {
            "label": shown.label, "as_of": pins.written(shown.moment), "seen": pins.seen(shown, choices),
            "is_pinned": shown.is_pinned,
        }  # fmt: skip
    with head.buttons:
        st.fragment(_bar)(page, address, slide)


@access.guarded(access.Role.ANALYST)
def _bar(page: str, address: dict[str, Any], slide: Callable[[], Slide] | None) -> None:
    key = f"{page}_links"
    wanted = st.session_state.pop(f"_{key}", None)
    made = None
    if slide is not None and wanted in _KINDS:
        made = slides.parcel(slide(), wanted) | {"nonce": uuid4().hex}
    _BAR(
        key=key,
        data={"address": address, "has_slide": slide is not None, "made": made},
        on_wanted_change=access.guarded(access.Role.ANALYST)(partial(_note_wanted, key)),
    )


def _note_wanted(key: str) -> None:
    st.session_state[f"_{key}"] = getattr(st.session_state.get(key), "wanted", None)
