"""The formats that can be read: a new one is a file here and a line in the registry."""

from core.domain.fields import Flaw, Row
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


def detect(row: Row, kind: Kind) -> Format:
    """The first format whose mark ``row`` bears and that holds ``kind``; a Flaw where none does."""
    marked = [each for each in FORMATS.values() if each.detect(row, kind)]
    fitting = next((each for each in marked if kind in each.kinds), None)
    if fitting is not None:
        return fitting
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
