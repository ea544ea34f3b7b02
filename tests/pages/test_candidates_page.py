"""The Candidates page as an admin uses it: the list, the form, a test call, prices, a load test."""

import io
import json
import time
from dataclasses import replace

import pytest
from sqlalchemy import Engine
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from core.domain.words import price
from core.services import prices
from core.services.asking import trial
from core.services.candidates import candidates
from core.services.candidates.drafts import CandidateDraft
from core.services.importing import Kind, import_file
from core.storage.engine import reading, write
from core.storage.tables import Candidate, LoadTest, PriceOverride, Run
from core.ui.candidates import load_results
from core.ui.shared import jobs
from tests.echo import EchoServer
from tests.pages.grids import grids
from tests.pages.test_admin_pages import labels, page, press, run, words
from tests.statements import statements
from tests.workspace import NOW, make_workspace

MINI = CandidateDraft(name="Mini", provider="openai", model="gpt-4o-mini", max_tokens=300)
ODD = CandidateDraft(name="Odd *one* $5", provider="vllm", model="house-7b")
KEY = "sk-proj-0123456789abcdef0123456789abcdef"


def define(engine: Engine, *drafts: CandidateDraft) -> list[int]:
    made = [write(engine, lambda session, each=each: candidates.define(session, each, now=NOW)) for each in drafts]
    return [candidate.id or 0 for candidate in made]


def echoed(echo: EchoServer, way: str = "text") -> CandidateDraft:
    return CandidateDraft(
        name="Echo", provider="openai", model=f"echo-{way}", base_url=f"{echo.address}/v1", api_key_env="ECHO_API_KEY"
    )


def candidate(engine: Engine, name: str) -> Candidate | None:
    with reading(engine) as session:
        return session.exec(select(Candidate).where(Candidate.name == name)).first()


def rows(app: AppTest, number: int = 0) -> list[dict[str, object]]:
    frame = app.dataframe[number].value
    return list(frame.to_dict("records"))


# ---------------------------------------------------------------- the list


def test_without_candidates_the_page_says_what_one_is_and_how_to_begin(workspace: Engine):
    app = page("candidates.py")
    assert "No candidates yet" in words(app)
    assert "Add a candidate" in labels(app)


def test_each_candidate_says_what_it_needs_and_what_it_costs(workspace: Engine):
    define(workspace, MINI, ODD)
    app = page("candidates.py")
    mini, odd = grids(app)[0]
    assert (mini["State"], mini["Price in"], mini["Price out"]) == ("needs OPENAI_API_KEY", "$0.15", "$0.60")
    assert (odd["State"], odd["Price in"], odd["Endpoint"]) == ("ready", "unknown", "127.0.0.1")
    said = words(app)
    assert "**1 of 2** candidates can be asked now." in said
    assert "**OPENAI_API_KEY** for Mini. Set it there and start Evenhand again." in said
    assert "No price is known of Odd *one* $5" in said


def test_sixty_candidates_are_listed_and_any_can_be_looked_into(workspace: Engine):
    define(workspace, *(replace(MINI, name=f"candidate {number:02d}") for number in range(60)))
    app = page("candidates.py", candidates_candidate="candidate 59")
    assert len(grids(app)[0]) == 60
    assert app.selectbox(key="candidates_candidate").value == "candidate 59"


def test_making_champion_retiring_and_bringing_back(workspace: Engine):
    first, second = define(workspace, MINI, ODD)
    press(page("candidates.py", candidates_candidate="Mini"), f"candidates_make_champion_{first}")
    app = page("candidates.py", candidates_candidate="Mini")
    assert "The champion, what users get where no routing table says otherwise, is **Mini**." in words(app)
    assert "Retire" not in labels(app)
    press(page("candidates.py", candidates_candidate=ODD.name), f"candidates_retire_{second}")
    assert candidate(workspace, ODD.name).is_retired
    app = page("candidates.py", candidates_candidate=ODD.name)
    assert "1 retired." in words(app)
    press(app, f"candidates_bring_back_{second}")
    assert not candidate(workspace, ODD.name).is_retired


def test_a_candidate_without_responses_is_deleted_after_a_question(workspace: Engine):
    (made,) = define(workspace, MINI)
    app = press(page("candidates.py"), f"candidates_delete_{made}")
    assert candidate(workspace, "Mini") is not None
    press(app, "candidates_delete_yes")
    assert candidate(workspace, "Mini") is None


def test_a_candidate_with_responses_offers_no_deletion(workspace: Engine):
    make_workspace(workspace)
    assert "Delete" not in labels(page("candidates.py", candidate="candidate 0"))


# ---------------------------------------------------------------- the form


def test_choosing_a_preset_fills_in_address_and_key_variable(workspace: Engine):
    app = page("candidates.py", edit="new")
    assert app.text_input(key="candidates_new_base_url").value == "https://api.openai.com/v1"
    app.selectbox(key="candidates_new_provider").set_value("mistral")
    run(app)
    assert app.text_input(key="candidates_new_base_url").value == "https://api.mistral.ai/v1"
    assert app.text_input(key="candidates_new_api_key_env").value == "MISTRAL_API_KEY"


def test_a_candidate_is_added_with_everything_that_was_typed(workspace: Engine):
    app = page("candidates.py", edit="new")
    app.text_input(key="candidates_new_name").input("Alder")
    app.text_input(key="candidates_new_model").input("gpt-4o-mini")
    app.text_area(key="candidates_new_system").input("Be kind.")
    app.number_input(key="candidates_new_temperature").set_value(0.4)
    app.number_input(key="candidates_new_max_tokens").set_value(200)
    app.toggle(key="candidates_new_has_fallback").set_value(True)
    run(app)
    assert "Known price] $0.15 in · $0.60 out per million tokens" in words(app)
    app.text_input(key="candidates_new_fallback_base_url").input("https://gateway.test/v1")
    app.text_input(key="candidates_new_fallback_api_key_env").input("GATEWAY_API_KEY")
    run(app)
    press(app, "candidates_new_save")
    assert candidate(workspace, "Alder").settings == {
        "system": "Be kind.",
        "temperature": 0.4,
        "max_tokens": 200,
        "fallback": {
            "name": "Alder",
            "provider": "openai",
            "model": "gpt-4o-mini",
            "base_url": "https://gateway.test/v1",
            "api_key_env": "GATEWAY_API_KEY",
        },
    }
    assert "'Alder' is added." in words(app)
    assert app.selectbox(key="candidates_candidate").value == "Alder"


def test_the_small_model_on_this_machine_needs_neither_address_nor_key(workspace: Engine):
    app = page("candidates.py", edit="new")
    app.selectbox(key="candidates_new_provider").set_value("local")
    run(app)
    assert "no address, no key, nothing to pay" in words(app)
    app.text_input(key="candidates_new_name").input("Small")
    app.text_input(key="candidates_new_model").input("smollm2")
    press(app, "candidates_new_save")
    assert (candidate(workspace, "Small").provider, candidate(workspace, "Small").settings) == ("local", {})


def test_a_pasted_key_is_refused_not_echoed_and_taken_out_of_the_field(workspace: Engine):
    app = page("candidates.py", edit="new")
    app.text_input(key="candidates_new_name").input("Alder")
    app.text_input(key="candidates_new_model").input("gpt-4o-mini")
    app.text_input(key="candidates_new_api_key_env").input(KEY)
    press(app, "candidates_new_save")
    assert "looks like a key" in app.error[0].value
    assert KEY not in words(app)
    assert app.text_input(key="candidates_new_api_key_env").value == ""
    assert candidate(workspace, "Alder") is None


def test_a_duplicate_begins_with_the_settings_and_a_free_name(workspace: Engine):
    (made,) = define(workspace, MINI)
    app = press(page("candidates.py"), f"candidates_duplicate_{made}")
    assert app.text_input(key=f"candidates_copy_{made}_name").value == "Mini 2"
    app.text_area(key=f"candidates_copy_{made}_system").input("Be brief.")
    press(app, f"candidates_copy_{made}_save")
    assert candidate(workspace, "Mini 2").settings == {"max_tokens": 300, "system": "Be brief."}


def test_what_has_answered_keeps_its_definition_and_may_change_its_price(workspace: Engine):
    make_workspace(workspace)
    app = page("candidates.py", edit="1")
    assert "It has 6 responses, so its name, model and settings stay as they are" in app.info[0].value
    assert app.text_input(key="candidates_edit_1_name").disabled
    write(workspace, lambda session: setattr(session.get_one(Candidate, 1), "provider", "vllm"))
    app = page("candidates.py", edit="1")
    app.number_input(key="candidates_edit_1_input_usd_per_mtok").set_value(1.0)
    app.number_input(key="candidates_edit_1_output_usd_per_mtok").set_value(2.0)
    press(app, "candidates_edit_1_save")
    assert candidate(workspace, "candidate 0").settings["output_usd_per_mtok"] == 2.0


def test_the_address_of_a_candidate_that_is_gone_says_so(workspace: Engine):
    for address in ("999", "copy-x", "²"):
        assert "not here any more" in words(page("candidates.py", edit=address))


# ---------------------------------------------------------------- a test call


def test_a_test_call_shows_the_answer_its_times_and_that_its_price_is_unknown(
    workspace: Engine, echo: EchoServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("ECHO_API_KEY", KEY)
    (made,) = define(workspace, echoed(echo))
    app = press(page("candidates.py"), f"candidates_try_{made}")
    shown = "\n".join(str(each.value) for each in app.get("html"))
    assert "9 in, 9 out" in shown
    assert "unknown: enter a price under Prices" in shown
    assert "127.0.0.1" in shown
    assert echo.keys == {KEY}
    assert KEY not in shown


def test_a_test_call_that_fails_says_why_and_what_to_do(
    workspace: Engine, echo: EchoServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("ECHO_API_KEY", KEY)
    (made,) = define(workspace, echoed(echo, "401"))
    said = press(page("candidates.py"), f"candidates_try_{made}").error[0].value.replace("\\", "").replace("\u2060", "")
    assert "refused the key in ECHO_API_KEY" in said
    assert "Keys are read when Evenhand starts" in said
    assert KEY not in said


def test_a_test_call_without_a_key_sends_nothing(workspace: Engine, echo: EchoServer):
    (made,) = define(workspace, echoed(echo))
    said = press(page("candidates.py"), f"candidates_try_{made}").error[0].value.replace("\\", "")
    assert "set the variable ECHO_API_KEY" in said
    assert not echo.keys


def test_a_candidate_whose_answers_were_written_offers_no_call(workspace: Engine):
    written = Candidate(name="Alder", provider="written", model="alder", settings={}, created_at=NOW)
    write(workspace, lambda session: session.add(written))
    app = page("candidates.py")
    assert "there is no model to ask" in words(app)
    assert "Ask it" not in labels(app)


def test_a_candidate_known_by_name_only_offers_no_call(workspace: Engine):
    write(workspace, lambda session: session.add(Candidate(name="Bare", settings={}, created_at=NOW)))
    app = page("candidates.py")
    assert "edit the candidate and say which one it is" in words(app)
    assert "Ask it" not in labels(app)
    with reading(workspace) as session:
        bare = session.exec(select(Candidate)).one()
    assert trial.try_out(workspace, bare, now=NOW).problem == "Only its name is known."


# ---------------------------------------------------------------- prices


def test_a_price_is_entered_from_a_date_and_withdrawn(workspace: Engine):
    define(workspace, ODD)
    app = page("candidates.py", candidates_show="Prices")
    app.number_input(key="candidates_price_Input_0").set_value(0.5)
    app.number_input(key="candidates_price_Output_0").set_value(1.5)
    app.text_input(key="candidates_price_note_0").input("our own machines")
    run(app)
    press(app, "candidates_price_enter")
    (line,) = rows(app)
    assert (line["Model"], line["In"], line["Out"], line["Cached"]) == ("house-7b", "$0.50", "$1.50", "as input")
    assert grids(page("candidates.py"))[0][0]["Price out"] == "$1.50"
    with reading(workspace) as session:
        entered = session.exec(select(PriceOverride)).one()
        assert (entered.provider, entered.valid_from.hour, entered.entered_by_id) == ("vllm", 0, 1)
    write(workspace, lambda session: prices.withdraw(session, entered.id or 0, now=NOW))
    assert grids(page("candidates.py"))[0][0]["Price out"] == "unknown"


def test_old_runs_are_priced_again_and_the_change_is_shown(workspace: Engine):
    make_workspace(workspace)
    write(
        workspace,
        lambda session: session.add(
            Run(dataset_id=1, source="evaluation", attempts=3, unpriced=2, cost_usd=0.0, created_at=NOW)
        ),
    )
    app = page("candidates.py", candidates_show="Prices")
    assert app.multiselect(key="candidates_reprice_runs").value == [2]
    press(app, "candidates_reprice")
    changed = rows(app, -1)
    assert (changed[0]["Run"], changed[0]["Calls"], changed[0]["Still unknown"]) == ("Run 2 · tests", 0, 2)


def test_small_amounts_keep_their_digits_and_unknown_is_never_nothing():
    written = {0.15: "$0.15", 3.0: "$3.00", 0.075: "$0.075", 0.0001234: "$0.000123", 1234.5: "$1,234.50", 0.0: "$0"}
    assert {amount: price(amount) for amount in written} == written
    assert price(None) == "unknown"
    assert price(1e-9) == "$1.0e-09"


# ---------------------------------------------------------------- a load test


def test_a_load_test_says_before_what_it_sends_and_shows_after_what_it_measured(
    workspace: Engine, echo: EchoServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("ECHO_API_KEY", KEY)
    monkeypatch.setattr("core.ui.candidates.load_test._WARM_UP_S", 0)
    make_workspace(workspace, candidates=1)
    define(workspace, echoed(echo))
    app = page("candidates.py", candidates_show="Load test")
    app.text_input(key="candidates_load_rates").input("8, 16")
    app.number_input(key="candidates_load_seconds").set_value(1)
    run(app)
    assert "**About 24 requests in about 2 s** · cost **unknown**" in words(app)
    press(app, "candidates_load_start")
    job = jobs.known("load test")
    assert job is not None
    finish(job)
    app = page("candidates.py", candidates_show="Load test")
    first, second = rows(app)
    assert (first["Per second"], second["Per second"]) == ("8", "16")
    assert first["Timed out"] == 0
    assert str(first["p50"]).split()[1] == "ms"
    with reading(workspace) as session:
        assert session.exec(select(LoadTest)).one().finished_at is not None


def finish(job: jobs.Job) -> None:
    """Wait for a job to end, well."""
    deadline = time.monotonic() + 60
    while not job.is_over:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert not job.problem


def test_rates_that_are_no_numbers_are_refused_in_words(workspace: Engine):
    make_workspace(workspace, candidates=1)
    define(workspace, ODD)
    app = page("candidates.py", candidates_show="Load test")
    app.text_input(key="candidates_load_rates").input("many")
    run(app)
    assert "give numbers with commas between" in words(app)
    assert "Start" not in labels(app)


def test_a_quantile_among_timeouts_reads_at_least():
    at = {"value": None, "lower": None, "upper": None, "at_least": 30_000.0}
    assert load_results.in_words(at) == "≥ 30.0 s"
    assert load_results.in_words(at | {"value": 812.4}) == "0.81 s"
    assert load_results.in_words(at | {"at_least": None}) == "–"


# ---------------------------------------------------------------- keys, headers, twins


GATEWAY = {"name": "Cedar", "provider": "openai-compatible", "model": "m", "base_url": "https://gateway.test/v1"}
GATEWAY |= {"api_key_env": "GATEWAY_API_KEY"}


def bring(engine: Engine, *records: dict[str, object]) -> None:
    content = "\n".join(json.dumps(record) for record in records).encode()
    import_file(engine, io.BytesIO(content), Kind.CANDIDATES, name="candidates.jsonl", now=NOW)


def test_a_key_that_an_import_sends_to_a_stranger_is_allowed_with_one_click(
    workspace: Engine, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("GATEWAY_API_KEY", KEY)
    bring(workspace, GATEWAY)
    app = page("candidates.py")
    assert grids(app)[0][0]["State"] == "waits for you to allow its key"
    assert "GATEWAY_API_KEY be sent to gateway.test" in words(app).replace("\\", "").replace("\u2060", "")
    app = press(app, "candidates_allow_it_1")
    assert grids(app)[0][0]["State"] == "ready"
    assert "Allow it" not in labels(app)


def test_saving_allows_it_too_and_says_so(workspace: Engine, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GATEWAY_API_KEY", KEY)
    bring(workspace, GATEWAY)
    app = page("candidates.py", edit="1")
    assert "Saving allows it." in app.warning[0].value
    press(app, "candidates_edit_1_save")
    made = candidate(workspace, "Cedar")
    assert made is not None
    assert made.settings == {"base_url": "https://gateway.test/v1", "api_key_env": "GATEWAY_API_KEY"}


def test_headers_and_fields_are_typed_kept_and_shown_by_name_alone(workspace: Engine):
    app = page("candidates.py", edit="new")
    app.selectbox(key="candidates_new_provider").select("portkey")
    run(app)
    app.text_input(key="candidates_new_name").input("Alder")
    app.text_input(key="candidates_new_model").input("gpt-4o-mini")
    app.text_area(key="candidates_new_headers").input("x-portkey-provider: openai\nx-upstream-key: $PORTKEY_API_KEY")
    app.text_area(key="candidates_new_extra").input('{"top_p": 0.9}')
    press(app, "candidates_new_save")
    made = candidate(workspace, "Alder")
    assert made is not None
    assert made.settings["headers"] == {"x-portkey-provider": "openai", "x-upstream-key": "$PORTKEY_API_KEY"}
    assert made.settings["extra"] == {"top_p": 0.9}
    shown = "\n".join(str(each.value) for each in page("candidates.py").get("html"))
    assert "headers x-portkey-provider, x-upstream-key · field top_p" in shown
    assert "$PORTKEY" not in shown
    again = page("candidates.py", edit="1")
    assert again.text_area(key="candidates_edit_1_headers").value.splitlines()[0] == "x-portkey-provider: openai"


def test_what_was_typed_stays_where_it_is_wrong_and_the_error_names_the_field(workspace: Engine):
    app = page("candidates.py", edit="new")
    app.text_input(key="candidates_new_name").input("Alder")
    app.text_input(key="candidates_new_model").input("gpt-4o-mini")
    app.text_area(key="candidates_new_headers").input("Authorization: x")
    app = press(app, "candidates_new_save")
    assert "Further headers may not hold 'Authorization'" in app.error[0].value.replace("\\", "")
    assert app.text_area(key="candidates_new_headers").value == "Authorization: x"
    assert candidate(workspace, "Alder") is None


def test_a_twin_is_told_before_it_is_saved(workspace: Engine):
    define(workspace, MINI)
    app = page("candidates.py", edit="copy-1")
    assert "Mini asks the same model with the same settings already" in words(app)
    app.number_input(key="candidates_copy_1_temperature").set_value(0.4)
    assert "asks the same model" not in words(run(app))


@pytest.mark.parametrize("provider", ["openai-compatible", "anthropic-compatible"])
def test_an_endpoint_of_ones_own_needs_no_provider_that_is_known(workspace: Engine, provider: str):
    app = page("candidates.py", edit="new")
    app.selectbox(key="candidates_new_provider").select(provider)
    run(app)
    app.text_input(key="candidates_new_name").input("House")
    app.text_input(key="candidates_new_model").input("house-7b")
    assert "Address is missing" in press(app, "candidates_new_save").error[0].value
    app.text_input(key="candidates_new_base_url").input("http://127.0.0.1:8000/v1/chat/completions")
    press(app, "candidates_new_save")
    made = candidate(workspace, "House")
    assert made is not None
    assert made.settings["base_url"] == "http://127.0.0.1:8000/v1"


@pytest.mark.regression("1.9")
def test_the_page_takes_no_more_queries_at_sixty_candidates_than_at_five(workspace: Engine):
    counted = []
    for first, last in ((0, 5), (5, 60)):
        define(workspace, *(replace(MINI, name=f"candidate {number:02d}") for number in range(first, last)))
        page("candidates.py")
        with statements(Engine) as said:
            page("candidates.py")
        counted.append(len(said))
    assert counted[1] <= counted[0] + 2
