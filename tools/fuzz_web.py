"""Fuzz every route of the web app with schemathesis, as nobody and as one person of every role (W11).

Run with the Python of the release tools, which has schemathesis and nothing of the product:
`python -m tools.fuzz_web --product .venv/bin/python --requests 50000`. The product serves a desk with
something at every stage on loopback (`tests.promises.webdocument`). Exits 1 if an answer is 500 or above, if
somebody gets a page or an effect that their role may not have, or if an answer is not as it is described.
"""

import argparse
import contextlib
import importlib
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

COOKIE = "__Host-kc"
DEAR_SHARE = 12
"""A route that draws pictures or paper is asked so many times less often than the others."""
EXPECTED = frozenset({("oembed", 501)})
"""Answers of 500 and above that a standard asks for: oEmbed 1.0, a format that is not offered."""
SHOWN = 20


@dataclass
class Tally:
    """What was asked and what came back."""

    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)

    def report(self) -> str:
        """The counts in a few lines, the faults first."""
        lines = [f"{n} x {fault}" for fault, n in self.faults.most_common(SHOWN)]
        statuses = ", ".join(f"{status}: {n}" for status, n in sorted(self.statuses.items()))
        return "\n".join(
            [*lines, f"{self.requests} requests, {sum(self.faults.values())} faults; {statuses}"]
        )


class Served:
    """The desk under test, in a process of its own."""

    def __init__(self, child: "subprocess.Popen[str]") -> None:
        self._child = child
        said = self._line()
        self.address: str = said["address"]
        self.document: str = said["document"]
        self.people: dict[str, dict[str, Any]] = said["people"]

    def _line(self) -> dict[str, Any]:
        assert self._child.stdout is not None  # noqa: S101 -- the child is made with pipes
        found: dict[str, Any] = json.loads(self._child.stdout.readline())
        return found

    def renew(self, name: str) -> dict[str, Any]:
        """A new session and token for somebody whose own were ended by what was sent."""
        assert self._child.stdin is not None  # noqa: S101 -- the child is made with pipes
        self._child.stdin.write(f"{name}\n")
        self._child.stdin.flush()
        self.people[name] = self._line()
        return self.people[name]


@contextmanager
def served(product: str, *more: str) -> Iterator[Served]:
    """Start the desk, and end it afterwards."""
    with tempfile.TemporaryDirectory(prefix="kc-fuzz-") as folder:
        command = [product, "-m", "tests.promises.webdocument", folder, *more]
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            yield Served(child)
        finally:
            child.communicate(timeout=60)


@dataclass
class Fuzz:
    """One run: every operation as every person."""

    desk: Served
    seed: int
    tally: Tally = field(default_factory=Tally)

    def run(self, requests: int) -> None:
        """Send about so many requests, shared out over operations, right and wrong ones, and people."""
        import requests as http

        raw = json.loads(Path(self.desk.document).read_text(encoding="utf-8"))
        lib = importlib.import_module("schemathesis")
        found = [one.ok() for one in lib.openapi.from_dict(raw).get_all_operations()]
        weights = [1 / DEAR_SHARE if one.definition.raw["x-dear"] else 1.0 for one in found]
        each = requests / (sum(weights) * len(self.desk.people) * 2)
        modes = lib.GenerationMode
        with http.Session() as session:
            for operation, weight in zip(found, weights, strict=True):
                n = max(2, round(each * weight))
                sent = self._cases(operation, n, session, modes.NEGATIVE)
                # what could not be made wrong is made up for by more that is right
                self._cases(operation, 2 * n - sent, session, modes.POSITIVE)
            # a page that asks for nothing has one case alone; what is left goes to those that take most
            asking = [one for one in found if one.definition.raw.get("requestBody")]
            while self.tally.requests < requests:
                self.seed += 1
                for operation in asking:
                    self._cases(operation, 20, session, modes.POSITIVE)

    def _cases(self, operation: Any, n: int, session: Any, mode: Any) -> int:  # noqa: ANN401 -- a library's object without types
        """Send so many cases of one operation, each as everybody; gives how many there were."""
        hypothesis = importlib.import_module("hypothesis")
        nothing = (hypothesis.errors.Unsatisfiable, importlib.import_module("unittest").SkipTest)
        sent = 0

        def send(case: Any) -> None:  # noqa: ANN401 -- a library's object without types
            nonlocal sent
            sent += 1
            for person in self.desk.people:
                self._send(case, person, session)

        settings = hypothesis.settings(
            max_examples=n,
            deadline=None,
            database=None,
            phases=[hypothesis.Phase.generate],
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        given = hypothesis.given(case=operation.as_strategy(generation_mode=mode))
        run: Callable[[], None] = hypothesis.seed(self.seed)(settings(given(send)))
        with contextlib.suppress(*nothing):
            run()
        return sent

    def _send(self, case: Any, person: str, session: Any) -> None:  # noqa: ANN401 -- a library's object without types
        raw = case.operation.definition.raw
        me = self.desk.people[person]
        if isinstance(case.body, dict) and "token" in case.body:
            case.body["token"] = me["csrf"] or "made-up"
        headers = _headers(raw, me)
        answer = case.call(
            base_url=self.desk.address, session=session, headers=headers, allow_redirects=False
        )
        self.tally.requests += 1
        self.tally.statuses[answer.status_code] += 1
        for fault in _faults(case, raw, me, answer):
            self.tally.faults[f"{raw['operationId']} as {person or 'nobody'}: {fault}"] += 1
        if person and _ended(raw, me, answer):
            self.desk.renew(person)


def _headers(raw: dict[str, Any], me: dict[str, Any]) -> dict[str, str]:
    """What this person's browser or program sends; nobody sends what they made up."""
    headers = {} if raw["x-described"] else {"Sec-Fetch-Site": "same-origin"}
    if raw["x-token"]:
        headers["Authorization"] = f"Bearer {me['token'] or 'kc_made_up'}"
    if raw["operationId"] == "prometheus" or not raw["x-token"]:
        headers["Cookie"] = f"{COOKIE}={me['cookie'] or 'made-up'}"
    return headers


def _may(raw: dict[str, Any], me: dict[str, Any]) -> bool:
    return bool(raw["x-everybody"] or me["role"] in raw["x-roles"])


def _to_the_door(answer: Any) -> bool:  # noqa: ANN401 -- a library's object without types
    where = (answer.headers.get("location") or [""])[0]
    return bool(answer.status_code == 303 and where.startswith("/dang-nhap?ve="))


def _ended(raw: dict[str, Any], me: dict[str, Any], answer: Any) -> bool:  # noqa: ANN401 -- a library's object without types
    leaving = {"sign_out", "change_password", "end_session", "remove_factor"}
    return raw["operationId"] in leaving or (
        _may(raw, me) and (answer.status_code == 401 or _to_the_door(answer))
    )


def _faults(case: Any, raw: dict[str, Any], me: dict[str, Any], answer: Any) -> Iterator[str]:  # noqa: ANN401 -- a library's object without types
    status = answer.status_code
    if status >= 500 and (raw["operationId"], status) not in EXPECTED:
        yield f"answers {status} to {case.as_curl_command()[:400]}"
    if not _may(raw, me) and not (status in {400, 401, 403, 404, 405} or _to_the_door(answer)):
        yield f"lets somebody in who may not: {status}"
    if raw["x-described"] and not me["name"]:
        checks = importlib.import_module("schemathesis.checks")
        try:
            case.validate_response(answer, checks=_chosen(checks))
        except importlib.import_module("schemathesis.core.failures").FailureGroup as failed:
            yield " ".join(str(failed).split())[:500]


def _chosen(checks: Any) -> list[Any]:  # noqa: ANN401 -- a library's object without types
    """The checks that say something where nobody signs in: of the public API, described by the app itself."""
    wanted = {
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_schema_conformance",
        "negative_data_rejection",
        "unsupported_method",
    }
    found = [one for one in checks.CHECKS.get_all() if one.__name__ in wanted]
    if len(found) < len(wanted):
        raise SystemExit(f"this schemathesis lacks a check of {sorted(wanted)}")
    return found


def main(arguments: list[str]) -> int:
    """Fuzz, print the counts, and give 1 if anything was at fault or too little was asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--product", default=".venv/bin/python", help="the Python that has the product")
    parser.add_argument("--requests", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--control", action="store_true", help="serve a desk without its guard: this must fail"
    )
    given = parser.parse_args(arguments)
    with served(given.product, *(["--control"] if given.control else [])) as desk:
        fuzz = Fuzz(desk, given.seed)
        fuzz.run(given.requests)
    print(fuzz.tally.report())
    return 1 if fuzz.tally.faults or fuzz.tally.requests < given.requests else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
