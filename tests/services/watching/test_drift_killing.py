"""Kill −9 at random moments of a check, in several processes at once: one check, one alert, no judge asked twice."""

import multiprocessing
import os
import signal
import time
from random import Random

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine

from core.services.watching import drift
from core.storage.engine import open_engine, reading, writing
from core.storage.tables import Alert, AnchorScore, DriftBaseline, DriftCheck, DriftFinding, JudgeCall
from tests.drifting import Truth, Weeks, weeks
from tests.long import times
from tests.services.judging.scripted_judge import scripted_judge, verdict

_forks = multiprocessing.get_context("fork")
PRICE = {"input_usd_per_mtok": 0.1, "output_usd_per_mtok": 0.1}
ANSWERS = 12


def _in_a_child(address: str, made: Weeks) -> None:
    drift.check_due(open_engine(address), now=made.now)
    os._exit(0)


def counts(engine: Engine) -> list[int]:
    tables = (DriftBaseline, DriftCheck, Alert, AnchorScore)
    with reading(engine) as session:
        return [int(session.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()) for table in tables]


@pytest.mark.parametrize("seed", range(times(1, 8)))
def test_a_check_that_is_killed_again_and_again_is_carried_out_once(engine: Engine, seed: int):
    random = Random(seed)
    with scripted_judge(lambda _: (time.sleep(0.05), verdict(5))[1]) as judge:
        made = weeks(engine, judge=judge.params | PRICE)
        for _ in range(3):
            made.run()
        with writing(engine) as session:
            drift.save_anchor_settings(session, drift.AnchorSettings(answers=ANSWERS))
        drift.check_due(engine, now=made.now)
        made.run({"A": Truth(points=-0.5)})
        address = engine.url.render_as_string(hide_password=False)
        for _ in range(3):
            pair = [_forks.Process(target=_in_a_child, args=(address, made), daemon=True) for _ in range(2)]
            for child in pair:
                child.start()
            time.sleep(random.uniform(0.05, 0.9))
            for child in pair:
                os.kill(child.pid or 0, signal.SIGKILL)
                child.join()
        drift.check_due(engine, now=made.now)
        assert drift.check_due(engine, now=made.now) == 0
    assert counts(engine) == [1, 1, 1, ANSWERS]
    with reading(engine) as session:
        whole = session.execute(sa.select(DriftCheck.is_whole)).scalar_one()
        findings = session.execute(sa.select(sa.func.count()).select_from(DriftFinding)).scalar_one()
        asked = session.execute(
            sa.select(JudgeCall.response_id, sa.func.count())
            .where(JudgeCall.reply.is_not(None))
            .group_by(JudgeCall.response_id)
        ).all()
    assert whole
    assert findings > 0
    assert {n for _, n in asked} == {1}
