"""`evenhand judge`: ask the judges about responses that are here already."""

from collections.abc import Sequence
from typing import Annotated

import typer
from sqlmodel import Session

from core import clock
from core.cli.terminal import AsJson, app, plainly, print_json, workspace
from core.domain.judging import PAIRWISE_KIND
from core.errors import NotFound
from core.services import scoring
from core.services.judging import JudgeSummary, judge_run
from core.services.judging.pair_orders import EVERY, PairOrder, plan
from core.services.judging.pairing import Ids, pairs_to_judge
from core.services.judging.pairwise import judge_pairs
from core.services.judging.voted_pairs import Scope
from core.services.scoring import evaluators
from core.services.studies import studies
from core.storage.engine import reading
from core.storage.tables import Evaluator


@app.command()
def judge(
    evaluator: Annotated[str, typer.Option(help="The judge, by its name on Data.")],
    run: Annotated[int | None, typer.Argument(help="The run whose responses are judged.")] = None,
    study: Annotated[
        str | None,
        typer.Option(help="A judge of pairs: those of this study that raters voted on, and --pairs others."),
    ] = None,
    max_usd: Annotated[float | None, typer.Option(help="The most that the judge may cost, in US dollars.")] = None,
    pairs: Annotated[int, typer.Option(min=1, help="A judge of pairs: how many pairs at most.")] = 500,
    as_json: AsJson = False,
) -> None:
    """Ask a judge about a run's responses, or a study's pairs, not judged yet; ends with 1 where some were left."""
    if (run is None) == (study is None):
        raise typer.BadParameter("Name either a run or --study.")
    with plainly():
        engine = workspace()
        scoring.ensure_defaults(engine, now=clock.now())
        with reading(engine) as session:
            chosen = _named(session, evaluator)
            assert chosen.id is not None
            wanted = _pairs(session, chosen, run, study, pairs)
        if run is None or _compares(chosen):
            done = judge_pairs(engine, chosen.id, wanted, max_usd=max_usd)
        else:
            done = judge_run(engine, run, evaluator_ids=[chosen.id], max_usd=max_usd)
    _tell(chosen, done, as_json=as_json)


def _pairs(session: Session, chosen: Evaluator, run: int | None, study: str | None, most: int) -> Sequence[Ids]:
    """The pairs that a judge of pairs is to compare."""
    assert chosen.id is not None
    if run is None:
        scope = Scope(study_id=studies.named(session, study).id)
        return plan(session, PairOrder(chosen.id, scope, voted=EVERY, others=most)).pairs
    return pairs_to_judge(session, chosen.id, run_id=run, limit=most) if _compares(chosen) else []


def _named(session: Session, name: str) -> Evaluator:
    there = evaluators.judges(session)
    found = next((one for one in there if one.name == name), None)
    if found is None:
        names = ", ".join(f"'{one.name}'" for one in there) or "none yet; add one on Data"
        raise NotFound(f"There is no judge '{name}'. There are: {names}.")
    return found


def _compares(evaluator: Evaluator) -> bool:
    return evaluator.kind == PAIRWISE_KIND


def _tell(chosen: Evaluator, done: JudgeSummary, *, as_json: bool) -> None:
    cost_usd = None if done.unpriced else done.spent_usd
    if as_json:
        counts = {name: getattr(done, name) for name in ("calls", "replies", "unparsed", "faults", "not_asked")}
        print_json({"judge": chosen.name, **counts, "cost_usd": cost_usd, "problem": done.problem or None})
    else:
        cost = "cost unknown" if cost_usd is None else f"${cost_usd:.6f}"
        typer.echo(
            f"{chosen.name}: {done.calls:,} calls, {done.unparsed:,} not to be read, {done.faults:,} failed, {cost}."
        )
        if done.problem:
            typer.echo(done.problem)
    if done.problem:
        raise typer.Exit(1)
