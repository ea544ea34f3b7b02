"""What is loaded after the start leaves the garbage collector's rounds too."""

import gc
import sys
from types import ModuleType

import pytest

from core.web import warming
from core.web.warming import freeze_loaded


@pytest.fixture(autouse=True)
def _nothing_frozen(monkeypatch):
    monkeypatch.setattr(warming, "_frozen", set())
    yield
    gc.unfreeze()


def test_what_a_module_brought_is_not_collected_again(monkeypatch):
    freeze_loaded()
    frozen = gc.get_freeze_count()
    late = ModuleType("late")
    late.brought = [[] for _ in range(20_000)]
    monkeypatch.setitem(sys.modules, "late", late)
    freeze_loaded()
    assert gc.get_freeze_count() >= frozen + 20_000
    assert len(gc.get_objects()) < 20_000


def test_without_a_new_module_nothing_is_frozen():
    freeze_loaded()
    frozen = gc.get_freeze_count()
    kept = [[] for _ in range(20_000)]
    freeze_loaded()
    assert gc.get_freeze_count() <= frozen
    assert len(kept) < len(gc.get_objects())
