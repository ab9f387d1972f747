"""The web app: routes, guard, shield and templates put together for one desk."""

from functools import cache

from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from models.errors import KiemChungError
from pipeline import channels as channel_settings
from pipeline import oidc, second_factor, workdays
from pipeline.compose import Desk
from review_ui import permissions, scraper
from review_ui.errors import WiringError
from review_ui.faults import fault_page
from review_ui.guard import authorise
from review_ui.kept import KeptPages
from review_ui.pages import Site
from review_ui.routes import (
    about,
    accounts,
    agreement,
    api_desk,
    api_public,
    api_tips,
    appeals,
    bookmarklet,
    channels,
    claim,
    claimwork,
    corrections,
    feeds,
    figures,
    group,
    handouts,
    home,
    independent,
    log,
    models,
    my_account,
    open_data,
    outside,
    prometheus,
    publishing,
    queue,
    replays,
    roles,
    seeds,
    sign_in,
    source_admin,
    sources,
    static,
    subscriptions,
    tips,
)
from review_ui.security import Shield
from review_ui.stopwatch import Stopwatch
from review_ui.templating import make_environment
from review_ui.throttle import Throttle

ALL = (
    home.routes,
    feeds.routes,
    corrections.routes,
    handouts.routes,
    tips.routes,
    api_tips.routes,
    channels.routes,
    bookmarklet.routes,
    appeals.routes,
    agreement.routes,
    figures.routes,
    log.routes,
    about.routes,
    open_data.routes,
    sources.routes,
    source_admin.routes,
    sign_in.routes,
    queue.routes,
    claimwork.routes,
    group.routes,
    claim.routes,
    publishing.routes,
    independent.routes,
    seeds.routes,
    models.routes,
    replays.routes,
    accounts.routes,
    my_account.routes,
    roles.routes,
    subscriptions.routes,
    outside.routes,
    api_public.routes,
    api_desk.routes,
    prometheus.routes,
    static.routes,
)


def create_app(desk: Desk, banner: str | None = None) -> FastAPI:
    """The site of a desk.

    Raises `WiringError` if a route has no row in the table of permissions, `UsageError` if the token file of
    `/metrics`, `web.second_factor`, a channel, the extra holidays or the settings of OIDC cannot be used.
    `banner` is shown on top of every page, to say that a desk holds sample data.
    """
    scraper.check(desk.settings)
    workdays.extra_days(desk.settings)
    channel_settings.check(desk.settings)
    second_factor.check_setting(desk)
    if oidc.is_configured(desk):
        oidc.client(desk)
    site = Site(desk, make_environment(), Throttle(desk.clock), banner)
    # no generated API description: every form is strict and every page is for people
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.site = site
    app.router.routes.extend(_guarded())
    permissions.check_routes(_names(app))

    def answer(request: Request, error: Exception) -> Response:
        return fault_page(site, request, error)

    app.add_exception_handler(HTTPException, answer)
    app.add_exception_handler(KiemChungError, answer)
    origin = desk.settings.text("web.public_url").rstrip("/")
    app.add_middleware(KeptPages, routes=app.routes)
    app.add_middleware(Shield, fault_page=answer, origin=origin)
    app.add_middleware(Stopwatch)
    return app


@cache
def _guarded() -> tuple[BaseRoute, ...]:
    """Every route behind the guard; a process builds them once, whatever number of apps it holds."""
    guarded = APIRouter(dependencies=[Depends(authorise)])
    for router in ALL:
        for route in router.routes:
            if isinstance(route, APIRoute):
                guarded.add_api_route(
                    route.path,
                    route.endpoint,
                    methods=sorted(route.methods or ()),
                    response_model=None,
                    response_class=Response,
                )
    return tuple(guarded.routes)


def _names(app: FastAPI) -> list[str]:
    names = []
    for route in app.routes:
        if not isinstance(route, APIRoute):
            raise WiringError(f"a route that the guard does not see: {route}")
        names.append(route.name)
    return names
