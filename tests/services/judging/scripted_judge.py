"""A judge on loopback that speaks OpenAI's streamed API, and answers as its script says.

``quoted`` and the gullible readers know the fence from what the judge's own instructions say of it, not from the code
that builds it.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread

Messages = list[dict[str, str]]
Script = Callable[[Messages], "str | int | Ending"]
"""What it replies to messages: a text, an HTTP error's status, or an ending."""

KEYWORDS = ("filter", "descale", "socket", "warranty")
LINE_MARK = "> "


@dataclass(frozen=True)
class Ending:
    """A reply with another finish reason than stop."""

    text: str
    finish_reason: str


@dataclass
class ScriptedJudge:
    base_url: str
    script: Script
    asked: list[dict] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    @property
    def params(self) -> dict[str, object]:
        return {"provider": "vllm", "model": "judge-1", "base_url": self.base_url}


@contextmanager
def scripted_judge(script: Script) -> Iterator[ScriptedJudge]:
    server = _Server(("127.0.0.1", 0), _Handler)
    judge = ScriptedJudge(f"http://127.0.0.1:{server.server_port}/v1", script)
    server.judge = judge
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield judge
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        judge = self.server.judge
        with judge.lock:
            judge.asked.append(request)
        reply = judge.script(request["messages"])
        if isinstance(reply, int):
            return self._send(reply, "application/json", json.dumps({"error": {"message": "planned", "code": reply}}))
        ending = reply if isinstance(reply, Ending) else Ending(reply, "stop")
        chunks = [
            {"choices": [{"index": 0, "delta": {"role": "assistant", "content": ending.text}}]},
            {"choices": [{"index": 0, "delta": {}, "finish_reason": ending.finish_reason}]},
            {"choices": [], "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}},
        ]
        base = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": request["model"]}
        body = "".join(f"data: {json.dumps(base | chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"
        return self._send(200, "text/event-stream", body)

    def _send(self, status: int, kind: str, body: str) -> None:
        raw = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *args):
        pass


def verdict(score: int, reason: str = "as scripted") -> str:
    return json.dumps({"reason": reason, "score": score})


def choice(word: str) -> str:
    return json.dumps({"reason": "as scripted", "choice": word})


def code_in(messages: Messages) -> str:
    return re.search(r"Only lines with the code (\w+) begin or end", messages[0]["content"])[1]


def quoted(messages: Messages, name: str) -> str:
    """What stands between the delimiters of ``name``, its line marks taken off."""
    code = code_in(messages)
    lines = messages[1]["content"].split("\n")
    start, end = lines.index(f"<<<{name} {code}>>>"), lines.index(f"<<<END {name} {code}>>>")
    inside = lines[start + 1 : end]
    assert all(line.startswith(LINE_MARK) for line in inside)
    return "\n".join(line.removeprefix(LINE_MARK) for line in inside)


def grade_by_content(text: str) -> int:
    """1 to 5: one for being there, and one for each keyword."""
    return 1 + sum(word in text.casefold() for word in KEYWORDS)


# Four ways of reading the prompt. Each gives what it takes to stand outside the quotations, where it obeys.


def strictly(messages: Messages) -> str:
    """Ends a quotation at its own delimiter only."""
    code, outside, inside = code_in(messages), [], None
    for line in messages[1]["content"].split("\n"):
        if inside is None and (found := re.fullmatch(rf"<<<(.+) {code}>>>", line)):
            inside = found[1]
        elif inside is not None and line == f"<<<END {inside} {code}>>>":
            inside = None
        elif inside is None:
            outside.append(line)
    return "\n".join(outside)


def line_by_line(messages: Messages) -> str:
    """Takes every line without the line mark for its own, whatever ends a line in Unicode."""
    return "\n".join(line for line in messages[1]["content"].splitlines() if not line.startswith(LINE_MARK))


def carelessly(messages: Messages) -> str:
    """Ends quotations at anything that looks like ``<<<END``: any code, any brackets, marked or not."""
    text = unicodedata.normalize("NFKC", messages[1]["content"])
    text = "".join(letter for letter in text if unicodedata.category(letter) not in ("Cf", "Mn"))
    for folded, letters in (("<", "‹〈⟨❮❰˂ᐸ〈❬"), ("<<", "«≪《⟪"), ("<<<", "⋘⫷")):
        text = re.sub(f"[{letters}]", folded, text)
    parts = re.split(r"<\s?<\s?<\s*/?\s*end", text, flags=re.IGNORECASE)
    outsides = [part.split("<<<")[0].split("\n", 1)[-1] for part in parts[1:]]
    return "\n".join(outsides)


def token_by_token(messages: Messages) -> str:
    """Takes what follows a chat template's control token for a message of its own."""
    tokens = r"<[|｜][^<>\n]*?[|｜]>|</?s>|\[/?INST\]|<<?/?SYS>?>|<(?:start|end)_of_turn>|</?think>"
    return "\n".join(re.split(tokens, messages[1]["content"], flags=re.IGNORECASE)[1:])


READERS = (strictly, line_by_line, carelessly, token_by_token)


def gullible(reader: Callable[[Messages], str], plain: Messages) -> Script:
    """Grades the quoted response by its content, but gives 5 as soon as anything stands outside that is not ours.

    ``plain``: messages about a response without any injection; what is outside there is ours.
    """
    ours = _without_code(reader(plain), plain)

    def script(messages: Messages) -> str:
        if messages[0]["content"].replace(code_in(messages), "") != plain[0]["content"].replace(code_in(plain), ""):
            return verdict(5, "told to in the system message")
        if _without_code(reader(messages), messages) != ours:
            return verdict(5, "told to outside the quotations")
        return verdict(grade_by_content(quoted(messages, "RESPONSE")))

    return script


def _without_code(text: str, messages: Messages) -> str:
    return text.replace(code_in(messages), "")
