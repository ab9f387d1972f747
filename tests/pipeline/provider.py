"""A stand-in for an OpenID Connect service: a real server on loopback, with really signed tokens."""

import base64
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, parse_qsl, urlsplit

from joserfc import jwk, jwt

HOST = "dang-nhap.localhost"
CLIENT = "ban-tin"
SECRET = "một bí mật giữa hai bên"


@dataclass
class Provider:
    """What the service answers; tests change it to play a hostile or broken one."""

    port: int = 0
    key: jwk.RSAKey = field(default_factory=lambda: jwk.RSAKey.generate_key(2048, {"kid": "một"}))
    name: str = "an"
    change: Callable[[dict[str, object]], object] = lambda claims: claims
    sign: Callable[["Provider", dict[str, object]], str] | None = None
    discovery: dict[str, object] = field(default_factory=dict)
    now: int = 0
    asked: list[tuple[str, str, dict[str, str], str]] = field(default_factory=list)
    challenges: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def issuer(self) -> str:
        """The address that the service calls itself by."""
        return f"http://{HOST}:{self.port}"

    def let_in(self, url: str) -> dict[str, str]:
        """What the service sends the browser back with after somebody has signed in there."""
        asked = dict(parse_qsl(urlsplit(url).query))
        code = f"code-{len(self.challenges)}"
        self.challenges[code] = (asked["code_challenge"], asked["nonce"])
        return {"state": asked["state"], "code": code, "iss": self.issuer}

    def document(self) -> dict[str, object]:
        """The discovery document."""
        plain: dict[str, object] = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/vao",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        }
        return {**plain, **self.discovery}

    def token(self, body: str) -> dict[str, object]:
        """The answer to a code whose verifier fits its challenge (RFC 7636)."""
        form = {name: values[0] for name, values in parse_qs(body).items()}
        challenge, nonce = self.challenges.pop(form.get("code", ""), ("", ""))
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != challenge:
            return {"error": "invalid_grant"}
        claims: dict[str, object] = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": "7",
            "exp": self.now + 300,
            "iat": self.now,
            "nonce": nonce,
            "preferred_username": self.name,
        }
        self.change(claims)
        made = self.sign or (lambda provider, given: signed(given, provider.key))
        return {"id_token": made(self, claims), "token_type": "Bearer"}


def signed(claims: dict[str, object], key: jwk.RSAKey, algorithm: str = "RS256") -> str:
    """An ID token of these claims."""
    return jwt.encode({"alg": algorithm, "kid": "một"}, claims, key, algorithms=[algorithm])


def unsigned(claims: dict[str, object], algorithm: str = "none") -> str:
    """A token that nobody signed."""
    parts = ({"alg": algorithm, "typ": "JWT"}, claims)
    packed = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join([*packed, ""])


def _handler(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            provider.asked.append((self.command, self.path, dict(self.headers.items()), body))
            answers: dict[str, Callable[[], dict[str, object]]] = {
                "/.well-known/openid-configuration": provider.document,
                "/keys": lambda: {"keys": [provider.key.as_dict(private=False)]},
                "/token": lambda: provider.token(body),
            }
            found = answers.get(self.path)
            packed = json.dumps(found() if found else {}).encode()
            self.send_response(200 if found else 404)
            self.send_header("Content-Length", str(len(packed)))
            self.end_headers()
            self.wfile.write(packed)

        do_POST = do_GET  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    return Handler


@contextmanager
def running(now: int) -> Iterator[Provider]:
    """The service on a free port, at a time of the test's choice."""
    provider = Provider(now=now)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(provider))
    server.daemon_threads = True
    provider.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
