"""The ASGI entry: Streamlit behind our own routes, headers and lifespan. Started by `evenhand serve`."""

import streamlit as st
from starlette.middleware import Middleware

from core.settings import PROJECT_ROOT
from core.ui.shared.incidents import show_incident
from core.web.headers import LocalOnly, SecurityHeaders
from core.web.health import health_routes
from core.web.join import ROUTES as JOIN_ROUTES
from core.web.lifespan import Background
from core.web.log import set_up_logs
from core.web.origins import OurOriginsOnly
from core.web.plotly_js import PLOTLY_ROUTE
from core.web.uploads import OnlyAskedForUploads

set_up_logs()
background = Background()
app = st.App(
    PROJECT_ROOT / "pages" / "shell.py",
    lifespan=background.lifespan,
    routes=[*JOIN_ROUTES, *health_routes(background), PLOTLY_ROUTE],
    middleware=[
        Middleware(SecurityHeaders),
        Middleware(LocalOnly),
        Middleware(OurOriginsOnly),
        Middleware(OnlyAskedForUploads),
    ],
    on_script_error=show_incident,
)
