"""The Grafana dashboard: every expression asks for families and labels that a real server gives."""

import json
import re
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from core import clock
from core.services.demo.opening import prepare_workspace
from core.services.scoring import score_pending
from core.services.watching import drift, schedules
from core.services.watching.schedules import ScheduleDraft
from core.settings import PROJECT_ROOT
from core.storage.engine import write, writing
from core.storage.tables import ScheduleFire
from tests.browser.server import Server
from tests.decided import Production, vote
from tests.drifting import Truth, Weeks, weeks
from tests.web.prometheus_text import Sample, parsed
from tests.workspace import NOW

DASHBOARD = PROJECT_ROOT / "docs" / "grafana" / "evenhand.json"
_FAMILY = re.compile(r"\bevenhand_[a-z0-9_]+\b")
_SELECTED = re.compile(r"\b(evenhand_[a-z0-9_]+)(?:\{([^}]*)\})?")
_MATCHER = re.compile(r'\s*([a-z_]+)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"\s*')
_GROUPED = re.compile(r"\b(?:by|without|on|ignoring)\s*\(([^)]*)\)")
_LEGEND = re.compile(r"\{\{\s*([a-z_]+)\s*\}\}")
# Prometheus puts these on every sample itself.
_OWN = {"instance", "job"}
# What stands there once the threads have computed theirs, and jobs have had a turn.
_LATE = {"evenhand_figures_computed_timestamp_seconds", "evenhand_alerts_waiting", "evenhand_job_idle_seconds"}


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Sample]]:
    """What a real server tells of a workspace in which there is something of everything."""
    folder = tmp_path_factory.mktemp("grafana")
    server = Server(f"sqlite:///{folder / 'evenhand.db'}", folder / "server.log")
    prepare_workspace(server.engine, demo=False, now=NOW)
    made = weeks(server.engine, names=("A", "B"), prompts=16)
    first = made.run()
    write(
        server.engine,
        lambda session: drift.pin(session, "Weekly", [first], person_id=None, why="", now=made.now),
    )
    made.run({"B": Truth(points=-0.7)})
    while score_pending(server.engine):
        pass
    drift.check_due(server.engine, now=made.now)
    _rate(server.engine, made)
    _schedule(server.engine)
    server.start()
    try:
        yield _scraped(server)
    finally:
        server.stop()


def _rate(engine: Engine, made: Weeks) -> None:
    """Every answer to a prompt is the same text, so that imported votes are known to be about the newest run's."""
    with engine.begin() as connection:
        connection.execute(text("UPDATE response SET content_hash = candidate_id || '-' || prompt_id"))
    rated = Production(dict(made.candidates), made.prompts, made.dataset)
    vote(engine, rated, ("A", "B"), {"send": (0.8, 0.2)}, raters=6)


def _schedule(engine: Engine) -> None:
    """One that was missed and is due again in a year."""
    now = clock.now()
    with writing(engine) as session:
        due = ScheduleDraft(dataset="Weekly", cron="0 6 1 1 *", name="Every year")
        schedule = schedules.add(session, due, now=now)
        fire = {"outcome": "missed", "why": "nobody was there", "due_at": now - timedelta(days=1), "fired_at": now}
        session.add(ScheduleFire(schedule_id=schedule.id, **fire))


def _scraped(server: Server) -> list[Sample]:
    deadline = time.monotonic() + 120
    while True:
        status, headers, body = server.get("/metrics")
        assert status == 200 and headers["content-type"].startswith("text/plain; version=0.0.4")
        found = parsed(body)
        there = {sample.name for sample in found}
        if there >= _LATE:
            return found
        assert time.monotonic() < deadline, sorted(there)
        time.sleep(0.5)


@pytest.fixture(scope="module")
def told(samples: list[Sample]) -> dict[str, dict[str, set[str]]]:
    """Family → label → its values."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for sample in samples:
        for label, value in sample.labels.items():
            found[sample.name][label].add(value)
        found[sample.name]["__name__"].add(sample.name)
    return found


def _dashboard() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    return found


def _targets() -> list[tuple[str, str, str]]:
    """(title, expression, legend) of every panel."""
    panels = _dashboard()["panels"]
    return [
        (panel["title"], target["expr"], target["legendFormat"])
        for panel in panels
        for target in panel.get("targets", ())
    ]


@pytest.mark.parametrize(("title", "expr", "legend"), _targets(), ids=range(len(_targets())))
def test_every_panel_asks_for_what_a_server_tells(
    title: str, expr: str, legend: str, told: dict[str, dict[str, set[str]]]
) -> None:
    families = set(_FAMILY.findall(expr))
    assert families, f"{title} asks for nothing of ours"
    for family, matchers in _SELECTED.findall(expr):
        assert family in told, f"{title}: no server tells {family}"
        for matcher in filter(None, matchers.split(",")):
            label, operator, value = _MATCHER.fullmatch(matcher).groups()
            assert label in told[family], f"{title}: {family} has no label {label}"
            if operator == "=":
                assert value in told[family][label], f"{title}: {family} has no {label}={value}"
    grouped = {name.strip() for group in _GROUPED.findall(expr) for name in group.split(",")}
    labels = grouped | set(_LEGEND.findall(legend))
    for label in labels - _OWN:
        assert all(label in told[family] for family in families), f"{title}: not all of {families} have {label}"
    assert expr.count("(") == expr.count(")") and expr.count("{") == expr.count("}")


def test_every_variable_lists_the_values_of_a_label_that_is_there(told: dict[str, dict[str, set[str]]]) -> None:
    variables = [each for each in _dashboard()["templating"]["list"] if each["type"] == "query"]
    assert [each["name"] for each in variables] == ["dataset", "candidate", "category"]
    for variable in variables:
        family, _, label = re.fullmatch(r"label_values\((\w+)(\{.*\})?, (\w+)\)", variable["query"]["query"]).groups()
        assert label == variable["name"] and told[family][label]
    used = set(re.findall(r"\$(\w+)", DASHBOARD.read_text(encoding="utf-8")))
    assert used - {"__all"} == {"dataset", "candidate", "category"}


def test_every_family_that_names_a_candidate_is_on_the_dashboard(told: dict[str, dict[str, set[str]]]) -> None:
    shown = {family for _, expr, _ in _targets() for family in _FAMILY.findall(expr)}
    asked_for = {"evenhand_verdict", "evenhand_drift_finding", "evenhand_drift_findings_open", "evenhand_alerts_open"}
    assert asked_for <= shown and asked_for <= set(told)


def test_panels_do_not_lie_on_one_another() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in _dashboard()["panels"]:
        at = panel["gridPos"]
        here = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= 24 and not here & taken, panel["title"]
        taken |= here


def test_labels_do_not_clash_with_those_that_prometheus_puts_on_itself(samples: list[Sample]) -> None:
    assert not [sample for sample in samples if _OWN & set(sample.labels)]


def test_drift_is_told_by_candidate_metric_and_tier(samples: list[Sample]) -> None:
    found = [sample.labels for sample in samples if sample.name == "evenhand_drift_finding"]
    fell = [labels for labels in found if labels["metric"] == "acceptable" and labels["candidate"] == "B"]
    assert {"scope": "all", "category": "", "tier": "alarm", "dataset": "Weekly"}.items() <= fell[0].items()
    opened = {s.labels["tier"]: s.value for s in samples if s.name == "evenhand_drift_findings_open"}
    assert opened["alarm"] >= 1 and set(opened) == {"alarm", "watch"}
    checks = next(s.value for s in samples if s.name == "evenhand_drift_checks" and s.labels["dataset"] == "Weekly")
    assert checks == 1


def test_schedules_tell_when_they_are_due_and_what_became_of_the_last_time(samples: list[Sample]) -> None:
    of = {"schedule": "Every year", "dataset": "Weekly"}
    told = {s.name: s for s in samples if of.items() <= s.labels.items()}
    assert told["evenhand_schedule_next_timestamp_seconds"].value > clock.now().timestamp()
    assert told["evenhand_schedule_last_outcome"].labels == {**of, "outcome": "missed"}
    assert abs(told["evenhand_schedule_last_timestamp_seconds"].value - clock.now().timestamp()) < 600
