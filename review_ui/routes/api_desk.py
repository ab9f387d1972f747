"""`/api/v1/desk`: the desk for programs, by the token of a member of staff, under the same permissions.

What a person does not see on the page of a claim, a program does not get either: opinions of an open round
stay blind, and an auditor labels before reading.
"""

from fastapi import Request
from starlette.responses import Response

from models.claims import Claim
from models.errors import UsageError
from pipeline import decisions
from pipeline.decisions import ReviewInput
from review_ui.bodies import PostedJson, PostedObject, json_answer, texts
from review_ui.claims import ClaimPage, claim_page
from review_ui.errors import WrongFormError
from review_ui.filters import Filters
from review_ui.forms import Form
from review_ui.guard import Routes
from review_ui.pages import desk_of, me_of
from review_ui.queue import Place, QueueRow, queue_page
from review_ui.reviewform import EVIDENCE, one_evidence, opinion_of
from review_ui.routes.claim import known

routes = Routes()
DESK = "/api/v1/desk"


@routes.page(f"{DESK}/queue")
def desk_queue(request: Request) -> Response:
    """The queue, best first, with the filters of its page; `after` goes on where `next` says."""
    desk = desk_of(request)
    filters = Filters.read(request.query_params)
    after = Place.read(request.query_params.get("after", ""))
    with desk.reading() as session:
        page = queue_page(session, filters, me_of(request).staff_id, desk.clock(), after)
        return json_answer({"items": [_row(one) for one in page.rows], "next": page.after})


def _row(row: QueueRow) -> dict[str, object]:
    return {
        **_claim(row.claim),
        "share": row.share,
        "age_days": row.age_days,
        "mine": row.mine,
        "taken": row.taken,
        "reviewed": row.reviewed,
    }


def _claim(claim: Claim) -> dict[str, object]:
    return {
        "id": claim.id,
        "text": claim.text,
        "topic": claim.topic,
        "state": claim.state,
        "round": claim.round,
        "is_local": claim.is_local,
        "first_day": claim.first_day.isoformat(),
    }


@routes.page(f"{DESK}/claims/{{claim_id:int}}")
def desk_claim(request: Request, claim_id: int) -> Response:
    """One claim as its page shows it to this person."""
    desk, me = desk_of(request), me_of(request)
    with desk.reading() as session:
        page = claim_page(session, claim_id, me, desk.clock())
        return json_answer(_shown(page))


def _shown(page: ClaimPage) -> dict[str, object]:
    return {
        **_claim(page.claim),
        "can_review": page.own.can_review,
        "taken": page.taken,
        "mine_until": page.own.mine_until.isoformat() if page.own.mine_until else None,
        "mentions": [
            {"text": one.text, "is_tip": one.is_tip, "source": one.source, "url": one.url}
            for one in page.mentions
        ],
        "matches": [
            {
                "text": one.known.text,
                "rating": one.known.rating,
                "url": one.known.url,
                "score": one.score,
                "differs": one.differs,
            }
            for one in page.matches
        ],
        "reasons": [{"feature": one.feature, "weight": one.weight} for one in page.reasons],
        "evidence": [
            {
                "kind": one.kind,
                "publisher": one.publisher,
                "url": one.url,
                "quote": one.quote,
                "day": one.published_day.isoformat(),
            }
            for one in page.evidence
        ],
        "reviews": [
            {
                "round": one.review.round,
                "opinion": one.review.opinion,
                "reason": one.review.reason,
                "mine": one.mine,
            }
            for rounds in page.rounds
            for one in rounds.reviews
        ],
        "hidden_reviews": page.hidden_reviews,
        "correction": page.slug,
    }


@routes.call(f"{DESK}/claims/{{claim_id:int}}/take", "POST")
def desk_take(request: Request, claim_id: int, body: PostedJson) -> Response:
    """Lease the claim for a while; `taken` is false if another person holds it."""
    body.take()
    known(request, claim_id)
    return json_answer({"taken": decisions.take(desk_of(request), claim_id, me_of(request).staff_id)})


@routes.call(f"{DESK}/claims/{{claim_id:int}}/reviews", "POST")
def desk_review(request: Request, claim_id: int, body: PostedObject) -> Response:
    """Record one opinion: `opinion`, `reason` and a list `evidence` of url, publisher, quote and day."""
    if set(body) - {"opinion", "reason", "evidence"}:
        raise WrongFormError("body: holds keys that this call does not have")
    opinion, reason = opinion_of(body.get("opinion")), body.get("reason")
    if not isinstance(reason, str):
        raise UsageError("reason: must be a text")
    given_evidence = texts(body.get("evidence", []), "evidence")
    for one in given_evidence:
        one.take(*EVIDENCE)
    evidence = [one_evidence(one) for one in given_evidence]
    known(request, claim_id)
    given = ReviewInput(opinion, Form.of({"reason": reason})["reason"], evidence)
    decided = decisions.record_review(desk_of(request), claim_id, me_of(request).staff_id, given)
    return json_answer({"erased": decided.erased}, 201)


@routes.call(f"{DESK}/claims/{{claim_id:int}}/defer", "POST")
def desk_defer(request: Request, claim_id: int, body: PostedJson) -> Response:
    """Put the claim off until a day: `until` and `reason`."""
    body.take("until", "reason")
    known(request, claim_id)
    until = body.day("until")
    decisions.defer(desk_of(request), claim_id, me_of(request).staff_id, until, body["reason"])
    return json_answer({"until": until.isoformat()})
