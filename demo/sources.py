"""The source registry of the sample province, for a server on a given port."""

from demo import content

ENTRIES: dict[str, tuple[tuple[str, str, str | None], ...]] = {
    "bao-song-tien": (("feed", "/rss.xml", None), ("sitemap", "/sitemap.xml", None)),
    "tin-cuu-long": (
        ("feed", "/atom.xml", None),
        ("sitemap", "/sitemap-index.xml", None),
        ("feed", "/rss-cu.xml", None),  # kept on purpose: a feed that is broken on the publisher's side
    ),
    "dai-ptth": (("listing", "/tin-moi", "^/tin/"),),
    "cong-tinh": (("sitemap", "/sitemap.xml", None),),
    "benh-vien": (("feed", "/rss.xml", None),),
    "kiem-tin": (("sitemap", "/sitemap.xml", None),),
}


def registry(port: int) -> str:
    """The registry file's text."""
    lines = ["# Sample data: six invented publishers on this machine."]
    for publisher in content.publishers().values():
        base = f"http://{publisher.host}:{port}"
        lines += [
            "",
            "[[source]]",
            f'id = "{publisher.id}"',
            f'name = "{publisher.name}"',
            f'kind = "{publisher.kind}"',
            f'homepage = "{base}/"',
            "local = true",
            "enabled = true",
        ]
        for kind, path, pattern in ENTRIES[publisher.id]:
            lines += ["[[source.entry]]", f'kind = "{kind}"', f'url = "{base}{path}"']
            lines += [f"link_pattern = '{pattern}'"] if pattern else []
    return "\n".join(lines) + "\n"
