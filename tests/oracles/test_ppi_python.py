"""With λ given, our prediction-powered mean equals ``ppi-python``'s, the package of the method's authors."""

import json
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from core.domain.acceptability.prediction_powered import corrected_mean
from core.settings import PROJECT_ROOT

pytestmark = pytest.mark.long
APART = PROJECT_ROOT / ".oracles" / "ppi-python"
PACKAGE = "ppi-python==0.2.3"
ASKED = """
import json, sys
import numpy as np
from ppi_py import ppi_mean_pointestimate
means = []
for case in json.load(sys.stdin):
    voted, told, of_all, weight = (np.array(case[name]) for name in ("voted", "told", "told_of_all", "weight"))
    means.append(float(np.squeeze(ppi_mean_pointestimate(voted, told, of_all, lam=case["lam"], w=weight))))
print(json.dumps(means))
"""


def test_the_mean_at_a_given_lambda_is_that_of_the_authors() -> None:
    rng, ours, cases = np.random.default_rng(3), [], []
    for responses, votes, lam in ((400, 120, 0.0), (400, 120, 0.37), (90, 90, 1.0), (5000, 31, 0.8), (50, 300, 0.5)):
        signals, response = rng.random((responses, 1)), rng.integers(0, responses, votes)
        sendable, weight = rng.integers(0, 2, votes).astype(float), rng.lognormal(0, 1, votes)
        ours.append(corrected_mean(sendable, weight / weight.sum(), response, signals, np.array([lam])))
        told = signals[:, 0]
        cases.append(_case(sendable, told[response], told, lam, weight))
    assert _theirs(cases) == pytest.approx(ours, abs=1e-9)


def test_two_signals_are_one_that_is_their_weighted_sum() -> None:
    rng, lam = np.random.default_rng(4), np.array([0.2, 0.6])
    signals, response = rng.random((300, 2)), rng.permutation(300)[:100]
    sendable, alike = rng.integers(0, 2, 100).astype(float), np.ones(100)
    ours = corrected_mean(sendable, alike / 100, response, signals, lam)
    told = signals @ lam
    assert _theirs([_case(sendable, told[response], told, 1.0, alike)]) == pytest.approx([ours], abs=1e-9)


def _case(sendable: np.ndarray, told: np.ndarray, of_all: np.ndarray, lam: float, weight: np.ndarray) -> dict:
    columns = {"voted": sendable, "told": told, "told_of_all": of_all, "weight": weight}
    return {name: column.tolist() for name, column in columns.items()} | {"lam": lam}


def _theirs(cases: list[dict]) -> list[float]:
    done = subprocess.run(
        [str(_python()), "-c", ASKED], input=json.dumps(cases), check=True, capture_output=True, text=True, timeout=600
    )
    return json.loads(done.stdout.splitlines()[-1])


def _python() -> Path:
    """The Python that has the package; skips where it cannot be installed."""
    python, is_there = APART / "bin" / "python", APART / "installed"
    if not is_there.exists():
        _install([sys.executable, "-m", "venv", "--clear", str(APART)])
        _install([str(python), "-m", "pip", "install", "--quiet", PACKAGE])
        is_there.touch()
    return python


def _install(command: list[str]) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=1200)
    if done.returncode:
        why = (done.stderr or done.stdout).strip()[-200:]
        warnings.warn(f"NO ORACLE: means are not compared with ppi-python's: {why}", stacklevel=1)
        pytest.skip(f"{PACKAGE} cannot be installed here: {why}")
