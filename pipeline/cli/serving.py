"""`kiemchung serve`: the web app and the scheduler."""

import logging
import signal
import sys
from contextlib import AbstractContextManager, nullcontext
from types import FrameType
from typing import Annotated, Never

import typer

from pipeline.cli import console
from pipeline.cli.console import examples
from pipeline.settings import Settings

LOG = logging.getLogger("kiemchung.serve")
EPILOG = examples(
    "kiemchung serve",
    "kiemchung serve --host 0.0.0.0 --port 8080 --workers 2",
    "kiemchung serve --no-schedule        pages only; workers run elsewhere",
)


def register(app: typer.Typer) -> None:
    """Put the command of this module on the command line."""
    app.command("serve", epilog=EPILOG)(serve)


def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="address to listen on (web.host)")] = None,
    port: Annotated[int | None, typer.Option(help="port to listen on; 0 takes a free one (web.port)")] = None,
    workers: Annotated[int | None, typer.Option(help="web processes (web.workers)")] = None,
    schedule: Annotated[
        bool | None,
        typer.Option(help="run stages, erasure, backups and weekly figures too (schedule.enabled)"),
    ] = None,
) -> None:
    """Serve the web app, and run by the clock what is due.

    No address of a visitor is logged or stored. The database is brought to this version first. By the clock:
    the stages, erasure at 03:00, a backup at 03:30, the weekly draw and the closing of weeks, each once a
    period; what was missed is made up for.
    """
    from pipeline.cli import web
    from pipeline.schedule import Scheduler

    flags = {"web__host": host, "web__port": port, "web__workers": workers, "schedule__enabled": schedule}
    with console.desk(context, lasting=True, check=web.check, **flags) as desk:
        chosen = desk.settings
        bound = web.listen(chosen.text("web.host"), chosen.number("web.port"))
        config = console.options(context).config
        web.hand_down(desk, None if config is None else str(config.resolve()))
        scheduler = Scheduler(desk) if chosen.flag("schedule.enabled") else None
        signal.signal(signal.SIGTERM, _stop)
        _announce(chosen, bound.getsockname()[1])
        try:
            if scheduler is not None:
                scheduler.start()
            with _counting(chosen.number("web.workers")):
                web.serve_on(bound, web.FACTORY, chosen.number("web.workers"))
        finally:
            if scheduler is not None:
                scheduler.stop()
            bound.close()


def _counting(workers: int) -> AbstractContextManager[None]:
    """Several web processes count their answers together, one needs no files for it."""
    from pipeline import traffic

    return traffic.shared() if workers > 1 else nullcontext()


def _announce(settings: Settings, port: int) -> None:
    """Say where the site is: a line for people, or an event among the others for what collects them."""
    address = f"http://{settings.text('web.host')}:{port}/"
    if settings.text("log.format") == "json":
        LOG.info("serving address=%s", address)
        return
    console.say(f"Kiểm Chứng: {address}")
    sys.stdout.flush()


def _stop(number: int, frame: FrameType | None) -> Never:  # noqa: ARG001 -- a signal handler's signature
    # the server raises the signal again once it has stopped: ending here lets the scheduler stop too
    raise SystemExit(0)
