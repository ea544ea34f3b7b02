"""The one reader of environment and secrets."""

import json
import os
import re
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Self
from urllib.parse import quote

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_EVERY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104
_SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASSWORD", re.IGNORECASE)
_SHORTEST_SECRET = 8
_named_as_secret: set[str] = set()
PROJECT_ROOT = Path(__file__).resolve().parent.parent


class AuthMode(StrEnum):
    """How people are told apart: see README, "Who may open it"."""

    LOCAL = "local"
    LINK = "link"
    OIDC = "oidc"


class Settings(BaseSettings):
    """Everything an installation may set, from variables named EVENHAND_…."""

    model_config = SettingsConfigDict(env_prefix="EVENHAND_", extra="ignore")

    database_url: str = Field(default="sqlite:///data/evenhand.db")
    auth: AuthMode = AuthMode.LOCAL
    demo: bool = True
    base_url: str = Field(
        default="http://127.0.0.1:8501", description="how people reach the app; join links begin with it"
    )
    secure_cookies: bool = Field(default=False, description="unless it is set: true where base_url is https")
    admin_email: str | None = Field(default=None, description="oidc: the first admin")
    metrics_token: SecretStr | None = Field(default=None, description="lets Prometheus read /metrics from elsewhere")

    @model_validator(mode="after")
    def _secure_behind_https(self) -> Self:
        if "secure_cookies" not in self.model_fields_set:
            # Not by assignment, which would count as set.
            self.__dict__["secure_cookies"] = self.base_url.strip().lower().startswith("https://")
        return self


def server_environment(*, host: str, port: int) -> dict[str, str]:
    """The environment of the app's own process: join links that lead to it, and one thread a matrix product.

    Several threads a product slow one another down a hundredfold where pages and background work share few cores.
    """
    reached_at = "127.0.0.1" if host in _EVERY_ADDRESS else host
    mine = {"EVENHAND_BASE_URL": f"http://{reached_at}:{port}", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    return mine | os.environ


def secret(name: str) -> str | None:
    """The secret in the variable ``name``, which a candidate names; None where it is not set or blank.

    However the variable is called, ``without_secrets`` blots it out from then on.
    """
    _named_as_secret.add(name)
    found = os.environ.get(name, "").strip()
    return found or None


def without_secrets(text: str) -> str:
    """``text`` with every secret of this process's environment blotted out, as it is or written as in a URL or JSON."""
    for name in os.environ:
        if name in _named_as_secret or _is_secret_name(name):
            for form in _forms(os.environ.get(name, "").strip()):
                text = text.replace(form, f"[{name}]")
    return text


@lru_cache(maxsize=4096)
def _is_secret_name(name: str) -> bool:
    return _SECRET_NAME.search(name) is not None


@lru_cache(maxsize=256)
def _forms(content: str) -> tuple[str, ...]:
    """How a secret may be written; nothing for one too short to be told from other words."""
    if len(content) < _SHORTEST_SECRET:
        return ()
    as_json = json.dumps(content)[1:-1]
    return tuple(dict.fromkeys((content, quote(content, safe=""), as_json, as_json.replace("/", "\\/"))))


@lru_cache
def get_settings() -> Settings:
    """The process's settings, read once."""
    return Settings()
