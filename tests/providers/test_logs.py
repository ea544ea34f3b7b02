"""What the SDKs would log of a request stays out of the log, however much is logged."""

import logging

from core.providers import open_provider
from core.providers.base import Endpoint


def test_the_sdks_log_no_requests_even_where_everything_is_logged():
    root = logging.getLogger()
    before = root.level
    root.setLevel(logging.DEBUG)
    try:
        open_provider(Endpoint(provider="openai", api="openai", model="m", base_url="http://127.0.0.1:9/v1"))
        for name in ("openai._base_client", "anthropic._base_client", "httpx2", "httpcore2.http11"):
            assert not logging.getLogger(name).isEnabledFor(logging.DEBUG)
    finally:
        root.setLevel(before)
