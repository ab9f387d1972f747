"""Which sites may never be a source (rule 4), and what the site of a host is.

Personal accounts, groups, profiles, social networks, video platforms, messaging links, forums, link
shorteners and free blog hosts are refused: what they carry leads to a person, not to a publisher.
"""

import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tldextract import TLDExtract

_REFUSED_SITES = Path(__file__).with_name("refused_sites.txt")
_PERSONAL_SEGMENTS = frozenset(
    [
        *(
            "user",
            "users",
            "u",
            "profile",
            "profiles",
            "profile.php",
            "group",
            "groups",
            "channel",
            "channels",
        ),
        *("member", "members", "people", "thanh-vien", "author", "authors", "tac-gia"),
    ]
)
_LABELS = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63}){0,20}")


@lru_cache(maxsize=1)
def _suffixes() -> "TLDExtract":
    # the public suffix list that the package carries: no download, no cache on disk
    from tldextract import TLDExtract

    return TLDExtract(suffix_list_urls=(), cache_dir=None)


@lru_cache(maxsize=4096)
def site_of(host: str) -> str:
    """The registrable domain of a host (public suffix list), or the host itself if it has none."""
    return _suffixes()(host).top_domain_under_public_suffix or host


@lru_cache(maxsize=1)
def _refused() -> dict[str, str]:
    reasons: dict[str, str] = {}
    reason = ""
    for line in _REFUSED_SITES.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            reason = line.strip("[]")
        elif line and not line.startswith("#"):
            reasons[line] = reason
    return reasons


def is_well_formed(host: str) -> bool:
    """Whether a host is dot-separated letters, digits and hyphens (already IDNA-encoded)."""
    return bool(_LABELS.fullmatch(host)) and len(host) <= 253


def refusal(host: str) -> str | None:
    """Why a host can never be a source, in words; None if nothing speaks against it."""
    labels = host.lower().rstrip(".").split(".")
    for start in range(len(labels)):
        reason = _refused().get(".".join(labels[start:]))
        if reason:
            return reason
    # blogspot and its kin live under many country domains
    if len(labels) > 2 and any(label in {"blogspot", "wordpress"} for label in labels[1:-1]):
        return "a free blog or file host"
    return None


def is_personal_path(path: str) -> bool:
    """Whether a path is that of an account, group or member page."""
    segments = [segment for segment in path.lower().split("/") if segment]
    if not segments:
        return False
    return segments[0] in _PERSONAL_SEGMENTS or segments[0].startswith(("@", "~"))
