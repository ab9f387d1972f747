"""Made-up identities planted wherever a page, feed, tip, request or file can carry one.

Each is a string that stands nowhere else in the world, so that one search of the bytes tells what was kept.
"""

import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.crawlers.server import XML, Page
from tests.rules.site import CLAIM, Publisher


def name(number: int) -> str:
    """A name that no dictionary holds; the number keeps the places apart."""
    return f"Zqvkx{number:02d}"


@dataclass(frozen=True)
class Planted:
    """One canary: where it was put, and the spellings that may be found of it."""

    place: str
    spellings: tuple[str, ...]


_PLACES = (
    *(
        "meta author",
        "meta article:author",
        "meta og:article:author",
        "meta twitter:creator",
        "meta dc.creator",
    ),
    *(
        "JSON-LD author name",
        "JSON-LD author url",
        "JSON-LD author sameAs",
        "JSON-LD editor",
        "JSON-LD creator",
    ),
    *(
        "byline class",
        "author box",
        "itemprop author",
        "rel author link",
        "address element",
        "data-author attribute",
    ),
    *("HTML comment", "hidden input", "photo credit", "caption credit", "signature line", "by line on top"),
    *("reader comment name", "reader comment text", "reply name", "comment avatar alt"),
    *(
        "RSS dc:creator",
        "RSS author",
        "RSS managingEditor",
        "RSS comments link",
        "Atom author",
        "feed item guid",
    ),
    *(
        "answer header X-Author",
        "answer cookie",
        "answer Server",
        "Content-Disposition file name",
        "HTML class",
    ),
    *("path handle", "author page path", "query author", "query user", "fragment", "URL user name"),
    *(
        "ClaimReview itemReviewed author",
        "ClaimReview appearance",
        "ClaimReview reviewer",
        "ClaimReview firstAppearance",
    ),
    *("tip cookie", "tip User-Agent", "tip Referer", "tip X-Forwarded-For", "tip X-Real-IP", "tip Forwarded"),
    *("tip From", "tip Authorization", "tip Accept-Language", "tip X-Device-Id", "tip query", "tip Via"),
    *(
        "tip mention",
        "tip profile address",
        "tip spoken account",
        "tip signature",
        "tip greeting",
        "tip hidden field",
    ),
    *("imported author column", "imported sender column", "imported device column", "imported JSON field"),
    *(
        "appeal mention",
        "appeal User-Agent",
        "appeal Cookie",
        "appeal X-Forwarded-For",
        "address of a missing page",
    ),
    *(
        "search words",
        "refused form field",
        "crash User-Agent",
        "receipt that is none",
        "sign-in name of a stranger",
    ),
)
NUMBER = {place: number for number, place in enumerate(_PLACES)}

IDENTIFIERS: dict[str, tuple[str, ...]] = {
    "phone in an article": ("0912483756", "091 2483756", "0912.483.756", "912483756"),
    "phone with +84": ("+84 973 561 482", "0973561482", "973561482"),
    "phone in a tip": ("0386.159.274", "0386159274", "386159274"),
    "phone in an appeal": ("0355 741 928", "0355741928", "355741928"),
    "phone in a comment": ("0794638251",),
    "e-mail in a tip": ("zqmail01@thu.example.vn", "zqmail01"),
    "e-mail in an article": ("zqmail02@bao.example.vn", "zqmail02"),
    "citizen number": ("086195038472", "086 195 038472"),
    "old citizen number": ("331748296",),
    "bank account": ("0071004938265",),
    "bank account with a cue": ("19036582741093",),
    "plate": ("64-B1 583.79", "64B158379", "583.79", "58379"),
    "network address of a tip": ("203.0.113.77",),
    "other address of a network": ("2001:db8:77::1",),
}

PLANTED = [
    *(Planted(place, (name(number),)) for place, number in NUMBER.items()),
    *(Planted(place, spellings) for place, spellings in IDENTIFIERS.items()),
]
SPELLINGS = [spelling for one in PLANTED for spelling in one.spellings]


def at(place: str) -> str:
    """The name planted at a place."""
    return name(NUMBER[place])


def _json_ld() -> str:
    person = {
        "@type": "Person",
        "name": at("JSON-LD author name"),
        "url": f"https://bao.example.vn/tac-gia/{at('JSON-LD author url')}",
        "sameAs": [f"https://www.facebook.com/{at('JSON-LD author sameAs')}"],
    }
    data = {
        "@type": "NewsArticle",
        "author": [person],
        "editor": at("JSON-LD editor"),
        "creator": {"name": at("JSON-LD creator")},
    }
    return f'<script type="application/ld+json">{json.dumps(data)}</script>'


def _metas() -> str:
    named = {
        "author": "meta author",
        "article:author": "meta article:author",
        "og:article:author": "meta og:article:author",
        "twitter:creator": "meta twitter:creator",
        "dc.creator": "meta dc.creator",
    }
    return "".join(f'<meta name="{key}" content="{at(place)}">' for key, place in named.items())


def article(claim: str = CLAIM) -> str:
    """A page that names a person in every way that pages do, around one claim that the desk keeps."""
    phone, account = IDENTIFIERS["phone in an article"][2], IDENTIFIERS["bank account"][0]
    return f"""<!doctype html><html lang="vi"><head><meta charset="utf-8">
<title>Cảnh báo thu phí | Báo mẫu</title>
{_metas()}{_json_ld()}<!-- viết bởi {at("HTML comment")} --></head>
<body class="trang {at("HTML class")}"><main><article data-author="{at("data-author attribute")}">
<h1>Cảnh báo tin nhắn thu phí hồ sơ hỗ trợ hộ nghèo</h1>
<p>Bài: {at("by line on top")}</p>
<p class="byline">Tác giả <a rel="author" href="/tac-gia/x">{at("rel author link")}</a>
{at("byline class")}</p>
<p>Những ngày qua nhiều người dân trong tỉnh nhận được tin nhắn lạ qua điện thoại.</p>
<p>{claim[:-1]}, liên hệ số {phone}, số tài khoản {account} Vietcombank.</p>
<figure><img src="/a.jpg" alt="">
<figcaption>Tin nhắn lừa đảo. Ảnh: {at("caption credit")}</figcaption></figure>
<p>Bảo hiểm xã hội tỉnh khẳng định thông tin trên là sai sự thật,
cơ quan này không thu bất kỳ khoản phí nào.</p>
<p>Người dân cần cảnh giác và báo cho cán bộ xã nơi mình ở khi nhận được tin nhắn như trên.</p>
<p>Ảnh: {at("photo credit")}</p>
<span itemprop="author">{at("itemprop author")}</span><address>{at("address element")}</address>
<div class="author-box">{at("author box")}</div>
<input type="hidden" name="nguoi_viet" value="{at("hidden input")}"><p>{at("signature line")}</p></article>
<section id="comments" class="comments"><ul><li class="comment"><img alt="{at("comment avatar alt")}">
<b class="comment-author">{at("reader comment name")}</b>
<p>{claim} Tui là {at("reader comment text")}, gọi {IDENTIFIERS["phone in a comment"][0]}.</p>
<div class="reply">{at("reply name")}: đúng rồi đó.</div></li></ul></section></main></body></html>"""


def answer_headers() -> dict[str, str]:
    """Headers of an answer that name somebody."""
    return {
        "Content-Type": "text/html; charset=utf-8",
        "X-Author": at("answer header X-Author"),
        "Set-Cookie": f"ai={at('answer cookie')}; Path=/",
        "X-Served-By": at("answer Server"),
        "Content-Disposition": f'inline; filename="{at("Content-Disposition file name")}.html"',
    }


def fact_check() -> str:
    """A fact-check whose markup names who said it, where, and who checked it."""
    data = {
        "@context": "https://schema.org",
        "@type": "ClaimReview",
        "claimReviewed": "Uống nước lá đu đủ mỗi ngày chữa khỏi hẳn ung thư phổi, không cần mổ hay hóa trị.",
        "author": [
            {"@type": "Person", "name": at("ClaimReview reviewer")},
            {"@type": "Organization", "name": "Báo mẫu"},
        ],
        "itemReviewed": {
            "@type": "Claim",
            "author": {"@type": "Person", "name": at("ClaimReview itemReviewed author")},
            "appearance": {"url": f"https://www.facebook.com/{at('ClaimReview appearance')}/posts/1"},
            "firstAppearance": {"url": f"https://zalo.me/{at('ClaimReview firstAppearance')}"},
        },
        "reviewRating": {
            "@type": "Rating",
            "ratingValue": 1,
            "bestRating": 5,
            "alternateName": "Sai sự thật",
        },
        "datePublished": "2026-11-10",
    }
    script = f'<script type="application/ld+json">{json.dumps(data, ensure_ascii=False)}</script>'
    return (
        f"<!doctype html><html><head><title>Kiểm chứng</title>{script}</head><body><p>Bài.</p></body></html>"
    )


def serve(publisher: Publisher) -> None:
    """Put the planted pages and the feed that names them on a publisher's server."""
    second = (
        "Bộ đội biên phòng mở cửa đập trong đêm, nước sẽ dâng 2 mét ở Vĩnh Long vào rạng sáng mai, chạy gấp."
    )
    odd = {
        f"/@{at('path handle')}/canh-bao-1": article(),
        f"/tac-gia/{at('author page path')}.html": article(f"Tin mới: {CLAIM}"),
        "/canh-bao-0": article(),
        f"/canh-bao-2?author={at('query author')}&id=7": article(
            "Từ ngày 1/12 ai chưa cập nhật căn cước ở Vĩnh Long "
            "sẽ bị khóa tài khoản ngân hàng, phải nộp phạt 2 triệu đồng."
        ),
        f"/canh-bao-3?user={at('query user')}": article(second),
        "/canh-bao-4": article(f"{CLAIM[:-1]} ({IDENTIFIERS['e-mail in an article'][0]})."),
        "/kiem-chung-5": fact_check(),
    }
    for path, page in odd.items():
        # the same page with and without the parameter that names somebody, as real sites serve it
        bare = re.sub(r"\?(?:author|user)=\w+&?", "?", path).rstrip("?")
        for address in {path, bare}:
            publisher.put(address, Page(page.encode(), headers=answer_headers()))
    links = [publisher.url(path) for path in odd]
    links[5] += f"#{at('fragment')}"
    links.append(publisher.url("/canh-bao-4").replace("http://", f"http://{at('URL user name')}:x@"))
    items = "".join(
        f"<item><title>{at('RSS author')}</title><link>{html.escape(link)}</link>"
        f"<dc:creator>{at('RSS dc:creator')}</dc:creator><author>{at('RSS author')}@a.vn</author>"
        f"<comments>{publisher.url('/binh-luan/' + at('RSS comments link'))}</comments>"
        f"<guid isPermaLink='false'>{at('feed item guid')}</guid></item>"
        for link in links
    )
    rss = (
        "<?xml version='1.0' encoding='utf-8'?><rss version='2.0' "
        "xmlns:dc='http://purl.org/dc/elements/1.1/' "
        f"xmlns:atom='http://www.w3.org/2005/Atom'><channel><title>f</title>"
        f"<managingEditor>{at('RSS managingEditor')}</managingEditor>"
        f"<atom:author><atom:name>{at('Atom author')}</atom:name></atom:author>{items}</channel></rss>"
    )
    publisher.put("/rss", Page(rss.encode(), headers={**answer_headers(), **XML}))


def marked_headers(kind: str) -> dict[str, str]:
    """Headers of a visitor's request that name the visitor."""
    own = {
        "tip": {
            "Cookie": f"ai={at('tip cookie')}",
            "User-Agent": f"Mozilla/5.0 {at('tip User-Agent')}",
            "Referer": f"https://www.facebook.com/{at('tip Referer')}",
            "X-Forwarded-For": f"{IDENTIFIERS['network address of a tip'][0]}, {at('tip X-Forwarded-For')}",
            "X-Real-IP": f"{IDENTIFIERS['other address of a network'][0]} {at('tip X-Real-IP')}",
            "Forwarded": f"for={at('tip Forwarded')}",
            "From": f"{at('tip From')}@a.vn",
            "Authorization": f"Bearer {at('tip Authorization')}",
            "Accept-Language": f"vi, x-{at('tip Accept-Language')}",
            "X-Device-Id": at("tip X-Device-Id"),
            "Via": f"1.1 {at('tip Via')}",
        },
        "appeal": {
            "Cookie": f"ai={at('appeal Cookie')}",
            "User-Agent": at("appeal User-Agent"),
            "X-Forwarded-For": at("appeal X-Forwarded-For"),
        },
        "crash": {"User-Agent": at("crash User-Agent")},
    }
    return own[kind]


def tip_texts() -> list[str]:
    """Tips as people send them, with every identifier that people put into a claim and around it."""
    ids = IDENTIFIERS
    return [
        f"Chào tòa soạn, tui tên {at('tip greeting')}. {CLAIM[:-1]}, gọi {ids['phone in a tip'][0]} hoặc "
        f"nhắn @{at('tip mention')} để làm hồ sơ. Ký tên: {at('tip signature')}",
        f"{CLAIM[:-1]}, chuyển vô stk {ids['bank account with a cue'][0]} Agribank, gửi kèm cccd "
        f"{ids['citizen number'][0]} hoặc cmnd {ids['old citizen number'][0]} "
        f"tới {ids['e-mail in a tip'][0]}.",
        f"{CLAIM[:-1]}, đăng ký tại https://www.facebook.com/{at('tip profile address')}/posts/99 "
        f"hoặc telegram: {at('tip spoken account')}, xe phát quà biển số {ids['plate'][0]}.",
        "Công ty tuyển gấp lao động đi Hàn Quốc hái trái cây lương 45 triệu đồng một tháng, "
        f"đặt cọc 8 triệu đồng giữ chỗ, gọi {ids['phone with +84'][0]}.",
    ]


def tip_files(folder: Path) -> list[Path]:
    """Files for `import tips` with columns that name the senders."""
    table = folder / "tips.csv"
    rows = [
        f'"{CLAIM}",{at("imported author column")},{at("imported sender column")},'
        f"{at('imported device column')}"
    ]
    table.write_text("\n".join(["text,author,sender,device", *rows]) + "\n", encoding="utf-8")
    lines = folder / "tips.jsonl"
    row: Mapping[str, object] = {"text": CLAIM, "profile": {"name": at("imported JSON field")}, "days_ago": 2}
    lines.write_text(json.dumps(row) + "\n", encoding="utf-8")
    return [table, lines]
