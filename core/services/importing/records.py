"""What an import reads and reports: kinds, records, formats, the summary."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple

from core.domain.fields import Flaw, Row
from core.services.candidates.fields import CandidateRecord
from core.services.importing.left_out import LeftOut

OnProgress = Callable[[float | None, int], None]
"""Called now and then with the fraction of bytes read (None: not known) and the records read so far."""


Facts = Mapping[str, Any]
"""What is known of a response, by the name of the fact (see storage.tables.facts); None or absent: not known."""


class Kind(StrEnum):
    """What a file holds."""

    PROMPTS = "prompts"
    RESPONSES = "responses"
    VOTES = "votes"
    CANDIDATES = "candidates"


@dataclass(frozen=True)
class ImportSummary:
    """What an import did. ``records`` were read, of which ``created`` are new and ``unchanged`` were there.

    ``dataset`` and ``study``: the names of where they went, None where the kind has none.
    """

    kind: Kind
    dataset: str | None
    study: str | None
    records: int
    created: int
    unchanged: int
    notes: tuple[str, ...] = ()
    already_imported: bool = False
    """This very content had been imported to the same place, so nothing changed."""
    left_out: int = 0
    """Records of a log that were left out; a note says why, and names their first lines."""


class PromptRecord(NamedTuple):
    """A prompt as read. ``key`` is its id in the file; ``messages`` are never empty."""

    line: int
    key: str
    category: str
    messages: list[dict[str, str]]
    reference: list[str] | None
    constraints: dict[str, Any] | None
    tags: list[str]


class ResponseRecord(NamedTuple):
    """A response as read. ``prompt`` is set by formats that carry the prompt itself.

    ``repetition`` None: the next free one.
    """

    line: int
    prompt_key: str
    candidate: str
    turns: list[str]
    repetition: int | None = 0
    created_at: datetime | None = None
    prompt: PromptRecord | None = None
    facts: Facts = MappingProxyType({})
    reasoning: list[str] | None = None
    """What was thought before each turn, as the file tells it apart from what was answered."""


class VoteRecord(NamedTuple):
    """A vote as read."""

    line: int
    prompt_key: str
    left: str
    right: str
    outcome: int
    """A domain.votes.Outcome; the last four only in our own exports."""
    question: str | None
    rater: str | None
    created_at: datetime | None
    length_bin: int | None = None
    masked: bool = False
    too_fast: bool = False
    time_on_pair_ms: int | None = None


Record = PromptRecord | ResponseRecord | VoteRecord | CandidateRecord


class Notes:
    """Remarks for the summary, each once, the first twenty."""

    def __init__(self) -> None:
        self._seen: dict[str, None] = {}

    def add(self, note: str) -> None:
        """Keep ``note`` unless it is there."""
        if len(self._seen) < 20:
            self._seen[note] = None

    def ignored(self, row: Row, known: frozenset[str]) -> None:
        """Note the fields of ``row`` that are not in ``known``."""
        for name in row.keys() - known:
            self.add(f"The field '{str(name)[:60]}' is not known here and was ignored.")

    def all(self) -> tuple[str, ...]:
        """The notes, in order."""
        return tuple(self._seen)


@dataclass(frozen=True)
class Reading:
    """What a format needs to know to read."""

    kind: Kind
    notes: Notes
    stem: str = ""
    """The file's name without ending."""
    left_out: LeftOut = field(default_factory=LeftOut)


@dataclass(frozen=True)
class Format:
    """A file format: whether a first row is of it, and how its rows become records.

    ``read`` gets (line, row) pairs and yields records of the reading's kind, in order.
    """

    name: str
    title: str
    kinds: frozenset[Kind]
    detect: Callable[[Row, Kind], bool]
    read: Callable[[Iterable[tuple[int, Row]], Reading], Iterable[Record]]
    carries_prompts: bool = False
    """Its responses come with their prompts, so that the import makes the dataset too."""
    may_repeat: bool = False
    """The same prompt may stand in the file more than once."""
    answers_once: bool = False
    """The same answer may stand in the file more than once, and then is one response, not several."""
    is_log: bool = True
    """Another tool's record of what happened: odd records are left out. Otherwise a table of ours, refused for them."""


def records_of(format: Format, rows: Iterable[tuple[int, Row]], reading: Reading) -> Iterator[Record]:
    """The records that ``format`` reads; of a log, without those it finds a Flaw in."""
    if not format.is_log:
        yield from format.read(rows, reading)
        return
    for numbered in rows:
        try:
            found = list(format.read([numbered], reading))
        except Flaw as flaw:
            reading.left_out.add(numbered[0], flaw)
            continue
        except RecursionError:
            reading.left_out.add(numbered[0], Flaw("is nested too deeply to be read."))
            continue
        yield from found
