"""One small tree of errors whose messages are fit to show a user: what, where, and how to mend it."""

from functools import partial
from typing import Any


class EvenhandError(Exception):
    """The base: ``str(error)`` is what the user reads."""


class BadInput(EvenhandError):
    """Something given to us is wrong; nothing was changed. Exit code 2."""


class BadFile(BadInput):
    """An import file is wrong; names file, line and field, and nothing of it was kept.

    ``line`` counts from 1; None where the fault belongs to the whole file.
    """

    def __init__(self, problem: str, *, file: str, line: int | None = None, field: str | None = None) -> None:
        self.problem, self.file, self.line, self.field = problem, file, line, field
        place = file if line is None else f"{file}, line {line}"
        if field is not None:
            place += f", field '{field}'"
        super().__init__(f"{place}: {problem} Nothing was imported.")

    def __reduce__(self) -> tuple[Any, ...]:
        """How it is sent to another process."""
        return partial(BadFile, file=self.file, line=self.line, field=self.field), (self.problem,)


class NotFound(BadInput):
    """A name or id that does not exist here."""


class NotAllowed(EvenhandError):
    """The person may not do this."""


class NothingToRate(EvenhandError):
    """No pair is left for this rater."""


class PairGone(EvenhandError):
    """The pair shown is no longer this rater's to vote on (it went to somebody else, or was answered)."""


class NotEnoughData(EvenhandError):
    """A statistic was asked for that these votes cannot give."""
