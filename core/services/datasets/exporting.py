"""Export of votes, responses and any table as CSV, JSONL or Parquet, a batch of rows at a time."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any, BinaryIO

import sqlalchemy as sa
from sqlmodel import Session

from core.domain.formula import neutralise
from core.domain.votes import OUTCOME_WORDS, Outcome
from core.errors import BadInput
from core.services.leaderboards.tallies import is_current
from core.storage.tables import Study, metadata
from core.storage.tables.facts import EXPORTED

FORMATS = ("csv", "jsonl", "parquet")
MEDIA_TYPES = {"csv": "text/csv", "jsonl": "application/jsonl", "parquet": "application/vnd.apache.parquet"}
ExportedRow = Mapping[str, Any]
_AT_ONCE = 2000

VOTE_COLUMNS: dict[str, type] = {
    "dataset": str,
    "version": int,
    "prompt_id": str,
    "category": str,
    "left": str,
    "right": str,
    "winner": str,
    "question": str,
    "rater": str,
    "simulated": bool,
    "length_bin": int,
    "masked": bool,
    "too_fast": bool,
    "time_on_pair_ms": int,
    **{f"{side}_{which}": int for side in ("left", "right") for which in ("run", "repetition")},
    "probability": float,
    "created_at": datetime,
}
RESPONSE_COLUMNS: dict[str, type] = {
    "dataset": str,
    "version": int,
    "run": int,
    "prompt_id": str,
    "candidate": str,
    "repetition": int,
    "turns": list,
    "reasoning": list,
    **{fact.name: fact.type for fact in EXPORTED},
    "created_at": datetime,
}


def export_votes(session: Session, study: Study, format: str, out: BinaryIO, *, include_simulated: bool = False) -> int:
    """Write the study's votes that stand (not superseded, withdrawn or mirrored repeats) and return how many.

    Run and repetition say which of a candidate's responses was rated, ``probability`` how likely its pair of candidates
    was to be drawn; an imported vote tells neither. The JSONL can be imported again and gives the same tallies.
    """
    vote, prompt, dataset, person, question = (
        metadata.tables[name] for name in ("vote", "prompt", "dataset", "person", "question")
    )
    left, right = (metadata.tables["candidate"].alias(side) for side in ("left_candidate", "right_candidate"))
    given = metadata.tables["assignment"]
    seen = {side: metadata.tables["response"].alias(f"{side}_response") for side in ("left", "right")}
    simulated = person.c.kind == "simulated"
    query = (
        sa.select(
            dataset.c.name.label("dataset"),
            dataset.c.version,
            prompt.c.external_id.label("prompt_id"),
            prompt.c.category,
            left.c.name.label("left"),
            right.c.name.label("right"),
            vote.c.outcome.label("winner"),
            question.c.key.label("question"),
            person.c.name.label("rater"),
            simulated.label("simulated"),
            *(vote.c[name] for name in ("length_bin", "masked", "too_fast", "time_on_pair_ms", "created_at")),
            *(
                label
                for side, response in seen.items()
                for label in (
                    response.c.run_id.label(f"{side}_run"),
                    response.c.repetition.label(f"{side}_repetition"),
                )
            ),
            given.c.probability,
        )
        .join(prompt, prompt.c.id == vote.c.prompt_id)
        .join(dataset, dataset.c.id == prompt.c.dataset_id)
        .join(person, person.c.id == vote.c.rater_id)
        .join(question, question.c.id == vote.c.question_id)
        .join(left, left.c.id == vote.c.left_candidate_id)
        .join(right, right.c.id == vote.c.right_candidate_id)
        .outerjoin(given, given.c.id == vote.c.assignment_id)
        .outerjoin(seen["left"], seen["left"].c.id == given.c.left_response_id)
        .outerjoin(seen["right"], seen["right"].c.id == given.c.right_response_id)
        .where(vote.c.study_id == study.id, is_current())
        .order_by(vote.c.id)
    )
    if not include_simulated:
        query = query.where(~simulated)
    rows = ({**row, "winner": OUTCOME_WORDS[Outcome(row["winner"])]} for row in streamed(session, query))
    return export_table(rows, format, out, columns=VOTE_COLUMNS)


def export_responses(session: Session, study: Study, format: str, out: BinaryIO) -> int:
    """Write every response, of every run, to the prompts and by the candidates of a study; return how many."""
    response, prompt, dataset, candidate = (
        metadata.tables[name] for name in ("response", "prompt", "dataset", "candidate")
    )
    query = (
        sa.select(
            dataset.c.name.label("dataset"),
            dataset.c.version,
            response.c.run_id.label("run"),
            prompt.c.external_id.label("prompt_id"),
            candidate.c.name.label("candidate"),
            *(response.c[name] for name in list(RESPONSE_COLUMNS)[5:]),
        )
        .join(prompt, prompt.c.id == response.c.prompt_id)
        .join(dataset, dataset.c.id == prompt.c.dataset_id)
        .join(candidate, candidate.c.id == response.c.candidate_id)
        .where(dataset.c.id == study.dataset_id if study.dataset_id else dataset.c.is_demo.is_(False))
        .order_by(response.c.id)
    )
    if study.categories:
        query = query.where(prompt.c.category.in_(study.categories))
    if study.candidate_ids:
        query = query.where(candidate.c.id.in_(study.candidate_ids))
    return export_table(streamed(session, query), format, out, columns=RESPONSE_COLUMNS)


def export_table(
    rows: Iterable[ExportedRow], format: str, out: BinaryIO, *, columns: Mapping[str, type] | None = None
) -> int:
    """Write ``rows`` as CSV, JSONL or Parquet and return how many.

    ``columns``: name -> type (str, int, float, bool, list of texts, datetime), for rows that stream; without it
    they are told from the rows. A field that a row lacks is empty. CSV: lists as JSON, times in ISO 8601, texts
    that a spreadsheet would run as formulas behind an apostrophe; JSONL and Parquet hold the texts as they are.
    Raises BadInput for another format.
    """
    check_format(format)
    write = _WRITERS[format]
    if columns is None:
        held = list(rows)
        return write(held, _columns_of(held), out)
    return write(rows, columns, out)


def check_format(format: str) -> None:
    """Raise BadInput where there is no such format."""
    if format not in FORMATS:
        raise BadInput(f"There is no export format '{format}'. There are: {', '.join(FORMATS)}.")


def _columns_of(rows: list[ExportedRow]) -> dict[str, type]:
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: _type_of({type(row.get(name)) for row in rows} - {type(None)}) for name in names}


def _type_of(found: set[type]) -> type:
    if found == {int, float}:
        return float
    only = next(iter(found)) if len(found) == 1 else str
    return only if only in (bool, int, float, list, datetime) else str


def streamed(session: Session, query: sa.Select[Any]) -> Iterator[ExportedRow]:
    """The rows of a query, by column, a batch at a time."""
    result = session.execute(query, execution_options={"stream_results": True, "yield_per": _AT_ONCE})
    for row in result.mappings():
        yield dict(row)


def _batches(rows: Iterable[ExportedRow]) -> Iterator[list[ExportedRow]]:
    remaining = iter(rows)
    while batch := list(islice(remaining, _AT_ONCE)):
        yield batch


def _plain(found: Any) -> Any:
    return found.isoformat() if isinstance(found, datetime) else found


def _write_csv(rows: Iterable[ExportedRow], columns: Mapping[str, type], out: BinaryIO) -> int:
    count = 0
    page = io.StringIO(newline="")
    writer = csv.writer(page, lineterminator="\r\n")
    writer.writerow(neutralise(name) for name in columns)
    for batch in _batches(rows):
        writer.writerows([_cell(row.get(name)) for name in columns] for row in batch)
        count += len(batch)
        out.write(page.getvalue().encode())
        page.seek(0)
        page.truncate()
    out.write(page.getvalue().encode())
    return count


def _cell(found: Any) -> Any:
    if found is None:
        return ""
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, int | float):
        return found
    if isinstance(found, list | dict):
        found = json.dumps(found, ensure_ascii=False)
    return neutralise(str(_plain(found)))


def _write_jsonl(rows: Iterable[ExportedRow], columns: Mapping[str, type], out: BinaryIO) -> int:
    count = 0
    for batch in _batches(rows):
        lines = (
            json.dumps({name: _plain(row[name]) for name in columns if row.get(name) is not None}, ensure_ascii=False)
            for row in batch
        )
        out.write("".join(f"{line}\n" for line in lines).encode())
        count += len(batch)
    return count


def _write_parquet(rows: Iterable[ExportedRow], columns: Mapping[str, type], out: BinaryIO) -> int:
    import pyarrow as pa  # here, because it takes 60 MB that an import or a CSV does not need
    import pyarrow.parquet as pq

    types = {
        str: pa.string(),
        int: pa.int64(),
        float: pa.float64(),
        bool: pa.bool_(),
        list: pa.list_(pa.string()),
        datetime: pa.timestamp("us", tz="UTC"),
    }
    schema = pa.schema([(name, types[kind]) for name, kind in columns.items()])
    count = 0
    with pq.ParquetWriter(out, schema) as writer:
        for batch in _batches(rows):
            table = [{name: _typed(row.get(name), kind) for name, kind in columns.items()} for row in batch]
            writer.write_table(pa.Table.from_pylist(table, schema=schema))
            count += len(batch)
    return count


def _typed(found: Any, kind: type) -> Any:
    if found is None or isinstance(found, kind):
        return found
    return str(found) if kind is str else kind(found)


_WRITERS: dict[str, Callable[[Iterable[ExportedRow], Mapping[str, type], BinaryIO], int]] = {
    "csv": _write_csv,
    "jsonl": _write_jsonl,
    "parquet": _write_parquet,
}
