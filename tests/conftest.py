"""Fixtures every test may use: a real Postgres and a fresh warehouse database in it."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from servers.openssh import OpenSSHServer, run_openssh_server
from servers.warehouses import new_warehouse
from xdist.scheduler import LoadFileScheduling

REPOSITORY = Path(__file__).parents[1]


class _ByWhatTheyShare(LoadFileScheduling):  # type: ignore[misc]
    """A file's tests go to one worker; to the same one those of files that share a night: it takes minutes to build."""

    def _split_scope(self, nodeid: str) -> str:
        return "tests/privacy" if nodeid.startswith("tests/privacy/") else str(super()._split_scope(nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling:
    return _ByWhatTheyShare(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, and whole nights before all: then both workers have something to do until the end."""
    items.sort(key=lambda item: (item.get_closest_marker("e2e") is None, not item.nodeid.startswith("tests/privacy/")))
    if "RAPPORT_HISTORY_TESTS" not in os.environ:
        skipped = pytest.mark.skip(reason="minutes each: make test-histories")
        for item in items:
            if item.get_closest_marker("history") is not None:
                item.add_marker(skipped)


def pytest_collection_finish() -> None:
    """What is imported by now stays: garbage is not looked for among it with every run of dbt."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.fixture(scope="session")
def server() -> str:
    """URL of the embedded server, in the state folder of this checkout (or RAPPORT_HOME)."""
    from rapport.warehouse import ensure_running

    return ensure_running()


@pytest.fixture(scope="session", autouse=True)
def parsed_once() -> Iterator[None]:
    """What dbt has parsed is kept by what it was, wherever a test has its business's files."""
    from rapport import settings
    from rapport.building import project

    folder = settings.state_dir() / "tests" / "parsed"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(project, "parsed_folder", lambda _, fingerprint: folder / fingerprint[:16])
        yield


@pytest.fixture
def warehouse(server: str) -> Iterator[str]:
    """Name of a business whose warehouse is new and empty; `rapport.warehouse.connect(name)` opens it."""
    with new_warehouse(server) as name:
        yield name


@pytest.fixture(scope="module")
def shared_warehouse(server: str) -> Iterator[str]:
    """Like `warehouse`, one for all tests of a file: where filling it takes longer than the tests."""
    with new_warehouse(server) as name:
        yield name


@pytest.fixture(scope="module")
def without_data_tests() -> Iterator[None]:
    """Steps build and do not test: where the same data are tested as they are built elsewhere, it saves a third."""
    from rapport.building import steps

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(steps, "NOT_RUN", ["unit_test", "test"])
        yield


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of export formats and real files; tests that read it run where it is there."""
    for candidate in (os.environ.get("RAPPORT_SHARED"), str(REPOSITORY.parent / "shared")):
        if candidate and (Path(candidate) / "exports").is_dir():
            return Path(candidate)
    if os.environ.get("RAPPORT_REQUIRE_SHARED"):
        pytest.fail("the folder of vendors' real exports is required here and was not found")
    pytest.skip("the folder of vendors' real exports is not on this machine")


@pytest.fixture(scope="session")
def openssh_server() -> Iterator[OpenSSHServer]:
    """A real OpenSSH server; its program is fetched once into the state folder."""
    from rapport.settings import state_dir

    with run_openssh_server(state_dir() / "test-servers") as server:
        yield server
