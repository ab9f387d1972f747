"""`/api/v1`: everything public as JSON, for programs; no key, no cookie, cacheable, paged by key."""

import json
import re
from collections.abc import Mapping

from fastapi import Request
from starlette.responses import Response

from models.errors import UsageError
from models.vocabulary import Topic
from pipeline import documents, public, search
from review_ui import openapi, reading
from review_ui.guard import Routes
from review_ui.pages import base_url, cacheable, desk_of, language_of, site_of
from review_ui.routes.corrections import load
from review_ui.routes.figures import series_of

routes = Routes()
MOST = 50
_SLUG = re.compile(r"[a-z0-9-]{0,200}")
_CURSOR = re.compile(r"[0-9]{1,9}\.[0-9]{1,9}")


@routes.page("/api/v1/corrections")
def api_corrections(request: Request) -> Response:
    """Corrections, newest first: `topic`, `limit` up to 50, `after` the slug that `next` gave."""
    asked = request.query_params
    after = asked.get("after", "")
    if not _SLUG.fullmatch(after):
        raise UsageError("after: names no correction")
    with desk_of(request).reading() as session:
        items, following = documents.page(session, _topic(asked.get("topic", "")), after, _limit(request))
    base = base_url(request)
    return _json(request, {"items": [documents.brief(one, base) for one in items], "next": following})


@routes.page("/api/v1/corrections/{slug}")
def api_correction(request: Request, slug: str) -> Response:
    """One correction with texts, evidence, ratings, versions and appeals."""
    return _json(request, documents.whole(load(request, slug), base_url(request)))


@routes.page("/api/v1/topics")
def api_topics(request: Request) -> Response:
    """The nine topics and how many corrections each has."""
    with desk_of(request).reading() as session:
        counts = reading.topic_counts(session)
    items = [
        {
            "id": topic.value,
            "name_vi": public.TOPIC_NAMES_VI[topic.value],
            "name_en": public.TOPIC_NAMES_EN[topic.value],
            "corrections": counts.get(topic, 0),
        }
        for topic in Topic
    ]
    return _json(request, {"items": items})


@routes.page("/api/v1/figures/{week}")
def api_figures(request: Request, week: str) -> Response:
    """The figures of one ISO week with their intervals, as `kiemchung metrics --json` gives them."""
    found = series_of(request).week(week)
    return _json(request, {"week": week, "figures": [one.as_dict() for one in found]})


@routes.page("/api/v1/search")
def api_search(request: Request) -> Response:
    """Corrections that hold every word of `q`, with or without diacritics, the best first."""
    query = request.query_params.get("q", "").strip()
    if not 1 <= len(query) <= search.MAX_QUERY:
        raise UsageError(f"q: 1 to {search.MAX_QUERY} characters")
    after = request.query_params.get("after") or None
    if after is not None and not _CURSOR.fullmatch(after):
        raise UsageError("after: is not what next gave")
    with desk_of(request).reading() as session:
        found = search.corrections(session, query, language_of(request), after, _limit(request))
    base = base_url(request)
    items = [documents.brief(one, base) for one in found.items]
    return _json(request, {"items": items, "total": found.total, "next": found.after})


@routes.page("/api/v1/log/head")
def api_log_head(request: Request) -> Response:
    """Where the log of decisions ends, and the heads that were published before."""
    with desk_of(request).reading() as session:
        head = reading.log_head(session)
    document = {
        "seq": head.entries,
        "digest": head.digest,
        "published": [
            {"day": one.day.isoformat(), "seq": one.seq, "digest": one.digest} for one in head.published
        ],
        "entries_url": f"{base_url(request)}/nhat-ky.jsonl",
    }
    return _json(request, document)


@routes.page("/api/openapi.json")
def api_description(request: Request) -> Response:
    """What the public API takes and gives, as OpenAPI 3.1."""
    return _json(request, openapi.document(site_of(request).name, base_url(request)))


def _topic(asked: str) -> Topic | None:
    if not asked:
        return None
    if asked not in set(Topic):
        raise UsageError("topic: is none of the nine")
    return Topic(asked)


def _limit(request: Request) -> int:
    text = request.query_params.get("limit", "20")
    if not (text.isascii() and text.isdigit() and len(text) < 4 and 1 <= int(text) <= MOST):
        raise UsageError(f"limit: 1 to {MOST}")
    return int(text)


def _json(request: Request, document: Mapping[str, object]) -> Response:
    body = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
    answer = cacheable(request, body, "application/json; charset=utf-8")
    # what is public may be read by any page: nothing here depends on who asks
    answer.headers["access-control-allow-origin"] = "*"
    return answer
