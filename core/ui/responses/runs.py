"""Which runs' answers to a prompt are shown: the newest of each candidate, all, or one run."""

from core.services.datasets.responses import ShownResponse
from core.ui.shared.filters import one_of

RUN = "responses_run"
_NEWEST, _ALL, _IMPORTS = "Newest of each", "All runs", "Imported"
_HELP = "*Newest of each*: what every candidate answered in the newest run that asked it this prompt."


def value_of(run_id: int, *, is_imported: bool) -> str:
    """A run in addresses. What was imported counts as one run, however many files it came in."""
    return "imported" if is_imported else str(run_id)


def choice(found: list[ShownResponse], *, prompt_id: int) -> list[ShownResponse]:
    """A drop-down where several runs asked the prompt, and the answers of what is chosen there."""
    newest_first = sorted(found, key=lambda shown: -shown.response.run_id)
    there = {_value(shown): shown for shown in newest_first[::-1]}
    if len(there) < 2:
        return found
    named = {_name(shown): value for value, shown in sorted(there.items(), key=lambda each: -each[1].response.run_id)}
    options = {_NEWEST: "newest", _ALL: "all"} | named
    wanted = options[one_of("Run", options, key=RUN, help=_HELP, within=str(prompt_id), width=220)]
    if wanted == "all":
        return found
    newest: dict[int, str] = {}
    for shown in newest_first:
        newest.setdefault(shown.candidate_id, _value(shown))
    return [shown for shown in found if _value(shown) == (newest[shown.candidate_id] if wanted == "newest" else wanted)]


def _value(shown: ShownResponse) -> str:
    return value_of(shown.response.run_id, is_imported=shown.is_imported)


def _name(shown: ShownResponse) -> str:
    return _IMPORTS if shown.is_imported else f"Run {shown.response.run_id} · {shown.run_at:%-d %b %Y}"
