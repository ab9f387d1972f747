"""The public API as OpenAPI 3.1; a test holds it to the routes, and the answers of the routes to it."""

from typing import Any

from models.vocabulary import AppealState, Language, Outcome, Rating, Topic

Json = dict[str, Any]
_TEXT: Json = {"type": "string"}
_TEXT_OR_NOTHING: Json = {"type": ["string", "null"]}
_NUMBER: Json = {"type": "integer"}
_YES_NO: Json = {"type": "boolean"}
_DAY: Json = {"type": "string", "format": "date"}
_INSTANT: Json = {"type": "string", "format": "date-time"}
_URL: Json = {"type": "string", "format": "uri"}
_REAL_OR_NOTHING: Json = {"type": ["number", "null"]}


def _one_of(values: Any) -> Json:  # noqa: ANN401 -- an enumeration class
    return {"type": "string", "enum": [one.value for one in values]}


def _list(items: Json) -> Json:
    return {"type": "array", "items": items}


def _whole(**properties: Json) -> Json:
    """An object that holds exactly these."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


_BRIEF: Json = {
    "slug": _TEXT,
    "url": _URL,
    "api_url": _URL,
    "topic": _one_of(Topic),
    "rating": _one_of(Rating),
    "title": _TEXT,
    "truth": _TEXT,
    "published_at": _INSTANT,
    "updated_at": _INSTANT,
    "languages": _list(_one_of(Language)),
    "reopened": _YES_NO,
}
_WORDS = _whole(title=_TEXT, said=_TEXT, truth=_TEXT, how_known=_TEXT, what_to_do=_TEXT, contact=_TEXT)
SCHEMAS: Json = {
    "CorrectionBrief": _whole(**_BRIEF),
    "Correction": _whole(
        **_BRIEF,
        claim_day=_DAY,
        texts={"type": "object", "additionalProperties": _WORDS},
        evidence=_list(
            _whole(
                kind=_TEXT,
                publisher=_TEXT,
                url=_URL,
                quote=_TEXT,
                quote_sha256=_TEXT,
                published_day=_DAY,
                found_day={"type": ["string", "null"], "format": "date"},
                page_sha256=_TEXT_OR_NOTHING,
            )
        ),
        verdicts=_list(_whole(round=_NUMBER, rating=_one_of(Rating), partly=_YES_NO, at=_INSTANT)),
        versions=_list(_whole(language=_one_of(Language), version=_NUMBER, reason=_TEXT, at=_INSTANT)),
        appeals=_list(
            _whole(
                id=_TEXT,
                state=_one_of(AppealState),
                received_day=_DAY,
                due_day=_DAY,
                decided_at={"type": ["string", "null"], "format": "date-time"},
                outcome=_TEXT_OR_NOTHING,
            )
        ),
    ),
    "Corrections": _whole(items=_list(_ref("CorrectionBrief")), next=_TEXT_OR_NOTHING),
    "Found": _whole(items=_list(_ref("CorrectionBrief")), total=_NUMBER, next=_TEXT_OR_NOTHING),
    "Topics": _whole(
        items=_list(_whole(id=_one_of(Topic), name_vi=_TEXT, name_en=_TEXT, corrections=_NUMBER))
    ),
    "Figure": {
        "type": "object",
        "properties": {
            "name": _TEXT,
            "week": _TEXT,
            "value": _REAL_OR_NOTHING,
            "low": _REAL_OR_NOTHING,
            "high": _REAL_OR_NOTHING,
            "level": _REAL_OR_NOTHING,
            "n": _NUMBER,
            "method": _TEXT,
            "enough": _YES_NO,
        },
        "required": ["name", "week", "value", "low", "high", "level", "n", "method", "enough"],
    },
    "Figures": _whole(week=_TEXT, figures=_list(_ref("Figure"))),
    "LogHead": _whole(
        seq=_NUMBER,
        digest=_TEXT_OR_NOTHING,
        published=_list(_whole(day=_DAY, seq=_NUMBER, digest=_TEXT)),
        entries_url=_URL,
    ),
    "Taken": _whole(outcome=_one_of(Outcome), receipt=_TEXT_OR_NOTHING, status_url=_TEXT_OR_NOTHING),
    "TipStatus": _whole(
        day=_DAY,
        answered_day={"type": ["string", "null"], "format": "date"},
        claims=_list(_whole(topic=_one_of(Topic), state=_TEXT, correction=_TEXT_OR_NOTHING)),
        sealed=_YES_NO,
    ),
    "Tip": _whole(text={"type": "string", "minLength": 1}),
    "Receipt": _whole(receipt={"type": "string", "minLength": 1}),
    "Problem": _whole(type=_TEXT, status=_NUMBER, title=_TEXT, detail=_TEXT, title_en=_TEXT, detail_en=_TEXT),
}


OF_THE_DESK = (
    "Staff let programs work under /api/v1/desk with tokens of their own. A review sent there counts at "
    "once: it has none of the ten seconds within which a review on the page can be taken back."
)


def document(name: str, base: str) -> Json:
    """The description of one desk's public API (spec.openapis.org/oas/v3.1.0)."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{name}: public API",
            "version": "1",
            "description": "Everything that is public at the desk, as JSON. No key, no cookie. "
            f"{OF_THE_DESK}",
            "license": {"name": "CC BY 4.0", "url": "https://creativecommons.org/licenses/by/4.0/"},
        },
        "servers": [{"url": base}],
        "paths": PATHS,
        "components": {"schemas": SCHEMAS},
    }


def _asked(name: str, what: str, schema: Json, *, needed: bool = False) -> Json:
    return {"name": name, "in": "query", "required": needed, "description": what, "schema": schema}


def _in_path(name: str) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": _TEXT}


def _call(what: str, answers: Json, asked: list[Json] | None = None, body: str = "") -> Json:
    """One operation; anything that goes wrong is a problem (RFC 9457)."""
    found: Json = {
        "summary": what,
        "responses": {
            **answers,
            "default": {
                "description": "what went wrong, in Vietnamese and English",
                "content": {"application/problem+json": {"schema": _ref("Problem")}},
            },
        },
    }
    if asked:
        found["parameters"] = asked
    if body:
        found["requestBody"] = {"required": True, "content": {"application/json": {"schema": _ref(body)}}}
    return found


def _gives(schema: str, status: int = 200, what: str = "the answer") -> Json:
    return {str(status): {"description": what, "content": {"application/json": {"schema": _ref(schema)}}}}


_UNCHANGED: Json = {"304": {"description": "unchanged since the ETag that If-None-Match names"}}
_LIMIT = _asked("limit", "how many, 20 if not given", {"type": "integer", "minimum": 1, "maximum": 50})
_AFTER = _asked("after", "what `next` of the page before gave", _TEXT)
_QUERY = {"type": "string", "minLength": 1, "maxLength": 200}
PATHS: Json = {
    "/api/v1/corrections": {
        "get": _call(
            "Corrections, newest first",
            {**_gives("Corrections"), **_UNCHANGED},
            [_asked("topic", "of one topic alone", _one_of(Topic)), _AFTER, _LIMIT],
        )
    },
    "/api/v1/corrections/{slug}": {
        "get": _call(
            "One correction with its whole history",
            {**_gives("Correction"), **_UNCHANGED},
            [_in_path("slug")],
        )
    },
    "/api/v1/topics": {"get": _call("The nine topics", {**_gives("Topics"), **_UNCHANGED})},
    "/api/v1/figures/{week}": {
        "get": _call(
            "The figures of one ISO week, such as 2026-W47",
            {**_gives("Figures"), **_UNCHANGED},
            [_in_path("week")],
        )
    },
    "/api/v1/search": {
        "get": _call(
            "Corrections that hold every word, with or without diacritics",
            {**_gives("Found"), **_UNCHANGED},
            [
                _asked("q", "the words", _QUERY, needed=True),
                _asked("lang", "the language to prefer; one that is not spoken here counts as none", _TEXT),
                _AFTER,
                _LIMIT,
            ],
        )
    },
    "/api/v1/log/head": {
        "get": _call("The head of the log of decisions", {**_gives("LogHead"), **_UNCHANGED})
    },
    "/api/openapi.json": {
        "get": _call("This description", {"200": {"description": "OpenAPI 3.1"}, **_UNCHANGED})
    },
    "/api/tips": {
        "post": _call(
            "Send a tip",
            {**_gives("Taken", 201, "kept, with its receipt"), **_gives("Taken", 200, "nothing was kept")},
            body="Tip",
        ),
        "delete": _call("Erase a tip", {"204": {"description": "it is gone"}}, body="Receipt"),
    },
    "/api/tips/status": {"post": _call("What became of a tip", _gives("TipStatus"), body="Receipt")},
}
