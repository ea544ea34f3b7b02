import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from core.domain.scoring import rouge, word_limit
from core.domain.scoring.base import Score as Said
from core.errors import BadInput
from core.services import importing, scoring
from core.services.importing import Kind
from core.services.scoring import evaluators, pending, registry, service
from core.storage.engine import reading, write, writing
from core.storage.tables import Evaluator, Prompt, Response, Run, Score
from tests.workspace import NOW, later, make_workspace

pytestmark = pytest.mark.one_database


def response_ids(engine):
    with reading(engine) as session:
        return session.exec(select(Response.id).order_by(col(Response.id))).all()


def scores(engine):
    """(response, kind of evaluator) → its score."""
    with reading(engine) as session:
        rows = session.exec(select(Score, Evaluator.kind).join(Evaluator, col(Evaluator.id) == Score.evaluator_id))
        return {(score.response_id, kind): score for score, kind in rows}


def without_reference_kinds(engine):
    """The quick evaluators in use."""
    with reading(engine) as session:
        return [each for each in evaluators.scoring(session) if each.kind not in service.SLOW_KINDS]


@pytest.fixture
def workspace(engine):
    """Six prompts by two candidates; the first asks for a word, the second for few words, the third to be refused."""
    made = make_workspace(engine, candidates=2, raters=0)
    scoring.ensure_defaults(engine, now=NOW)
    with writing(engine) as session:
        session.get(Prompt, made.prompts[0]).reference = ["Answer", "Paris"]
        session.get(Prompt, made.prompts[1]).constraints = {"max_words": 4}
    return made


def test_every_evaluator_says_something_of_every_response(engine, workspace):
    ids = response_ids(engine)
    written = scoring.score_responses(engine, ids, now=NOW)
    found = scores(engine)
    assert written == len(found) == len(ids) * len(evaluators.DEFAULT_KINDS)
    assert {score.scored_at for score in found.values()} == {NOW}
    first, second = ids[0], ids[2]
    assert found[first, "contains"].value == 1.0
    assert found[second, "contains"].value is None and not found[second, "contains"].applies
    assert [found[response, "word_limit"].value for response in ids[2:4]] == [1.0, 0.0]
    assert 0.0 < found[first, "embedding_similarity"].value < 1.0


def test_scoring_again_writes_nothing_and_rescoring_writes_over(engine, workspace):
    ids = response_ids(engine)
    scoring.score_responses(engine, ids, now=NOW)
    assert scoring.score_responses(engine, ids, now=later(1)) == 0
    with writing(engine) as session:
        session.execute(sa.update(Score).values(value=0.123, reason="wrong"))
    written = scoring.rescore(engine, now=later(2))
    found = scores(engine)
    assert written == len(found) and {score.scored_at for score in found.values()} == {later(2)}
    assert 0.123 not in {score.value for score in found.values()}


def test_rescoring_is_of_the_run_the_dataset_and_the_evaluators_asked_for(engine, workspace):
    ids = response_ids(engine)
    scoring.score_responses(engine, ids, now=NOW)
    with writing(engine) as session:
        run = Run(dataset_id=1, source="import", created_at=NOW)
        session.add(run)
        session.flush()
        session.get(Response, ids[-1]).run_id = run.id
        limit = evaluators.first_of(session, "word_limit").id
    assert scoring.rescore(engine, run_id=run.id, evaluator_ids=[limit], now=later(1)) == 1
    changed = [key for key, score in scores(engine).items() if score.scored_at == later(1)]
    assert changed == [(ids[-1], "word_limit")]
    assert scoring.rescore(engine, dataset_id=99, now=later(1)) == 0


def test_one_broken_evaluator_leaves_its_scores_out_with_the_reason_and_stops_nobody(engine, workspace, monkeypatch):
    def broken(subject, params):
        if "Answer 2" in subject.text:
            raise ZeroDivisionError("a bug")
        return Said(7.0)

    monkeypatch.setitem(registry._BY_KEY, "word_limit", replace(word_limit.KIND, score=broken))
    monkeypatch.setitem(registry._BY_KEY, "rouge", replace(rouge.KIND, score=lambda *_: Said(float("nan"))))
    ids = response_ids(engine)
    assert scoring.score_responses(engine, ids) == len(ids) * len(evaluators.DEFAULT_KINDS)
    found = scores(engine)
    limits = [found[response, "word_limit"] for response in ids]
    assert {score.value for score in limits} == {None} and all(score.applies for score in limits)
    assert {score.reason for score in limits} == {
        "The evaluator failed on this response: ZeroDivisionError: a bug",
        "The evaluator gave 7.0, which is not between 0 and 1.",
    }
    assert {found[response, "rouge"].value for response in ids} == {None}
    assert found[ids[0], "contains"].value == 1.0


def test_a_batch_that_breaks_is_scored_one_by_one(engine, workspace, monkeypatch):
    def broken(subjects, params):
        raise MemoryError

    monkeypatch.setitem(service.IN_BATCHES, "embedding_similarity", broken)
    scoring.score_responses(engine, response_ids(engine)[:1])
    assert scores(engine)[1, "embedding_similarity"].value > 0


def test_reasons_and_logs_hold_no_secret_and_nothing_that_cannot_be_stored(engine, workspace, monkeypatch, caplog):
    monkeypatch.setenv("SOME_API_KEY", "canary-0123456789")

    def telling(subject, params):
        raise ValueError("\x00 at canary-0123456789 \ud800")

    monkeypatch.setitem(registry._BY_KEY, "word_limit", replace(word_limit.KIND, score=telling))
    scoring.score_responses(engine, response_ids(engine)[:1])
    reason = scores(engine)[1, "word_limit"].reason
    assert reason.endswith("ValueError: � at [SOME_API_KEY] ?")
    assert "ValueError" in caplog.text and "canary" not in caplog.text
    caplog.text.encode()


@pytest.mark.every_database
def test_several_threads_on_the_same_responses_end_with_one_score_each(engine, workspace):
    ids = response_ids(engine)
    quick = without_reference_kinds(engine)
    with ThreadPoolExecutor(4) as pool:
        orders = [ids, ids[::-1], ids[3:] + ids[:3], ids]
        list(pool.map(lambda order: scoring.score_responses(engine, order, evaluators=quick), orders))
    assert len(scores(engine)) == len(ids) * len(quick)


@pytest.mark.every_database
def test_two_processes_on_the_same_responses_end_with_one_score_each(engine, workspace, database):
    script = (
        "import sys\nfrom core.storage.engine import open_engine\nfrom core.services import scoring\n"
        "print(scoring.score_missing(open_engine(sys.argv[1])))\n"
    )
    with writing(engine) as session:
        for slow in ("rouge", "chrf", "embedding_similarity", "tone_negative", "profanity"):
            evaluators.retire(session, evaluators.first_of(session, slow).id, NOW)
    child = subprocess.Popen([sys.executable, "-c", script, database], stdout=subprocess.PIPE)
    while not scores(engine) and child.poll() is None:
        time.sleep(0.01)
    written = [scoring.rescore(engine, now=NOW), int(child.communicate(timeout=120)[0])]
    whole = len(response_ids(engine)) * (len(evaluators.DEFAULT_KINDS) - 5)
    assert len(scores(engine)) == whole <= sum(written)


def test_a_response_deleted_meanwhile_is_left_out(engine, workspace):
    ids = response_ids(engine)

    def taking_away(subject, params):
        if threading.current_thread() is threading.main_thread() and subject.text.startswith("Answer 1 to 1."):
            write(engine, lambda session: session.execute(sa.delete(Response).where(col(Response.id) == ids[0])))
        return Said(1.0)

    kind = replace(word_limit.KIND, score=taking_away)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(registry._BY_KEY, "word_limit", kind)
        with reading(engine) as session:
            limit = [evaluators.first_of(session, "word_limit")]
        assert scoring.score_responses(engine, ids, evaluators=limit) == len(ids) - 1


def test_pending_responses_are_found_a_few_at_a_time_the_slow_kinds_last_and_then_none(engine, workspace):
    ids = response_ids(engine)
    quick = without_reference_kinds(engine)
    assert scoring.score_pending(engine, limit=5) == 5 * len(quick)
    assert {response for response, _ in scores(engine)} == set(ids[:5])
    rounds = 1
    while scoring.score_pending(engine, limit=5):
        rounds += 1
    assert len(scores(engine)) == len(ids) * len(evaluators.DEFAULT_KINDS)
    assert rounds == 6
    assert scoring.score_pending(engine) == 0


def test_imported_responses_are_pending_and_so_are_old_ones_of_a_new_evaluator(engine, workspace, tmp_path):
    while scoring.score_pending(engine):
        pass
    file = tmp_path / "responses.jsonl"
    file.write_text('{"prompt_id": "p0", "candidate": "somebody else", "text": "Paris"}\n')
    importing.import_file(engine, file, Kind.RESPONSES, dataset="tests", now=NOW)
    while scoring.score_pending(engine):
        pass
    assert scores(engine)[response_ids(engine)[-1], "contains"].value == 1.0
    write(engine, lambda session: evaluators.add(session, "regex", "a 2", {"pattern": "2"}, NOW))
    assert scoring.score_pending(engine) == len(response_ids(engine))


def test_a_response_that_appears_behind_the_search_is_found_by_looking_again(engine, workspace, monkeypatch):
    monkeypatch.setattr(pending, "_WINDOW", 3)
    while scoring.score_pending(engine):
        pass
    late = response_ids(engine)[4]
    with writing(engine) as session:
        session.execute(sa.delete(Score).where(col(Score.response_id) == late))
    for _ in range(10):
        scoring.score_pending(engine)
    assert len([response for response, _ in scores(engine) if response == late]) == len(evaluators.DEFAULT_KINDS)


def test_gentle_scoring_rests_as_long_as_it_works(engine, workspace, monkeypatch):
    slept = []
    monkeypatch.setattr(service.time, "sleep", slept.append)

    def slow(subject, params):
        until = time.perf_counter() + 0.03
        while time.perf_counter() < until:
            pass
        return Said(1.0)

    monkeypatch.setitem(registry._BY_KEY, "word_limit", replace(word_limit.KIND, score=slow))
    with reading(engine) as session:
        limit = [evaluators.first_of(session, "word_limit")]
    scoring.score_responses(engine, response_ids(engine)[:4], evaluators=limit, gently=True)
    assert len(slept) == 4 and min(slept) >= 0.03
    scoring.score_responses(engine, response_ids(engine), evaluators=limit)
    assert len(slept) == 4


def test_a_workspace_that_never_had_evaluators_gets_the_usual_ones_when_it_is_first_scored(engine):
    make_workspace(engine, prompts=1, candidates=1, raters=0)
    assert scoring.score_missing(engine, now=NOW) == len(evaluators.DEFAULT_KINDS)


def test_an_evaluator_whose_kind_is_gone_leaves_its_scores_out_with_the_reason(engine, workspace):
    with writing(engine) as session:
        session.add(Evaluator(name="old", kind="gone", params={}, content_hash="x", created_at=NOW))
    scoring.score_responses(engine, response_ids(engine)[:1])
    assert scores(engine)[1, "gone"].reason.startswith("There is no evaluator 'gone'")


def test_judges_are_not_asked_by_scoring_or_rescoring(engine, workspace):
    params = {"provider": "vllm", "model": "m", "base_url": "http://127.0.0.1:9/v1"}
    judge = write(engine, lambda session: evaluators.add(session, "llm_judge", "judge", params, NOW))
    scoring.score_missing(engine)
    assert scoring.rescore(engine, evaluator_ids=[judge.id], now=NOW) == 0
    assert "llm_judge" not in {kind for _, kind in scores(engine)}


def test_an_evaluator_that_does_not_exist_cannot_rescore(engine, workspace):
    with pytest.raises(BadInput, match="no evaluator 99"):
        scoring.rescore(engine, evaluator_ids=[99], now=NOW)
