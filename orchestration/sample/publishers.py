"""Loopback publishers: a folder laid out `<host>/<path>`, served to what pulls from real ones.

Belongs here: starting and stopping the server, and the times when a publisher is down or late. Does not: what is in
the folder.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestration.errors import SetupError


@contextmanager
def serve(root: Path, down: Collection[str] = (), late: Collection[str] = ()) -> Iterator[str]:
    """Serve a folder on 127.0.0.1 while the block runs, and yield the base URL (without a final slash).

    Answers carry ETag and Last-Modified; conditional requests get 304, ranges 206, missing files 404. Links
    in it are followed, so a mirror may be put together from files elsewhere. What lies at or below a name in `down`
    (a host, a folder or a file, as `www.bls.gov` or `www.bls.gov/oes`) answers 503, in `late` 404, although it is in
    the folder; both are looked at with each request, so a set may be changed while the block runs.

    Raises:
        SetupError: if the folder does not exist.

    Example:
        >>> with serve(Path("mirror")) as base:
        ...     httpx.get(f"{base}/data.bls.gov/cew/doc/titles/area/area_titles.csv").status_code
        200
    """
    # Here, not above: commands that serve nothing should not wait for these imports.
    import uvicorn
    from starlette.applications import Starlette
    from starlette.exceptions import HTTPException
    from starlette.responses import Response
    from starlette.routing import Mount
    from starlette.staticfiles import StaticFiles
    from starlette.types import Scope

    if not root.is_dir():
        raise SetupError(f"{root}: there is no such folder to serve. Remedy: set --mirror or CLUSTERS_MIRROR to one.")

    class Publishers(StaticFiles):
        async def get_response(self, path: str, scope: Scope) -> Response:
            for status, names in ((503, down), (404, late)):
                if any(path == name or path.startswith(f"{name}/") for name in names):
                    raise HTTPException(status_code=status)
            return await super().get_response(path, scope)

    files = Publishers(directory=root.resolve(), follow_symlink=True)
    config = uvicorn.Config(
        Starlette(routes=[Mount("/", files)]),
        access_log=False,
        lifespan="off",
        log_config=None,
        log_level="warning",
        loop="asyncio",
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    # asyncio sets TCP_NODELAY only on sockets that say they are TCP; without, an answer takes 40 ms more.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    thread = threading.Thread(target=server.run, args=([listener],), name="publishers", daemon=True)
    thread.start()
    # The listener queues connections from the first moment, so nobody waits for the thread to be ready.
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
