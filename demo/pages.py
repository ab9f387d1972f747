"""The sample pages as HTML, feeds and sitemaps, with the faults that real sites have."""

import json
import unicodedata
from datetime import UTC, date, datetime, time
from email.utils import format_datetime
from html import escape

from demo import encodings
from demo.content import Page, Publisher

FILLER = "Thời tiết · Giá nông sản · Lịch truyền hình · Rao vặt · Liên hệ quảng cáo · Xem nhiều trong ngày"
CHARSETS = {"tcvn3": "x-viet-tcvn", "windows-1258": "windows-1258", "utf8_mislabelled": "iso-8859-1"}


def moment(page: Page, today: date) -> datetime:
    """When the page was published."""
    return datetime.combine(page.day(today), time(1, 30), UTC)


def article(page: Page, publisher: Publisher, base: str, today: date) -> bytes:
    """One article as the bytes that its publisher serves, quirks and all."""
    html = _document(page, publisher, base, today)
    if page.quirk == "bad_html":
        html = _break(html)
    if page.quirk == "nfd":
        html = unicodedata.normalize("NFD", html)
    if page.quirk == "tcvn3":
        return encodings.tcvn3(html)
    if page.quirk == "windows-1258":
        return encodings.windows_1258(html)
    return html.encode()


def _document(page: Page, publisher: Publisher, base: str, today: date) -> str:
    charset = CHARSETS.get(page.quirk or "", "utf-8")
    published = moment(page, today).isoformat()
    byline = f'<p class="author" rel="author">{escape(page.byline)}</p>' if page.byline else ""
    author = f'<meta name="author" content="{escape(page.byline)}">' if page.byline else ""
    body = "" if page.quirk == "empty_body" else _body(page)
    sidebar = _sidebar(page)
    return f"""<!DOCTYPE html>
<html lang="vi"><head><meta charset="{charset}"><title>{escape(page.title)} - {escape(publisher.name)}</title>
{author}<meta property="article:published_time" content="{published}">
<link rel="canonical" href="{base}{page.path}">{_claim_review(page, publisher, base, today)}</head>
<body><header><a href="/">{escape(publisher.name)}</a><nav>{escape(FILLER)}</nav></header>
<main><article><h1>{escape(page.title)}</h1>
<time datetime="{published}">{page.day(today):%d/%m/%Y}</time>
{body}{byline}</article>{_comments(page)}</main>{sidebar}
<footer><p>{escape(publisher.name)}. {escape(publisher.tagline)}. Trang mẫu của Kiểm Chứng.</p></footer>
</body></html>"""


def _body(page: Page) -> str:
    paragraphs = "".join(f"<p>{escape(text)}</p>\n" for text in page.paragraphs)
    return f'<p class="lead"><strong>{escape(page.lead)}</strong></p>\n{paragraphs}'


def _comments(page: Page) -> str:
    if not page.comments:
        return ""
    rows = "".join(
        f'<li class="comment"><span class="comment-author">{escape(row["name"])}</span>'
        f"<p>{escape(row['text'])}</p></li>"
        for row in page.comments
    )
    return f'<section id="comments" class="comments"><h2>Bình luận</h2><ul>{rows}</ul></section>'


def _sidebar(page: Page) -> str:
    if page.quirk != "huge_sidebar":
        return ""
    links = "".join(f'<li><a href="/xem-them/{n}">Tin đọc thêm số {n}</a></li>' for n in range(1500))
    return f'<aside class="related"><ul>{links}</ul></aside>'


def _claim_review(page: Page, publisher: Publisher, base: str, today: date) -> str:
    review = page.claim_review
    if not review:
        return ""
    values = {"false": 1, "misleading": 2, "unproven": 3, "true": 5}
    data = {
        "@context": "https://schema.org",
        "@type": "ClaimReview",
        "url": base + page.path,
        "datePublished": page.day(today).isoformat(),
        "author": {"@type": "Organization", "name": publisher.name},
        "claimReviewed": review["claim"],
        "reviewRating": {
            "@type": "Rating",
            "ratingValue": values[review["rating"]],
            "bestRating": 5,
            "worstRating": 1,
            "alternateName": review["rating_name"],
        },
    }
    packed = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")
    return f'<script type="application/ld+json">{packed}</script>'


def _break(html: str) -> str:
    """Markup as hand-made sites have it: end tags missing, a table around the text, a stray tag."""
    for tag in ("</p>", "</article>", "</main>", "</li>"):
        html = html.replace(tag, "")
    return html.replace("<main>", "<table><tr><td><font face=Arial>").replace("<nav>", "<nav><b><i>", 1)


def listing(publisher: Publisher, pages: list[Page], today: date) -> bytes:
    """A listing page with a link a story, as sites without a feed have."""
    rows = "".join(
        f'<li><a href="{page.path}">{escape(page.title)}</a> <small>{page.day(today):%d/%m}</small></li>'
        for page in pages
    )
    html = f"""<!DOCTYPE html><html lang="vi"><head><meta charset="utf-8">
<title>{escape(publisher.name)}</title>
<link rel="alternate" type="application/rss+xml" href="/rss.xml"></head><body>
<h1>{escape(publisher.name)}</h1><p>{escape(publisher.tagline)}</p><ul class="tin">{rows}</ul>
<p>Trang mẫu của Kiểm Chứng: mọi tổ chức, con người và sự việc ở đây đều là hư cấu.</p></body></html>"""
    return html.encode()


def rss(publisher: Publisher, pages: list[Page], base: str, today: date) -> bytes:
    """An RSS 2.0 feed with the bylines that real feeds carry."""
    items = "".join(
        f"<item><title>{escape(page.title)}</title><link>{base}{page.path}</link>"
        f"<description>{escape(page.lead)}</description>"
        f"<dc:creator>{escape(page.byline or publisher.name)}</dc:creator>"
        f"<pubDate>{format_datetime(moment(page, today))}</pubDate></item>"
        for page in pages
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
        f"<title>{escape(publisher.name)}</title><link>{base}/</link>"
        f"<description>{escape(publisher.tagline)}</description>{items}</channel></rss>"
    ).encode()


def broken_rss(publisher: Publisher, pages: list[Page], base: str, today: date) -> bytes:
    """The same feed as a careless program writes it: raw ampersands, a control character, cut short."""
    whole = rss(publisher, pages, base, today).decode()
    spoilt = whole.replace("<description>", "<description>Tin & ảnh \x08 ", 3)
    return spoilt[: int(len(spoilt) * 0.8)].encode()


def atom(publisher: Publisher, pages: list[Page], base: str, today: date) -> bytes:
    """An Atom feed (RFC 4287)."""
    entries = "".join(
        f"<entry><title>{escape(page.title)}</title><id>{base}{page.path}</id>"
        f'<link href="{base}{page.path}"/><updated>{moment(page, today).isoformat()}</updated>'
        f"<author><name>{escape(page.byline or publisher.name)}</name></author>"
        f"<summary>{escape(page.lead)}</summary></entry>"
        for page in pages
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom">'
        f"<title>{escape(publisher.name)}</title><id>{base}/</id>"
        f"<updated>{datetime.combine(today, time(), UTC).isoformat()}</updated>{entries}</feed>"
    ).encode()


def sitemap(pages: list[Page], base: str, today: date) -> bytes:
    """A sitemap (sitemaps.org 0.9)."""
    rows = "".join(
        f"<url><loc>{base}{page.path}</loc><lastmod>{page.day(today)}</lastmod></url>" for page in pages
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><urlset '
        f'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</urlset>'
    ).encode()


def sitemap_index(base: str, parts: int) -> bytes:
    """A sitemap of sitemaps."""
    rows = "".join(f"<sitemap><loc>{base}/sitemap-{n}.xml</loc></sitemap>" for n in range(parts))
    return (
        '<?xml version="1.0" encoding="UTF-8"?><sitemapindex '
        f'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</sitemapindex>'
    ).encode()
