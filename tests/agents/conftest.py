"""Asynchronous tests run on asyncio, as evaluations do."""

import pytest


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
