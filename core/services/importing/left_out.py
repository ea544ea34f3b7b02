"""What an import leaves out of a log, and why.

A log is what another tool wrote (``Format.is_log``): nobody can mend it, so a record that is odd (a tool's call, an
image, a failure, a field that is wrong) is left out, counted and named, and the rest comes in. Evenhand's own files
and tables (``evenhand``, ``csv``, ``wide``) are written by hand or by a script for us: there, what is wrong refuses
the file with its line and field. A file whose form is wrong (broken JSON or CSV, no text) is refused whatever it holds.
"""

import re

from core.domain.fields import Flaw

_MOST_REASONS, _MOST_LINES, _LONGEST_REASON = 6, 3, 200
_PLACES = re.compile(r"\[\d+\]")
_OTHERWISE = "for other reasons"


class LeftOut:
    """The records left out while a file is read: how many, for which reasons, and the first lines of each."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Forget all: the file is read anew."""
        self.count, self._last = 0, 0
        self._seen: dict[str, int] = {}
        self._lines: dict[str, list[int]] = {}

    def add(self, line: int, flaw: Flaw) -> None:
        """Leave out the record at ``line``; several of one line in a row count once."""
        if line == self._last:
            return
        self._last = line
        self.count += 1
        place = f"'{_PLACES.sub('', flaw.field)[:80]}' " if flaw.field else ""
        reason = f"{place}{flaw.problem.rstrip('.')}"[:_LONGEST_REASON]
        if reason not in self._seen and len(self._seen) >= _MOST_REASONS:
            reason = _OTHERWISE
        self._seen[reason] = self._seen.get(reason, 0) + 1
        lines = self._lines.setdefault(reason, [])
        if len(lines) < _MOST_LINES:
            lines.append(line)

    def note(self) -> str | None:
        """One remark for the summary: how many, why and where; None where nothing was left out."""
        if not self.count:
            return None
        were = "1 record was" if self.count == 1 else f"{self.count:,} records were"
        reasons = "; ".join(self._told(reason, seen) for reason, seen in self._seen.items())
        return f"{were} left out: {reasons}."

    def _told(self, reason: str, seen: int) -> str:
        lines = self._lines[reason]
        places = ("line " if seen == 1 else "lines ") + ", ".join(f"{line:,}" for line in lines)
        more = f" and {seen - len(lines):,} more" if seen > len(lines) else ""
        return f"{reason} ({places}{more})"
