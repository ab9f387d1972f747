"""Forms are read strictly: no doubled field, no field that the page does not have, no file, no huge body."""

import hmac
from collections.abc import Mapping
from datetime import date
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends, Request

from models.errors import UsageError
from review_ui.errors import CrossSiteError, TooLargeError, WrongFormError
from review_ui.sessions import SignedIn

MAX_BODY = 256 * 1024
MAX_FIELDS = 100
TOKEN = "token"  # noqa: S105 -- the name of a field
_ENCODING = "application/x-www-form-urlencoded"
# what no form needs and PostgreSQL cannot store: control characters but tab and line ends
_CONTROL = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127, *range(55296, 57344)))


class Form:
    """The fields of one form; a page takes exactly the ones it names."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self._fields = dict(fields)

    @classmethod
    def of(cls, fields: Mapping[str, str]) -> "Form":
        """A form of these fields, without what no form needs and no database can store."""
        return cls({name: value.translate(_CONTROL).replace("\r\n", "\n") for name, value in fields.items()})

    def take(self, *names: str) -> "Form":
        """The same form if it holds no other field than these; raises `WrongFormError`."""
        extra = sorted(set(self._fields) - set(names))
        if extra:
            raise WrongFormError("form: holds fields that this page does not have")
        return self

    def __getitem__(self, name: str) -> str:
        return self._fields.get(name, "")

    def day(self, name: str) -> date:
        """A field as a day; raises `UsageError` naming it."""
        try:
            return date.fromisoformat(self[name].strip())
        except ValueError:
            raise UsageError(f"{name}: choose a day") from None

    def values(self) -> dict[str, str]:
        """What was typed, to show it again."""
        return dict(self._fields)


def parse(body: bytes) -> Form:
    """Read an urlencoded body; raises `WrongFormError` on doubled or too many fields."""
    try:
        pairs = parse_qsl(
            body.decode("utf-8"), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="replace"
        )
    except ValueError as error:
        raise WrongFormError("form: cannot be read") from error
    fields: dict[str, str] = {}
    for name, value in pairs:
        if name in fields:
            raise WrongFormError("form: holds a field twice")
        fields[name] = value
    return Form.of(fields)


async def posted(request: Request) -> Form:
    """The form of this request; a signed-in one must carry the token of its session."""
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != _ENCODING:
        raise WrongFormError("form: send it as a form of this site does")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise TooLargeError("form: larger than any form of this site")
    form = parse(bytes(body))
    me: SignedIn | None = getattr(request.state, "me", None)
    if me is None:
        return form
    if not hmac.compare_digest(form[TOKEN].encode(), me.csrf_token.encode()):
        raise CrossSiteError("this form was not sent from a page of this session")
    values = form.values()
    del values[TOKEN]
    return Form(values)


Posted = Annotated[Form, Depends(posted)]
