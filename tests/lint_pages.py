"""What no linter knows of pages: who may press what, and whose name a widget has. Part of `make lint`.

- Whatever a widget calls, and every fragment and dialog, asks for permission first (``access.guarded``): Streamlit
  runs them without the page, and keeps those of widgets that it no longer draws.
- A file that is made when it is asked for goes through ``access.guarded_file``; pages write through ``doing.do`` or
  ``access.write_as``, which look at the person again within the transaction.
- A widget's key begins with its page's name, so that no two pages share a choice.
- A page begins with ``access.require``.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CALLBACKS = ("on_click", "on_change", "on_select", "on_dismiss", "on_submit")
# Streamlit's own sign-in and sign-out: for whoever is a stranger still.
OPEN_TO_ALL = ("st.login", "st.logout")
# Who reads the person and opens the transactions of the others.
WRITERS = ("access.py",)
# How keys begin in a room of core/ui; the rooms of two pages say it by file. In shared/ callers name the page.
PREFIXES = {"quality": "cost", "runs": "runs", "shared": None}
BY_FILE = {"my_votes.py": "my_votes", "re_evaluate.py": "re_evaluate", "re_evaluate_order.py": "re_evaluate"}
SHELL = ("access.py", "signing_out.py", "navigation.py")


def main() -> int:
    """Print each fault as path:line: what; 1 where there is one."""
    faults = [fault for path in sorted((ROOT / "core" / "ui").rglob("*.py")) for fault in faults_of(path)]
    faults += [fault for path in sorted((ROOT / "pages").glob("*.py")) for fault in page_faults(path)]
    for fault in faults:
        sys.stdout.write(f"{fault}\n")
    return 1 if faults else 0


def faults_of(path: Path) -> Iterator[str]:
    """The faults of a module of core/ui."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for line, what in (*_unguarded(path, tree), *_unwatched(path, tree), *_keys(path, tree)):
        yield f"{path.relative_to(ROOT) if path.is_relative_to(ROOT) else path.name}:{line}: {what}"


def page_faults(path: Path) -> Iterator[str]:
    """The faults of a file of pages/: the first thing that a page does is to ask who is there."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for line, what in (*_unguarded(path, tree), *_unwatched(path, tree)):
        yield f"pages/{path.name}:{line}: {what}"
    if path.name == "shell.py":
        return
    first = next((node for node in tree.body[1:] if not isinstance(node, ast.Import | ast.ImportFrom)), None)
    called = first.value if isinstance(first, ast.Expr | ast.Assign) else None
    if not (isinstance(called, ast.Call) and ast.unparse(called.func) == "access.require"):
        yield f"pages/{path.name}:{first.lineno if first else 1}: a page begins with access.require(…)"


def _unguarded(path: Path, tree: ast.Module) -> Iterator[tuple[int, str]]:
    functions = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    parameters = {argument.arg for node in functions.values() for argument in node.args.kwonlyargs + node.args.args}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and _is_drawn_alone(node) and not _is_guarded(node):
            yield node.lineno, f"'{node.name}' is a fragment or dialog: put @access.guarded(…) below st's decorator"
        if not isinstance(node, ast.Call):
            continue
        for keyword in node.keywords:
            if keyword.arg in CALLBACKS and not _may_be_called(keyword.value, path, tree, functions, parameters):
                yield keyword.value.lineno, f"{keyword.arg}={ast.unparse(keyword.value)} is not access.guarded(…)"
        wrapped = _wrapped_function(node)
        if wrapped in functions and not _is_guarded(functions[wrapped]):
            yield node.lineno, f"'{wrapped}' is drawn alone: put @access.guarded(…) above it"


def _may_be_called(
    given: ast.expr, path: Path, tree: ast.Module, functions: dict[str, ast.FunctionDef], parameters: set[str]
) -> bool:
    words = ast.unparse(given)
    if isinstance(given, ast.Constant) or words in OPEN_TO_ALL:
        return True
    if isinstance(given, ast.Call):
        return ast.unparse(given.func).startswith("access.guarded(")
    if words in CALLBACKS and words in parameters:
        return True
    if words in functions:
        return _is_guarded(functions[words])
    return _is_guarded_elsewhere(words, path, tree)


def _is_guarded_elsewhere(words: str, path: Path, tree: ast.Module) -> bool:
    """Whether ``words``, a name or module.name, is a guarded function of another module of core/ui."""
    module, _, name = words.rpartition(".")
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("core.ui"):
            names = {alias.asname or alias.name: alias.name for alias in node.names}
            home = f"{node.module}.{names[module]}" if module in names else node.module if name in names else None
            source = _source(path, home) if home else None
            if source is not None:
                there = ast.parse(source.read_text(encoding="utf-8")).body
                return any(isinstance(one, ast.FunctionDef) and one.name == name and _is_guarded(one) for one in there)
    return False


def _source(beside: Path, dotted: str) -> Path | None:
    """The file of a module, looked for from where ``beside`` lies upward."""
    files = (parent / f"{dotted.replace('.', '/')}.py" for parent in beside.parents)
    return next((file for file in files if file.exists()), None)


def _is_guarded(node: ast.FunctionDef) -> bool:
    decorators = [ast.unparse(decorator) for decorator in node.decorator_list]
    inside = decorators[-1:] if _is_drawn_alone(node) else decorators
    return any(word.startswith(("access.guarded(", "guarded(")) for word in inside)


def _is_drawn_alone(node: ast.FunctionDef) -> bool:
    return any(ast.unparse(decorator).startswith(("st.fragment", "st.dialog")) for decorator in node.decorator_list)


def _wrapped_function(node: ast.Call) -> str:
    """The name of the function in st.fragment(function, …) or st.dialog(…)(function)."""
    called = ast.unparse(node.func)
    if node.args and (called == "st.fragment" or called.startswith("st.dialog(")):
        return ast.unparse(node.args[0])
    return ""


def _unwatched(path: Path, tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "core.storage.engine" and path.name not in WRITERS:
            for alias in node.names:
                if alias.name in ("write", "writing"):
                    yield node.lineno, "pages write through doing.do or access.write_as"
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".download_button"):
            for keyword in node.keywords:
                if keyword.arg == "data" and isinstance(keyword.value, ast.Lambda):
                    yield keyword.value.lineno, "a file made later goes through access.guarded_file(…)"


def _keys(path: Path, tree: ast.Module) -> Iterator[tuple[int, str]]:
    page = _page(path)
    if page is None:
        return
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not _draws(node):
            continue
        for keyword in node.keywords:
            start = _start(keyword.value, tree) if keyword.arg == "key" else None
            if start is not None and not f"{start}_".startswith((f"{page}_", f"{page}-")):
                yield keyword.value.lineno, f"the key '{start}…' does not begin with '{page}'"


def _page(path: Path) -> str | None:
    """How keys of this file begin; None where callers say it."""
    if path.name in SHELL:
        return "shell"
    room = path.parent.name
    return BY_FILE.get(path.name) or PREFIXES.get(room, room)


def _draws(node: ast.Call) -> bool:
    return ast.unparse(node.func).rpartition(".")[2] not in ("max", "min", "sorted", "sort", "QuestionText", "replace")


def _start(key: ast.expr, tree: ast.Module) -> str | None:
    """How a key begins; None where a caller says so."""
    if isinstance(key, ast.Constant):
        return str(key.value)
    if isinstance(key, ast.JoinedStr):
        first = key.values[0]
        return str(first.value) if isinstance(first, ast.Constant) else None
    if isinstance(key, ast.Name) and key.id.isupper():
        for node in tree.body:
            if isinstance(node, ast.Assign):
                for name, given in _assigned(node):
                    if name == key.id and isinstance(given, ast.Constant):
                        return str(given.value)
    return None


def _assigned(node: ast.Assign) -> Iterator[tuple[str, ast.expr]]:
    for target in node.targets:
        if isinstance(target, ast.Name):
            yield target.id, node.value
        elif isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            yield from ((ast.unparse(name), given) for name, given in zip(target.elts, node.value.elts, strict=True))


if __name__ == "__main__":
    sys.exit(main())
