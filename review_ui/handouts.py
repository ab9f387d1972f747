"""What is made of a correction to be carried elsewhere: share card, notice, spoken text, embedded card.

Each is in the language of the correction's text, also where the page around it is in another one.
"""

from collections.abc import Sequence

from models.vocabulary import Language
from models.weeks import local_day
from pipeline.notice import Notice, Part
from pipeline.public import PublicCorrection, PublicVersion
from pipeline.sharecard import Card
from pipeline.spoken import Spoken, spoken
from review_ui.language import day, say
from review_ui.templating import bare, names


def verdict_of(item: PublicCorrection, language: str) -> str:
    """The rating in words."""
    return names(language)["ratings"][item.rating]


def short_url(item: PublicCorrection, base: str) -> str:
    """The short address of a correction, for paper and pictures."""
    return f"{base}/d/{item.code}"


def card_of(item: PublicCorrection, text: PublicVersion, desk: str, base: str) -> Card:
    """What stands on the share card."""
    return Card(
        rating=item.rating,
        verdict=verdict_of(item, text.language),
        title=text.title,
        truth=text.truth,
        desk=desk,
        address=bare(short_url(item, base)),
        date=day(local_day(text.at), text.language),
        language=Language(text.language),
    )


def parts_of(text: PublicVersion) -> list[Part]:
    """The parts of a correction that a notice board needs, with their headings."""
    language = text.language
    labels: Sequence[tuple[str, str]] = (
        (say(language, "Người ta nói gì"), text.said),
        (say(language, "Sự thật là gì"), text.truth),
        (say(language, "Vì sao chúng tôi biết"), text.how_known),
        (say(language, "Bạn nên làm gì"), text.what_to_do),
        (say(language, "Gọi cho ai"), text.contact),
    )
    return [Part(label, words) for label, words in labels if words.strip()]


def notice_of(item: PublicCorrection, text: PublicVersion, desk: str, base: str) -> Notice:
    """What stands on the sheet for a notice board."""
    language = text.language
    url = short_url(item, base)
    published = local_day(text.at)
    return Notice(
        rating=item.rating,
        verdict=verdict_of(item, language),
        title=text.title,
        parts=parts_of(text),
        desk=desk,
        day=published,
        date=day(published, language),
        url=url + (f"?lang={language}" if language != Language.VI else ""),
        address=bare(url),
        more=say(language, "Nguồn, lịch sử sửa đổi và cách khiếu nại có ở trang này:"),
        cut=say(language, "Bản in được rút gọn cho vừa một trang; bản đầy đủ ở địa chỉ trên."),
        language=Language(language),
    )


def spoken_of(item: PublicCorrection, desk: str) -> Spoken:
    """What is read out, in Vietnamese."""
    return spoken(item.text(), item.rating, desk)
