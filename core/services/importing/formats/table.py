"""CSV (or the rows of an SQL query) with our column names, or with a mapping of the file's columns to them."""

from core.domain.fields import Cells, Row
from core.services.importing.formats import native
from core.services.importing.records import Format, Kind


def _detect(row: Row, kind: Kind) -> bool:
    return isinstance(row, Cells) and native.FORMAT.detect(row, kind)


FORMAT = Format("csv", "CSV", frozenset(Kind), _detect, native.FORMAT.read, is_log=False)
