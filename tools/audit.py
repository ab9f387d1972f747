"""What a release is checked for from outside its tests: known holes, secrets, its list of components.

Run as `python -m tools.audit {dependencies,secrets,components}`; the programs come from `.venv-release`
(`make release-tools`). Each exits 1 on a finding and 3 where it could not look: a check that looked at
nothing is never green.
"""

import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tools.budgets import ROOT

TOOLS = ROOT / ".venv-release" / "bin"
LOCKS = tuple(
    f"requirements-{name}.lock" for name in ("dev", "setup", "release", "scan")
)  # the product's own are part of the first
HOLED = "jinja2==2.11.2"  # CVE-2020-28493 and later: an advisory service that knows nothing of it is none
LOOKALIKES = ROOT / "tools" / "lookalikes.tsv"
COMPONENTS = ROOT / "build" / "sbom.cdx.json"
UNREAD = {".lock", ".woff2", ".ttf", ".npz", ".png", ".po", ".mo", ".pyc"}
UNREAD_FOLDERS = {"__pycache__", "build", "dist", "var"}

FOUND, UNCHECKED = 1, 3
Audit = Callable[[Path], dict[str, Any] | None]


def _run(program: str, arguments: Sequence[str], *, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(TOOLS / program), *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )


def ask_advisories(requirements: Path) -> dict[str, Any] | None:
    """What pip-audit says of a requirements file, or None where it could not ask for each package."""
    arguments = ["--strict", "--disable-pip", "--no-deps", "--progress-spinner", "off", "-f", "json"]
    done = _run("pip-audit", [*arguments, "-r", str(requirements)])
    try:
        told: dict[str, Any] = json.loads(done.stdout)
    except json.JSONDecodeError:
        return None
    return told


def holes(told: Mapping[str, Any]) -> list[str]:
    """Packages with a known hole, and packages that were passed over."""
    found = []
    for one in told["dependencies"]:
        if "skip_reason" in one:
            found.append(f"{one['name']}: not checked, {one['skip_reason']}")
        found += [f"{one['name']} {one['version']}: {hole['id']}" for hole in one.get("vulns", [])]
    return found


def dependencies(ask: Audit = ask_advisories) -> int:
    """Look every locked package up; first one with known holes, so that silence is not taken for safety."""
    with tempfile.TemporaryDirectory(prefix="kc-audit-") as folder:
        control = Path(folder) / "control.txt"
        control.write_text(f"{HOLED}\n", encoding="utf-8")
        told = ask(control)
    if told is None or not any(one.get("vulns") for one in told["dependencies"]):
        print(f"NOT CHECKED: no advisory service answers here, it knows no hole of {HOLED}", file=sys.stderr)
        return UNCHECKED
    code = 0
    for name in LOCKS:
        told = ask(ROOT / name)
        if told is None:
            print(f"NOT CHECKED: {name}", file=sys.stderr)
            return UNCHECKED
        found = holes(told)
        say = found or [f"{len(told['dependencies'])} packages, 0 skipped, no known hole"]
        print("\n".join(f"{name}: {line}" for line in say))
        code = FOUND if found else code
    return code


def files(root: Path) -> list[str]:
    """The text files of the repository, without what tools made."""
    found = []
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        if any(part in UNREAD_FOLDERS or (part.startswith(".") and part != ".ci") for part in parts):
            continue
        if path.is_file() and path.suffix not in UNREAD and path != LOOKALIKES:
            found.append(str(path.relative_to(root)))
    return found


def looks_like_a_secret(names: Iterable[str], root: Path = ROOT) -> Counter[tuple[str, str]] | None:
    """How many places of each file look like a secret, by kind; None where it could not look."""
    done = _run("detect-secrets", ["scan", *names], cwd=root)
    try:
        told = json.loads(done.stdout)["results"]
    except (json.JSONDecodeError, KeyError):
        return None
    return Counter((file, hit["type"]) for file, hits in told.items() for hit in hits)


def known_lookalikes() -> Counter[tuple[str, str]]:
    """What was looked at and is none: digests, words of the interface."""
    rows = [line.split("\t") for line in LOOKALIKES.read_text(encoding="utf-8").splitlines()[1:]]
    return Counter({(file, kind): int(times) for file, kind, times, _ in rows})


def is_made_up(file: str, kind: str) -> bool:
    """Whether it is a password that a test made up; other kinds are looked at in tests too."""
    return file.startswith("tests/") and kind in {"Secret Keyword", "Basic Auth Credentials"}


def secrets() -> int:
    """Search the tree for secrets; a key planted on purpose must be found first."""
    with tempfile.TemporaryDirectory(prefix="kc-secrets-") as folder:
        planted = "AKIA" + "IOSFODNN7EXAMPLF"
        (Path(folder) / "a.py").write_text(f'key = "{planted}"\n', encoding="utf-8")
        if not looks_like_a_secret(["a.py"], Path(folder)):
            print("NOT CHECKED: the search does not find a planted key", file=sys.stderr)
            return UNCHECKED
    found = looks_like_a_secret(files(ROOT))
    if found is None:
        print("NOT CHECKED: the search did not answer", file=sys.stderr)
        return UNCHECKED
    listed = known_lookalikes()
    new = {one: times for one, times in (found - listed).items() if not is_made_up(*one)}
    gone = listed - found
    for (file, kind), times in sorted(new.items()):
        print(f"{file}: {times} × {kind}")
    for file, kind in sorted(gone):
        print(f"{file}: {kind} is listed and not there")
    print(f"{len(new)} places look like a secret; {sum(listed.values())} were looked at and are none")
    return FOUND if new or gone else 0


def of_the_product(told: dict[str, Any]) -> dict[str, Any]:
    """A list of components with only what the product needs, directly and in turn."""
    needs = {one["ref"]: one.get("dependsOn", []) for one in told["dependencies"]}
    reached: set[str] = set()
    waiting = [told["metadata"]["component"]["bom-ref"]]
    while waiting:
        ref = waiting.pop()
        if ref not in reached:
            reached.add(ref)
            waiting += needs.get(ref, [])
    kept = [one for one in told["components"] if one["bom-ref"] in reached]
    links = [one for one in told["dependencies"] if one["ref"] in reached]
    return {**told, "components": kept, "dependencies": links}


def components() -> int:
    """Write the list of the product's components (CycloneDX 1.6, JSON) into `build/sbom.cdx.json`."""
    asked = ["environment", "--pyproject", "pyproject.toml", "--sv", "1.6", "--output-reproducible"]
    done = _run("cyclonedx-py", [*asked, str(ROOT / ".venv" / "bin" / "python")])
    if done.returncode:
        print(f"NOT WRITTEN: {done.stderr.strip()[-400:]}", file=sys.stderr)
        return UNCHECKED
    product = of_the_product(json.loads(done.stdout))
    COMPONENTS.parent.mkdir(exist_ok=True)
    COMPONENTS.write_text(json.dumps(product, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(f"{COMPONENTS.relative_to(ROOT)}: {len(product['components'])} components")
    return 0


CHECKS = {"dependencies": dependencies, "secrets": secrets, "components": components}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the checks that are named, all if none is; the worst exit code of them."""
    asked = list(sys.argv[1:] if argv is None else argv) or list(CHECKS)
    unknown = [name for name in asked if name not in CHECKS]
    if unknown:
        print(f"no such check: {unknown[0]}; there are {', '.join(CHECKS)}", file=sys.stderr)
        return 2
    if not TOOLS.is_dir():
        print("NOT CHECKED: .venv-release is missing; run `make release-tools`", file=sys.stderr)
        return UNCHECKED
    return max(CHECKS[name]() for name in asked)


if __name__ == "__main__":
    sys.exit(main())
