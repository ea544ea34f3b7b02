"""Streamlit's search for components among all installed packages, done once a process and not at each start.

It reads the metadata of every package there is: most of what a test of a page takes, a quarter of a server's start.
"""

from functools import cache

from streamlit.components.v2 import manifest_scanner


def search_once() -> None:
    """Have Streamlit remember what it found."""
    search = manifest_scanner.scan_component_manifests
    if not hasattr(search, "cache_info"):
        manifest_scanner.scan_component_manifests = cache(search)
