"""/plotly.min.js: the library that draws a page's chart once more for a picture or a report, when somebody asks."""

from importlib import resources

from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.routing import Route

_KEPT = {"Cache-Control": "public, max-age=604800"}


def _plotly(_request: Request) -> FileResponse:
    """The one that comes with Plotly's Python package; a browser keeps it for a week."""
    file = resources.files("plotly") / "package_data" / "plotly.min.js"
    return FileResponse(str(file), media_type="text/javascript", headers=_KEPT)


PLOTLY_ROUTE = Route("/plotly.min.js", _plotly, methods=["GET"])
