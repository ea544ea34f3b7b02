"""``python -m tests.planted [--port N] [--plan JSON]``: prints its port, serves until standard input closes."""

import argparse
import asyncio
import gc

from tests.planted.plan import plan_from
from tests.planted.serving import serve

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.planted", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--plan", default="{}", help="fields of tests.planted.plan.PlantedPlan as JSON")
    arguments = parser.parse_args()
    gc.freeze()
    asyncio.run(serve(plan_from(arguments.plan), arguments.port))
