"""Loaded where processes are forked: what is found before need not be looked for in any of them."""

from streamlit.components.v2 import manifest_scanner

from tests.components import search_once

search_once()
manifest_scanner.scan_component_manifests()
