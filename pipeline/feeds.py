"""What machines read: JSON Feed 1.1, RSS 2.0, Atom (RFC 4287), ClaimReview DataFeed, CSV, sitemap (0.9)."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

from models.vocabulary import Language
from models.weeks import local_day
from pipeline import public
from pipeline.escape import escape_cell
from pipeline.public import PublicCorrection, PublicVersion

ATOM = "http://www.w3.org/2005/Atom"
XHTML = "http://www.w3.org/1999/xhtml"
SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
FEED_LENGTH = 50
# characters that XML 1.0 has no way to hold
_NOT_XML = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 65534, 65535))


_RATINGS: Mapping[str, str] = {rating.value: name for rating, name in public.RATING_NAMES_VI.items()}


@dataclass(frozen=True)
class Spoken:
    """The language of a feed with its names of ratings and topics, and the one topic that it keeps to.

    A correction that is not in the language yet stands in Vietnamese; Atom and JSON say so at the entry.
    """

    language: str = Language.VI.value
    ratings: Mapping[str, str] = field(default_factory=lambda: _RATINGS)
    topics: Mapping[str, str] = field(default_factory=lambda: public.TOPIC_NAMES_VI)
    description: str = "Đính chính có nguồn cho những tin sai gây hại"
    topic: str | None = None

    def text(self, item: PublicCorrection) -> PublicVersion:
        """The words of a correction."""
        return item.text_for(self.language)

    def headline(self, item: PublicCorrection) -> str:
        """The rating and the title in one line."""
        return f"[{self.ratings[item.rating]}] {self.text(item).title}"

    def title(self, name: str) -> str:
        """The feed's title: the desk's name, and the topic if there is one."""
        return name if self.topic is None else f"{name} – {self.topics[self.topic]}"

    def url(self, address: str, **values: str) -> str:
        """An address in the language of the feed."""
        kept = values if self.language == Language.VI else {**values, "lang": self.language}
        return f"{address}?{urlencode(kept)}" if kept else address

    def of_itself(self, address: str) -> str:
        """The feed's own address."""
        return self.url(address, **({} if self.topic is None else {"chu-de": self.topic.replace("_", "-")}))


VIETNAMESE = Spoken()


def newest(items: Sequence[PublicCorrection]) -> datetime | None:
    """When the newest change went public."""
    return max((item.updated_at for item in items), default=None)


def json_feed(items: Sequence[PublicCorrection], base: str, name: str, spoken: Spoken = VIETNAMESE) -> str:
    """JSON Feed 1.1 (jsonfeed.org)."""
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": spoken.title(name),
        "home_page_url": spoken.url(f"{base}/"),
        "feed_url": spoken.of_itself(f"{base}/feed.json"),
        "language": spoken.language,
        "items": [_json_item(item, base, spoken) for item in items],
    }
    return json.dumps(feed, ensure_ascii=False, indent=1)


def _json_item(item: PublicCorrection, base: str, spoken: Spoken) -> dict[str, object]:
    text = spoken.text(item)
    return {
        "id": item.address(base),
        "url": spoken.url(item.address(base)),
        "title": spoken.headline(item),
        "content_text": f"{text.said}\n\n{text.truth}\n\n{text.what_to_do}",
        "date_published": item.published_at.isoformat(),
        "date_modified": item.updated_at.isoformat(),
        "language": text.language,
        "tags": [spoken.topics[item.topic], spoken.ratings[item.rating]],
    }


def rss(items: Sequence[PublicCorrection], base: str, name: str, spoken: Spoken = VIETNAMESE) -> str:
    """RSS 2.0."""
    root = ET.Element("rss", version="2.0")
    channel = ET.SubElement(root, "channel")
    _leaf(channel, "title", spoken.title(name))
    _leaf(channel, "link", spoken.url(f"{base}/"))
    _leaf(channel, "description", spoken.description)
    _leaf(channel, "language", spoken.language)
    for item in items:
        entry, text = ET.SubElement(channel, "item"), spoken.text(item)
        _leaf(entry, "title", spoken.headline(item))
        _leaf(entry, "link", spoken.url(item.address(base)))
        _leaf(entry, "guid", item.address(base))
        _leaf(entry, "pubDate", format_datetime(item.published_at))
        _leaf(entry, "category", spoken.topics[item.topic])
        _leaf(entry, "description", f"{text.truth}\n\n{text.what_to_do}")
    return _xml(root)


def atom(
    items: Sequence[PublicCorrection], base: str, name: str, now: datetime, spoken: Spoken = VIETNAMESE
) -> str:
    """Atom 1.0 (RFC 4287)."""
    root = ET.Element("feed", {"xmlns": ATOM, "xml:lang": spoken.language})
    _leaf(root, "title", spoken.title(name))
    _leaf(root, "id", spoken.of_itself(f"{base}/"))
    _leaf(root, "updated", (newest(items) or now).isoformat())
    ET.SubElement(root, "link", href=spoken.of_itself(f"{base}/atom.xml"), rel="self")
    ET.SubElement(root, "link", href=spoken.url(f"{base}/"))
    _leaf(ET.SubElement(root, "author"), "name", name)
    for item in items:
        text = spoken.text(item)
        marks = {} if text.language == spoken.language else {"xml:lang": text.language}
        entry = ET.SubElement(root, "entry", marks)
        _leaf(entry, "title", spoken.headline(item))
        _leaf(entry, "id", item.address(base))
        ET.SubElement(entry, "link", href=spoken.url(item.address(base)))
        _leaf(entry, "published", item.published_at.isoformat())
        _leaf(entry, "updated", item.updated_at.isoformat())
        ET.SubElement(entry, "category", term=item.topic, label=spoken.topics[item.topic])
        _leaf(entry, "summary", text.truth)
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
            item.address(base),
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
    """Every public page with its languages (sitemaps.org 0.9; `xhtml:link` as search engines read it)."""
    root = ET.Element("urlset", {"xmlns": SITEMAP, "xmlns:xhtml": XHTML})
    everywhere = [one.value for one in Language]
    for path in pages:
        _place(root, f"{base}{path}", everywhere)
    for item in items:
        entry = _place(root, item.address(base), item.languages)
        _leaf(entry, "lastmod", item.updated_at.isoformat())
    return _xml(root)


def _place(root: ET.Element, address: str, languages: Sequence[str]) -> ET.Element:
    entry = ET.SubElement(root, "url")
    _leaf(entry, "loc", address)
    for tag in languages:
        href = address if tag == Language.VI else f"{address}?lang={tag}"
        ET.SubElement(entry, "xhtml:link", rel="alternate", hreflang=tag, href=href)
    return entry


def _leaf(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = text.translate(_NOT_XML)


def _xml(root: ET.Element) -> str:
    ET.indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"
