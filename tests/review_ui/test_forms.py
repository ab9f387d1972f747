"""Forms are read strictly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import UsageError
from review_ui.errors import WrongFormError
from review_ui.forms import MAX_BODY, Form, parse
from tests.review_ui.conftest import OpenBrowser
from tests.review_ui.house import words

SAME = {"sec-fetch-site": "same-origin"}
ENCODED = {**SAME, "content-type": "application/x-www-form-urlencoded"}


def test_a_field_twice_is_refused() -> None:
    with pytest.raises(WrongFormError, match="twice"):
        parse(b"opinion=true&opinion=false")


def test_a_field_that_the_page_does_not_have_is_refused() -> None:
    with pytest.raises(WrongFormError, match="does not have"):
        parse(b"text=a&role=lead").take("text")


def test_too_many_fields_are_refused() -> None:
    with pytest.raises(WrongFormError):
        parse("&".join(f"f{n}=1" for n in range(500)).encode())


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(WrongFormError):
        parse(b"text=\xff\xfe")


def test_control_characters_go_and_words_stay() -> None:
    form = parse("text=a%00b%1B%0D%0Ac%09d&n=%F0%9F%98%80 ế".encode())
    assert form["text"] == "ab\nc\td"
    assert form["n"] == "😀 ế"


@given(st.text(max_size=200))
def test_a_value_never_holds_what_a_database_cannot(text: str) -> None:
    from urllib.parse import urlencode

    value = parse(urlencode({"text": text}, errors="replace").encode())["text"]
    assert "\x00" not in value
    value.encode("utf-8")


def test_a_day_is_a_day() -> None:
    assert Form({"until": "2026-11-20"}).day("until").isoformat() == "2026-11-20"
    for wrong in ("", "20/11/2026", "2026-13-01", "tomorrow"):
        with pytest.raises(UsageError, match="until"):
            Form({"until": wrong}).day("until")


@pytest.mark.parametrize("path", ["/gui-tin", "/theo-doi", "/theo-doi/xoa", "/dang-nhap"])
@pytest.mark.parametrize("body", [b"a=1&a=2", b"quyen=admin", b"%ff=1&%fe=2"])
def test_public_forms_take_no_extra_and_no_doubled_field(path: str, body: bytes, browse: OpenBrowser) -> None:
    answer = browse().client.post(path, content=body, headers=ENCODED)
    assert answer.status_code == 422
    assert "Biểu mẫu" in words(answer)


def test_a_body_larger_than_any_form_is_refused(browse: OpenBrowser) -> None:
    answer = browse().client.post("/gui-tin", content=b"text=" + b"a" * MAX_BODY, headers=ENCODED)
    assert answer.status_code == 413


def test_files_and_json_are_no_form(browse: OpenBrowser) -> None:
    client = browse().client
    assert client.post("/gui-tin", files={"text": b"x"}, headers=SAME).status_code == 422
    assert client.post("/gui-tin", json={"text": "x"}, headers=SAME).status_code == 422


@pytest.mark.parametrize("extra", ["staff_id", "rating", "state", "priority", "at"])
@pytest.mark.usefixtures("staff")
def test_staff_forms_take_no_extra_field(extra: str, browse: OpenBrowser) -> None:
    lead = browse("chi")
    for path in (
        "/ban-lam-viec/1/y-kien",
        "/ban-lam-viec/1/dinh-chinh",
        "/mo-hinh/dua-vao-dung",
        "/dang-xuat",
    ):
        assert lead.post(path, {extra: "1"}).status_code == 422
    assert (
        browse("quan").post("/tai-khoan", {"username": "moi", "role": "lead", extra: "1"}).status_code == 422
    )
