"""Article pages of many shapes, each with a byline or a comment section, all of them invented."""

from dataclasses import dataclass

BODY = [
    "Sáng nay bến phà Đình Khao tạm ngưng chạy hai giờ vì nước chảy xiết, bà con đi vòng qua cầu Mỹ Thuận.",
    "Cảng vụ cho biết phà sẽ chạy lại khi mực nước hạ, và người dân theo dõi thông báo trên loa của xã.",
    "Nhiều học sinh được nhà trường cho vào lớp muộn, thầy cô chờ đủ em mới bắt đầu buổi học sáng hôm đó.",
    "Theo ban quản lý bến, vé tháng đã mua vẫn dùng được và không ai phải đóng thêm khoản nào khác.",
]
ENGLISH = [
    "The ferry at Dinh Khao stopped for two hours this morning because of the strong current in the river.",
    "The port office said that boats would run again when the water falls and asked people to wait for news.",
    "Many pupils were allowed to come late, and teachers waited for them before they began the first lesson.",
    "Monthly tickets stay valid, the office said, and nobody has to pay anything for the lost hours.",
]


@dataclass(frozen=True)
class Shape:
    """One way to write a name on a page: what stands in the head, above, within and below the text."""

    label: str
    head: str = ""
    top: str = ""
    within: str = ""
    end: str = ""
    after: str = ""
    last: str = ""
    english: bool = False


def vietnamese(name: str) -> list[Shape]:
    """Shapes of Vietnamese pages, each with the name in it."""
    up = name.upper()
    return [
        Shape("meta author", head=f"<meta name='author' content='{name}'>"),
        Shape("meta article:author", head=f"<meta property='article:author' content='{name}'>"),
        Shape(
            "JSON-LD author",
            head="<script type='application/ld+json'>"
            f'{{"@type":"NewsArticle","author":{{"@type":"Person","name":"{name}"}}}}</script>',
        ),
        Shape("rel author", top=f"<p><a rel='author' href='/x'>{name}</a></p>"),
        Shape("rel author nofollow", end=f"<p><a href='/x' rel='nofollow author'>{name}</a></p>"),
        Shape("class author", end=f"<p class='author'>{name}</p>"),
        Shape("class tac-gia", end=f"<p class='tac-gia'>Tác giả bài viết này là {name}.</p>"),
        Shape("class tacgia", end=f"<div class='tacgia'>{name}, báo mẫu</div>"),
        Shape("class fused", end=f"<p class='detailauthor'>{name} viết từ Vĩnh Long</p>"),
        Shape("class BEM", top=f"<div class='detail__author'><span>{name}</span></div>"),
        Shape("class camel", top=f"<div id='articleAuthor'><b>{name}</b> - thứ hai, 23/11/2026</div>"),
        Shape("class but-danh", end=f"<p class='but-danh'>{name}</p>"),
        Shape("class phong-vien", end=f"<p class='ten-phong-vien'>{name} thực hiện</p>"),
        Shape("class chu-ky", end=f"<p class='chu-ky'>{name}</p>"),
        Shape("class nguoi-viet", top=f"<span class='nguoi-viet'>{name}</span>"),
        Shape("author page link", end=f"<p><a href='/tac-gia/abc-12.html'>{name}</a></p>"),
        Shape(
            "author page link in a line", top=f"<p>Thứ hai, 08:30 <a href='/phong-vien/abc'>{name}</a></p>"
        ),
        Shape("author query link", end=f"<p>Đăng bởi <a href='/?author=3'>{name}</a></p>"),
        Shape("microdata author", end=f"<p itemprop='author'>{name} từ Vĩnh Long</p>"),
        Shape(
            "microdata person",
            top="<div itemprop='author' itemscope itemtype='http://schema.org/Person'>"
            f"<span itemprop='name'>{name}</span></div>",
        ),
        Shape("microdata person alone", top=f"<div itemtype='https://schema.org/Person'><p>{name}</p></div>"),
        Shape(
            "RDFa", end=f"<p property='schema:author' typeof='schema:Person'>{name} thường trú Vĩnh Long</p>"
        ),
        Shape("address element", end=f"<address>{name}, toà soạn báo mẫu</address>"),
        Shape("data-testid", top=f"<div data-testid='byline'><p>{name} từ Vĩnh Long</p></div>"),
        Shape("aria-label", top=f"<div aria-label='Tác giả'><p>{name} từ Vĩnh Long</p></div>"),
        Shape(
            "author box with photo",
            after="<div class='author-box'><img src='/anh/a.jpg' alt=''><div><h4>"
            f"{name}</h4><p>{name} viết về sông nước miền Tây, từng ở nhiều toà soạn trong hai mươi năm qua, "
            "thích đi ghe và nấu ăn, mỗi tuần kể một chuyện của bà con ven sông cho bạn đọc báo.</p></div>"
            "</div>",
        ),
        Shape(
            "long author box",
            after=f"<section class='post-author-info'><p>{name} {'viết về sông nước. ' * 50}</p></section>",
        ),
        Shape(
            "author heading",
            after=f"<h3>Về tác giả</h3><p>{name} viết về sông nước miền Tây, từng ở nhiều toà soạn.</p>",
        ),
        Shape("Theo", end=f"<p><em>Theo {name}</em></p>"),
        Shape("Theo and paper", end=f"<p>Theo {name}/Báo Mẫu</p>"),
        Shape("Bài, ảnh", end=f"<p>Bài, ảnh: {name}</p>"),
        Shape("Bài và ảnh upper", end=f"<p><strong>Bài và ảnh: {up}</strong></p>"),
        Shape("Tin, ảnh with hyphen", end=f"<p>Tin, ảnh - {name}</p>"),
        Shape("Bài dash photo", end=f"<p>Bài: {name} - Ảnh: {name}</p>"),
        Shape("PV – CTV", end=f"<p>PV – CTV {name}</p>"),
        Shape("nhóm phóng viên", end=f"<p>Nhóm phóng viên {name} và cộng tác viên</p>"),
        Shape("tác giả", end=f"<p>Tác giả: {name}</p>"),
        Shape("biên tập", end=f"<p>Biên tập: {name}</p>"),
        Shape("người viết", top=f"<p>Người viết: {name}</p>"),
        Shape("đăng bởi", top=f"<p>Đăng bởi: {name}</p>"),
        Shape("signature at the end", end=f"<p style='text-align:right'><strong>{name}</strong></p>"),
        Shape("signature in capitals", end=f"<p align='right'><b>{up}</b></p>"),
        Shape("signature in brackets", end=f"<p>({name})</p>"),
        Shape("signature with source", end=f"<p>{name} (theo Báo Mẫu)</p>"),
        Shape("signature tổng hợp", end=f"<p>{name} (tổng hợp)</p>"),
        Shape("signature lược dịch", end=f"<p>{name} lược dịch</p>"),
        Shape("two signatures", end=f"<p>{name} – Kim Thị Bình</p>"),
        Shape("signature with doctor", end=f"<p>BS.CKII {name}</p>"),
        Shape("signature with mail", end=f"<p>{name} - nguoiviet@bao.example.vn</p>"),
        Shape(
            "signature above related", end=f"<p>{name}</p><p>Xem thêm: Nước lên ở nhiều xã ven sông Tiền.</p>"
        ),
        Shape("signature on the last line", last=f" <strong>{name}</strong>"),
        Shape("signature on the last line, capitals", last=f"<br>{up}"),
        Shape("name and time on top", top=f"<p>{name} - 09:30 23/11/2026</p>"),
        Shape("time and name on top", top=f"<p>Thứ hai, 23/11/2026, 09:30 (GMT+7) | {name}</p>"),
        Shape("name and hours ago", top=f"<p>{name} • 3 giờ trước</p>"),
        Shape(
            "photo credit",
            within=f"<figure><img src='a.jpg'><figcaption>Phà. Ảnh: {name}</figcaption></figure>",
        ),
        Shape("photo credit line", within=f"<p>Ảnh: {name}</p>"),
        Shape(
            "photo credit in brackets",
            within=f"<p>Phà nằm chờ ở bến hôm qua (Ảnh: {name}), khách đi bộ về.</p>",
        ),
        Shape(
            "photo credit class", within=f"<p class='photo-credit'>Hình do {name} chụp hôm qua ở bến phà.</p>"
        ),
        Shape("name in the title", head=f"<meta property='og:title' content='Phà tạm ngưng - {name}'>"),
        Shape("heading with a name inside", top=""),
    ]


def english(name: str) -> list[Shape]:
    """Shapes of English pages."""
    shapes = {
        "By": f"<p>By {name}</p>",
        "By in capitals": f"<p>BY {name.upper()}</p>",
        "By and date": f"<p>By {name} | November 23, 2026</p>",
        "By with role": f"<p>By {name}, Staff Writer</p>",
        "Written by": f"<p>Written by {name}</p>",
        "Posted by": f"<p>Posted by {name} on November 23, 2026</p>",
        "Published and minutes": f"<p>{name} · 4 min read</p>",
    }
    ends = {
        "Reporting by": f"<p>Reporting by {name}; editing by Kim Binh</p>",
        "Additional reporting": f"<p>Additional reporting by {name}</p>",
        "Photographs by": f"<p>Photographs by {name}</p>",
        "dash signature": f"<p>— {name}</p>",
        "name and agency": f"<p>{name} / Example News Agency</p>",
        "life": f"<p>{name} is a health reporter who covers the Mekong delta for the sample news.</p>",
        "write to": f"<p>Follow {name} on other networks.</p>",
        "handle": f"<p>{name} @handle_of_it</p>",
        "with files": f"<p>With files from {name}</p>",
        "post-author class": f"<div class='c-post-author'><p>{name} lives and writes here.</p></div>",
        "about heading": f"<h3>About the author</h3><p>{name} lives in Vinh Long and likes the river.</p>",
        "contributors": f"<p>Contributors: {name}</p>",
    }
    return [
        *(Shape(f"en {label}", top=top, english=True) for label, top in shapes.items()),
        *(Shape(f"en {label}", end=end, english=True) for label, end in ends.items()),
    ]


def page(shape: Shape, name: str = "") -> str:
    """A whole page of one shape."""
    body = ENGLISH if shape.english else BODY
    title = "Ferry stops for two hours" if shape.english else "Phà Đình Khao tạm ngưng hai giờ"
    inside = f"<span class='author'>{name}</span>" if shape.label.startswith("heading") else ""
    paragraphs = [f"<p>{body[0]}</p>", shape.within, *(f"<p>{one}</p>" for one in body[1:-1])]
    return (
        f"<!doctype html><html><head><meta charset='utf-8'><title>{title}</title>{shape.head}</head><body>"
        "<nav><a href='/'>Trang chủ</a> <a href='/xa-hoi'>Xã hội</a></nav>"
        f"<main><article><h1>{title} {inside}</h1>{shape.top}<div class='content'>{''.join(paragraphs)}"
        f"<p>{body[-1]}{shape.last}</p>{shape.end}</div></article>{shape.after}</main>"
        "<footer><p>Báo mẫu, giấy phép số một.</p></footer></body></html>"
    )


def comments(name: str) -> dict[str, str]:
    """Comment sections of the usual kinds; each holds the name and the word CANARY."""
    words = (
        f"{name}: CANARY phà này ngưng cả tuần luôn đó bà con ơi, tui mới đi qua hồi sáng nè, đừng tin báo."
    )
    rows = f"<li><b>{name}</b><p>{words}</p></li><li><b>Khách</b><p>{words}</p></li>"
    return {
        "class comments": f"<div class='comments'><p>{words}</p></div>",
        "id comment-list": f"<section id='comment-list'><p>{words}</p></section>",
        "id binh_luan": f"<div id='binh_luan'><p>{words}</p></div>",
        "ul list-comment": f"<ul class='list-comment'>{rows}</ul>",
        "ol commentlist": f"<ol class='commentlist'>{rows}</ol>",
        "disqus": f"<div id='disqus_thread'><p>{words}</p></div>",
        "fused": f"<div class='boxcomment'><p>{words}</p></div>",
        "camel": f"<div class='readerComments'><p>{words}</p></div>",
        "box_binhluan": f"<div class='box_binhluan'><p>{words}</p></div>",
        "y-kien": f"<div class='y-kien-ban-doc'><p>{words}</p></div>",
        "phan-hoi": f"<div class='phan-hoi'><p>{words}</p></div>",
        "cmt": f"<div class='cmt-item'><p>{words}</p></div>",
        "fb-comments": f"<div class='fb-comments'><p>{words}</p></div>",
        "articles": f"<article class='comment'><p>{words}</p></article>",
        "itemprop": f"<div itemprop='comment'><p>{words}</p></div>",
        "itemtype": f"<div itemscope itemtype='https://schema.org/Comment'><p>{words}</p></div>",
        "rdfa": f"<div typeof='schema:Comment'><p>{words}</p></div>",
        "aria-label": f"<section aria-label='Bình luận'><p>{words}</p></section>",
        "aria-label English": f"<section aria-label='Comments (2)'><p>{words}</p></section>",
        "data-testid": f"<div data-testid='comment-thread'><p>{words}</p></div>",
        "replies": f"<div class='replies'><p>{words}</p></div>",
        "respond": f"<div id='respond'><p>{words}</p></div>",
        "livefyre": f"<div id='livefyre-box'><p>{words}</p></div>",
        "heading and list": f"<h3>Bình luận (2)</h3><ul>{rows}</ul>",
        "heading and paragraphs": f"<h3>Ý kiến bạn đọc</h3><div><p>{words}</p></div><p>{words}</p>",
        "heading in its own box": f"<div><div><h4>2 bình luận</h4></div><div><p>{words}</p></div></div>",
        "heading English": f"<h2>Leave a comment</h2><div><p>{words}</p></div>",
        "heading as paragraph": f"<div><p>Bình luận</p><ul>{rows}</ul></div>",
        "comments and form": f"<div class='comments-area'><p>{words}</p><form><textarea/></form></div>",
        "definition list": f"<dl class='comment'><dt>{name}</dt><dd>{words}</dd></dl>",
    }
