"""The foreign servers of this folder: each started once, and only where a test of it is to run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nanobanana_async.emulator import EmulatorOptions, EmulatorServer, Limit, World
from tests.interop.aimock_server import Aimock, start_aimock
from tests.interop.file_host import FileHost, file_host
from tests.interop.foreign import LITELLM
from tests.interop.litellm_server import LiteLLM, start_litellm


@pytest.fixture(scope="session")
def files() -> Iterator[FileHost]:
    """A host of pictures."""
    with file_host() as host:
        yield host


@pytest.fixture(scope="session")
def aimocks(tmp_path_factory: pytest.TempPathFactory, files: FileHost) -> Iterator[list[Aimock]]:
    """Those that were started; the last one may be alive."""
    started: list[Aimock] = []
    yield started
    for aimock in started:
        aimock.server.end()


@pytest.fixture
def aimock(aimocks: list[Aimock], tmp_path_factory: pytest.TempPathFactory, files: FileHost) -> Aimock:
    """One that is up, and has seen nothing; another one where a test has killed the last."""
    if not aimocks or not aimocks[-1].server.is_alive:
        aimocks.append(start_aimock(tmp_path_factory.mktemp("aimock"), files))
    aimocks[-1].reset()
    return aimocks[-1]


@pytest.fixture(scope="session")
def upstream() -> Iterator[EmulatorServer]:
    """The gateway behind LiteLLM, quick and generous."""
    with EmulatorServer(World(EmulatorOptions(seed=1, speed=1000, limit=Limit(1000)))) as server:
        yield server


@pytest.fixture(scope="session", autouse=True)
def litellms(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[LiteLLM]]:
    """Those that were started. The first begins before any test, for it takes ten seconds to come up."""
    started: list[LiteLLM] = []
    is_alone = not hasattr(request.config, "workerinput")  # else there would be one for each worker of xdist
    is_wanted = is_alone and any("litellm" in getattr(item, "fixturenames", ()) for item in request.session.items)
    if is_wanted and LITELLM.path is not None:
        folder = tmp_path_factory.mktemp("litellm")
        started.append(start_litellm(folder, request.getfixturevalue("files"), request.getfixturevalue("upstream")))
    yield started
    for litellm in started:
        litellm.server.end()


@pytest.fixture
def litellm(
    litellms: list[LiteLLM], tmp_path_factory: pytest.TempPathFactory, files: FileHost, upstream: EmulatorServer
) -> LiteLLM:
    """One that is up, with nothing wrong behind it; another one where a test has killed the last."""
    if not litellms or not litellms[-1].server.is_alive:
        litellms.append(start_litellm(tmp_path_factory.mktemp("litellm"), files, upstream))
    upstream.world.faults.clear()
    litellms[-1].wait()
    return litellms[-1]
