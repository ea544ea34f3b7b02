"""Imports a file, saying how far it is: one JSON line now and then. Killed by the test that started it.

Run as ``python -m tests.services.importing.import_process DATABASE FILE KIND [apart]``; ``apart``: by yet another
process, as the page has it done.
"""

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from core.services.importing import Kind, apart, import_file
from core.storage.engine import open_engine


def main(address: str, file: str, kind: str, how: str = "here") -> None:
    """Import, and say so at the end."""

    def say(_: float | None, records: int) -> None:
        os.write(1, f"{json.dumps({'read': records})}\n".encode())

    take = apart.import_file if how == "apart" else import_file
    with Path(file).open("rb") as opened:
        summary = take(open_engine(address), opened, Kind(kind), now=datetime.now(UTC), on_progress=say)
    os.write(1, f"{json.dumps({'created': summary.created})}\n".encode())


if __name__ == "__main__":
    main(*sys.argv[1:])
