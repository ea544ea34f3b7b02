"""`evenhand serve`."""

import os
import sys
from typing import Annotated

import typer

from core.cli.terminal import app, plainly
from core.errors import BadInput
from core.services.people.loopback import is_loopback_host
from core.settings import PROJECT_ROOT, AuthMode, get_settings, server_environment


@app.command()
def serve(
    port: Annotated[int, typer.Option(help="The port to listen on.")] = 8501,
    host: Annotated[
        str, typer.Option(help="The address to listen on; with EVENHAND_AUTH=local only loopback.")
    ] = "127.0.0.1",
) -> None:
    """Start the app and stay until it is stopped."""
    with plainly():
        if get_settings().auth is AuthMode.LOCAL and not is_loopback_host(host):
            raise BadInput(
                f"With EVENHAND_AUTH=local Evenhand listens on this machine only, not on {host}. "
                "To let others in, set EVENHAND_AUTH=link."
            )
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py"]
    options = ["--server.port", str(port), "--server.address", host]
    os.chdir(PROJECT_ROOT)
    # In place of this process, not below it: whoever ends this one, by whichever signal, ends the app itself, and the
    # app lets go of what it started.
    os.execve(sys.executable, [*command, *options], server_environment(host=host, port=port))  # noqa: S606
