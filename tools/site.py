"""The site of the documents: `docs/` in Vietnamese and English, built with MkDocs for any static host.

    python -m tools.site            lay the pages out, build build/site with --strict, look at what came out
    python -m tools.site --lay-out  lay the pages out in build/site-pages and stop

In `docs/` a page `name.md` is English and `name.vi.md` is its Vietnamese. A page that holds both under the
headings "Tiếng Việt" and "English" is cut in two. A page without Vietnamese stands in English on both sides
and says so. Each language gets its own search. The build fails if a page would load anything from elsewhere.
"""

import argparse
import json
import os
import posixpath
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGES = ROOT / "build" / "site-pages"
SITE = ROOT / "build" / "site"
# pages that stand outside docs/, and the names that they get on the site
OUTSIDE = {
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "LICENSE": "licence.md",
    "README.md": "index.md",
}
CARRIED = ("CHANGELOG.md", "CONTRIBUTING.md", "LICENSE")
ENGLISH_ONLY = '!!! note ""\n    Trang này hiện chỉ có bằng tiếng Anh.'
# lists to look things up in: what explains comes before them in a search
LISTS = ("reference/", "screens/", "asvs", "assurance", "mutation", "changelog", "licence")
FENCE = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[([^\]]*)\]\(([^)\s]+)\)")
PICTURE = re.compile(r'<img src="([^"]+)" width="(\d+)" alt="([^"]*)">')
VIETNAMESE, ENGLISH = "\n## Tiếng Việt\n", "\n## English\n"
# what makes a browser fetch something without being asked: tags that load, and the links of a page's head
LOADED = re.compile(
    r"<(?:script|img|iframe|source|video|audio|embed|object)\b[^>]*?\b(?:src|data|srcset)=[\"']?([^\"'\s>]+)",
    re.IGNORECASE,
)
HEAD_LINK = re.compile(r"<link\b[^>]*>", re.IGNORECASE)
HREF = re.compile(r"\bhref=[\"']?([^\"'\s>]+)", re.IGNORECASE)
FETCHING_RELS = (
    "stylesheet",
    "icon",
    "preload",
    "prefetch",
    "preconnect",
    "dns-prefetch",
    "modulepreload",
    "manifest",
)
FAR = re.compile(r"(?:[a-z]+:)?//", re.IGNORECASE)
CSS_URL = re.compile(r"(?:url\(|@import\s+)[\"']?([^\"')\s;]+)", re.IGNORECASE)
# parts that the theme's script would load from a host of packages: diagrams, and help for old browsers
SCRIPT_PART = re.compile(r"https?://[\w.-]+/(?=[^\"'`\s]*(?:\.m?js|/shim|-polyfill)[\"'`])")
BASE = re.compile(r'("base":\s*")(\.\.(?:/\.\.)*)(")')
# for each of these the theme's script asks for a list of pages that a part of the site does not have
ALTERNATE = re.compile(r'<link rel="?alternate"?[^>]*hreflang[^>]*>\s*', re.IGNORECASE)


def main(arguments: Sequence[str] | None = None) -> int:
    """Lay out, build and look; 1 if the build fails or a page would fetch something from another host."""
    parser = argparse.ArgumentParser(prog="python -m tools.site", description=__doc__)
    parser.add_argument(
        "--lay-out", action="store_true", help="lay the pages out in build/site-pages and stop"
    )
    if parser.parse_args(arguments).lay_out:
        lay_out(ROOT, PAGES)
        return 0
    lay_out(ROOT, PAGES)
    shutil.rmtree(SITE, ignore_errors=True)
    faults = built(ROOT)
    if faults:
        sys.stdout.write("".join(f"{line}\n" for line in faults))
        return 1
    finish(SITE)
    found = [f"{path.relative_to(SITE)}: loads {address}" for path, address in loads(SITE)]
    pages = sum(1 for _ in SITE.rglob("*.html"))
    sys.stdout.write("".join(f"{line}\n" for line in found) or f"{pages} pages in {SITE.relative_to(ROOT)}\n")
    return bool(found)


def built(folder: Path) -> list[str]:
    """Build the site that `mkdocs.yml` in a folder describes; what is wrong with it, one line each."""
    # not with --quiet: it would keep the warnings from --strict too
    command = [sys.executable, "-m", "mkdocs", "build", "--strict"]
    quiet = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=folder, env=quiet, check=False, capture_output=True, text=True)
    said = (done.stdout + done.stderr).splitlines()
    faults = [line for line in said if line.startswith(("WARNING", "ERROR"))]
    return faults or (said[-20:] if done.returncode else [])


def lay_out(root: Path, out: Path) -> None:
    """Write the pages and pictures of `root` into `out`, a page as `name.vi.md` and `name.en.md`."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    for name, text in sheets(root).items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    docs = root / "docs"
    for path in docs.rglob("*"):
        if path.is_file() and path.suffix != ".md":
            target = out / path.relative_to(docs)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)


def sheets(root: Path) -> dict[str, str]:
    """Name and text of every page of the site, both languages of each."""
    found: dict[str, str] = {}
    for source, text in sources(root):
        name = OUTSIDE.get(source) or source.removeprefix("docs/")
        if name.endswith(".vi.md"):
            found[name] = relinked(text, source)
            continue
        english, vietnamese = name.removesuffix(".md") + ".en.md", name.removesuffix(".md") + ".vi.md"
        halves = in_two(text)
        found[english] = relinked(halves[1] if halves else text, source)
        own = (root / source.removesuffix(".md")).with_suffix(".vi.md")
        if halves or not own.exists():
            found[vietnamese] = relinked(halves[0] if halves else noted(text), source)
    lists = (name for name in found if name.startswith(LISTS))
    return found | {name: f"---\nsearch:\n  boost: 0.2\n---\n{found[name]}" for name in lists}


def sources(root: Path) -> Iterator[tuple[str, str]]:
    """Address in the tree and text of every document."""
    for path in sorted((root / "docs").rglob("*.md")):
        yield path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")
    for name in CARRIED:
        if (root / name).exists():
            text = (root / name).read_text(encoding="utf-8")
            yield name, f"# AGPL-3.0-or-later\n\n```text\n{text}\n```\n" if name == "LICENSE" else text


def in_two(text: str) -> tuple[str, str] | None:
    """The Vietnamese and the English page of one that holds both; None for any other page."""
    if VIETNAMESE not in text or ENGLISH not in text:
        return None
    head, rest = text.split(VIETNAMESE, 1)
    first, second = rest.split(ENGLISH, 1)
    title = head.split("\n", 1)[0].removeprefix("# ")
    vietnamese, _, english = title.partition(" · ")
    return f"# {vietnamese}\n{raised(first)}", f"# {english or vietnamese}\n{raised(second)}"


def raised(text: str) -> str:
    """A text whose headings stand one level higher, blocks of code left alone."""
    parts = FENCE.split(text)
    return "".join(
        part if part.startswith("```") else re.sub(r"^#(#+ )", r"\1", part, flags=re.MULTILINE)
        for part in parts
    )


def noted(text: str) -> str:
    """A page with a note under its title that there is no Vietnamese of it."""
    title, _, rest = text.partition("\n")
    return f"{title}\n\n{ENGLISH_ONLY}\n{rest}"


def relinked(text: str, source: str) -> str:
    """A text whose links lead to pages of the site; what is not on it keeps its words and loses its link."""
    folder = posixpath.dirname(source)
    here = posixpath.dirname(OUTSIDE.get(source) or source.removeprefix("docs/"))

    def follow(found: re.Match[str]) -> str:
        words, target = found.groups()
        path, mark, anchor = target.partition("#")
        if not path or re.match(r"[a-z]+:", path):
            return found[0]
        place = posixpath.normpath(posixpath.join(folder, path))
        name = OUTSIDE.get(place) or (place.removeprefix("docs/") if place.startswith("docs/") else "")
        if not name:
            return str(words)
        name = name.replace(".vi.md", ".md")
        return f"[{words}]({posixpath.relpath(name, here or '.')}{mark}{anchor})"

    parts = FENCE.split(text)
    plain = (part if part.startswith("```") else LINK.sub(follow, part) for part in parts)
    return PICTURE.sub(r"![\3](\1){ width=\2 }", "".join(plain))


def finish(site: Path) -> None:
    """Give each language its own search, and take what points to other hosts out of the theme's scripts."""
    path = site / "search" / "search_index.json"
    index = json.loads(path.read_text(encoding="utf-8"))
    for language, docs in shared_out(index["docs"]).items():
        target = path if language == "vi" else site / language / "search" / "search_index.json"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps({**index, "docs": docs}, ensure_ascii=False), encoding="utf-8")
    for page in site.rglob("*.html"):
        text = ALTERNATE.sub("", page.read_text(encoding="utf-8"))
        if page.is_relative_to(site / "en"):
            text, changed = BASE.subn(_nearer, text, count=1)
            if not changed:
                raise SystemExit(f"{page}: the theme says no base for its search; see BASE in tools/site.py")
        page.write_text(text, encoding="utf-8")
    for script in (site / "assets").rglob("*.js"):
        text = script.read_text(encoding="utf-8")
        script.write_text(SCRIPT_PART.sub("/assets/absent/", text), encoding="utf-8")
    for listing in (site / "assets").rglob("*.map"):
        listing.unlink()


def shared_out(docs: Sequence[Mapping[str, object]]) -> dict[str, list[dict[str, object]]]:
    """What can be found, by language; places are told from the start of that language's pages."""
    out: dict[str, list[dict[str, object]]] = {"vi": [], "en": []}
    for one in docs:
        place = str(one["location"])
        language = "en" if place.startswith("en/") else "vi"
        out[language].append({**one, "location": place.removeprefix("en/")})
    return out


def _nearer(found: re.Match[str]) -> str:
    # the script asks for search/search_index.json beside the base: on English pages that is one folder nearer
    return found[1] + (found[2].removeprefix("../") if "/" in found[2] else ".") + found[3]


def loads(site: Path) -> Iterator[tuple[Path, str]]:
    """Every address on another host that a page, a style or a script of the site would load by itself."""
    for path in sorted(site.rglob("*")):
        if path.suffix in {".html", ".css", ".js"}:
            text = path.read_text(encoding="utf-8")
            yield from ((path, one) for one in loaded(text, path.suffix) if FAR.match(one))


def loaded(text: str, kind: str) -> Iterator[str]:
    """The addresses that a file of a kind (`.html`, `.css`, `.js`) makes a browser load."""
    if kind == ".js":
        yield from SCRIPT_PART.findall(text)
        return
    yield from CSS_URL.findall(text) if kind == ".css" else LOADED.findall(text)
    for link in HEAD_LINK.findall(text) if kind == ".html" else ():
        if any(rel in link.lower() for rel in FETCHING_RELS):
            yield from HREF.findall(link)


if __name__ == "__main__":
    sys.exit(main())
