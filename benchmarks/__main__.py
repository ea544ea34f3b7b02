"""``python -m benchmarks [NAME]``: one JSON line a benchmark; exit code 1 when a goal is not met.

Each runs in a process of its own, so that its memory is its own; one that crashes counts as not met.
"""

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
_RUN = "import importlib, json, sys; print(json.dumps(importlib.import_module('benchmarks.' + sys.argv[1]).run()))"


def names() -> list[str]:
    """The modules beside this one that define ``run``."""
    return [file.stem for file in sorted(FOLDER.glob("*.py")) if file.stem[0] != "_" and _has_run(file)]


def _has_run(file: Path) -> bool:
    body = ast.parse(file.read_text(encoding="utf-8")).body
    return any(isinstance(node, ast.FunctionDef) and node.name == "run" for node in body)


def measured(name: str) -> dict[str, Any]:
    """What the benchmark ``name`` says of itself, or that it crashed."""
    command = [sys.executable, "-c", _RUN, name]
    done = subprocess.run(command, check=False, cwd=FOLDER.parent, capture_output=True, text=True)
    lines = done.stdout.splitlines()
    if done.returncode == 0 and lines:
        found: dict[str, Any] = json.loads(lines[-1])
        return found
    sys.stderr.write(done.stderr)
    last = (done.stderr.strip().splitlines() or ["no message"])[-1]
    detail = {"crashed": f"exit code {done.returncode}: {last}"}
    return {"name": name, "value": None, "goal": None, "met": False, "detail": detail}


def main(arguments: list[str]) -> int:
    """Run the named benchmarks, or all; returns the exit code."""
    known = names()
    unknown = [name for name in arguments if name not in known]
    if unknown:
        print(f"There is no benchmark '{unknown[0]}'. There are: {', '.join(known)}.", file=sys.stderr)
        return 2
    all_met = True
    for name in arguments or known:
        found = measured(name)
        print(json.dumps(found), flush=True)
        all_met &= bool(found["met"])
    return 0 if all_met else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
