"""The queue's filters as they stand in its address: closed lists, no account, no place, no time but days.

R11: the names below are all that the queue's address may hold; a value that no list has changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl

from models.vocabulary import SourceKind, Topic
from review_ui import words
from review_ui.language import FIRST, say
from review_ui.templating import query

PATH = "/ban-lam-viec"
PARAMETERS = frozenset(
    {
        "tinh-trang",
        "chu-de",
        "loai-nguon",
        "dia-phuong",
        "doi-chieu",
        "tuoi",
        "cua-toi",
        "q",
        "sau",
        "da",
    }
)
"""Every name that a queue's address may hold; committed, and a test holds the page's links to it."""
MAX_WORDS = 100
STAGES = {
    "cho": "Tất cả đang chờ",
    "lan-1": "Ý kiến thứ nhất",
    "lan-2": "Ý kiến thứ hai",
    "lan-3": "Hai ý kiến khác nhau",
    "khieu-nai": "Mở lại vì khiếu nại",
    "hoan": "Đang hoãn",
    "cho-dang": "Chờ công bố",
    "da-tra-loi": "Đã trả lời",
}
TIP = "tin-bao"
KINDS: dict[str, str] = {
    TIP: "Tin báo của người dân",
    **{str(kind): words.SOURCE_KINDS[kind] for kind in SourceKind},
}
AGES = {"1": "Trong 1 ngày", "3": "Trong 3 ngày", "7": "Trong 7 ngày", "cu": "Cũ hơn 7 ngày"}
LOCAL, MINE = "Địa phương", "Của tôi"
MATCHES = {"co": "Có kiểm chứng trùng", "khong": "Chưa có kiểm chứng trùng"}


@dataclass(frozen=True)
class Chip:
    """One filter that is set, in words, and the address without it."""

    label: str
    without: str


@dataclass(frozen=True)
class Filters:
    """What the address asks for; everything unknown falls back to all that waits."""

    stage: str = "cho"
    topic: Topic | None = None
    kind: str = ""
    local: bool = False
    matched: str = ""
    age: str = ""
    mine: bool = False
    words: str = ""

    @classmethod
    def read(cls, given: Mapping[str, str]) -> "Filters":
        """The filters of an address."""
        stage, topic = given.get("tinh-trang", "cho"), given.get("chu-de", "")
        kind, age, matched = given.get("loai-nguon", ""), given.get("tuoi", ""), given.get("doi-chieu", "")
        return cls(
            stage=stage if stage in STAGES else "cho",
            topic=Topic(topic) if topic in set(Topic) else None,
            kind=kind if kind in KINDS else "",
            local=given.get("dia-phuong") == "1",
            matched=matched if matched in MATCHES else "",
            age=age if age in AGES else "",
            mine=given.get("cua-toi") == "1",
            words=" ".join(given.get("q", "").split())[:MAX_WORDS],
        )

    @classmethod
    def of_query(cls, text: str) -> "Filters":
        """The filters of the part of an address behind its question mark, whoever wrote it."""
        return cls.read(dict(parse_qsl(text[:2_000])))

    def query(self) -> dict[str, str]:
        """The filters as values of an address, without the ones that change nothing."""
        values = {
            "tinh_trang": self.stage if self.stage != "cho" else "",
            "chu_de": self.topic.value if self.topic else "",
            "loai_nguon": self.kind,
            "dia_phuong": "1" if self.local else "",
            "doi_chieu": self.matched,
            "tuoi": self.age,
            "cua_toi": "1" if self.mine else "",
            "q": self.words,
        }
        return {name: value for name, value in values.items() if value}

    def address(self, **more: object) -> str:
        """The queue under these filters."""
        return query(PATH, **self.query(), **more)

    def text(self) -> str:
        """The part of the address behind its question mark."""
        return self.address().partition("?")[2]

    def at_stage(self, stage: str) -> str:
        """The queue at another stage under the same filters."""
        return replace(self, stage=stage).address()

    def for_view(self) -> "Filters":
        """The filters that a saved view keeps: all but words (rule 2: no keyword watch list)."""
        return replace(self, words="")

    @property
    def any(self) -> bool:
        """Whether anything is narrowed."""
        return bool(self.query())

    def chips(self, topics: Mapping[str, str], tag: str = FIRST) -> list[Chip]:
        """Every filter that is set, each with the address that clears it; `topics` in the same language."""
        found = [
            (self.stage != "cho", STAGES[self.stage], replace(self, stage="cho")),
            (bool(self.topic), topics[self.topic] if self.topic else "", replace(self, topic=None)),
            (bool(self.kind), KINDS.get(self.kind, ""), replace(self, kind="")),
            (self.local, LOCAL, replace(self, local=False)),
            (bool(self.matched), MATCHES.get(self.matched, ""), replace(self, matched="")),
            (bool(self.age), AGES.get(self.age, ""), replace(self, age="")),
            (self.mine, MINE, replace(self, mine=False)),
            (bool(self.words), f"“{self.words}”", replace(self, words="")),
        ]
        return [Chip(say(tag, label), rest.address()) for is_set, label, rest in found if is_set]


def lists_in(tag: str) -> dict[str, dict[str, str]]:
    """The values that each filter may have, in words of a language."""
    lists = {"stages": STAGES, "kinds": KINDS, "ages": AGES, "matches": MATCHES}
    return {name: {value: say(tag, text) for value, text in one.items()} for name, one in lists.items()}
