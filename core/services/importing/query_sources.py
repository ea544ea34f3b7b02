"""Which databases an import may read: on a workspace of several people only those that the operator listed."""

from pathlib import Path

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from core.errors import BadInput
from core.settings import AuthMode, get_settings

_SETTING = "EVENHAND_SQL_SOURCES"
_PORT = "5432"
_HARMLESS = {"host", "port", "dbname", "user", "password", "sslmode", "connect_timeout", "application_name"}
"""What an address of PostgreSQL may say where the host is checked; others lead elsewhere, or read files here."""


def address_of(url: str) -> URL:
    """The address in ``url``; BadInput where it is none, or where it may not be read (see ``_check_listed``)."""
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        raise BadInput("That is no database address, such as postgresql://user:password@host/name.") from None
    if address.drivername == "postgres":
        address = address.set(drivername="postgresql")
    if get_settings().auth is not AuthMode.LOCAL:
        _check_listed(address)
    if address.get_backend_name() == "sqlite" and not file_of(address).is_file():
        raise BadInput(f"There is no SQLite file '{address.database}'.")
    return address


def file_of(address: URL) -> Path:
    """The file of a SQLite address, with links followed."""
    return Path(address.database or "").resolve()


def libpq_uri(address: URL) -> str:
    """A PostgreSQL address as its own library reads it."""
    return address.set(drivername="postgresql").render_as_string(hide_password=False)


def _check_listed(address: URL) -> None:
    listed = [entry.strip() for entry in get_settings().sql_sources.split(",") if entry.strip()]
    if address.get_backend_name() == "sqlite":
        is_listed, wanted = _is_file_listed(file_of(address), listed), str(file_of(address))
    elif address.get_backend_name() == "postgresql":
        hosts = _hosts(address)
        lacking = [host for host in hosts if not _is_host_listed(*host, listed)]
        is_listed, wanted = not lacking, ", ".join(host for host, _ in lacking)
    else:
        if address.query:
            raise _not_here(sorted(address.query)[0])
        wanted = address.host or ""
        is_listed = _is_host_listed(wanted, str(address.port or ""), listed)
    if not is_listed:
        raise BadInput(
            f"'{wanted}' is not among the databases that may be imported from here. Whoever runs Evenhand can add it "
            f"to {_SETTING} (hosts, files or folders, with commas between them)."
        )


def _not_here(parameter: str) -> BadInput:
    return BadInput(f"The database address may not set '{parameter}' here. Leave it out.")


def _is_file_listed(file: Path, listed: list[str]) -> bool:
    folders = [Path(entry).resolve() for entry in listed if Path(entry).is_absolute()]
    return any(file == folder or folder in file.parents for folder in folders)


def _hosts(address: URL) -> list[tuple[str, str]]:
    """(host, port) of every host that the library would try."""
    try:
        parts = conninfo_to_dict(libpq_uri(address))
    except ProgrammingError:
        raise BadInput("That is no database address, such as postgresql://user:password@host/name.") from None
    odd = sorted(parts.keys() - _HARMLESS)
    if odd:
        raise _not_here(odd[0])
    hosts = str(parts.get("host") or "localhost").split(",")
    ports = str(parts.get("port") or _PORT).split(",")
    if len(ports) == 1:
        ports *= len(hosts)
    return [(host or "localhost", port or _PORT) for host, port in zip(hosts, ports, strict=False)]


def _is_host_listed(host: str, port: str, listed: list[str]) -> bool:
    wanted = host.lower()
    return any(entry.lower() in (wanted, f"{wanted}:{port}") for entry in listed)
