"""How a candidate's price, key and place are put into words, the same in table, card and form."""

from core.domain.pricing import Rates
from core.domain.words import price
from core.services.candidates.candidates import CandidateLine
from core.ui.shared import frame
from core.ui.shared.charts import cut

UNKNOWN = "unknown"
_LONGEST = 40


def rates_in_words(rates: Rates | None) -> str:
    """What a million tokens cost, and who says so."""
    if rates is None:
        return UNKNOWN
    if rates.is_free:
        return f"nothing is charged per token ({source(rates)})"
    return (
        f"{price(rates.input_usd_per_mtok)} in · {price(rates.output_usd_per_mtok)} out "
        f"per million tokens ({source(rates)})"
    )


def source(rates: Rates) -> str:
    """Where a price comes from."""
    words = {"admin": "entered on Prices", "candidate": "its own price", "local": "runs on this machine"}
    return words.get(rates.source, f"published, {rates.source}")


def cell(rates: Rates | None, amount: float | None) -> str:
    """A price in a table."""
    return UNKNOWN if rates is None else price(amount)


def host(line: CandidateLine) -> str:
    """Where it is asked."""
    if line.host is not None:
        return line.host
    return "this machine" if line.candidate.provider == "local" else "–"


def keys(line: CandidateLine) -> str:
    """The variables it names and whether each is set; never what is in one."""
    if not line.keys:
        return "none needed" if line.why_not is None or line.candidate.provider else "–"
    return ", ".join(f"{name} is {'set' if is_set else 'not set'}" for name, is_set in line.keys.items())


def state(line: CandidateLine) -> str:
    """Whether a run can ask it, in a word or two."""
    if line.candidate.is_retired:
        return "retired"
    if line.why_not is None:
        return "ready"
    if line.candidate.provider is None:
        return "name only"
    if line.is_doubted:
        return "waits for you to allow its key"
    missing = [name for name, is_set in line.keys.items() if not is_set]
    if not missing:
        return "cannot be asked"
    return f"needs {missing[0]}" if len(missing) == 1 else f"needs {len(missing)} keys"


def settings(line: CandidateLine) -> str:
    """Temperature and length as it is asked with."""
    found = line.candidate.settings
    temperature, most = found.get("temperature"), found.get("max_tokens")
    return " · ".join(
        [
            f"temperature {temperature:g}" if temperature is not None else "temperature left to the provider",
            f"at most {most:,} tokens" if most is not None else "no limit of tokens",
        ]
    )


def further(line: CandidateLine) -> str:
    """The names of the headers and fields that are sent besides; what they hold may be nobody's business."""
    found = line.candidate.settings
    parts = [("header", found.get("headers") or {}), ("field", found.get("extra") or {})]
    return " · ".join(f"{kind}{'s' if len(held) > 1 else ''} {', '.join(held)}" for kind, held in parts if held)


def names(lines: list[CandidateLine], most: int = 4) -> str:
    """Some candidates by name, and how many more."""
    shown = ", ".join(frame.as_typed(cut(line.candidate.name, _LONGEST)) for line in lines[:most])
    return shown + (f" and {len(lines) - most} more" if len(lines) > most else "")
