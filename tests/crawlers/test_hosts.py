"""Rule 4's refusals one by one: each segment, each list, each limit of a host name."""

import pytest

from crawlers.hosts import _refused, is_personal_path, is_well_formed, refusal, site_of

PERSONAL = [
    *("user", "users", "u", "profile", "profiles", "profile.php", "group", "groups", "channel", "channels"),
    *("member", "members", "people", "thanh-vien", "author", "authors", "tac-gia"),
]


@pytest.mark.parametrize("segment", PERSONAL)
def test_each_personal_segment_is_refused_at_the_front_alone(segment: str) -> None:
    assert is_personal_path(f"/{segment}/ten")
    assert is_personal_path(f"//{segment.upper()}")
    assert not is_personal_path(f"/tin/{segment}/ten")
    assert not is_personal_path(f"/{segment}x/ten")


@pytest.mark.parametrize(
    ("path", "personal"),
    [("/@ten", True), ("/~ten", True), ("/tin/@ten", False), ("/", False), ("", False), ("/tin", False)],
)
def test_signs_of_an_account(path: str, personal: bool) -> None:
    assert is_personal_path(path) is personal


@pytest.mark.parametrize(
    ("host", "refused"),
    [
        ("facebook.com", True),
        ("m.facebook.com", True),
        ("FACEBOOK.com.", True),
        ("notfacebook.com", False),
        ("ten.blogspot.com", True),
        ("ten.blogspot.com.vn", True),
        ("ten.blogspot.de", True),
        ("ten.wordpress.co.uk", True),
        ("blogspot.vn", False),
        ("blogspot.bao.vn", False),
        ("bao.wordpress", False),
        ("bao.vn", False),
    ],
)
def test_refused_hosts(host: str, refused: bool) -> None:
    assert (refusal(host) is not None) is refused


def test_the_reason_is_that_of_its_list() -> None:
    assert refusal("ten.wordpress.co.uk") == "a free blog or file host"
    told = {refusal(host) for host in ("facebook.com", "youtube.com", "bit.ly")}
    assert None not in told
    assert not any("[" in str(reason) or "]" in str(reason) for reason in told)
    assert len(told) == 3


def test_the_lists_hold_hosts_with_a_reason_and_no_line_of_theirs_is_lost_or_made_one() -> None:
    assert all(is_well_formed(host) and reason for host, reason in _refused().items())
    assert refusal("") is None
    assert len(set(_refused().values())) > 3


def test_a_host_is_as_long_as_a_name_may_be() -> None:
    label = "a" * 63
    assert is_well_formed(f"{label}.{label}.{label}.{'b' * 61}")
    assert not is_well_formed(f"{label}.{label}.{label}.{'b' * 62}")
    assert not is_well_formed(f"{label}a.vn")
    assert is_well_formed(".".join(["a"] * 21))
    assert not is_well_formed(".".join(["a"] * 22))
    assert not is_well_formed("")
    assert not is_well_formed("a..vn")


def test_the_site_of_a_host() -> None:
    assert site_of("tin.bao.com.vn") == "bao.com.vn"
    assert site_of("localhost") == "localhost"
    assert site_of("com.vn") == "com.vn"
