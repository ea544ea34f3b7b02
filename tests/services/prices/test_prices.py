"""Prices as they are asked for, entered, stored once and applied again to old runs."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func
from sqlmodel import select

from core.domain.answering import CostBasis, FaultKind, TokenUsage
from core.domain.pricing import cost_usd
from core.errors import BadInput, NotFound
from core.providers.presets import endpoint_of, endpoints_of
from core.services import prices
from core.storage.engine import reading, writing
from core.storage.tables import Attempt, Candidate, Rates, Response, Run
from tests.stored_rates import rates_from
from tests.workspace import NOW, make_workspace

pytestmark = pytest.mark.one_database

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
USAGE = TokenUsage(input_tokens=1_000, cached_tokens=200, output_tokens=500)
OPENAI = endpoint_of("openai", "gpt-4o", {})
UNHEARD = endpoint_of("vllm", "our-own-model", {})
OWN = {"input_usd_per_mtok": 1.0, "output_usd_per_mtok": 3.0}


def enter(engine, *, provider="openai", model="gpt-4o", price=7.0, valid_from=AT, **more):
    with writing(engine) as session:
        return prices.enter_override(
            session,
            provider=provider,
            model=model,
            input_usd_per_mtok=price,
            output_usd_per_mtok=price,
            valid_from=valid_from,
            now=NOW,
            **more,
        ).id


def pricer(engine) -> prices.Pricer:
    return prices.Pricer(engine, look_again_s=0.0)


def source(engine, endpoint, settings=None, *, at=AT, **more):
    found = pricer(engine).quote(endpoint, settings or {}, USAGE, at=at, **more).rates
    return found and (found.source.split()[0], found.input_usd_per_mtok)


def test_a_quote_rests_on_rates_that_are_stored_and_give_the_same_cost_again(engine):
    quote = pricer(engine).quote(OPENAI, {}, USAGE, answered_by="gpt-4o-2024-08-06", at=AT)
    assert quote.cost_usd == (800 * 2.5 + 200 * 1.25 + 500 * 10) / 1e6
    with reading(engine) as session:
        row = session.get(Rates, quote.rates_id)
    assert (row.provider, row.model, row.source) == ("openai", "gpt-4o", quote.rates.source)
    assert cost_usd(USAGE, rates_from(row.rates)) == quote.cost_usd


def test_an_entered_price_goes_before_the_candidates_own_and_that_before_the_published_one(sqlite_engine):
    assert source(sqlite_engine, OPENAI) == ("genai-prices", 2.5)
    assert source(sqlite_engine, OPENAI, OWN) == ("candidate", 1.0)
    enter(sqlite_engine)
    assert source(sqlite_engine, OPENAI, OWN) == ("admin", 7.0)


def test_a_local_model_costs_nothing_even_where_it_counts_no_tokens_unless_a_price_is_given(sqlite_engine):
    local = endpoint_of("local", "SmolLM2", {})
    assert pricer(sqlite_engine).quote(local, {}, None, at=AT).cost_usd == 0.0
    assert source(sqlite_engine, local) == ("local", 0.0)
    assert source(sqlite_engine, local, OWN) == ("candidate", 1.0)


def test_an_unknown_model_has_no_cost_no_rates_and_no_ceiling(sqlite_engine):
    asked = pricer(sqlite_engine)
    assert asked.quote(UNHEARD, {}, USAGE, answered_by="our-own-model", at=AT) == prices.Quote(None, None, None)
    assert asked.ceiling_usd(UNHEARD, {}, input_tokens=1, max_tokens=1, at=AT) is None
    half = {"input_usd_per_mtok": 1.0}
    assert asked.quote(UNHEARD, half, USAGE, at=AT).cost_usd is None, "an input price alone says nothing"


def test_the_name_that_answered_prices_a_configured_name_that_nobody_lists(sqlite_engine):
    alias = endpoint_of("openai", "our-alias", {})
    assert source(sqlite_engine, alias) is None
    assert source(sqlite_engine, alias, answered_by="gpt-4o-2024-08-06") == ("genai-prices", 2.5)
    assert source(sqlite_engine, OPENAI, answered_by="gpt-4o-mini") == ("genai-prices", 2.5), (
        "the configured goes first"
    )


def test_a_gateway_is_priced_by_its_own_list_or_not_at_all(sqlite_engine):
    assert source(sqlite_engine, endpoint_of("openrouter", "openai/gpt-4o", {})) == ("genai-prices", 2.5)
    assert source(sqlite_engine, endpoint_of("tokenmix", "gpt-4o", {}), answered_by="gpt-4o") is None
    through = {"base_url": "https://api.tokenmix.ai/v1", "api_key_env": "TOKENMIX_API_KEY"}
    assert source(sqlite_engine, endpoint_of("openai", "gpt-4o", through), through) is None, "a gateway's address"
    proxy = {"base_url": "http://127.0.0.1:9999/v1"}
    assert source(sqlite_engine, endpoint_of("openai", "gpt-4o", proxy), proxy) == ("genai-prices", 2.5)


def test_the_fallback_is_priced_by_its_own_settings(sqlite_engine):
    fallback = {"provider": "tokenmix", "model": "gpt-4o", "input_usd_per_mtok": 9.0, "output_usd_per_mtok": 9.0}
    settings = OWN | {"fallback": fallback}
    first, second = endpoints_of("openai", "gpt-4o", settings)
    assert source(sqlite_engine, first, settings) == ("candidate", 1.0)
    assert source(sqlite_engine, second, settings, is_fallback=True) == ("candidate", 9.0)
    del fallback["input_usd_per_mtok"]
    assert source(sqlite_engine, second, settings, is_fallback=True) is None, "the primary's is not the fallback's"


def test_an_entered_price_holds_from_its_date_until_the_next_and_not_when_withdrawn(engine):
    enter(engine, price=5.0, valid_from=AT)
    later = enter(engine, price=6.0, valid_from=AT + timedelta(days=10))
    days = [-1, 0, 9, 10, 99]
    seen = [source(engine, OPENAI, at=AT + timedelta(days=day))[1] for day in days]
    assert seen == [2.5, 5.0, 5.0, 6.0, 6.0]
    again = enter(engine, price=8.0, valid_from=AT + timedelta(days=10))
    assert source(engine, OPENAI, at=AT + timedelta(days=10))[1] == 8.0, "of the same date the one entered last counts"
    with writing(engine) as session:
        for entered in (later, again):
            prices.withdraw(session, entered, now=NOW)
        assert [one.input_usd_per_mtok for one in prices.overrides(session)] == [5.0]
        assert len(prices.overrides(session, with_withdrawn=True)) == 3
    assert source(engine, OPENAI, at=AT + timedelta(days=99))[1] == 5.0
    with writing(engine) as session, pytest.raises(NotFound, match="no entered price number 999"):
        prices.withdraw(session, 999, now=NOW)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"price": -1.0}, "input price"),
        ({"price": float("nan")}, "input price"),
        ({"price": float("inf")}, "input price"),
        ({"price": 2_500_000.0}, "per token"),
        ({"cached_input_usd_per_mtok": -0.1}, "cached input price"),
        ({"valid_from": datetime(2026, 1, 1)}, "zone"),  # noqa: DTZ001
        ({"model": " "}, "model"),
    ],
)
def test_a_price_that_makes_no_sense_is_refused_with_its_name(sqlite_engine, wrong, named):
    with pytest.raises(BadInput, match=named):
        enter(sqlite_engine, **wrong)
    with reading(sqlite_engine) as session:
        assert prices.overrides(session) == []


def test_pages_find_the_rates_of_a_candidate_or_that_there_are_none(sqlite_engine):
    def candidate(provider, model, settings=None):
        return Candidate(name="c", provider=provider, model=model, settings=settings or {}, created_at=NOW)

    with reading(sqlite_engine) as session:
        assert prices.rates_of(session, candidate("OpenAI", "gpt-4o"), at=AT).input_usd_per_mtok == 2.5
        assert prices.rates_of(session, candidate("vllm", "x", OWN), at=AT).source == "candidate"
        assert prices.rates_of(session, candidate("vllm", "x"), at=AT) is None
        assert prices.rates_of(session, candidate(None, None), at=AT) is None


def test_what_another_process_enters_counts_once_it_is_time_to_look_again(sqlite_engine):
    patient = prices.Pricer(sqlite_engine, look_again_s=1e9)
    before = patient.quote(OPENAI, {}, USAGE, at=AT)
    enter(sqlite_engine)
    assert patient.quote(OPENAI, {}, USAGE, at=AT) == before
    assert pricer(sqlite_engine).quote(OPENAI, {}, USAGE, at=AT).rates.source == "admin"


@pytest.mark.every_database
def test_thirty_two_threads_with_pricers_of_their_own_store_each_rate_once(engine):
    models = ["gpt-4o", "gpt-4o-mini", "o3", "gpt-5"]
    endpoints = [endpoint_of("openai", model, {}) for model in models]
    ids: list[set[int]] = [set() for _ in models]
    start, problems = threading.Barrier(32), []

    def ask() -> None:
        mine = prices.Pricer(engine)
        start.wait()
        try:
            for found, endpoint in zip(ids, endpoints, strict=True):
                found.add(mine.quote(endpoint, {}, USAGE, at=AT).rates_id)
        except Exception as problem:
            problems.append(problem)

    threads = [threading.Thread(target=ask) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert [len(found) for found in ids] == [1, 1, 1, 1]
    with reading(engine) as session:
        assert session.exec(select(func.count()).select_from(Rates)).one() == 4


def make_run(engine, *, model="gpt-4o", provider="openai", settings=None, state="done"):
    """A run of one candidate over two prompts: the first answered at the second try, the second given up."""
    workspace = make_workspace(engine, prompts=2, candidates=1, raters=1)
    with writing(engine) as session:
        candidate = session.get(Candidate, workspace.candidates[0])
        candidate.provider, candidate.model, candidate.settings = provider, model, settings or {}
        dataset_id = session.exec(select(Run)).one().dataset_id
        run = Run(dataset_id=dataset_id, source="evaluation", state=state, heartbeat_at=NOW, created_at=NOW)
        session.add_all([candidate, run])
        session.flush()
        work = {"run_id": run.id, "candidate_id": candidate.id}
        first, second = workspace.prompts
        tries = [
            {"prompt_id": first, "error_kind": FaultKind.RATE_LIMIT, "cost_basis": CostBasis.NOTHING, "cost_usd": 0.0},
            {
                "prompt_id": first,
                "number": 2,
                "cost_basis": CostBasis.REPORTED,
                "cost_usd": 0.5,
                "input_tokens": 1000,
                "cached_tokens": 200,
                "output_tokens": 500,
            },
            {
                "prompt_id": second,
                "error_kind": FaultKind.TRUNCATED,
                "cost_basis": CostBasis.ESTIMATED,
                "input_tokens": 40,
                "output_tokens": 7,
            },
            {
                "prompt_id": second,
                "number": 2,
                "error_kind": FaultKind.TIMEOUT,
                "cost_basis": CostBasis.RESERVED,
                "cost_usd": 0.25,
                "is_last": True,
            },
        ]
        for tried in tries:
            session.add(Attempt(**work, **tried, started_at=AT, finished_at=AT + timedelta(seconds=2)))
        session.add(
            Response(**work, prompt_id=first, turns=["hello"], words=1, content_hash="h", cost_usd=0.5, created_at=AT)
        )
    return run.id


def costs(engine, run_id):
    with reading(engine) as session:
        tried = session.exec(select(Attempt.cost_usd).where(Attempt.run_id == run_id).order_by(Attempt.id)).all()
        answered = session.exec(select(Response.cost_usd).where(Response.run_id == run_id)).all()
        run = session.get(Run, run_id)
        return list(tried), list(answered), (run.cost_usd, run.unpriced)


def test_pricing_a_run_again_is_exact_changes_nothing_the_second_time_and_leaves_what_was_not_counted(engine):
    run_id = make_run(engine)
    answer, broken = (800 * 2.5 + 200 * 1.25 + 500 * 10) / 1e6, (40 * 2.5 + 7 * 10) / 1e6
    first = prices.reprice(engine, run_id, now=NOW)
    assert costs(engine, run_id) == ([0.0, answer, broken, 0.25], [answer], (pytest.approx(answer + broken + 0.25), 0))
    assert (first.attempts, first.changed, first.unpriced) == (4, 2, 0)
    again = prices.reprice(engine, run_id, now=NOW)
    assert (again.changed, again.before_usd, again.after_usd) == (0, first.after_usd, first.after_usd)


def test_a_price_entered_later_counts_for_a_run_that_was_sent_after_it_began_to_hold(engine):
    run_id = make_run(engine, provider="vllm", model="ours")
    prices.reprice(engine, run_id, now=NOW)
    assert costs(engine, run_id) == ([0.0, None, None, 0.25], [None], (0.25, 2))
    enter(engine, provider="vllm", model="ours", price=1.0, valid_from=AT + timedelta(seconds=1))
    assert prices.reprice(engine, run_id, now=NOW).unpriced == 2, "it was sent before that price began to hold"
    entered = enter(engine, provider="vllm", model="ours", price=1.0, valid_from=AT)
    prices.reprice(engine, run_id, now=NOW)
    assert costs(engine, run_id)[:2] == ([0.0, 0.0015, 0.000047, 0.25], [0.0015])
    with writing(engine) as session:
        prices.withdraw(session, entered, now=NOW)
    prices.reprice(engine, run_id, now=NOW)
    assert costs(engine, run_id) == ([0.0, None, None, 0.25], [None], (0.25, 2))


def test_a_run_that_is_being_carried_out_or_does_not_exist_is_not_priced_again(engine):
    run_id = make_run(engine, state="running")
    with pytest.raises(BadInput, match="being carried out"):
        prices.reprice(engine, run_id, now=NOW + timedelta(seconds=5))
    assert prices.reprice(engine, run_id, now=NOW + timedelta(hours=1)).attempts == 4, "nobody has it any more"
    with pytest.raises(NotFound):
        prices.reprice(engine, 999, now=NOW)


def test_an_import_keeps_the_costs_that_it_came_with(sqlite_engine):
    make_workspace(sqlite_engine, prompts=2, candidates=1, raters=1)
    with writing(sqlite_engine) as session:
        run_id = session.exec(select(Run.id)).one()
        for response in session.exec(select(Response)).all():
            response.cost_usd = 0.125
            session.add(response)
    assert prices.reprice(sqlite_engine, run_id, now=NOW).attempts == 0
    assert costs(sqlite_engine, run_id)[1] == [0.125, 0.125]
