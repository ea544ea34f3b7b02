"""What of a page goes into a picture or a one-page report: headline, chart, table, footnote."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go


@dataclass(frozen=True)
class Slide:
    """What a page says at one moment. All texts are plain, as typed; whoever shows them escapes them."""

    name: str
    """Of the file, without its ending."""
    headline: str
    """One sentence: the page's answer."""
    footnote: str
    """Scope, votes, date, as of."""
    figures: Sequence[tuple[str, Callable[[], go.Figure]]] = ()
    """Title and chart; the picture shows the first. They are drawn on a light ground, and not before they are asked
    for."""
    lines: Sequence[str] = ()
    """What stands below the headline in the report."""
    rows: Sequence[Mapping[str, object]] = ()
    """The table of figures, as ``grids.show`` takes it."""
    how: Sequence[str] = ()
    """How it was computed, a paragraph each."""
