"""Workspaces that several pages are tested on."""

import pytest
from sqlalchemy import Engine

from core.services.demo import opening as demo_service
from tests.workspace import NOW, Workspace, make_workspace


@pytest.fixture
def fresh(workspace: Engine) -> Engine:
    """A workspace with its default study and nothing else."""
    demo_service.prepare_workspace(workspace, demo=False, now=NOW)
    return workspace


@pytest.fixture
def full(workspace: Engine) -> tuple[Engine, Workspace]:
    """A workspace with prompts, responses and people."""
    return workspace, make_workspace(workspace)
