"""`python -m tests.cases [folder]`: small inputs that users of comparable tools stumbled over, and what is wrong.

The folder holds evaluators.jsonl, judge_replies.jsonl, wire.jsonl, acceptable/ and imports/; its README says how they
are read. Each wrong row is a line; then how many, by file. Ends with 1 where there is one.
"""

import sys
from collections import Counter
from pathlib import Path

from core.settings import PROJECT_ROOT
from tests.cases import evaluators, imports, wire

CASES = PROJECT_ROOT.parent / "shared" / "cases"


def main(folder: Path) -> int:
    """Print the wrong rows of the cases in ``folder``."""
    if not folder.is_dir():
        sys.exit(f"There are no cases in {folder.name}: name their folder.")
    wrong = Counter[str]()
    for part in (evaluators, wire, imports):
        for line in part.wrong(folder):
            wrong[line.split(maxsplit=1)[0].split("/")[0]] += 1
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
    sys.stdout.write(f"{wrong.total()} wrong{''.join(f', {name} {n}' for name, n in sorted(wrong.items()))}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else CASES))
