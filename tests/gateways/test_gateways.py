"""What a run says of models behind LiteLLM's and Portkey's gateways is what the models did."""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from core.domain.answering import FaultKind, FinishReason
from core.services.candidates import candidates
from core.services.candidates.drafts import CandidateDraft
from core.services.runs import RunOrder, carry_out, plan
from core.storage.engine import reading, write, writing
from core.storage.tables import Attempt, Response
from tests.gateways.gateways import litellm, portkey
from tests.planted import Outcome, PlantedPlan, PlantedServer, planted
from tests.services.runs.evaluations import attempts, make, responses

pytestmark = pytest.mark.long
SLOW_MS = 1500
BEHIND = {
    "answers": PlantedPlan(text="It is 42.", total_ms=50, input_tokens=11, output_tokens=5),
    "fails": PlantedPlan(outcomes=(Outcome("status", status=503, message="The engine is being replaced."),)),
    "unknown": PlantedPlan(outcomes=(Outcome("status", status=404, message="There is no such model here."),)),
    "refuses": PlantedPlan(outcomes=(Outcome("content_filter"),)),
    "slow": PlantedPlan(text="It is 42.", first_token_ms=SLOW_MS, first_visible_ms=SLOW_MS, total_ms=2 * SLOW_MS),
    "cut": PlantedPlan(outcomes=(Outcome("disconnect"),)),
}  # fmt: skip
TRIED_AGAIN = 6


@pytest.fixture(scope="module")
def behind() -> Iterator[dict[str, PlantedServer]]:
    """The models, each a server of its own."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(planted(plan)) for name, plan in BEHIND.items()}


@pytest.fixture(scope="module", params=["litellm", "portkey"])
def gateway(
    request: pytest.FixtureRequest, behind: dict[str, PlantedServer], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, dict[str, Any]]]:
    """How each model is asked through the gateway: the fields of its candidate."""
    folder: Path = tmp_path_factory.mktemp(request.param)
    if request.param == "litellm":
        key = f"sk-{secrets.token_hex(32)}"
        models = {name: server.base_url for name, server in behind.items()}
        with litellm(models, folder, key=key) as url, pytest.MonkeyPatch.context() as patch:
            patch.setenv("LITELLM_PROXY_API_KEY", key)
            yield {name: {"provider": "litellm", "base_url": url} for name in behind}
    else:
        with portkey(folder) as url:
            yield {
                name: {
                    "provider": "portkey",
                    "base_url": url,
                    "headers": {"x-portkey-provider": "openai", "x-portkey-custom-host": server.base_url},
                }
                for name, server in behind.items()
            }


@pytest.fixture(scope="module")
def ran(
    gateway: dict[str, dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[list[Response], list[Attempt]]]:
    """What a run of two prompts stored, by model."""
    from core.storage.engine import open_engine
    from core.storage.schema import upgrade

    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('run')}/evenhand.db")
    upgrade(engine)
    made = make(engine, prompts=2)
    for name, fields in gateway.items():
        draft = CandidateDraft(name=name, model=name, input_usd_per_mtok=1.0, output_usd_per_mtok=2.0, **fields)
        write(engine, lambda session, draft=draft: candidates.define(session, draft, now=datetime.now(UTC)))
    return _carried_out(engine, made.dataset, list(gateway))


def _carried_out(engine: Engine, dataset: int, names: list[str]) -> dict[str, tuple[list[Response], list[Attempt]]]:
    with reading(engine) as session:
        ids = {line.candidate.name: line.id for line in candidates.listed(session, datetime.now(UTC))}
    order = RunOrder(dataset, [ids[name] for name in names], deadline_s=20.0)
    with writing(engine) as session:
        run = plan(session, order, now=datetime.now(UTC)).id
    carry_out(engine, run, score=False)
    came, made = responses(engine, run), attempts(engine, run)
    return {
        name: ([each for each in came if each.candidate_id == id], [each for each in made if each.candidate_id == id])
        for name, id in ids.items()
    }


def test_an_answer_arrives_whole_with_its_tokens_and_cost(ran: dict[str, Any]) -> None:
    came, made = ran["answers"]
    assert [(each.turns, each.finish_reason) for each in came] == [(["It is 42."], FinishReason.STOP)] * 2
    assert [(each.input_tokens, each.output_tokens) for each in came] == [(11, 5)] * 2
    assert [each.cost_usd for each in made] == pytest.approx([21e-6] * 2)


def test_a_slow_model_is_as_slow_through_the_gateway(ran: dict[str, Any]) -> None:
    came, _ = ran["slow"]
    assert [each.turns for each in came] == [["It is 42."]] * 2
    assert all(SLOW_MS <= each.ttft_ms <= each.latency_ms - SLOW_MS / 2 for each in came)


def test_what_fails_is_tried_again_and_said_in_the_models_words(ran: dict[str, Any]) -> None:
    came, made = ran["fails"]
    assert not came and len(made) > 2
    assert {each.error_kind for each in made} == {FaultKind.OVERLOAD}
    assert all("The engine is being replaced." in (each.error_message or "") for each in made)


def test_what_cannot_succeed_is_asked_once(ran: dict[str, Any]) -> None:
    came, made = ran["unknown"]
    assert not came and len(made) == 2
    assert {each.error_kind for each in made} == {FaultKind.BAD_REQUEST}
    assert all("There is no such model here." in (each.error_message or "") for each in made)


def test_a_blocked_answer_is_one(ran: dict[str, Any]) -> None:
    came, _ = ran["refuses"]
    assert [each.finish_reason for each in came] == [FinishReason.CONTENT_FILTER] * 2


def test_a_cut_answer_is_never_taken_for_a_whole_one(ran: dict[str, Any]) -> None:
    came, made = ran["cut"]
    assert len(made) > 2
    assert all(each.finish_reason == FinishReason.TRUNCATED for each in came)
    broke = {FaultKind.CONNECTION, FaultKind.TRUNCATED, FaultKind.SERVER, FaultKind.MALFORMED}
    assert {each.error_kind for each in made if each.error_kind} <= broke
