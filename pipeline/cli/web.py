"""The web server, for `serve` and `demo`: no access log, no server name, the port taken first.

The room above is named as a string, because imports point one way: what runs the desk does not know its
pages.
"""

import errno
import os
import socket
import threading
import webbrowser
from collections.abc import MutableMapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from models.errors import KiemChungError
from pipeline.settings import PREFIX, load

if TYPE_CHECKING:
    from pipeline.compose import Desk

FACTORY = "pipeline.cli.web:application"
LOOPBACK = "127.0.0.1"


def app_of(desk: "Desk", banner: str | None = None) -> Any:  # noqa: ANN401 -- an ASGI application
    """The web app over a desk."""
    return import_module("review_ui.app").create_app(desk, banner=banner)


def check(desk: "Desk") -> None:
    """Make the app once here, so that a wrong setting is one line and not a server that half started."""
    app_of(desk)


def application() -> Any:  # noqa: ANN401 -- an ASGI application
    """The web app of one server process, made from its environment; the database was migrated before."""
    from pipeline import logs
    from pipeline.compose import build

    settings = load()
    logs.configure(settings)
    return app_of(build(settings, migrated=False))


def hand_down(desk: "Desk", config: str | None, environ: MutableMapping[str, str] = os.environ) -> None:
    """Leave this process's choices in the environment for the server processes that it starts."""
    if config is not None:
        environ[PREFIX + "CONFIG"] = config
    environ[PREFIX + "DATABASE_URL"] = desk.settings.database_place  # without the password of a file
    environ[PREFIX + "PATHS_VAR"] = str(desk.settings.path("paths.var").resolve())


def listen(host: str, port: int) -> socket.socket:
    """A bound socket (port 0: any free one); raises `KiemChungError` saying what to do if it is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        # SO_REUSEADDR lets two sockets bind one port; only one of them can listen
        bound.listen(2048)
    except OSError as error:
        bound.close()
        reason = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
        raise KiemChungError(f"port {port} on {host} {reason}: choose another with --port") from error
    bound.set_inheritable(True)
    return bound


def free_port(host: str, port: int) -> int:
    """The port if it is free (0: any free one); raises `KiemChungError` saying what to do if it is taken."""
    with listen(host, port) as probe:
        chosen: int = probe.getsockname()[1]
        return chosen


def serve_on(bound: socket.socket, app: object, workers: int = 1) -> None:
    """Serve an app, or what a named factory makes, until stopped; raises `KiemChungError` if it cannot."""
    from uvicorn import Config, Server

    config = Config(
        app,  # type: ignore[arg-type]
        factory=isinstance(app, str),
        workers=workers,
        access_log=False,  # an address leads to a person (rule 1)
        server_header=False,
        proxy_headers=False,
        log_config=None,  # its lines go the way of all others (pipeline/logs.py)
        log_level="warning",
        timeout_graceful_shutdown=5,
    )
    server = Server(config)
    if workers > 1:
        from uvicorn.supervisors import Multiprocess

        Multiprocess(config, sockets=[bound]).run()
        return
    server.run(sockets=[bound])
    if not server.started:
        raise KiemChungError("the web app could not be started; the lines above say why")


def serve_here(
    desk: "Desk",
    port: int,
    host: str = LOOPBACK,
    *,
    banner: str | None = None,
    open_path: str | None = None,
) -> None:
    """Serve the web app of this desk until it is told to stop; opens a browser on `open_path` if given."""
    bound = listen(host, port)
    if open_path is not None:
        address = f"http://{host}:{bound.getsockname()[1]}{open_path}"
        threading.Timer(1.5, webbrowser.open, [address]).start()
    with bound:
        serve_on(bound, app_of(desk, banner))
