"""`evenhand schedule …`: what is evaluated again by itself, and when; and `evenhand scheduler`, which sees to it."""

import logging
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from threading import Event
from typing import Annotated

import typer
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import Engine
from sqlmodel import Session

from core import clock, logs
from core.cli.evaluating import Cap
from core.cli.terminal import AsJson, app, plainly, print_json, workspace
from core.domain.cron_words import shown, standing
from core.domain.words import n, when
from core.errors import BadInput
from core.services import scoring
from core.services.candidates import candidates
from core.services.candidates.candidates import CandidateLine
from core.services.runs import workers
from core.services.watching import schedules
from core.services.watching.jobs import Job, Watch
from core.services.watching.schedules import FireLine, ScheduleDraft, ScheduleLine
from core.storage.engine import reading, write
from core.storage.tables import Schedule, ScheduleFire

_WORKERS_EVERY_S = 2
_ONE_AT_A_TIME = {"coalesce": True, "max_instances": 1}
_log = logging.getLogger(__name__)
schedule = typer.Typer(no_args_is_help=True, help="What is evaluated again by itself, and when.")
app.add_typer(schedule, name="schedule")
Which = Annotated[str, typer.Argument(help="The schedule's name or number.")]


@schedule.command("list")
def list_(as_json: AsJson = False) -> None:
    """Every schedule: when it is due, what it asks, and what became of it the last time."""
    with plainly(), reading(workspace()) as session:
        lines, now = schedules.listed(session), clock.now()
        if as_json:
            print_json({"schedules": [schedules.schedule_object(line, now) for line in lines]})
            return
        for line in lines:
            typer.echo(_said(line, now))
        if not lines:
            typer.echo("There is no schedule yet. Add one with `evenhand schedule add`.")


@schedule.command()
def add(
    dataset: Annotated[str, typer.Option(help="The dataset to answer; its newest version each time.")],
    cron: Annotated[
        str,
        typer.Option(help="Five fields: minute, hour, day of month, month, day of week; '0 6 * * 0' is Sundays 06:00."),
    ],
    zone: Annotated[str, typer.Option(help="The time zone of the cron text, such as Europe/Berlin.")] = "UTC",
    name: Annotated[str, typer.Option(help="What it is called; by default like the dataset.")] = "",
    version: Annotated[int | None, typer.Option(min=1, help="Always this version of the dataset.")] = None,
    candidate: Annotated[
        list[str] | None, typer.Option(help="A candidate; may be repeated. By default all that can be asked then.")
    ] = None,
    repeats: Annotated[int, typer.Option(min=1, max=100, help="How often each prompt is answered.")] = 1,
    spread_hours: Annotated[float, typer.Option(min=0, help="Hours between one repetition and the next.")] = 0,
    max_usd: Cap = None,
    as_json: AsJson = False,
) -> None:
    """Evaluate a dataset again and again, whenever its cron text is due."""

    def added(session: Session) -> Schedule:
        ids = candidates.ids_named(session, candidate) if candidate else []
        draft = ScheduleDraft(
            dataset=dataset,
            cron=cron,
            zone=zone,
            name=name,
            version=version,
            candidate_ids=tuple(ids),
            repetitions=repeats,
            apart_s=3600 * spread_hours,
            max_usd=max_usd,
        )
        return schedules.add(session, draft, now=clock.now())

    _changed(added, as_json)


@schedule.command()
def pause(which: Which, as_json: AsJson = False) -> None:
    """Let a schedule skip its times until it is resumed."""
    _changed(lambda session: schedules.pause(session, _id(session, which)), as_json)


@schedule.command("resume")
def resume_(which: Which, as_json: AsJson = False) -> None:
    """Let a paused schedule run again, from its next time on."""
    _changed(lambda session: schedules.resume(session, _id(session, which), now=clock.now()), as_json)


@schedule.command()
def remove(which: Which, as_json: AsJson = False) -> None:
    """Have a schedule run no more. Its history stays."""
    with plainly():
        engine, now = workspace(), clock.now()
        gone = write(engine, lambda session: schedules.remove(session, _id(session, which), now=now))
        if as_json:
            print_json({"removed": gone.name})
        else:
            typer.echo(f"'{gone.name}' is removed. Its history stays.")


@schedule.command("run")
def run_(which: Which, as_json: AsJson = False) -> None:
    """Run a schedule now, outside its plan; the app or `evenhand scheduler` carries it out. Ends with 1 if not."""
    with plainly():
        engine, now = workspace(), clock.now()
        with reading(engine) as session:
            lines = [_keys_aside(line) for line in candidates.listed(session, now)]

        def fired(session: Session) -> ScheduleFire:
            return schedules.run_now(session, _id(session, which), lines, now=now)

        fire = write(engine, fired)
        with reading(engine) as session:
            line = schedules.history(session, fire.schedule_id, limit=1)[0]
        if as_json:
            print_json(schedules.fire_object(line))
        else:
            typer.echo(_became(line))
        if line.run_id is None:
            raise typer.Exit(1)


@schedule.command()
def history(
    which: Annotated[str | None, typer.Argument(help="A schedule's name or number; by default all of them.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many lines.")] = schedules.MOST_LISTED,
    as_json: AsJson = False,
) -> None:
    """What became of each time a schedule was due, the newest first."""
    with plainly(), reading(workspace()) as session:
        schedule_id = _id(session, which) if which is not None else None
        lines = schedules.history(session, schedule_id, limit=limit)
        if as_json:
            print_json({"history": [schedules.fire_object(line) for line in lines]})
            return
        for line in lines:
            typer.echo(_became(line))
        if not lines:
            typer.echo("No schedule was due yet.")


@app.command()
def scheduler() -> None:
    """Schedules, runs, drift and alerts, apart from the web process, until it is stopped (SIGTERM or Ctrl-C)."""
    logs.set_up()
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    stop = Event()
    for told in (signal.SIGTERM, signal.SIGINT):
        signal.signal(told, lambda *_: stop.set())
    with plainly():
        engine = workspace()
    scoring.ensure_defaults(engine, now=clock.now())
    watch, background = Watch(engine), BackgroundScheduler(timezone=UTC, job_defaults=_ONE_AT_A_TIME)
    for job in (*watch.jobs, Job(_WORKERS_EVERY_S, "runs", lambda: workers.ensure(engine))):
        background.add_job(partial(_turn, job), "interval", seconds=job.every_s, id=job.name)
    background.start()
    typer.echo("The scheduler is running.")
    sys.stdout.flush()
    try:
        stop.wait()
    finally:
        watch.stop()
        background.shutdown(wait=True)
        workers.stop()
        engine.dispose()


def _turn(job: Job) -> None:
    """One failure ends neither the scheduler nor another job."""
    try:
        job.turn()
    except Exception:
        _log.exception("%s could not be seen to and will be tried again", job.name)


def _keys_aside(line: CandidateLine) -> CandidateLine:
    """Which keys are set is for whoever carries the run out to find; this terminal need not have them."""
    lacks_key = not all(line.keys.values()) and not (line.candidate.is_retired or line.is_doubted)
    return replace(line, why_not=None) if lacks_key else line


def _changed(work: Callable[[Session], Schedule], as_json: bool) -> None:
    """Do it, and say how the schedule stands now."""
    with plainly():
        engine, now = workspace(), clock.now()
        done = write(engine, work)
        line = _line(engine, done.id)
        if as_json:
            print_json(schedules.schedule_object(line, now))
        else:
            typer.echo(_said(line, now))


def _line(engine: Engine, schedule_id: int | None) -> ScheduleLine:
    with reading(engine) as session:
        found = next((line for line in schedules.listed(session) if line.id == schedule_id), None)
    if found is None:
        raise BadInput("Somebody removed that schedule meanwhile.")
    return found


def _id(session: Session, which: str) -> int:
    return schedules.named(session, which).id or 0


def _said(line: ScheduleLine, now: datetime) -> str:
    """A schedule in two lines."""
    asked, next_at = line.schedule, line.next_at
    dataset = asked.dataset if asked.version is None else f"{asked.dataset} (version {asked.version})"
    parts = [dataset, ", ".join(line.candidates) or "all candidates"]
    if asked.repetitions > 1:
        parts.append(f"{asked.repetitions} times{f', {asked.apart_s / 3600:g} h apart' if asked.apart_s else ''}")
    if asked.max_usd is not None:
        parts.append(f"at most ${asked.max_usd:g}")
    state = "paused" if next_at is None else f"{shown(next_at, line.cron)} {asked.zone}"
    said = f"{line.id} {asked.name}: {standing(line.cron, next_at, now)} ({state})\n  {' · '.join(parts)}"
    return said if line.last is None else f"{said}\n  last: {_became(line.last)}"


def _became(line: FireLine) -> str:
    fire = line.fire
    due = f"due {when(fire.due_at)} UTC" if fire.due_at is not None else f"asked for {when(fire.fired_at)} UTC"
    times = f", {n(fire.times, 'time')}" if fire.times > 1 else ""
    run = "" if line.run_id is None else f" run {line.run_id} ({line.run_state})"
    return f"{line.schedule}: {due}{times}: {fire.outcome}{run}{f'. {fire.why}' if fire.why else ''}"
