"""Show that each test of a mended fault fails on an earlier commit and passes here.

``python -m tests.regressions COMMIT [--tests COMMIT] [-k WORDS]`` lays tests over a checkout of COMMIT, runs those
marked ``regression`` there and here, and prints a line a fault. Ends with 1 where one passed there or failed here.

``--tests``: whose tests are laid there; by default those of the last commit whose modules lie where e18fcdf has them,
since later ones would fail there by their imports alone. A test is known by its file's name and its own; ``RENAMED``
says what files are called today.
"""

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LONGEST_FILE_S = 900
LAST_THAT_FITS = "c0559371fc1e001d2e42cce7e5a204ff0a518f90"
RENAMED = {"test_quality_kept": "test_kept"}
ABSENT = ("", "not collected, or ended with its process")
MARKERS = "markers=browser: \npostgres: \nregression(fault): "


def main() -> int:
    """Run both and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("commit")
    parser.add_argument("--tests", default=LAST_THAT_FITS)
    parser.add_argument("-k", default="", help="as pytest's")
    parser.add_argument("-n", default="3", help="how many at once")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        there = Path(scratch, "there")
        _git("worktree", "add", "--detach", "--quiet", str(there), asked.commit)
        try:
            shutil.rmtree(there / "tests")
            _git("checkout", "--quiet", asked.tests, "--", "tests", of=there)
            before = _outcomes(there, Path(scratch, "before"), asked)
            after = _outcomes(ROOT, Path(scratch, "after"), asked)
        finally:
            _git("worktree", "remove", "--force", str(there))
    return _compared(before, after)


def _git(*words: str, of: Path = ROOT) -> None:
    subprocess.run(["git", "-C", str(of), *words], check=True)


def _outcomes(folder: Path, reports: Path, asked: argparse.Namespace) -> dict[str, tuple[str, str]]:
    """Test → its fault and how it ended, of the regression tests in ``folder``; a file of tests a process.

    What ended with its process, or could not be collected, is not among them.
    """
    reports.mkdir()
    files = sorted(path for path in (folder / "tests").rglob("test_*.py") if "regression(" in path.read_text("utf-8"))
    with ThreadPoolExecutor(int(asked.n)) as several:
        list(several.map(lambda file: _run(folder, file, _report(folder, file, reports), asked), files))
    found: dict[str, tuple[str, str]] = {}
    for file in files:
        # What ended with its process is a fault, too: it is in no report.
        if not _report(folder, file, reports).exists():
            found[file.stem] = ABSENT
    for report in reports.glob("*.xml"):
        for case in ElementTree.parse(report).getroot().iter("testcase"):
            file_name = (case.get("classname") or "").rpartition(".")[2]
            name = f"{RENAMED.get(file_name, file_name)}::{case.get('name')}"
            fault = next((p.get("value") or "" for p in case.iter("property") if p.get("name") == "fault"), "")
            ended = next((child.tag for child in case if child.tag in ("failure", "error", "skipped")), "passed")
            found[name] = (fault, ended)
    return found


def _report(folder: Path, file: Path, reports: Path) -> Path:
    return reports / f"{'_'.join(file.relative_to(folder).with_suffix('').parts)}.xml"


def _run(folder: Path, file: Path, report: Path, asked: argparse.Namespace) -> None:
    command = [sys.executable, "-m", "pytest", str(file), "-m", "regression", "-q", "-o", MARKERS]
    command += ["-p", "no:cacheprovider", f"--junitxml={report}", *(["-k", asked.k] if asked.k else [])]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    log = report.with_suffix(".log")
    with log.open("wb") as out, contextlib.suppress(subprocess.TimeoutExpired):
        subprocess.run(
            command, cwd=folder, env=environment, stdout=out, stderr=out, check=False, timeout=LONGEST_FILE_S
        )


def _compared(before: dict[str, tuple[str, str]], after: dict[str, tuple[str, str]]) -> int:
    """Print a line a fault with its tests; 1 where one did not fail there or does not pass here."""
    by_fault: dict[str, list[str]] = defaultdict(list)
    for test, (fault, _) in after.items():
        by_fault[fault].append(test)
    wrong = 0
    for fault in sorted(by_fault, key=_in_order):
        tests = by_fault[fault]
        failed = [test for test in tests if before.get(test, ABSENT)[1] in ("failure", "error")]
        passed = [test for test in tests if after[test][1] == "passed"]
        verdict = "failed there, passed here" if len(failed) == len(passed) == len(tests) else "NOT AS IT SHOULD BE"
        sys.stdout.write(
            f"{fault:8} {len(failed):4} of {len(tests)} failed there, {len(passed):4} passed here: {verdict}\n"
        )
        for test in tests:
            if test not in failed or test not in passed:
                wrong = 1
                sys.stdout.write(f"           {test}: there {before.get(test, ABSENT)[1]}, here {after[test][1]}\n")
    return wrong


def _in_order(fault: str) -> list[tuple[int, str]]:
    return [(int(part) if part.isdigit() else 0, part) for part in fault.split(".")]


if __name__ == "__main__":
    sys.exit(main())
