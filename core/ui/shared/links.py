"""The bar in the head of an analyst's page: copy its link, take a picture of it, make a report of it."""

from collections.abc import Callable
from dataclasses import dataclass

from streamlit.delta_generator import DeltaGenerator

from core.ui.shared.slides import Slide


@dataclass(frozen=True)
class Pin:
    """The moment that a link can hold on to."""

    as_of: str
    """What stands in the address under ``as_of``."""
    label: str
    """How it is called beside the button: "as of vote 2,698"."""


def bar(head: DeltaGenerator, page: str, *, slide: Callable[[], Slide] | None = None, pin: Pin | None = None) -> None:
    """Draw *Copy link*, and with a ``slide`` *Picture* and *Report*, into ``head``, which ``frame.page_head`` gave.

    ``page``: the prefix of its filters' names in the address. ``slide`` is computed only when somebody presses. With a
    ``pin`` the link can hold on to the state of the votes.
    """
    del head, page, slide, pin
