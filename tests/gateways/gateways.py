"""Installing and starting the open-source gateways of LiteLLM and Portkey, in a folder that git does not know."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.settings import PROJECT_ROOT
from tests.browser.server import free_port
from tests.speed import patience_s

APART = PROJECT_ROOT / ".gateways"
# 1.107.0 was compromised; from 1.108 on the proxy is a package of its own.
LITELLM = "litellm[proxy]==1.105.7"
# With a newer server of Hono's, Portkey answers every stream with an error: github.com/Portkey-AI/gateway/issues/1389.
PORTKEY = {"dependencies": {"@portkey-ai/gateway": "1.15.2"}, "overrides": {"@hono/node-server": "1.13.8"}}
STARTS_WITHIN_S = 120


@contextmanager
def litellm(models: Mapping[str, str], folder: Path, *, key: str) -> Iterator[str]:
    """LiteLLM's proxy before ``models`` (name → base URL of an OpenAI-compatible server); gives its base URL.

    It answers whoever sends ``key``.
    """
    behind = [
        {"model_name": name, "litellm_params": {"model": f"openai/{name}", "api_base": url, "api_key": "behind"}}
        for name, url in models.items()
    ]
    settings = {"model_list": behind, "router_settings": {"num_retries": 0, "disable_cooldowns": True}}
    with litellm_over(json.dumps(settings), folder, key=key) as url:
        yield url


@contextmanager
def litellm_over(config: str, folder: Path, *, key: str, variables: Mapping[str, str] | None = None) -> Iterator[str]:
    """LiteLLM's proxy over the text of a config file, with these ``variables`` in its environment; its base URL."""
    program = _litellm_program()
    file = folder / "litellm.yaml"
    file.write_text(config, encoding="utf-8")
    port = free_port()
    command = [
        str(program),
        "--config",
        str(file),
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--telemetry",
        "False",
    ]
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_MASTER_KEY": key,
        **(variables or {}),
    }
    with _running(command, env, folder / "litellm.log", f"http://127.0.0.1:{port}/health/liveliness"):
        yield f"http://127.0.0.1:{port}/v1"


@contextmanager
def portkey(folder: Path) -> Iterator[str]:
    """Portkey's gateway, which is told with each request what to ask; gives its base URL."""
    port = free_port()
    command = ["node", str(_portkey_program()), f"--port={port}", "--headless"]
    env = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    with _running(command, env, folder / "portkey.log", f"http://127.0.0.1:{port}/"):
        yield f"http://127.0.0.1:{port}/v1"


@contextmanager
def _alone() -> Iterator[None]:
    """One process installs at a time; the others wait, and find it there."""
    APART.mkdir(exist_ok=True)
    with (APART / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _litellm_program() -> Path:
    program = APART / "litellm" / "bin" / "litellm"
    with _alone():
        if not program.exists():
            _install("LiteLLM", [sys.executable, "-m", "venv", "--clear", str(program.parent.parent)])
            _install("LiteLLM", [str(program.with_name("pip")), "install", "--quiet", LITELLM])
    return program


def _portkey_program() -> Path:
    folder = APART / "portkey"
    program = folder / "node_modules" / "@portkey-ai" / "gateway" / "build" / "start-server.js"
    with _alone():
        if not program.exists():
            if shutil.which("npm") is None:
                _skip("Portkey's gateway", "there is no npm")
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "package.json").write_text(json.dumps(PORTKEY))
            _install("Portkey's gateway", ["npm", "install", "--silent", "--prefix", str(folder)])
    return program


def _install(name: str, command: list[str]) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=900)
    if done.returncode:
        _skip(name, (done.stderr or done.stdout).strip()[-200:])


def _skip(name: str, why: str) -> None:
    warnings.warn(f"NO GATEWAY: runs through {name} are skipped: {why}", stacklevel=1)
    pytest.skip(f"{name} cannot be installed here: {why}")


@contextmanager
def _running(command: list[str], env: Mapping[str, str], log: Path, health: str) -> Iterator[None]:
    with (
        log.open("wb") as out,
        subprocess.Popen(command, env=dict(env), stdout=out, stderr=out, cwd=log.parent) as process,
    ):
        try:
            _wait(process, health, log)
            yield
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait(process: "subprocess.Popen[bytes]", health: str, log: Path) -> None:
    deadline = time.monotonic() + patience_s(STARTS_WITHIN_S)
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(health, timeout=5):
                return
        except OSError:
            time.sleep(0.3)
    raise AssertionError(f"the gateway did not start:\n{log.read_text(errors='replace')[-3000:]}")
