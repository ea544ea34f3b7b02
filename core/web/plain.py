"""Small pages of our own outside Streamlit: self-contained HTML in the look of the app."""

from functools import cache
from html import escape
from pathlib import Path

import streamlit
from starlette.responses import HTMLResponse

_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; font-src 'self'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_MEDIA = Path(streamlit.__file__).parent / "static" / "static" / "media"


@cache
def _font() -> str:
    """The app's own font, as Streamlit serves it; nothing where it names its files otherwise."""
    file = next(iter(sorted(_MEDIA.glob("SourceSansVF-Upright*.woff2"))), None)
    if file is None:
        return ""
    return (
        '@font-face { font-family: "Source Sans"; font-weight: 200 900; font-display: swap; '
        f'src: url("/static/media/{file.name}") format("woff2"); }}'
    )


_STYLE = """
:root { color-scheme: light dark; --ground: #FBFAF7; --ink: #12161A; --quiet: #5F656B; --line: #DDD9CF;
        --accent: #2F5D62; --on-accent: #FFFFFF; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #14181B; --ink: #E6E4DF; --quiet: #A3ABB0; --line: #313A40; --accent: #3D7F87; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem;
       background: var(--ground); color: var(--ink);
       font: 16px/1.55 "Source Sans", "Segoe UI", system-ui, sans-serif; }
main { width: min(30rem, 100%); }
svg { width: 2.5rem; height: 2.5rem; margin-bottom: 1rem; }
h1 { font-size: 1.6rem; line-height: 1.25; font-weight: 650; margin: 0 0 .75rem; overflow-wrap: anywhere; }
p { margin: 0 0 1.5rem; color: var(--quiet); }
button { font: inherit; font-weight: 600; padding: .6rem 1.4rem; border: 0; border-radius: .5rem; cursor: pointer;
         background: var(--accent); color: var(--on-accent); }
button:focus-visible, a:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; }
a { color: inherit; }
form + .home { margin-top: 1.25rem; }
"""
_MARK = (
    '<svg viewBox="0 0 32 32" fill="none" stroke="#3F858D" stroke-width="2.2" stroke-linecap="round" '
    'stroke-linejoin="round" aria-hidden="true"><path d="M16 4v23M10 27h12M6 9h20"/>'
    '<path d="M7 9 2.6 18a4.6 4.6 0 0 0 8.8 0Z"/><path d="M25 9l-4.4 9a4.6 4.6 0 0 0 8.8 0Z"/></svg>'
)


def plain_page(
    title: str, text: str, *, status: int = 200, button: str | None = None, query: str = "", home: bool | str = False
) -> HTMLResponse:
    """A page with a heading, a paragraph and, where asked for, a button that posts to the same address.

    ``query``: what that address is given with it. ``home`` adds a link to the app, in words of its own where it has
    some, and then no key press alone presses the button. Nothing of it is cached.
    """
    action = f' action="?{escape(query)}"' if query else ""
    focus = "" if home else " autofocus"
    form = f'<form method="post"{action}><button{focus}>{escape(button)}</button></form>' if button else ""
    words = home if isinstance(home, str) else "Open Evenhand"
    link = f'<p class="home"><a href="/">{escape(words)}</a></p>' if home else ""
    body = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="robots" content="noindex">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} · Evenhand</title><style>{_font()}{_STYLE}</style></head><body><main>{_MARK}"
        f"<h1>{escape(title)}</h1><p>{escape(text)}</p>{form}{link}</main></body></html>"
    )
    # Under no-referrer a browser would not say that the form is ours; addresses are still told to nobody else.
    headers = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-store", "Referrer-Policy": "same-origin"}
    return HTMLResponse(body, status_code=status, headers=headers)
