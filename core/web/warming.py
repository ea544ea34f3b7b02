"""What makes the first visitor, and every key press after, not wait."""

import gc
import importlib
import inspect
import linecache
import logging
import pkgutil
import sys
from collections.abc import Sequence
from threading import Thread
from types import ModuleType

import pandas as pd
import PIL.ImageFile  # noqa: F401 - Streamlit loads it for the page's icon
import sqlalchemy as sa
from sqlalchemy import Engine
from streamlit.dataframe_util import convert_pandas_df_to_arrow_bytes
from streamlit.string_util import validate_material_icon

import core.ui
from core import clock
from core.services import runs
from core.services.alerts import inbox
from core.services.people import joining, people
from core.storage.engine import reading
from core.ui.shared import charts

# By name: their caches must be made when Streamlit's runtime is there.
_LOOKED_AT_FIRST = ("core.ui.overview.view", "core.ui.leaderboard.page", "core.ui.quality.page")
_LOOKED_AT_NEXT = ("core.ui.routing.page",)
_ROUND_A_SCRIPT = ("streamlit", "streamlit.runtime.scriptrunner")
_FEW_RESPONSES = 5_000
_frozen: set[str] = set()
_log = logging.getLogger(__name__)


def warm_up(engine: Engine) -> None:
    """Load and compute what the first pages need, and take all of it out of the garbage collector's rounds.

    Streamlit collects every generation after every script run, and nothing reaches the browser meanwhile: with the
    libraries' hundreds of thousands of objects in the round, each key press would wait for that longer than for
    everything else together. Frozen objects are never looked at again; what is made later is collected as usual.
    """
    pages = [importlib.import_module(each.name) for each in pkgutil.walk_packages(core.ui.__path__, "core.ui.")]
    _draw_once(pages)
    _ask_once(engine)
    _compute_once(engine)
    freeze_loaded()


def freeze_loaded() -> None:
    """Take what is there out of the garbage collector's rounds, if modules were loaded since that was last done.

    The evaluators' libraries come in with the first answers to be scored: 55,000 objects, looked at after each key
    press. What is frozen is never freed, so not without need: what is there of sessions is frozen with it.
    """
    loaded = set(sys.modules)
    if not loaded <= _frozen:
        _frozen.update(loaded)
        gc.collect()
        gc.freeze()


def _compute_once(engine: Engine) -> None:
    """What most look at first: before anybody comes where it takes tenths of a second, else meanwhile, as the rest."""
    with reading(engine) as session:
        responses = int(session.execute(sa.text("SELECT coalesce(max(id), 0) FROM response")).scalar_one())
    rest: Sequence[str] = (*_LOOKED_AT_FIRST, *_LOOKED_AT_NEXT)
    if responses <= _FEW_RESPONSES:
        compute_first(engine, _LOOKED_AT_FIRST)
        rest = _LOOKED_AT_NEXT
    Thread(target=compute_first, args=(engine, rest), name="evenhand-first-figures", daemon=True).start()


def compute_first(engine: Engine, pages: Sequence[str] = (*_LOOKED_AT_FIRST, *_LOOKED_AT_NEXT)) -> None:
    """Have ``pages`` compute what most look at first."""
    for page in pages:
        try:
            importlib.import_module(page).compute_first(engine)
        except Exception:
            _log.exception("what %s shows first could not be computed; whoever looks computes it", page)


def _ask_once(engine: Engine) -> None:
    """What the frame of every page asks the database: to put a question into SQL takes milliseconds the first time."""
    now = clock.now()
    with reading(engine) as session:
        people.find_local_admin(session)
        joining.person_of(session, "nobody's", now)
        inbox.count(session, now=now)
        runs.newest(session)


def _draw_once(pages: Sequence[ModuleType]) -> None:
    """What charts, tables and Streamlit itself load or work out when they are first used, some tenths of a second."""
    table = pd.DataFrame({"name": ["a"], "value": [1.0]})
    convert_pandas_df_to_arrow_bytes(table)
    table.style.format({"value": "{:.1f}"}).to_html()
    drawn = charts.dot_figure([charts.Dot("a", 1.0, 0.0, 2.0, 0, in_colour=True, filled=True)], unit="x", reference=0.5)
    drawn.add_bar(x=[1], y=[1], marker={"color": "#000000"}, error_x={"array": [1]})
    drawn.to_json()
    validate_material_icon(":material/check:")
    # At its first element Streamlit looks whether it runs in an interactive interpreter: where each function on the
    # stack was defined, among all modules. Asked once, Python remembers that, and the sources that it read for it.
    inspect.stack()
    around = (module for name, module in list(sys.modules.items()) if name.rpartition(".")[0] in _ROUND_A_SCRIPT)
    for module in (*pages, *around):
        linecache.getlines(str(module.__file__))
