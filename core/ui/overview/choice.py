"""Which dataset the page is about. Its address says it."""

from core.ui.shared import frame
from core.ui.shared.filters import answered_dataset, say_gone


def dataset() -> str | None:
    """The dataset's name, of all its versions; None (and the page says so) where nobody was asked anything yet."""
    name = answered_dataset("overview")
    if name is None:
        frame.empty_state(
            "Nothing to decide yet",
            "Nobody has answered a prompt here. Once candidates have, this page says which of them your users should "
            "get, how sure that is, and what it costs.",
            icon=":material/gavel:",
        )
        return None
    say_gone()
    return name
