"""Takes uploads in Streamlit's place: only from a session that may upload, within bounds, and onto disk."""

import re
from tempfile import SpooledTemporaryFile
from typing import cast

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config
from streamlit.runtime import Runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from core.services.importing.uploads import Intake, OnDisk, TooMuch
from core.ui.shared.access import SESSION_COOKIE
from core.ui.shared.uploads import may_upload

_PLACE = re.compile(r"/_stcore/upload_file/([^/]+)/([^/]+)$")
_FRAME_BYTES = 100_000
_REFUSAL = "No page has asked this session for a file. Reload the Data page and choose the file there."


class OnlyAskedForUploads:
    """Answers every upload itself; Streamlit's own route would take any number from whoever has a websocket."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take an upload, or pass on what is none."""
        if scope["type"] != "http" or scope["method"] != "PUT":
            await self.app(scope, receive, send)
            return
        place = _PLACE.search(scope["path"])
        answer: Response = PlainTextResponse("There is nothing to put here.", 405)
        if place is not None:
            answer = await _taken(Request(scope, receive), place[1], place[2])
        await answer(scope, receive, send)


async def _taken(request: Request, session_id: str, file_id: str) -> Response:
    sign_in = request.cookies.get(SESSION_COOKIE)
    if not (Runtime.exists() and Runtime.instance().is_active_session(session_id)):
        return PlainTextResponse(_REFUSAL, 403)
    if not await run_in_threadpool(may_upload, session_id, sign_in):
        return PlainTextResponse(_REFUSAL, 403)
    most = config.get_option("server.maxUploadSize") * 1024 * 1024
    try:
        intake = Intake(session_id)
        upload = await _on_disk(request, intake, most + _FRAME_BYTES)
    except TooMuch as error:
        return PlainTextResponse(str(error), 413)
    except ClientDisconnect:
        return PlainTextResponse("The upload broke off.", 400)
    except HTTPException as error:
        return PlainTextResponse(error.detail, error.status_code)
    # Starlette's form makes this kind of file.
    content = OnDisk.of(cast("SpooledTemporaryFile[bytes]", upload.file), intake)
    kind = upload.content_type or "application/octet-stream"
    _files().add_file(session_id, UploadedFileRec(file_id, upload.filename or "", kind, content))
    if not Runtime.instance().is_active_session(session_id):  # it ended meanwhile, and nobody else would drop it
        _files().remove_session_files(session_id)
    return Response(status_code=204)


def _files() -> MemoryUploadedFileManager:
    return cast(MemoryUploadedFileManager, Runtime.instance().uploaded_file_mgr)


async def _on_disk(request: Request, intake: Intake, most: int) -> UploadFile:
    """The one file of the form, in a temporary file. Raises TooMuch, HTTPException, ClientDisconnect."""
    said = request.headers.get("content-length", "0")
    if not said.isdecimal():
        raise HTTPException(400, "The length of the upload is no number.")
    if int(said) > most:
        raise TooMuch(_too_large(most))
    taken = 0

    async def counted() -> Message:
        nonlocal taken
        message = await request.receive()
        taken += (size := len(message.get("body", b"")))
        if taken > most:
            raise TooMuch(_too_large(most))
        intake.take(size)
        return message

    form = await Request(request.scope, counted).form(max_files=1, max_fields=0)
    files = [each for each in form.values() if isinstance(each, UploadFile)]
    if len(files) != 1:
        raise HTTPException(400, f"Expected one file and got {len(files)}.")
    return files[0]


def _too_large(most: int) -> str:
    return f"The file is larger than {(most - _FRAME_BYTES) // 1024 // 1024:,} MB. Import it on the command line."
