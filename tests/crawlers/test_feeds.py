"""Feeds and sitemaps of every kind and state, with the addresses that each has to give."""

import gzip
import json

import pytest

from crawlers import feeds, sitemaps

A, B, C = "https://bao.vn/tin/a.html", "https://bao.vn/tin/b.html?x=1&y=2", "https://bao.vn/tin/c"
ITEM = f"<item><title>Lũ về</title><link>{A}</link></item>"
AMP_B = B.replace("&", "&amp;")
HEAD = '<?xml version="1.0" encoding="utf-8"?>'


def rss(items: str = ITEM, head: str = HEAD) -> str:
    return f'{head}<rss version="2.0"><channel><title>Báo mẫu</title>{items}</channel></rss>'


ATOM = f"""{HEAD}<feed xmlns="http://www.w3.org/2005/Atom"><title>Báo mẫu</title>
<link rel="self" href="https://bao.vn/atom"/>
<entry><title>Lũ về</title><link rel="edit" href="https://bao.vn/edit"/><link rel="alternate" href="{A}"/>
<author><name>Canary</name></author><id>tag:bao.vn,2026:1</id></entry>
<entry><title>Phà nghỉ</title><link href="{AMP_B}"/><link rel="replies" href="https://bao.vn/binh-luan"/></entry>
<entry><title>Không liên kết</title><id>{C}</id></entry></feed>"""
RDF = f"""{HEAD}<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">
<channel rdf:about="https://bao.vn/"><title>Báo mẫu</title><link>https://bao.vn/</link></channel>
<item rdf:about="{A}"><title>Lũ về</title><link>{A}</link></item>
<item rdf:about="{C}"><title>Phà nghỉ</title><link>{C}</link></item></rdf:RDF>"""
JSON = {
    "version": "https://jsonfeed.org/version/1.1",
    "items": [
        {"id": "1", "url": A, "authors": [{"name": "Canary"}]},
        {"id": "2", "external_url": B},
        {"id": C},
        {"id": "tag:4"},
        {"id": 5, "url": None},
        "no item",
    ],
}
FEEDS: dict[str, tuple[bytes, str, list[str]]] = {
    "RSS 2.0": (rss().encode(), "", [A]),
    "RSS 0.91": (rss().replace("2.0", "0.91").encode(), "", [A]),
    "RSS with guid alone": (rss(f"<item><guid>{A}</guid></item>").encode(), "", [A]),
    "RSS with CDATA": (rss(f"<item><link><![CDATA[ {B} ]]></link></item>").encode(), "", [B]),
    "RSS with escaped ampersand": (rss(f"<item><link>{AMP_B}</link></item>").encode(), "", [B]),
    "RSS with bare ampersand": (rss(f"<item><title>A & B</title><link>{B}</link></item>").encode(), "", [B]),
    "RSS with odd entities": (
        rss(f"<item><title>Caf&eacute;&nbsp;&nosuch; &</title><link>{A}</link></item>").encode(),
        "",
        [A],
    ),
    "RSS with a content of markup": (
        rss(
            f"<item><description><![CDATA[<p>a &nbsp; <a>b</a>]]></description><link>{A}</link></item>"
        ).encode(),
        "",
        [A],
    ),
    "RSS twice the same": (rss(ITEM * 3).encode(), "", [A]),
    "RSS with relative links": (rss("<item><link>/tin/c</link></item>").encode(), "", [C]),
    "RSS without links": (rss("<item><title>t</title></item>").encode(), "", []),
    "RSS bare": (rss("").encode(), "", []),
    "RSS cut off": (rss().encode()[:-20], "", [A]),
    "RSS with an open tag": (rss(f"<item><b>Lũ<link>{A}</link></item>").encode(), "", [A]),
    "RSS with space before": (b" \n\t" + rss().encode(), "", [A]),
    "RSS with mark": (rss().encode("utf-8-sig"), "", [A]),
    "RSS in UTF-16": (rss(head="").encode("utf-16"), "", [A]),
    "RSS in UTF-16 without mark": (rss(head="").encode("utf-16-le"), "", [A]),
    "RSS said to be UTF-16": (rss().replace("utf-8", "utf-16").encode(), "", [A]),
    "RSS said to be latin-1": (rss().encode(), "text/xml; charset=iso-8859-1", [A]),
    "RSS with broken bytes": (rss().encode().replace(b"title>L", b"title>\xff\xfe\xc3L" * 20, 1), "", [A]),
    "RSS with controls": (rss().replace("Lũ", "L\x00\x08\x0b\x1fũ").encode(), "", [A]),
    "RSS with hidden letters in a link": (
        rss(f"<item><link>\u200b{A}\u202e</link></item>").encode(),
        "",
        [A],
    ),
    "RSS in windows-1258": (
        rss().replace("utf-8", "windows-1258").replace("Lũ", "Lu").encode("cp1258", "replace"),
        "",
        [A],
    ),
    "RSS with comments and instructions": (
        rss(f"<!-- <item> --><?x y?>{ITEM}", f"{HEAD}<?xml-stylesheet href='a.xsl'?><!-- x -->").encode(),
        "",
        [A],
    ),
    "RSS with a document type in text": (
        rss(f"<item><link>{A}</link><description><![CDATA[<!DOCTYPE html>]]></description></item>").encode(),
        "",
        [A],
    ),
    "Atom": (ATOM.encode(), "application/atom+xml", [A, B, C]),
    "Atom with prefix": (
        ATOM.replace("<", "<a:")
        .replace("<a:/", "</a:")
        .replace("<a:?", "<?")
        .replace("xmlns=", "xmlns:a=")
        .encode(),
        "",
        [A, B, C],
    ),
    "RDF": (RDF.encode(), "application/rdf+xml", [A, C]),
    "JSON Feed": (json.dumps(JSON).encode(), "application/feed+json", [A, B, C]),
    "JSON Feed with mark": (b"\xef\xbb\xbf" + json.dumps(JSON).encode(), "", [A, B, C]),
    "JSON Feed with controls": (json.dumps(JSON).replace("1.1", "1\x01.1").encode(), "", [A, B, C]),
    "JSON Feed with broken bytes": (json.dumps(JSON).encode().replace(b"Canary", b"\xff\xfe"), "", [A, B, C]),
    "JSON Feed empty": (b'{"items": []}', "", []),
}
REFUSED_FEEDS: dict[str, bytes] = {
    "nothing": b"",
    "a page": b"<!doctype html><html><body>x</body></html>",
    "plain words": "không phải nguồn tin".encode(),
    "a document type": rss(head=f"{HEAD}<!DOCTYPE rss>").encode(),
    "a document type behind a comment": rss(
        head=f"{HEAD}<!-- <rss> --><!DOCTYPE rss [<!ENTITY a 'b'>]>"
    ).encode(),
    "an entity": rss("<!ENTITY a 'b'>").encode(),
    "too large": rss(ITEM * 90_000).encode(),
    "one item of tags": rss("<item>" + "<b>" * 70_000).encode(),
    "a crowded tag": rss(f"<item {'a ' * 2000}/>").encode(),
    "JSON that is no feed": b'{"items": {"url": "x"}}',
    "JSON list": b"[1]",
    "JSON cut off": b'{"items": [{"url"',
    "JSON too deep": b'{"items":' + b"[" * 100_000,
}


@pytest.mark.parametrize("name", FEEDS)
def test_feeds(name: str) -> None:
    body, content_type, links = FEEDS[name]
    assert feeds.links(body, content_type, "https://bao.vn/rss") == links


@pytest.mark.parametrize("name", REFUSED_FEEDS)
def test_what_is_no_feed_is_refused(name: str) -> None:
    with pytest.raises(feeds.FeedRefusedError):
        feeds.links(REFUSED_FEEDS[name])


def test_no_more_items_than_the_cap() -> None:
    items = "".join(f"<item><link>https://bao.vn/{at}</link></item>" for at in range(3 * feeds.MOST_ITEMS))
    links = feeds.links(rss(items).encode())
    assert links == [f"https://bao.vn/{at}" for at in range(feeds.MOST_ITEMS)]
    long = json.dumps({"items": [{"url": f"https://bao.vn/{at}"} for at in range(3 * feeds.MOST_ITEMS)]})
    assert len(feeds.links(long.encode())) == feeds.MOST_ITEMS


def test_full_text_of_many_tags_costs_items_and_not_the_feed() -> None:
    items = "".join(
        f"<item><link>https://bao.vn/{at}</link><description><![CDATA[{'<b/>' * 600}]]></description></item>"
        for at in range(400)
    )
    links = feeds.links(rss(items).encode())
    assert 50 <= len(links) < 400
    assert links == [f"https://bao.vn/{at}" for at in range(len(links))]


def test_feedparser_alone_would_be_fooled() -> None:
    """The positive control: what is repaired here comes out wrong without the repair."""
    import feedparser

    broken = FEEDS["RSS with hidden letters in a link"][0]
    assert feedparser.parse(broken).entries[0].link != A
    assert feedparser.parse(FEEDS["JSON Feed"][0]).entries == []
    assert feedparser.parse(REFUSED_FEEDS["a document type"]).entries


SPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
NEWS = "http://www.google.com/schemas/sitemap-news/0.9"
IMAGE = "http://www.google.com/schemas/sitemap-image/1.1"


def urlset(entries: str, head: str = HEAD) -> str:
    return f'{head}<urlset xmlns="{SPACE}" xmlns:news="{NEWS}" xmlns:image="{IMAGE}">{entries}</urlset>'


def entry(loc: str, day: str = "", extra: str = "") -> str:
    return f"<url>{extra}<loc>{loc}</loc>{f'<lastmod>{day}</lastmod>' if day else ''}</url>"


INDEX = f"""{HEAD}<sitemapindex xmlns="{SPACE}">
<sitemap><loc>https://bao.vn/1.xml</loc><lastmod>2026-10-01</lastmod></sitemap>
<sitemap><loc> https://bao.vn/2.xml.gz </loc><lastmod>2026-11-01T08:00:00+07:00</lastmod></sitemap>
</sitemapindex>"""
NEWS_ENTRY = (
    f"<url><loc>{A}</loc><news:news><news:publication><news:name>Báo mẫu</news:name></news:publication>"
    "<news:publication_date>2026-11-20</news:publication_date><news:title>Lũ</news:title></news:news></url>"
)
PICTURE = "<image:image><image:loc>https://bao.vn/anh.jpg</image:loc></image:image>"
PLAIN = urlset(entry(A) + entry(AMP_B))
SITEMAPS: dict[str, tuple[bytes, tuple[str, ...], tuple[str, ...]]] = {
    "plain": (PLAIN.encode(), (A, B), ()),
    "newest first": (urlset(entry(A, "2026-01-01") + entry(C, "2026-11-01")).encode(), (C, A), ()),
    "index": (INDEX.encode(), (), ("https://bao.vn/2.xml.gz", "https://bao.vn/1.xml")),
    "news": (urlset(entry(C, "2026-11-19") + NEWS_ENTRY).encode(), (A, C), ()),
    "pictures": (urlset(entry(A, extra=PICTURE)).encode(), (A,), ()),
    "gzip": (gzip.compress(PLAIN.encode()), (A, B), ()),
    "gzip of an index": (
        gzip.compress(INDEX.encode()),
        (),
        ("https://bao.vn/2.xml.gz", "https://bao.vn/1.xml"),
    ),
    "text": (f"{A}\n{C}\r\n\nkhông phải địa chỉ\n".encode(), (A, C), ()),
    "text gzipped": (gzip.compress(f"{A}\n{C}".encode()), (A, C), ()),
    "mark and space": (b"\xef\xbb\xbf \n" + PLAIN.encode(), (A, B), ()),
    "no declaration": (urlset(entry(A), head="").encode(), (A,), ()),
    "no name space": (f"<urlset><url><loc>{A}</loc></url></urlset>".encode(), (A,), ()),
    "prefix": (
        f'<s:urlset xmlns:s="{SPACE}"><s:url><s:loc>{A}</s:loc></s:url></s:urlset>'.encode(),
        (A,),
        (),
    ),
    "UTF-16": (urlset(entry(A), head="").encode("utf-16"), (A,), ()),
    "broken bytes": (PLAIN.encode().replace(b"<url>", b"<url>\xff\xfe", 1), (A, B), ()),
    "controls": (PLAIN.replace("<loc>", "<loc>\x00\x1f").encode(), (A, B), ()),
    "cut off": (PLAIN.encode()[: PLAIN.index("</urlset>")], (A, B), ()),
    "bare ampersand": (urlset(entry(B)).encode(), (B,), ()),
    "CDATA": (urlset(entry(f"<![CDATA[{B}]]>")).encode(), (B,), ()),
    "comments": (urlset(f"<!-- <url><loc>{C}</loc></url> -->{entry(A)}").encode(), (A,), ()),
    "twice the same": (urlset(entry(A) * 3).encode(), (A,), ()),
    "empty": (urlset("").encode(), (), ()),
    "no loc": (urlset("<url><lastmod>2026-11-01</lastmod></url>").encode(), (), ()),
}
REFUSED_SITEMAPS: dict[str, bytes] = {
    "nothing": b"",
    "a page": b"<!doctype html><html><body>x</body></html>",
    "a feed": rss().encode(),
    "a document type": urlset(entry(A), head=f"{HEAD}<!DOCTYPE urlset>").encode(),
    "a document type far away": urlset(
        entry(A), head=f"{HEAD}<!--{' ' * 150_000}--><!DOCTYPE urlset>"
    ).encode(),
    "broken gzip": gzip.compress(PLAIN.encode())[:5] + b"xxxx",
    "gzip bomb": gzip.compress(bytes(50_000_000)),
    "too large": b"<urlset>" + b" " * sitemaps.LARGEST,
    "JSON": b'{"items": []}',
}


@pytest.mark.parametrize("name", SITEMAPS)
def test_sitemaps(name: str) -> None:
    body, pages, children = SITEMAPS[name]
    found = sitemaps.read(body)
    assert (found.pages, found.children) == (pages, children)


@pytest.mark.parametrize("name", REFUSED_SITEMAPS)
def test_what_is_no_sitemap_is_refused(name: str) -> None:
    with pytest.raises(sitemaps.SitemapRefusedError):
        sitemaps.read(REFUSED_SITEMAPS[name])


def test_no_more_addresses_than_the_caps() -> None:
    pages = urlset("".join(entry(f"https://bao.vn/{at}") for at in range(sitemaps.MOST_PAGES + 50)))
    assert len(sitemaps.read(pages.encode()).pages) == sitemaps.MOST_PAGES
    maps = "".join(f"<sitemap><loc>https://bao.vn/{at}.xml</loc></sitemap>" for at in range(50))
    assert (
        len(sitemaps.read(f"<sitemapindex>{maps}</sitemapindex>".encode()).children) == sitemaps.MOST_CHILDREN
    )
