"""The web app: routes, guard, shield and templates put together for one desk."""

from fastapi import Depends, FastAPI
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from models.errors import KiemChungError
from pipeline import oidc, second_factor, workdays
from pipeline.compose import Desk
from review_ui import permissions, scraper
from review_ui.errors import WiringError
from review_ui.faults import fault_page
from review_ui.guard import Routes, authorise
from review_ui.pages import Site
from review_ui.routes import (
    about,
    accounts,
    agreement,
    api_desk,
    api_public,
    api_tips,
    appeals,
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
    roles,
    seeds,
    sign_in,
    sources,
    static,
    subscriptions,
    tips,
)
from review_ui.security import Shield
from review_ui.templating import make_environment
from review_ui.throttle import Throttle

ALL = (
    home.routes,
    feeds.routes,
    corrections.routes,
    handouts.routes,
    tips.routes,
    api_tips.routes,
    appeals.routes,
    agreement.routes,
    figures.routes,
    log.routes,
    about.routes,
    open_data.routes,
    sources.routes,
    sign_in.routes,
    queue.routes,
    claimwork.routes,
    group.routes,
    claim.routes,
    publishing.routes,
    independent.routes,
    seeds.routes,
    models.routes,
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
    `/metrics`, `web.second_factor`, the extra holidays or the settings of OIDC cannot be used. `banner` is
    shown on top of every page, to say that a desk holds sample data.
    """
    scraper.check(desk.settings)
    workdays.extra_days(desk.settings)
    second_factor.check_setting(desk)
    if oidc.is_configured(desk):
        oidc.client(desk)
    site = Site(desk, make_environment(), Throttle(desk.clock), banner)
    # no generated API description: every form is strict and every page is for people
    app = FastAPI(
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(authorise)],
        redirect_slashes=False,
    )
    app.state.site = site
    for router in ALL:
        _add(app, router)
    permissions.check_routes(_names(app))

    def answer(request: Request, error: Exception) -> Response:
        return fault_page(site, request, error)

    app.add_exception_handler(HTTPException, answer)
    app.add_exception_handler(KiemChungError, answer)
    origin = desk.settings.text("web.public_url").rstrip("/")
    app.add_middleware(Shield, fault_page=answer, origin=origin)
    return app


def _add(app: FastAPI, router: Routes) -> None:
    """Add each route to the app itself, so that the app's guard and the check below see every one."""
    for route in router.routes:
        if isinstance(route, APIRoute):
            app.add_api_route(
                route.path,
                route.endpoint,
                methods=sorted(route.methods or ()),
                response_model=None,
                response_class=Response,
            )


def _names(app: FastAPI) -> list[str]:
    names = []
    for route in app.routes:
        if not isinstance(route, APIRoute):
            raise WiringError(f"a route that the guard does not see: {route}")
        names.append(route.name)
    return names
