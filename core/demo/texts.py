"""The texts that were written for the demo: what each written candidate answers on a usual day, and on a bad one."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.demo import records
from core.demo.story import HOUSES

FOLDER = Path(__file__).resolve().parent / "written"
GOOD, WEAK, UPDATED = "good", "weak", "updated"
Answer = tuple[str, ...]
"""One text a turn of the prompt."""


@dataclass(frozen=True)
class Texts:
    """What one candidate may answer to one prompt; each a whole answer."""

    good: tuple[Answer, ...]
    weak: tuple[Answer, ...]
    updated: tuple[Answer, ...]
    """Since its provider's update; empty where that changed nothing."""

    def of(self, quality: str) -> tuple[Answer, ...]:
        """GOOD, WEAK or UPDATED; the good ones where there are none of that kind."""
        return {WEAK: self.weak, UPDATED: self.updated}.get(quality, self.good) or self.good


def written(folder: Path = FOLDER) -> Mapping[tuple[str, str], Texts]:
    """(prompt's id, candidate) → its texts."""
    return {
        (row["prompt_id"], candidate): Texts(
            **{kind: tuple(tuple(turns) for turns in row.get(kind, ())) for kind in (GOOD, WEAK, UPDATED)}
        )
        for candidate in HOUSES
        for row in records(folder / f"{candidate.casefold()}.jsonl")
    }
