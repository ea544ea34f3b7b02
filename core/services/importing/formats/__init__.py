"""The formats that can be read: a new one is a file here and a line in the registry."""

from collections.abc import Iterable
from contextlib import suppress
from itertools import islice

from core.domain.fields import Flaw, Row
from core.errors import BadFile
from core.services.importing.formats import (
    batch_api,
    langfuse,
    langsmith,
    litellm,
    llmfao,
    lmarena,
    mt_bench,
    native,
    openai_chat,
    openai_evals,
    table,
    wide,
)
from core.services.importing.records import Format, Kind

FORMATS: dict[str, Format] = {
    module.FORMAT.name: module.FORMAT
    for module in (
        wide,
        native,
        table,
        llmfao,
        lmarena,
        mt_bench,
        openai_evals,
        batch_api,
        litellm,
        langsmith,
        langfuse,
        openai_chat,
    )
}


_LOOKED_AT = 50


def detect(rows: Iterable[Row], kind: Kind) -> Format:
    """The format of a file of ``kind``: by its first row, or, of a log that begins with an odd one, by a later row.

    A Flaw, about the first row, where there is none.
    """
    remaining = iter(rows)
    first = next(remaining)
    if (found := _fitting(first, kind)) is not None:
        return found
    with suppress(Flaw, BadFile):
        for row in islice(remaining, _LOOKED_AT):
            found = _fitting(row, kind)
            if found is not None and found.is_log:
                return found
    return _nearest(first, kind)


def _fitting(row: Row, kind: Kind) -> Format | None:
    """The first format whose mark ``row`` bears and that holds ``kind``."""
    return next((each for each in _marked(row, kind) if kind in each.kinds), None)


def _marked(row: Row, kind: Kind) -> list[Format]:
    return [each for each in FORMATS.values() if each.detect(row, kind)]


def _nearest(row: Row, kind: Kind) -> Format:
    """Ours, where ``row`` lacks but a field of it; else a Flaw that says what the row is, or what is wanted."""
    marked = _marked(row, kind)
    if not marked and native.is_meant(row, kind):
        return native.FORMAT
    found = ", ".join(str(field)[:40] for field in list(row)[:12]) or "none"
    if marked:
        holds = " or ".join(sorted(marked[0].kinds))
        raise Flaw(f"This looks like {marked[0].title}, which holds {holds}, not {kind}.")
    raise Flaw(
        f"No format for {kind} has these fields: {found}. Name the format, map the columns, or see the fields wanted: "
        f"{_WANTED[kind]}."
    )


_WANTED = {
    Kind.PROMPTS: "turns or messages, and outside tables id",
    Kind.RESPONSES: "prompt_id, candidate, and text or turns",
    Kind.VOTES: "prompt_id, left, right, winner",
    Kind.CANDIDATES: "name, provider, model",
}
