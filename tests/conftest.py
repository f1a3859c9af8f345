"""Fixtures shared by all tests."""

from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("shared machine", deadline=None)
settings.load_profile("shared machine")

SHARED = Path(__file__).resolve().parents[1].parent / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real norm data beside the checkout (`../shared/data`); not part of the project."""
    if not SHARED.is_dir():
        pytest.skip("real data files are not beside this checkout (../shared/data)")
    return SHARED
