"""The public API: the public words as JSON, paged by key, cacheable, as its OpenAPI document says."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from jsonschema import Draft202012Validator, ValidationError

from models.desk import Staff
from models.vocabulary import Topic
from pipeline.compose import Desk
from review_ui import openapi
from review_ui.permissions import EVERYBODY, PERMISSIONS
from tests.review_ui.conftest import OpenBrowser
from tests.review_ui.house import SITE, Answer, MovingClock, add_claim, add_source, decide, publish

pytestmark = pytest.mark.usefixtures("staff")
V1 = "/api/v1"


@pytest.fixture
def slugs(desk: Desk, staff: dict[str, Staff], moving: MovingClock) -> list[str]:
    """Five corrections, the newest first; two of them went public in the same instant."""
    add_source(desk)
    made = []
    for n in range(5):
        text = f"Uống nước lá đu đủ số {n} chữa dứt sốt xuất huyết trong một đêm"
        claim_id = add_claim(
            desk, text, topic="benefits" if n == 1 else "health", tip="nghe nói vậy đó bà con"
        )
        decide(desk, claim_id, staff["an"].id, staff["binh"].id)
        made.append(publish(desk, claim_id, staff["chi"].id))
        if n != 2:
            moving.forward(minutes=7)
    return made[::-1]


def valid(answer: Answer, schema: str) -> Any:  # noqa: ANN401 -- JSON
    """The answer's JSON, if it is what the document says; raises otherwise."""
    found = answer.json()
    check(found, schema)
    return found


def check(found: object, schema: str) -> None:
    """Raise `ValidationError` unless this is what the document says."""
    whole = {"$ref": f"#/components/schemas/{schema}", "components": {"schemas": openapi.SCHEMAS}}
    Draft202012Validator(whole).validate(found)


def test_the_list_goes_on_by_key_and_misses_nothing(browse: OpenBrowser, slugs: list[str]) -> None:
    reader = browse()
    found: list[str] = []
    after = ""
    for _ in range(4):
        page = valid(reader.get(f"{V1}/corrections?limit=2&after={after}"), "Corrections")
        found += [item["slug"] for item in page["items"]]
        after = page["next"] or ""
        if not after:
            break
    assert found == slugs


def test_what_is_published_meanwhile_moves_no_page(
    browse: OpenBrowser, desk: Desk, slugs: list[str], staff: dict[str, Staff]
) -> None:
    reader = browse()
    first = reader.get(f"{V1}/corrections?limit=2").json()
    claim_id = add_claim(desk, "Một điều mới được công bố giữa hai lần đọc danh sách")
    decide(desk, claim_id, staff["an"].id, staff["binh"].id)
    publish(desk, claim_id, staff["chi"].id)
    second = reader.get(f"{V1}/corrections?limit=2&after={first['next']}").json()
    assert [item["slug"] for item in (*first["items"], *second["items"])] == slugs[:4]


def test_one_topic_alone(browse: OpenBrowser, slugs: list[str]) -> None:
    page = valid(browse().get(f"{V1}/corrections?topic=benefits"), "Corrections")
    assert [item["slug"] for item in page["items"]] == [slugs[3]]
    assert page["next"] is None


def test_one_correction_says_what_its_page_says(browse: OpenBrowser, slugs: list[str]) -> None:
    reader = browse()
    found = valid(reader.get(f"{V1}/corrections/{slugs[0]}"), "Correction")
    assert found["url"] == f"{SITE}/dinh-chinh/{slugs[0]}"
    page = reader.get(f"/dinh-chinh/{slugs[0]}").text
    for text in (found["texts"]["vi"]["truth"], found["evidence"][0]["publisher"], found["title"]):
        assert text in page
    assert [one["rating"] for one in found["verdicts"]] == ["false"]


def test_nothing_that_is_not_public_is_in_any_answer(
    browse: OpenBrowser, slugs: list[str], staff: dict[str, Staff]
) -> None:
    reader = browse()
    told = "".join(reader.get(path).text for path in addresses(slugs))
    for secret in ("bà con", "score", "priority", "staff", "method_note", *staff):
        assert not re.search(rf'"{secret}"|\b{secret}\b', told), secret


def addresses(slugs: list[str]) -> list[str]:
    """An address of every route of the public API."""
    return [
        f"{V1}/corrections",
        f"{V1}/corrections/{slugs[0]}",
        f"{V1}/topics",
        f"{V1}/figures/2026-W47",
        f"{V1}/search?q=la",
        f"{V1}/log/head",
        "/api/openapi.json",
    ]


def test_every_answer_may_be_kept_and_is_not_sent_twice(browse: OpenBrowser, slugs: list[str]) -> None:
    reader = browse()
    for path in addresses(slugs):
        answer = reader.get(path)
        assert answer.status_code == 200, path
        assert answer.headers["content-type"] == "application/json; charset=utf-8"
        assert answer.headers["cache-control"] == "public, max-age=0, must-revalidate"
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "set-cookie" not in answer.headers
        again = reader.get(path, **{"if-none-match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


def test_a_session_changes_nothing(browse: OpenBrowser, slugs: list[str]) -> None:
    reader, lead = browse(), browse("chi")
    for path in addresses(slugs):
        assert reader.get(path).content == lead.get(path).content


def test_topics_figures_search_and_the_head_of_the_log(browse: OpenBrowser, slugs: list[str]) -> None:
    reader = browse()
    topics = valid(reader.get(f"{V1}/topics"), "Topics")["items"]
    assert {one["id"]: one["corrections"] for one in topics if one["corrections"]} == {
        "benefits": 1,
        "health": 4,
    }
    assert len(topics) == len(Topic)
    figures = valid(reader.get(f"{V1}/figures/2026-W47"), "Figures")
    assert {one["week"] for one in figures["figures"]} == {"2026-W47"}
    marked = valid(reader.get(f"{V1}/search?q=sốt"), "Found")
    bare = valid(reader.get(f"{V1}/search?q=sot"), "Found")
    assert {one["slug"] for one in marked["items"]} == {one["slug"] for one in bare["items"]} == set(slugs)
    head = valid(reader.get(f"{V1}/log/head"), "LogHead")
    lines = reader.get("/nhat-ky.jsonl").text.splitlines()
    assert head["seq"] == len(lines)
    assert head["digest"] in lines[-1]


@pytest.mark.parametrize(
    "path",
    [
        "/corrections?limit=0",
        "/corrections?limit=51",
        "/corrections?limit=x",
        "/corrections?limit=%D9%A3",
        "/corrections?topic=politics",
        "/corrections?after=khong-co",
        "/corrections?after=%00",
        "/search",
        "/search?q=",
        "/search?q=" + "a" * 201,
        "/search?q=a&after=x",
    ],
)
def test_what_cannot_be_asked_is_told_in_both_languages(path: str, browse: OpenBrowser) -> None:
    answer = browse().get(V1 + path)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    told = valid(answer, "Problem")
    assert told["detail"] != told["detail_en"]
    assert not told["detail"].startswith("Không làm được")


@pytest.mark.parametrize("path", ["/corrections/khong-co", "/figures/2026-W60", "/figures/x", "/khong-co"])
def test_what_is_not_there_is_a_problem_too(path: str, browse: OpenBrowser) -> None:
    answer = browse().get(V1 + path)
    assert answer.status_code == 404
    valid(answer, "Problem")


def described() -> dict[str, set[str]]:
    """Paths and methods of the document."""
    return {path: set(calls) for path, calls in openapi.PATHS.items()}


def public_calls(app: FastAPI) -> dict[str, set[str]]:
    """Paths and methods of the public routes under `/api/`."""
    found: dict[str, set[str]] = {}
    for route in app.routes:
        if not isinstance(route, APIRoute) or not route.path.startswith("/api/"):
            continue
        if PERMISSIONS[route.name] is EVERYBODY:
            methods = {one.lower() for one in route.methods or ()} - {"head"}
            found.setdefault(route.path, set()).update(methods)
    return found


def test_the_document_names_exactly_the_public_routes(app: FastAPI, browse: OpenBrowser) -> None:
    assert described() == public_calls(app)
    document = browse().get("/api/openapi.json").json()
    assert document["openapi"] == "3.1.0"
    assert document["servers"] == [{"url": SITE}]
    assert "desk" not in "".join(document["paths"])


def test_every_reference_of_the_document_leads_somewhere() -> None:
    for name in references(openapi.PATHS) | references(openapi.SCHEMAS):
        assert name in openapi.SCHEMAS, name
    for schema in openapi.SCHEMAS.values():
        Draft202012Validator.check_schema(schema)


def references(part: object) -> set[str]:
    """The names of all schemas that a part of the document refers to."""
    if isinstance(part, Mapping):
        own = {str(part["$ref"]).rpartition("/")[2]} if "$ref" in part else set()
        return own.union(*(references(one) for one in part.values()))
    if isinstance(part, list | tuple):
        return set().union(*(references(one) for one in part))
    return set()


def test_control_an_answer_with_more_than_the_document_says_is_refused(
    browse: OpenBrowser, slugs: list[str]
) -> None:
    found = browse().get(f"{V1}/corrections/{slugs[0]}").json()
    check(found, "Correction")
    with pytest.raises(ValidationError):
        check({**found, "author": "ai đó"}, "Correction")


def test_tips_answer_as_the_document_says(browse: OpenBrowser) -> None:
    reader = browse()
    sent = reader.client.post(
        "/api/tips", json={"text": "Uống nước lá đu đủ chữa dứt sốt xuất huyết trong một đêm."}
    )
    assert sent.status_code in {200, 201}
    found = valid(sent, "Taken")
    if found["receipt"]:
        valid(reader.client.post("/api/tips/status", json={"receipt": found["receipt"]}), "TipStatus")


def test_old_pages_cost_what_new_ones_cost(desk: Desk, browse: OpenBrowser, slugs: list[str]) -> None:
    from sqlalchemy import event

    counted: list[str] = []
    event.listen(desk.engine, "before_cursor_execute", lambda *given: counted.append(given[2]))
    reader = browse()
    reader.get(f"{V1}/corrections?limit=1")
    first, counted[:] = len(counted), []
    reader.get(f"{V1}/corrections?limit=1&after={slugs[3]}")
    assert len(counted) <= first + 1  # the one that finds the place
