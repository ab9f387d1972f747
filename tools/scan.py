"""An outside scanner on the sample desk: Wapiti asks every public page what it should not answer.

Run as `python -m tools.scan` (`make scan`). The desk is filled in a folder of its own, served on loopback and
stopped again; the scanner reaches nothing else. Exits 1 on a finding, 3 where the scan did not run.
"""

import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from tools.budgets import ROOT

WAPITI = ROOT / ".venv-scan" / "bin" / "wapiti"
# the attacks that answer from the pages alone; the others ask servers outside or guess common file names
MODULES = (
    "cookieflags,csp,csrf,exec,file,http_headers,methods,permanentxss,redirect,sql,timesql,ssrf,upload,xss,xxe,crlf,"
    "htaccess,ldap,log4shell,spring4shell,shellshock"
)
# what the scanner looks for in one place and the desk does in another; each is tested
EXPLAINED = {
    "X-Frame-Options is not set": "the policy says frame-ancestors, which replaced it (promise W8)",
    "Lack of anti CSRF token": "Sec-Fetch-Site and Origin are checked before any form is read (promise W7)",
}
FOUND, UNCHECKED = 1, 3
MINUTES = 10


def free_port() -> int:
    """A port that nobody uses at this moment."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port: int = asked.getsockname()[1]
        return port


@contextmanager
def sample_desk(folder: Path) -> Iterator[str]:
    """The address of the sample desk, filled and served.

    Raises:
        RuntimeError: it did not answer within two minutes.

    """
    program = ROOT / ".venv" / "bin" / "kiemchung"
    port = free_port()
    with (folder / "desk.log").open("wb") as log:
        desk = subprocess.Popen(
            [program, "demo", "--no-browser", "--port", str(port)], cwd=folder, stdout=log, stderr=log
        )
        try:
            address = f"http://127.0.0.1:{port}/"
            _wait_for(address, 180)
            yield address
        finally:
            desk.terminate()
            desk.wait(30)


def _wait_for(address: str, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if _answers(f"{address}healthz"):
            return
        time.sleep(0.5)
    raise RuntimeError(f"the sample desk does not answer at {address}")


def _answers(address: str) -> bool:
    try:
        with urlopen(address, timeout=2) as answer:  # noqa: S310 -- an address on loopback
            return int(answer.status) == 200
    except (URLError, OSError):
        return False


def scan(address: str, folder: Path) -> dict[str, Any] | None:
    """What the scanner found, or None where it wrote no report."""
    report = folder / "report.json"
    arguments = ["-u", address, "--scope", "folder", "-m", MODULES, "-f", "json", "-o", str(report)]
    arguments += ["--max-scan-time", str(MINUTES * 60), "--max-attack-time", "60", "--flush-session"]
    arguments += ["--no-bugreport", "-v", "0", "--store-session", str(folder / "session")]
    done = subprocess.run([WAPITI, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    if not report.is_file():
        print(done.stdout[-2000:], done.stderr[-2000:], file=sys.stderr)
        return None
    told: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    return told


def findings(told: dict[str, Any]) -> list[str]:
    """Each finding in a line, without what is explained."""
    lines = []
    for part in ("vulnerabilities", "anomalies"):
        for kind, found in told[part].items():
            lines += [
                f"{kind}: {one['method']} {one['path']} {one['info']}"
                for one in found
                if not any(words in one["info"] for words in EXPLAINED)
            ]
    return lines


def main() -> int:
    """Scan the sample desk once."""
    if not WAPITI.is_file():
        print("NOT CHECKED: .venv-scan is missing; run `make scan`", file=sys.stderr)
        return UNCHECKED
    with tempfile.TemporaryDirectory(prefix="kc-scan-") as name:
        folder = Path(name)
        with sample_desk(folder) as address:
            told = scan(address, folder)
    if told is None or not told["infos"].get("crawled_pages_nbr"):
        print("NOT CHECKED: the scanner saw no page", file=sys.stderr)
        return UNCHECKED
    found = findings(told)
    print("\n".join(sorted(set(found))))
    print(f"{len(found)} findings on {told['infos']['crawled_pages_nbr']} pages")
    return FOUND if found else 0


if __name__ == "__main__":
    sys.exit(main())
