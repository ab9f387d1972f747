"""JSON bodies, read as strictly as forms: one object, no doubled key, no unknown one, no huge body."""

import json
from collections.abc import Mapping
from typing import Annotated

from fastapi import Depends, Request
from starlette.responses import Response

from models.errors import UsageError
from review_ui.errors import MediaTypeError, TooLargeError, WrongFormError
from review_ui.forms import MAX_BODY, Form
from review_ui.security import NO_STORE

_JSON = "application/json"


def parse(body: bytes) -> Form:
    """The texts of a JSON object; raises `WrongFormError` on anything else, doubled keys included."""
    return Form.of({name: _text(name, value) for name, value in parse_object(body).items()})


def parse_object(body: bytes) -> dict[str, object]:
    """A JSON object; raises `WrongFormError` on anything else, doubled keys included."""
    try:
        fields = json.loads(body.decode("utf-8"), object_pairs_hook=_once)
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise WrongFormError("body: not one JSON object in UTF-8") from error
    if not isinstance(fields, dict):
        raise WrongFormError("body: not one JSON object in UTF-8")
    return fields


def texts(value: object, name: str) -> list[Form]:
    """A list of objects of texts, as `name` in a body; raises `WrongFormError` on anything else."""
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise WrongFormError(f"body: {name} is not a list of objects")
    return [Form.of({key: _text(key, found) for key, found in one.items()}) for one in value]


def _once(pairs: list[tuple[str, object]]) -> Mapping[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key twice")
    return found


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise UsageError(f"{name[:40]}: must be a text")
    return value


async def posted_object(request: Request) -> dict[str, object]:
    """The body of an API request that holds more than texts."""
    return parse_object(await _read(request))


async def posted_json(request: Request) -> Form:
    """The body of an API request."""
    return parse(await _read(request))


async def _read(request: Request) -> bytes:
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != _JSON:
        raise MediaTypeError("body: send application/json")
    return await _bounded(request)


async def _bounded(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise TooLargeError("body: too large")
    return bytes(body)


def json_answer(document: dict[str, object], status: int = 200) -> Response:
    """An answer to a program that no cache may keep."""
    headers = {"cache-control": NO_STORE, "content-type": "application/json; charset=utf-8"}
    return Response(json.dumps(document, ensure_ascii=False), status, headers=headers)


async def posted_bytes(request: Request) -> bytes:
    """The body as it came, for a signature over it."""
    return await _bounded(request)


PostedBytes = Annotated[bytes, Depends(posted_bytes)]
PostedJson = Annotated[Form, Depends(posted_json)]
PostedObject = Annotated[dict[str, object], Depends(posted_object)]
