"""Signing in over another service: one who is vouched for gets in, and nothing else does."""

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from joserfc import jwk, jwt
from sqlalchemy import select

from models.access import UsedState
from models.desk import Staff
from models.errors import UsageError
from models.vocabulary import Role
from pipeline import accounts, oidc
from pipeline.compose import Desk, build
from pipeline.oidc import OidcError
from pipeline.settings import load
from tests.pipeline.provider import CLIENT, HOST, SECRET, Provider, running, signed, unsigned
from tests.review_ui.house import MovingClock

BACK = "https://desk.test/dang-nhap/dich-vu/ve"
GOOD = "sông rộng thuyền trôi xa"
Claims = dict[str, object]


@dataclass
class Room:
    """A desk, its clock, and the service that it trusts."""

    desk: Desk
    clock: MovingClock
    provider: Provider

    def begin(self) -> oidc.Started:
        """Somebody goes to the service."""
        return oidc.start(self.desk, BACK, "/ban-lam-viec")

    def sign_in(self) -> Staff:
        """Somebody goes there and comes back."""
        started = self.begin()
        return oidc.finish(self.desk, started.kept, self.provider.let_in(started.url), BACK)[0]


@pytest.fixture
def room(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    """A desk with an account `an`, beside a service that knows `an`."""
    monkeypatch.setattr(accounts, "_MEMORY_KIB", 256)
    accounts._hasher.cache_clear()
    clock = MovingClock()
    secret = tmp_path / "oidc.secret"
    secret.write_text(SECRET + "\n", encoding="utf-8")
    with running(int(clock().timestamp())) as provider:
        flags = {
            "database.url": sqlite_url,
            "paths.var": str(tmp_path / "var"),
            "oidc.issuer": provider.issuer,
            "oidc.client_id": CLIENT,
            "oidc.client_secret_file": str(secret),
        }
        settings = load(environ={}, flags=flags)
        local = {HOST: ("127.0.0.1", provider.port)}
        desk = build(settings, clock=clock, local_hosts=local, migrated=False)
        accounts.add(desk, "an", Role.ANALYST, GOOD)
        yield Room(desk, clock, provider)
        desk.close()
    accounts._hasher.cache_clear()


def test_who_is_vouched_for_gets_in(room: Room) -> None:
    started = room.begin()
    asked = dict(parse_qsl(urlsplit(started.url).query))
    assert started.url.startswith(f"{room.provider.issuer}/vao?")
    assert asked["response_type"] == "code"
    assert asked["redirect_uri"] == BACK
    assert asked["code_challenge_method"] == "S256"
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 43
    staff, then = oidc.finish(room.desk, started.kept, room.provider.let_in(started.url), BACK)
    assert (staff.username, then) == ("an", "/ban-lam-viec")
    method, path, headers, body = next(one for one in room.provider.asked if one[1] == "/token")
    assert method == "POST"
    name, _, secret = (
        base64.b64decode(headers["Authorization"].removeprefix("Basic ")).decode().partition(":")
    )
    assert name == CLIENT
    assert secret == "m%E1%BB%99t%20b%C3%AD%20m%E1%BA%ADt%20gi%E1%BB%AFa%20hai%20b%C3%AAn"
    assert "secret" not in body
    assert path == "/token"


def test_nothing_of_the_round_trip_can_be_read_in_the_browser(room: Room) -> None:
    started = room.begin()
    asked = dict(parse_qsl(urlsplit(started.url).query))
    assert asked["state"] not in started.kept
    assert asked["nonce"] not in started.kept


def test_a_state_comes_back_once(room: Room) -> None:
    started = room.begin()
    given = room.provider.let_in(started.url)
    oidc.finish(room.desk, started.kept, given, BACK)
    again = room.provider.let_in(started.url)  # even with a new code of the service
    with pytest.raises(OidcError, match="used before"):
        oidc.finish(room.desk, started.kept, again, BACK)
    with room.desk.reading() as session:
        assert len(session.scalars(select(UsedState)).all()) == 1


def test_used_states_are_forgotten_after_a_day(room: Room) -> None:
    room.sign_in()
    room.clock.forward(days=2)
    room.provider.now = int(room.clock().timestamp())
    room.sign_in()
    with room.desk.reading() as session:
        assert len(session.scalars(select(UsedState)).all()) == 1


def test_an_answer_belongs_to_the_browser_that_began(room: Room) -> None:
    mine, theirs = room.begin(), room.begin()
    given = room.provider.let_in(theirs.url)
    for kept in (mine.kept, "", "x", theirs.kept[:-4] + "AAAA"):
        with pytest.raises(OidcError, match="not begun here"):
            oidc.finish(room.desk, kept, given, BACK)
    for state in ("", "x", "ế"):
        with pytest.raises(OidcError, match="not begun here"):
            oidc.finish(room.desk, theirs.kept, {**given, "state": state}, BACK)
    assert oidc.finish(room.desk, theirs.kept, given, BACK)[0].username == "an"


def test_ten_minutes_are_the_most(room: Room) -> None:
    started = room.begin()
    room.clock.forward(minutes=11)
    with pytest.raises(OidcError, match="took too long"):
        oidc.finish(room.desk, started.kept, room.provider.let_in(started.url), BACK)


def test_another_services_answer_is_refused(room: Room) -> None:
    started = room.begin()
    given = {**room.provider.let_in(started.url), "iss": "https://ke-khac.vn"}
    with pytest.raises(OidcError, match="another service"):
        oidc.finish(room.desk, started.kept, given, BACK)


def test_a_code_without_its_verifier_is_worth_nothing(room: Room) -> None:
    mine, theirs = room.begin(), room.begin()
    given = room.provider.let_in(theirs.url)
    stolen = {**room.provider.let_in(mine.url), "code": given["code"]}
    with pytest.raises(OidcError, match="no ID token"):
        oidc.finish(room.desk, mine.kept, stolen, BACK)


def _other_key(provider: Provider, claims: Claims) -> str:  # noqa: ARG001
    return signed(claims, jwk.RSAKey.generate_key(2048, {"kid": "một"}))


def _with_public_key_as_secret(provider: Provider, claims: Claims) -> str:
    public = provider.key.as_pem(private=False)
    key = jwk.OctKey.import_key(base64.b64encode(public).decode())
    return jwt.encode({"alg": "HS256", "kid": "một"}, claims, key, algorithms=["HS256"])


def _cut(provider: Provider, claims: Claims) -> str:
    return signed(claims, provider.key)[:-8]


def _swapped(provider: Provider, claims: Claims) -> str:
    head, _, tail = signed(claims, provider.key).split(".")
    other = signed({**claims, "preferred_username": "quan"}, provider.key).split(".")[1]
    return f"{head}.{other}.{tail}"


FORGED: dict[str, Callable[[Provider, Claims], str]] = {
    "nobody signed it": lambda _, claims: unsigned(claims),
    "nobody signed it, in capitals": lambda _, claims: unsigned(claims, "NONE"),
    "no signature under a real name": lambda _, claims: unsigned(claims, "RS256"),
    "another key": _other_key,
    "the public key as a shared secret": _with_public_key_as_secret,
    "a cut signature": _cut,
    "other claims under the signature": _swapped,
    "no token at all": lambda *_: "xin chào",
    "empty": lambda *_: "",
}


@pytest.mark.parametrize("how", FORGED)
def test_a_forged_token_is_refused(how: str, room: Room) -> None:
    room.provider.sign = FORGED[how]
    with pytest.raises(OidcError, match="refused"):
        room.sign_in()


CLAIMS: dict[str, Claims] = {
    "another audience": {"aud": "ai-do"},
    "several audiences and no azp": {"aud": [CLIENT, "ai-do"]},
    "another azp": {"azp": "ai-do"},
    "another issuer": {"iss": "https://ke-khac.vn"},
    "another nonce": {"nonce": "x"},
    "no nonce": {"nonce": None},
    "expired": {"exp": 1},
    "no end": {"exp": None},
    "no audience": {"aud": None},
    "no issuer": {"iss": None},
}


@pytest.mark.parametrize("how", CLAIMS)
def test_a_token_for_something_else_is_refused(how: str, room: Room) -> None:
    def change(claims: Claims) -> None:
        for name, value in CLAIMS[how].items():
            claims[name] = value
            if value is None:
                del claims[name]

    room.provider.change = change
    with pytest.raises(OidcError, match="refused"):
        room.sign_in()


def test_control_a_checker_that_believes_everything_lets_a_forged_one_in(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.provider.sign = FORGED["another key"]
    monkeypatch.setattr(oidc, "_checked", lambda *_: {"preferred_username": "an"})
    assert room.sign_in().username == "an"


@pytest.mark.parametrize("name", ["ai-do", "", "AN", " an", "an' OR 1=1 --"])
def test_nobody_is_registered_by_it(name: str, room: Room) -> None:
    room.provider.name = name
    with pytest.raises(OidcError, match="names no account"):
        room.sign_in()
    with room.desk.reading() as session:
        assert [one.username for one in session.scalars(select(Staff))] == ["an"]


def test_a_closed_account_stays_closed(room: Room) -> None:
    accounts.disable(room.desk, "an")
    with pytest.raises(OidcError, match="names no account"):
        room.sign_in()


def test_a_service_under_another_name_is_not_trusted(room: Room) -> None:
    room.provider.discovery = {"issuer": "https://ke-khac.vn"}
    with pytest.raises(OidcError, match="another name"):
        room.begin()


@pytest.mark.parametrize(
    "place", ["http://169.254.169.254/keys", "https://127.0.0.1/keys", "file:///etc/passwd", 7, None]
)
def test_the_service_cannot_send_the_desk_inside(place: object, room: Room) -> None:
    room.provider.discovery = {"jwks_uri": place}
    with pytest.raises(OidcError, match=r"does not answer|names no jwks_uri"):
        room.sign_in()


@pytest.mark.parametrize(
    ("setting", "value", "told"),
    [
        ("oidc.issuer", "http://dang-nhap.vn", r"oidc\.issuer: only https"),
        ("oidc.issuer", "https://127.0.0.1", r"oidc\.issuer: the host is a raw IP"),
        ("oidc.client_id", "", r"oidc\.client_id: is missing"),
        ("oidc.client_secret_file", "/khong/co", r"oidc\.client_secret_file: /khong/co cannot be read"),
    ],
)
def test_wrong_settings_are_told_by_name(
    setting: str, value: str, told: str, sqlite_url: str, tmp_path: Path
) -> None:
    flags = {
        "database.url": sqlite_url,
        "paths.var": str(tmp_path / "var"),
        "oidc.issuer": "https://dang-nhap.vn",
    }
    settings = load(environ={}, flags={**flags, "oidc.client_id": CLIENT, setting: value})
    desk = build(settings, migrated=False)
    with pytest.raises(UsageError, match=told):
        oidc.client(desk)
    desk.close()
