"""/metrics: what it tells of candidates, to whom, and that a scrape neither waits nor computes twice."""

import threading
import time
from collections.abc import Iterator, Mapping

import pytest
from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.services.quality import Scope, report
from core.storage.engine import reading
from core.web import candidate_figures
from core.web.exposition import Family, written
from core.web.figures import Figures
from core.web.health import health_routes
from core.web.lifespan import Background
from tests.decided import Planted, plant
from tests.web.prometheus_text import Sample, parsed

HOSTILE = 'a "quoted" \\ {name="x"} 1\nevenhand_votes 99\r\t🜚 <b>'
ELSEWHERE = {"X-Forwarded-For": "203.0.113.9"}


@pytest.fixture
def scraped(workspace: Engine) -> Iterator[TestClient]:
    """The routes, asked from this machine itself."""
    app = Starlette(routes=health_routes(Background()))
    with TestClient(app, base_url="http://127.0.0.1:8501", client=("127.0.0.1", 50000)) as client:
        yield client


def scrape(client: TestClient, headers: Mapping[str, str] | None = None) -> list[Sample]:
    deadline = time.monotonic() + 60
    while True:
        answer = client.get("/metrics", headers=headers)
        assert answer.status_code == 200
        samples = parsed(answer.text)
        if any(sample.name == "evenhand_figures_computed_timestamp_seconds" for sample in samples):
            return samples
        assert time.monotonic() < deadline
        time.sleep(0.1)


def of(samples: list[Sample], name: str, **labels: str) -> list[float]:
    return [s.value for s in samples if s.name == name and all(s.labels.get(k) == v for k, v in labels.items())]


def test_every_figure_of_every_candidate_is_what_the_report_says(scraped: TestClient, workspace: Engine) -> None:
    made = plant(workspace, {"A": Planted(0.8, 0.02), "B": Planted(0.5, 0.01, latency_ms=3000)})
    samples = scrape(scraped)
    with reading(workspace) as session:
        found = report(session, Scope(made.dataset))
    assert len(found.lines) == 6
    for line in found.lines:
        here = {
            "dataset": "Support",
            "candidate": found.candidate(line.candidate_id).name,
            "category": line.category or "",
            "scope": "category" if line.category else "all",
        }
        for name, wanted in (
            ("responses", line.responses),
            ("errors", line.errors),
            ("refusals", line.refusals),
            ("acceptable_ratio", line.acceptable.value),
            ("acceptable_lower_ratio", line.acceptable.lower),
            ("acceptable_upper_ratio", line.acceptable.upper),
            ("cost_usd", line.cost_usd),
            ("cost_per_acceptable_usd", line.cost_per_acceptable.value),
        ):
            told = of(samples, f"evenhand_candidate_{name}", **here)
            assert told == [] if wanted is None else told == [pytest.approx(wanted)], name
        assert of(samples, "evenhand_candidate_latency_seconds", **here, quantile="0.95") == [
            pytest.approx(line.latency.p95.value / 1000)
        ]


def test_what_is_not_known_has_no_sample_and_is_not_zero(scraped: TestClient, workspace: Engine) -> None:
    plant(workspace, {"A": Planted(0.8, 0.02), "no price": Planted(0.5, None)})
    samples = scrape(scraped)
    assert of(samples, "evenhand_candidate_cost_usd", candidate="A", scope="all")
    for name in ("cost_usd", "cost_per_acceptable_usd", "cost_per_acceptable_lower_usd"):
        assert of(samples, f"evenhand_candidate_{name}", candidate="no price") == []
    assert of(samples, "evenhand_candidate_human_ratio") == [], "nobody voted"
    assert of(samples, "evenhand_candidate_ttft_seconds") == [], "nobody measured it"


def test_hostile_names_stay_labels(scraped: TestClient, workspace: Engine) -> None:
    plant(
        workspace,
        {HOSTILE: Planted(0.8), "x" * 5000 + "1": Planted(0.7), "x" * 5000 + "2": Planted(0.7)},
        champion=HOSTILE,
    )
    samples = scrape(scraped)
    assert of(samples, "evenhand_candidate_responses", candidate=HOSTILE, scope="all") == [60]
    assert of(samples, "evenhand_votes") == [0]
    assert next(s.labels["champion"] for s in samples if s.name == "evenhand_verdict") == HOSTILE
    assert len(of(samples, "evenhand_candidate_responses", scope="all")) == 3, "long names stay apart once cut"
    assert max(len(value) for sample in samples for value in sample.labels.values()) < 300


def test_the_verdict_is_one_sample_a_category(scraped: TestClient, workspace: Engine) -> None:
    plant(workspace, {"A": Planted(0.3, 0.05), "B": Planted(0.99, 0.01)}, prompts=200)
    told = [sample for sample in scrape(scraped) if sample.name == "evenhand_verdict"]
    assert sorted(sample.labels["category"] for sample in told) == ["", "coding", "support"]
    over_all = next(sample for sample in told if sample.labels["scope"] == "all")
    assert over_all.value == 1
    assert (over_all.labels["champion"], over_all.labels["challenger"]) == ("A", "B")
    assert over_all.labels["decision"] == "switch"


def test_what_is_told_is_bounded_and_says_so(
    scraped: TestClient, workspace: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(candidate_figures, "MOST_LINES", 10)
    plant(workspace, {f"c{number}": Planted(0.5) for number in range(8)}, prompts=12, champion="c7")
    samples = scrape(scraped)
    assert len(of(samples, "evenhand_candidate_responses")) == 10
    assert len(of(samples, "evenhand_candidate_responses", scope="all")) == 8, "over all comes first"
    assert len(of(samples, "evenhand_candidate_responses", scope="category", candidate="c7")) == 2, "then the champion"
    assert of(samples, "evenhand_candidate_lines_left_out", dataset="Support") == [14]


@pytest.mark.parametrize("auth", ["link", "oidc"])
def test_outside_local_mode_no_candidate_is_named_without_the_token(
    workspace: Engine, monkeypatch: pytest.MonkeyPatch, auth: str
) -> None:
    plant(workspace, {"canary": Planted(0.8), "canary 2": Planted(0.7)})
    monkeypatch.setenv("EVENHAND_AUTH", auth)
    monkeypatch.setenv("EVENHAND_METRICS_TOKEN", "token-0123456789")
    from core.settings import get_settings

    get_settings.cache_clear()
    app = Starlette(routes=health_routes(Background()))
    with TestClient(app, base_url="http://127.0.0.1:8501", client=("127.0.0.1", 50000)) as client:
        named = scrape(client, {"Authorization": "Bearer token-0123456789"})
        assert of(named, "evenhand_candidate_responses", candidate="canary", scope="all")
        scrape(client, {"Authorization": "Bearer token-0123456789", **ELSEWHERE})
        # A rater's browser on this machine, or behind a proxy that adds no header and sends our own Host.
        for headers in ({}, {"Cookie": "evenhand_session=x"}, {"Authorization": "Basic token-0123456789"}):
            answer = client.get("/metrics", headers=headers)
            assert answer.status_code == 200 and "canary" not in answer.text
            assert not any(
                sample.name.startswith(("evenhand_candidate_", "evenhand_verdict")) for sample in parsed(answer.text)
            )
        for headers in (ELSEWHERE, {"Host": "evenhand.example"}, {"Authorization": "Bearer wrong"}):
            answer = client.get("/metrics", headers=headers)
            assert answer.status_code == 401 and "canary" not in answer.text and "evenhand_" not in answer.text


def test_a_scrape_does_not_wait_for_what_takes_long_and_never_computes_twice_at_once() -> None:
    family, let_go, began = Family("evenhand_x", "X."), threading.Event(), []
    family.add(1)

    def compute() -> list[Family]:
        began.append(1)
        let_go.wait(60)
        return [family]

    figures = Figures(compute, wait_s=0.01)
    asked = [threading.Thread(target=figures.now) for _ in range(8)]
    for one in asked:
        one.start()
    for one in asked:
        one.join(30)
    assert not any(one.is_alive() for one in asked), "nobody waits for the end"
    assert list(figures.now()) == [] and len(began) == 1
    let_go.set()
    deadline = time.monotonic() + 30
    while not figures.now() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert list(figures.now()) == [family] and len(began) == 1


def test_figures_are_computed_anew_when_old_and_rest_fifty_times_as_long_as_they_took() -> None:
    now, took, computed = [0.0], [0.0], []

    def compute() -> list[Family]:
        computed.append(now[0])
        now[0] += took[0]
        family = Family("evenhand_x", "X.")
        family.add(len(computed))
        return [family]

    figures = Figures(compute, clock=lambda: now[0], wait_s=30)
    figures.now()
    now[0] = 59
    figures.now()
    assert computed == [0]
    now[0], took[0] = 61, 10
    figures.now()
    assert computed == [0, 61]
    now[0] = 61 + 10 + 499
    figures.now()
    assert computed == [0, 61]
    now[0] = 61 + 10 + 501
    figures.now()
    assert computed == [0, 61, 572]


def test_figures_that_fail_leave_the_last_ones_and_are_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    now, good = [0.0], Family("evenhand_x", "X.")
    good.add(1)
    outcomes = iter([[good], RuntimeError("broken"), [good, good]])

    def compute() -> list[Family]:
        outcome = next(outcomes)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    figures = Figures(compute, clock=lambda: now[0], wait_s=30)
    assert list(figures.now()) == [good]
    now[0] = 100
    assert list(figures.now()) == [good] and "will be tried again" in caplog.text
    now[0] = 200
    assert list(figures.now()) == [good, good]


def test_an_empty_workspace_tells_its_counts_alone(scraped: TestClient) -> None:
    samples = scrape(scraped)
    assert of(samples, "evenhand_responses") == [0]
    assert not [sample for sample in samples if sample.name.startswith("evenhand_candidate_")]


def test_samples_that_are_no_number_or_no_text_break_no_scrape() -> None:
    family = Family("evenhand_x", 'Says "this" \\ and\nthat.')
    family.add(1, {"name": "\ud800"})
    family.add(float("nan"), {"name": "nan"})
    family.add(None, {"name": "none"})
    family.add(float("inf"), {"name": "inf"})
    family.add(1e20, {"name": "large"})
    family.add(0.1, {"name": "small"})
    found = parsed(written([family, Family("evenhand_empty", "Nothing.")]))
    assert [(s.labels["name"], s.value) for s in found] == [
        ("?", 1.0), ("inf", float("inf")), ("large", 1e20), ("small", 0.1),
    ]  # fmt: skip
