"""What makes the first visitor, and every key press after, not wait."""

import gc
import importlib
import pkgutil

import core.ui


def warm_up() -> None:
    """Load what the pages need, and take all of it out of the garbage collector's rounds.

    Streamlit collects every generation after every script run, and nothing reaches the browser meanwhile: with the
    libraries' hundreds of thousands of objects in the round, each key press would wait for that longer than for
    everything else together. Frozen objects are never looked at again; what is made later is collected as usual.
    """
    for module in pkgutil.walk_packages(core.ui.__path__, "core.ui."):
        importlib.import_module(module.name)
    gc.collect()
    gc.freeze()
