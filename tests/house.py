"""How large the house is: `python -m tests.house [a checkout of the project]` prints it in a few lines."""

import ast
import re
import statistics
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

FEW_LINES = 40


def main(root: Path) -> None:
    """Print the numbers of the checkout ``root``."""
    modules = {path: path.read_text(encoding="utf-8") for path in _modules(root)}
    trees = {path: ast.parse(text) for path, text in modules.items()}
    lines = {path: text.count("\n") for path, text in modules.items()}
    functions = sorted(_functions(trees.values()))
    arrows = Counter(_between_rooms(root / "core" / "services", trees))
    _say("loose files and folders", _loose(root))
    _say("lines of core", f"{sum(lines.values()):,} in {len(lines)} modules")
    short = sum(count < FEW_LINES for path, count in lines.items() if path.name != "__init__.py")
    _say(f"modules under {FEW_LINES} lines", short)
    _say("lines of a module", f"median {statistics.median(lines.values()):g}, longest {max(lines.values())}")
    _say("lines of a function", f"median {statistics.median(functions):g}, longest {functions[-1]}")
    _say("rooms of services", f"{len({room for pair in arrows for room in pair})}, {len(arrows)} arrows between them")
    _say("imports between rooms of services", arrows.total())
    _say("definitions used once", f"{_used_once(modules, trees, root)} of {len(set(_defined(trees.values())))}")


def _say(what: str, found: object) -> None:
    sys.stdout.write(f"{what:<36} {found}\n")


def _modules(root: Path) -> list[Path]:
    return sorted(path for path in (root / "core").rglob("*.py") if "versions" not in path.parts)


def _loose(root: Path) -> str:
    found = []
    for room in ("services", "ui"):
        there = [each for each in (root / "core" / room).iterdir() if not each.name.startswith("__")]
        files = sum(each.suffix == ".py" for each in there)
        found.append(f"{room} {files} and {sum(each.is_dir() for each in there)}")
    return ", ".join(found)


def _functions(trees: Iterable[ast.Module]) -> Iterator[int]:
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield (node.end_lineno or node.lineno) - node.lineno + 1


def _between_rooms(services: Path, trees: dict[Path, ast.Module]) -> Iterator[tuple[str, str]]:
    """(from room, to room) of each import statement."""
    for path, tree in trees.items():
        if not path.is_relative_to(services):
            continue
        room = path.relative_to(services).parts[0].removesuffix(".py")
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("core.services"):
                parts = (node.module or "").split(".")
                for other in parts[2:3] or [alias.name for alias in node.names]:
                    if other != room:
                        yield room, other


def _defined(trees: Iterable[ast.Module]) -> Iterator[str]:
    for tree in trees:
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield node.name


def _used_once(modules: dict[Path, str], trees: dict[Path, ast.Module], root: Path) -> int:
    """Functions and classes whose name stands in one place besides their own."""
    pages = [path.read_text(encoding="utf-8") for path in (*root.glob("pages/*.py"), root / "streamlit_app.py")]
    words = Counter(re.findall(r"\w+", "\n".join([*modules.values(), *pages])))
    return sum(words[name] == 2 for name in set(_defined(trees.values())))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent)
