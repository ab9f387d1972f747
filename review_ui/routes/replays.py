"""How well the queue's learner would have ordered what is already decided: read from what a job has kept."""

from collections.abc import Mapping
from typing import NamedTuple

from fastapi import Request
from markupsafe import Markup
from starlette.responses import Response

from pipeline import replays as kept
from pipeline.replays import Kept
from review_ui import drawings
from review_ui.guard import Routes
from review_ui.pages import desk_of, language_of, staff_page

routes = Routes()


class Shown(NamedTuple):
    """A replay with its picture in two widths."""

    result: Kept
    picture: Mapping[str, Markup]


@routes.page("/mo-hinh/chay-lai")
def replays(request: Request) -> Response:
    """The newest replay of the desk's own history and of a labelled table; nothing is trained here."""
    settings, tag = desk_of(request).settings, language_of(request)
    return staff_page(
        request,
        "staff/replays.html",
        own=_shown(kept.newest(settings, kept.DESK), tag),
        table=_shown(kept.newest(settings, kept.TABLE), tag),
        least=kept.LEAST,
    )


def _shown(result: Kept | None, tag: str) -> Shown | None:
    if result is None:
        return None
    picture = {
        "wide": drawings.address(lambda: kept.chart(result, tag)),
        "narrow": drawings.address(lambda: kept.chart(result, tag, narrow=True)),
    }
    return Shown(result, picture)
