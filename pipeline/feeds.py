"""What machines read: JSON Feed 1.1, RSS 2.0, Atom (RFC 4287), ClaimReview DataFeed, CSV, sitemap (0.9)."""

import csv
import io
import json
from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime
from xml.etree import ElementTree as ET

from models.weeks import local_day
from pipeline import public
from pipeline.escape import escape_cell
from pipeline.public import PublicCorrection

ATOM = "http://www.w3.org/2005/Atom"
SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
FEED_LENGTH = 50
# characters that XML 1.0 has no way to hold
_NOT_XML = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 65534, 65535))


def link(base: str, item: PublicCorrection) -> str:
    """The address of a correction."""
    return f"{base}/dinh-chinh/{item.slug}"


def headline(item: PublicCorrection) -> str:
    """The rating and the title in one line."""
    return f"[{public.RATING_NAMES_VI[item.rating]}] {item.text().title}"


def newest(items: Sequence[PublicCorrection]) -> datetime | None:
    """When the newest change went public."""
    return max((item.updated_at for item in items), default=None)


def json_feed(items: Sequence[PublicCorrection], base: str, name: str) -> str:
    """JSON Feed 1.1 (jsonfeed.org)."""
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": name,
        "home_page_url": f"{base}/",
        "feed_url": f"{base}/feed.json",
        "language": "vi",
        "items": [
            {
                "id": link(base, item),
                "url": link(base, item),
                "title": headline(item),
                "content_text": f"{item.text().said}\n\n{item.text().truth}\n\n{item.text().what_to_do}",
                "date_published": item.published_at.isoformat(),
                "date_modified": item.updated_at.isoformat(),
                "tags": [public.TOPIC_NAMES_VI[item.topic], public.RATING_NAMES_VI[item.rating]],
            }
            for item in items
        ],
    }
    return json.dumps(feed, ensure_ascii=False, indent=1)


def rss(items: Sequence[PublicCorrection], base: str, name: str) -> str:
    """RSS 2.0."""
    root = ET.Element("rss", version="2.0")
    channel = ET.SubElement(root, "channel")
    _leaf(channel, "title", name)
    _leaf(channel, "link", f"{base}/")
    _leaf(channel, "description", "Đính chính có nguồn cho những tin sai gây hại")
    _leaf(channel, "language", "vi")
    for item in items:
        entry = ET.SubElement(channel, "item")
        _leaf(entry, "title", headline(item))
        _leaf(entry, "link", link(base, item))
        _leaf(entry, "guid", link(base, item))
        _leaf(entry, "pubDate", format_datetime(item.published_at))
        _leaf(entry, "category", public.TOPIC_NAMES_VI[item.topic])
        _leaf(entry, "description", f"{item.text().truth}\n\n{item.text().what_to_do}")
    return _xml(root)


def atom(items: Sequence[PublicCorrection], base: str, name: str, now: datetime) -> str:
    """Atom 1.0 (RFC 4287)."""
    root = ET.Element("feed", {"xmlns": ATOM, "xml:lang": "vi"})
    _leaf(root, "title", name)
    _leaf(root, "id", f"{base}/")
    _leaf(root, "updated", (newest(items) or now).isoformat())
    ET.SubElement(root, "link", href=f"{base}/atom.xml", rel="self")
    ET.SubElement(root, "link", href=f"{base}/")
    _leaf(ET.SubElement(root, "author"), "name", name)
    for item in items:
        entry = ET.SubElement(root, "entry")
        _leaf(entry, "title", headline(item))
        _leaf(entry, "id", link(base, item))
        ET.SubElement(entry, "link", href=link(base, item))
        _leaf(entry, "published", item.published_at.isoformat())
        _leaf(entry, "updated", item.updated_at.isoformat())
        ET.SubElement(entry, "category", term=item.topic, label=public.TOPIC_NAMES_VI[item.topic])
        _leaf(entry, "summary", item.text().truth)
    return _xml(root)


def claim_reviews(items: Sequence[PublicCorrection], base: str, name: str) -> str:
    """All corrections as one schema.org DataFeed of ClaimReview."""
    modified = newest(items)
    feed = {
        "@context": "https://schema.org",
        "@type": "DataFeed",
        "name": name,
        "url": f"{base}/claimreview.json",
        "dateModified": modified.isoformat() if modified else None,
        "license": "https://creativecommons.org/licenses/by/4.0/",
        "dataFeedElement": [
            {
                "@type": "DataFeedItem",
                "dateCreated": item.published_at.isoformat(),
                "dateModified": item.updated_at.isoformat(),
                "item": [public.claim_review(item, base, name)],
            }
            for item in items
        ],
    }
    return json.dumps(feed, ensure_ascii=False, indent=1)


CSV_COLUMNS = (
    "url",
    "topic",
    "rating",
    "title",
    "said",
    "truth",
    "how_known",
    "what_to_do",
    "claim_day",
    "published_day",
    "updated_day",
    "languages",
    "versions",
    "appeals",
    "reopened",
    "evidence",
)


def corrections_csv(items: Sequence[PublicCorrection], base: str) -> str:
    """All corrections as CSV (RFC 4180) in UTF-8; no cell can run as a formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(CSV_COLUMNS)
    for item in items:
        text = item.text()
        cells = (
            link(base, item),
            item.topic,
            item.rating.value,
            text.title,
            text.said,
            text.truth,
            text.how_known,
            text.what_to_do,
            item.claim_day.isoformat(),
            local_day(item.published_at).isoformat(),
            local_day(item.updated_at).isoformat(),
            " ".join(item.languages),
            str(len(item.versions)),
            str(len(item.appeals)),
            "yes" if item.reopened else "no",
            " ".join(row.url for row in item.evidence),
        )
        writer.writerow([escape_cell(cell) for cell in cells])
    return out.getvalue()


def sitemap(items: Sequence[PublicCorrection], base: str, pages: Sequence[str]) -> str:
    """Every public page (sitemaps.org 0.9)."""
    root = ET.Element("urlset", xmlns=SITEMAP)
    for path in pages:
        _leaf(ET.SubElement(root, "url"), "loc", f"{base}{path}")
    for item in items:
        entry = ET.SubElement(root, "url")
        _leaf(entry, "loc", link(base, item))
        _leaf(entry, "lastmod", item.updated_at.isoformat())
    return _xml(root)


def _leaf(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = text.translate(_NOT_XML)


def _xml(root: ET.Element) -> str:
    ET.indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"
