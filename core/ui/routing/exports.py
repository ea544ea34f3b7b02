"""The table in force as files for gateways; keys are named, never written."""

import re
from functools import partial
from io import BytesIO

import streamlit as st

from core.services import routing as service
from core.storage.engine import reading
from core.ui.shared import access
from core.ui.shared.resources import engine

_FILES = {
    "json": ("JSON", "json", "application/json"),
    "litellm": ("LiteLLM", "yaml", "application/yaml"),
    "portkey": ("Portkey", "json", "application/json"),
}


def section(dataset: str) -> None:
    """A button for each format."""
    st.subheader("Take the table in force elsewhere", anchor=False)
    with st.container(horizontal=True):
        for format in service.FORMATS:
            title, ending, mime = _FILES[format]
            st.download_button(
                title,
                data=access.guarded_file(access.Role.ANALYST, partial(_file, dataset, format)),
                file_name=f"routes-{_plain(dataset)}-{format}.{ending}",
                mime=mime,
                icon=":material/download:",
                key=f"routing_export_{format}",
                on_click="ignore",
            )
    st.caption(
        "*LiteLLM*: models and fallbacks of its router; ask for the model `route/CATEGORY`. *Portkey*: a config that "
        "looks at the request's metadata `category`. Keys stand there as `os.environ/NAME` alone. What LiteLLM cannot "
        "be told, such as a system prompt, is noted in its file."
    )


def _file(dataset: str, format: str) -> BytesIO:
    with reading(engine()) as session:
        return BytesIO(service.exported(session, format, dataset).encode())


def _plain(name: str) -> str:
    return re.sub(r"[^\w-]+", "-", name).strip("-")[:60] or "dataset"
