"""Answers every demo prompt with each candidate of the small model through the engine of any evaluation: ``make demo``.

The recording is a run in a workspace of its own (data/demo-recording.db), so that one that was broken off goes on where
it stopped; ``--fresh`` starts anew. The local model answers one request at a time on one thread, with its prompt cache
off: a latency depends neither on what else was asked nor on what was asked before.
"""

import argparse
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress as Bar
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from core import clock, demo
from core.errors import EvenhandError
from core.services import runs
from core.services.importing import Kind, import_file
from core.services.runs import RunOrder, RunProgress
from core.services.runs.runner import OnProgress
from core.settings import PROJECT_ROOT
from core.storage.engine import open_engine, reading, write
from core.storage.schema import upgrade
from core.storage.tables import Candidate, Dataset, Prompt, Response, Run

WORKSPACE = PROJECT_ROOT / "data" / "demo-recording.db"
ORDER_SEED = 64
_DEADLINE_S = 600.0
_MEASURED = (
    "latency_ms", "first_byte_ms", "ttft_ms", "first_visible_ms", "input_tokens", "output_tokens", "cost_usd",
    "finish_reason", "attempts", "answered_by",
)  # fmt: skip


def record(
    engine: Engine,
    out: Path,
    *,
    prompts: Path = demo.PROMPTS,
    candidates: Path = demo.CANDIDATES,
    on_progress: OnProgress | None = None,
) -> RunProgress:
    """Carry the recording's run out, or on, in ``engine``'s workspace, and write its responses to ``out``."""
    upgrade(engine)
    now = clock.now()
    for kind, path in ((Kind.PROMPTS, prompts), (Kind.CANDIDATES, candidates)):
        import_file(engine, path, kind, dataset=demo.DATASET_NAME, now=now)
    with reading(engine) as session:
        begun = session.exec(select(Run).where(Run.source == "evaluation")).first()
    if begun is None:
        run_id = write(engine, lambda session: _planned(session, now))
    else:
        assert begun.id is not None
        run_id = begun.id
        if begun.state in ("cancelled", "stopped") or begun.failed:
            runs.resume(engine, run_id, now=now)
    ended = runs.carry_out(engine, run_id, on_progress=on_progress, score=False)
    with reading(engine) as session:
        lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in _rows(session, run_id)]
    out.write_text("".join(lines), encoding="utf-8")
    return ended


def _planned(session: Session, now: datetime) -> int:
    dataset = session.exec(select(Dataset)).one()
    asked = select(Candidate.id).where(Candidate.provider == "local")  # the others were written
    everyone = session.exec(asked.order_by(col(Candidate.id))).all()
    assert dataset.id is not None
    ids = [candidate_id for candidate_id in everyone if candidate_id is not None]
    order = RunOrder(dataset_id=dataset.id, candidate_ids=ids, deadline_s=_DEADLINE_S, seed=ORDER_SEED)
    run = runs.plan(session, order, now=now)
    assert run.id is not None
    return run.id


def _rows(session: Session, run_id: int) -> list[dict[str, Any]]:
    """Records of the Responses JSONL in the order of the prompts and candidates; what is not known is left out."""
    query = (
        select(Prompt.external_id, Candidate.name, Response)
        .join(Prompt, col(Prompt.id) == Response.prompt_id)
        .join(Candidate, col(Candidate.id) == Response.candidate_id)
        .where(Response.run_id == run_id)
        .order_by(col(Response.prompt_id), col(Response.candidate_id))
    )
    return [_row(*found) for found in session.exec(query)]


def _row(prompt: str, candidate: str, response: Response) -> dict[str, Any]:
    answer = {"text": response.turns[0]} if len(response.turns) == 1 else {"turns": response.turns}
    measured = {name: getattr(response, name) for name in _MEASURED}
    rounded = {name: round(found, 1) if name.endswith("_ms") and found else found for name, found in measured.items()}
    known = {name: found for name, found in rounded.items() if found is not None}
    at = response.created_at.isoformat(timespec="seconds")
    return {"prompt_id": prompt, "candidate": candidate, **answer, **known, "created_at": at}


def main() -> None:
    """Read the options and record."""
    parser = argparse.ArgumentParser(prog="make demo", description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--fresh", action="store_true", help="throw the recording away and start anew")
    parser.add_argument(
        "--out", type=Path, default=demo.RESPONSES, metavar="FILE", help="where to, instead of the demo's"
    )
    options = parser.parse_args()
    if options.fresh:
        for file in WORKSPACE.parent.glob(f"{WORKSPACE.name}*"):
            file.unlink()
    with Bar(console=Console(stderr=True)) as bar:
        task = bar.add_task("Recording", total=None)

        def advance(done: RunProgress) -> None:
            bar.update(task, completed=done.responses + done.failed, total=done.planned)

        try:
            ended = record(open_engine(f"sqlite:///{WORKSPACE}"), options.out, on_progress=advance)
        except EvenhandError as error:
            raise SystemExit(str(error)) from error
    if ended.state != "done" or ended.failed:
        raise SystemExit(
            f"The recording is not whole ({ended.state}, {ended.failed} failed): {ended.problem or 'go on'}."
        )


if __name__ == "__main__":
    main()
