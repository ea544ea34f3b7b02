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
_SECRET_NAME = re.compile(
    r"KEY|TOKEN|SECRET|PASSW|CREDENTIAL|CUSTOM_HEADERS|_ALERT_URL$"
    r"|^(OPENAI|ANTHROPIC)_(ORG|ORGANIZATION|PROJECT|WORKSPACE|SERVICE_ACCOUNT|FEDERATION_RULE)(_ID)?$",
    re.IGNORECASE,
)
_LISTED = "EVENHAND_KEY_VARIABLES"
_PASSWORD = re.compile(r"://[^/\s@:]*:([^/\s@]+)@")
_OF_A_HEADER = re.compile(r"^[^:\s]+:[ \t]*(?:(?:Bearer|Basic)[ \t]+)?(\S.*?)\s*$", re.MULTILINE | re.IGNORECASE)
_SHORTEST_SECRET = 8
_named_as_secret: set[str] = set()
PROJECT_ROOT = Path(__file__).resolve().parent.parent


class AuthMode(StrEnum):
    """How people are told apart: see docs/deploying.md."""

    LOCAL = "local"
    LINK = "link"
    OIDC = "oidc"


class LogFormat(StrEnum):
    """How a line of the log is written."""

    TEXT = "text"
    JSON = "json"


class Settings(BaseSettings):
    """Everything an installation may set, from variables named EVENHAND_…."""

    model_config = SettingsConfigDict(env_prefix="EVENHAND_", extra="ignore")

    database_url: str = Field(default="sqlite:///data/evenhand.db")
    auth: AuthMode = AuthMode.LOCAL
    demo: bool = True
    scheduler: bool = Field(default=True, description="0: watching is left to `evenhand scheduler`")
    base_url: str = Field(
        default="http://127.0.0.1:8501", description="how people reach the app; join links begin with it"
    )
    secure_cookies: bool = Field(default=False, description="unless it is set: true where base_url is https")
    admin_email: str | None = Field(default=None, description="oidc: the first admin")
    sql_sources: str = Field(
        default="", description="link, oidc: hosts, SQLite files and folders that may be imported from, with commas"
    )
    log: LogFormat = Field(default=LogFormat.TEXT, description="one line of text, or one JSON object, each")
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


def key_variables() -> dict[str, frozenset[str]]:
    """The variables that EVENHAND_KEY_VARIABLES lists as holding keys, with the hosts that each may go to.

    Entries are NAME or NAME@host, with commas or blanks between them; no host means that none was said.
    """
    return _listed(os.environ.get(_LISTED, ""))


@lru_cache(maxsize=16)
def _listed(entries: str) -> dict[str, frozenset[str]]:
    listed: dict[str, frozenset[str]] = {}
    for entry in re.split(r"[\s,;]+", entries):
        name, _, host = entry.partition("@")
        if name:
            listed[name] = listed.get(name, frozenset()) | (frozenset({host.casefold()}) if host else frozenset())
    return listed


def without_secrets(text: str) -> str:
    """``text`` with every secret of this process's environment blotted out, as it is or written as in a URL or JSON.

    Secrets are variables with such names, those that were read as one or are listed as one, and passwords in addresses.
    """
    listed = key_variables()
    for name in os.environ:
        content = os.environ.get(name, "").strip()
        if name == _LISTED:
            continue
        if name in _named_as_secret or name in listed or _is_secret_name(name):
            found = _forms(content)
        elif "://" in content:
            found = tuple(form for password in _PASSWORD.findall(content) for form in _forms(password))
        else:
            continue
        for form in found:
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
    forms = (content, quote(content, safe=""), as_json, as_json.replace("/", "\\/"))
    parts = (part for part in _OF_A_HEADER.findall(content) if part != content)
    return tuple(dict.fromkeys((*forms, *(form for part in parts for form in _forms(part)))))


@lru_cache
def get_settings() -> Settings:
    """The process's settings, read once."""
    return Settings()
