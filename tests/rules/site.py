"""A publisher on a real local server, with pages that the real gate keeps or drops."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from crawlers.registry import EntrySpec, SourceSpec, sync
from models.vocabulary import EntryKind, SourceKind
from pipeline.compose import Desk
from tests.crawlers.server import XML, Page, Site, feed, page

CLAIM = (
    "Trên mạng lan truyền tin nhắn nói mỗi hộ nghèo ở Vĩnh Long được nhận 5 triệu đồng tiền hỗ trợ, "
    "ai muốn nhận phải chuyển khoản trước 200 nghìn đồng tiền phí hồ sơ."
)
CLAIM_PAGE = (
    "Những ngày qua nhiều người dân trong tỉnh nhận được tin nhắn lạ qua điện thoại.",
    CLAIM,
    "Bảo hiểm xã hội tỉnh khẳng định thông tin trên là sai sự thật, "
    "cơ quan này không thu bất kỳ khoản phí nào.",
)


@dataclass
class Publisher:
    """One registered source played by a local server."""

    site: Site
    id: str = "bao"

    @property
    def host(self) -> str:
        return f"{self.id}.localhost"

    def url(self, path: str) -> str:
        return self.site.url(self.host, path)

    def put(self, path: str, html: str | Page) -> None:
        self.site.put(self.host, path, html)

    def feed(self, pages: Mapping[str, Sequence[str]], title: str = "Tin trong ngày ở địa phương") -> None:
        """Serve these pages and a feed that names them."""
        self.put("/rss", Page(feed(*(self.url(path) for path in pages)).encode(), headers=XML))
        for path, paragraphs in pages.items():
            self.put(path, page(title, *paragraphs))

    def spec(self, path: str = "/rss", kind: EntryKind = EntryKind.FEED) -> SourceSpec:
        entry = EntrySpec(kind, self.url(path))
        return SourceSpec(self.id, "Báo mẫu", SourceKind.NEWSPAPER, self.url("/"), True, True, (entry,))

    def register(self, desk: Desk) -> None:
        with desk.sessions.begin() as session:
            sync(session, [self.spec()])

    @property
    def local_hosts(self) -> dict[str, tuple[str, int]]:
        return {self.host: (self.site.address, self.site.port)}


@contextmanager
def running(source_id: str) -> Iterator[Publisher]:
    """A publisher while its server runs."""
    with Site().running() as site:
        yield Publisher(site, source_id)
