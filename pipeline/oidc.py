"""Signing in with an OpenID Connect service of the desk's own choice: code flow with PKCE (OIDC Core 1.0).

An option for desks whose organisation has one. Nobody is registered by it: the service's answer must name an
account that an admin made. Requests go through `crawlers.outbound`, under the same guards as a crawl.
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from sqlalchemy import delete

from crawlers import outbound, urls
from models.access import UsedState
from models.desk import Staff
from models.errors import KiemChungError, UsageError
from models.session import insert_ignore
from pipeline import accounts, strongbox
from pipeline.compose import Desk

ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA", "Ed25519"]
"""No `none`, and no HMAC: the desk's own secret must not be able to make an identity."""
LEEWAY_S = 60
TIME = timedelta(minutes=10)
_DAY = timedelta(days=1)
_WELL_KNOWN = "/.well-known/openid-configuration"
_PURPOSE = "oidc"

Send = Callable[..., outbound.Answer]


class OidcError(KiemChungError):
    """The sign-in with the other service failed; nobody was let in."""


@dataclass(frozen=True)
class Client:
    """What the settings say of the service."""

    issuer: str
    client_id: str
    secret: str
    claim: str


@dataclass(frozen=True)
class Started:
    """Where the browser goes, and what it must bring back in a cookie."""

    url: str
    kept: str


def is_configured(desk: Desk) -> bool:
    """Whether staff may sign in this way."""
    return bool(desk.settings.text("oidc.issuer"))


def client(desk: Desk) -> Client:
    """The settings as one value; raises `UsageError` naming what is wrong."""
    issuer, client_id, secret_file, claim = (
        desk.settings.text(f"oidc.{name}") for name in ("issuer", "client_id", "client_secret_file", "claim")
    )
    problem = outbound.refusal(urls.Guard(desk.local_hosts), issuer)
    if problem:
        raise UsageError(f"oidc.issuer: {problem}")
    if not client_id:
        raise UsageError("oidc.client_id: is missing")
    try:
        secret = Path(secret_file).read_text(encoding="utf-8").strip() if secret_file else ""
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"oidc.client_secret_file: {secret_file} cannot be read ({error})") from error
    return Client(issuer, client_id, secret, claim)


def start(desk: Desk, back_to: str, then: str, send: Send = outbound.send) -> Started:
    """Begin a sign-in: `back_to` is this site's return address, `then` the page to show after it."""
    mine = client(desk)
    place = _endpoint(_discovered(desk, mine, send), "authorization_endpoint")
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "response_type": "code",
        "client_id": mine.client_id,
        "redirect_uri": back_to,
        "scope": "openid profile",
        "state": state,
        "nonce": nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    kept = json.dumps({"state": state, "nonce": nonce, "verifier": verifier, "then": then})
    sealed = strongbox.ticket(desk.keys.seal, _PURPOSE, kept, desk.clock() + TIME)
    return Started(f"{place}{'&' if '?' in place else '?'}{urlencode(asked)}", sealed)


def finish(
    desk: Desk, kept: str, given: Mapping[str, str], back_to: str, send: Send = outbound.send
) -> tuple[Staff, str]:
    """The account that the service vouches for and the page to show; raises `OidcError` for everything else.

    The state must be the one that this browser was given, and comes back once.
    """
    mine = client(desk)
    opened = strongbox.redeem(desk.keys.seal, _PURPOSE, kept, desk.clock())
    begun: dict[str, str] = json.loads(opened) if opened else {}
    if not begun or not hmac.compare_digest(given.get("state", "").encode(), begun["state"].encode()):
        raise OidcError("this sign-in was not begun here, or took too long")
    if given.get("iss", mine.issuer) != mine.issuer:  # RFC 9207: another service's answer
        raise OidcError("the answer is another service's")
    if not _first_use(desk, begun["state"]):
        raise OidcError("this sign-in was used before")
    if not given.get("code"):
        raise OidcError("the service let nobody in")
    found = _discovered(desk, mine, send)
    token = _exchange(desk, mine, found, {**begun, "code": given["code"], "back_to": back_to}, send)
    claims = _checked(desk, mine, _json(desk, _endpoint(found, "jwks_uri"), send), token, begun["nonce"])
    return _account(desk, mine, claims), begun["then"]


def _account(desk: Desk, mine: Client, claims: Mapping[str, object]) -> Staff:
    name = claims.get(mine.claim)
    if isinstance(name, str) and name:
        with desk.reading() as session:
            staff = accounts.named(session, name)
        if staff is not None:
            return staff
    raise OidcError("the service names no account of this desk")


def _first_use(desk: Desk, state: str) -> bool:
    now = desk.clock()
    row = {"state_sha256": hashlib.sha256(state.encode()).hexdigest(), "at": now}
    with desk.sessions.begin() as session:
        session.execute(delete(UsedState).where(UsedState.at < now - _DAY))
        return insert_ignore(session, UsedState, [row], ["state_sha256"]) == 1


def _discovered(desk: Desk, mine: Client, send: Send) -> Mapping[str, object]:
    found = _json(desk, mine.issuer.rstrip("/") + _WELL_KNOWN, send)
    if found.get("issuer") != mine.issuer:
        raise OidcError("the service gives itself another name than oidc.issuer")
    return found


def _endpoint(found: Mapping[str, object], name: str) -> str:
    place = found.get(name)
    if not isinstance(place, str):
        raise OidcError(f"the service names no {name}")
    return place


def _exchange(
    desk: Desk, mine: Client, found: Mapping[str, object], begun: Mapping[str, str], send: Send
) -> str:
    """The ID token that the service gives for a code (RFC 6749, 4.1.3; RFC 7636, 4.5)."""
    form = {
        "grant_type": "authorization_code",
        "code": begun["code"],
        "redirect_uri": begun["back_to"],
        "client_id": mine.client_id,
        "code_verifier": begun["verifier"],
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    if mine.secret:
        pair = f"{quote(mine.client_id, safe='')}:{quote(mine.secret, safe='')}"
        headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    place = _endpoint(found, "token_endpoint")
    token = _asked(desk, "POST", place, send, headers=headers, body=urlencode(form).encode()).get("id_token")
    if not isinstance(token, str):
        raise OidcError("the service gave no ID token")
    return token


def _json(desk: Desk, url: str, send: Send) -> Mapping[str, object]:
    return _asked(desk, "GET", url, send, headers={"Accept": "application/json"})


def _asked(desk: Desk, method: str, url: str, send: Send, **what: object) -> Mapping[str, object]:
    try:
        answer = send(method, url, urls.Guard(desk.local_hosts), **what)
    except outbound.OutboundError as error:
        raise OidcError(f"the service does not answer ({error})") from error
    if answer.status != 200:
        raise OidcError(f"the service answers {answer.status}")
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        raise OidcError("the service's answer is no JSON") from error
    if not isinstance(found, dict):
        raise OidcError("the service's answer is no JSON object")
    return found


def _checked(
    desk: Desk, mine: Client, keys: Mapping[str, object], token: str, nonce: str
) -> Mapping[str, object]:
    """The claims of an ID token after every check of OIDC Core 3.1.3.7; raises `OidcError`."""
    from joserfc import jwk, jwt
    from joserfc.errors import JoseError

    rules = jwt.JWTClaimsRegistry(
        now=lambda: int(desk.clock().timestamp()),
        leeway=LEEWAY_S,
        iss={"essential": True, "value": mine.issuer},
        aud={"essential": True, "value": mine.client_id},
        exp={"essential": True},
        iat={"essential": True},
        nonce={"essential": True, "value": nonce},
    )
    known: Any = keys
    try:
        claims = jwt.decode(token, jwk.KeySet.import_key_set(known), algorithms=ALGORITHMS).claims
        rules.validate(claims)
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise OidcError(f"the ID token is refused ({type(error).__name__})") from error
    several = isinstance(claims.get("aud"), list) and len(claims["aud"]) > 1
    if claims.get("azp", None if several else mine.client_id) != mine.client_id:
        raise OidcError("the ID token is refused (azp)")
    return claims
