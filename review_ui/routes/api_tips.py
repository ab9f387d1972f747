"""`/api/tips`: the tip-line for programs, with the same limits as the form.

No account, no cookie, nothing kept of the sender; a receipt travels in a body, never in an address, because
addresses end up in logs.
"""

from fastapi import Request
from starlette.responses import Response

from models.vocabulary import Outcome
from pipeline import tips
from review_ui.bodies import PostedJson, json_answer
from review_ui.guard import Routes
from review_ui.pages import base_url, desk_of
from review_ui.routes.tips import check_text, within_limits
from review_ui.security import NO_STORE

routes = Routes()
FOLLOW = "/api/tips/status"


@routes.call("/api/tips", "POST")
def api_send_tip(request: Request, body: PostedJson) -> Response:
    """Take a tip: 201 with its receipt, or 200 if nothing of it was ours and nothing was kept."""
    text = body.take("text")["text"].strip()
    check_text(text)
    within_limits(request)
    taken = tips.take(desk_of(request), text)
    if taken.outcome != Outcome.KEPT:
        return json_answer({"outcome": taken.outcome.value, "receipt": None, "status_url": None}, 200)
    return json_answer(
        {"outcome": taken.outcome.value, "receipt": taken.receipt, "status_url": base_url(request) + FOLLOW},
        201,
    )


@routes.call(FOLLOW, "POST")
def api_follow(request: Request, body: PostedJson) -> Response:
    """What became of a tip."""
    status = tips.follow(desk_of(request), body.take("receipt")["receipt"].strip())
    base = base_url(request)
    claims = [
        {
            "topic": one.topic,
            "state": one.state.value,
            "correction": f"{base}/dinh-chinh/{one.slug}" if one.slug else None,
        }
        for one in status.claims
    ]
    answered = status.answered_day.isoformat() if status.answered_day else None
    return json_answer(
        {"day": status.day.isoformat(), "answered_day": answered, "claims": claims, "sealed": status.sealed},
        200,
    )


@routes.call("/api/tips", "DELETE")
def api_withdraw(request: Request, body: PostedJson) -> Response:
    """Erase a tip for the holder of its receipt."""
    tips.withdraw(desk_of(request), body.take("receipt")["receipt"].strip())
    return Response(status_code=204, headers={"cache-control": NO_STORE})
