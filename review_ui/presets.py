"""A few reasons that are given often, each a key press; only for what needs no evidence."""

from collections.abc import Mapping

from models.vocabulary import Opinion
from review_ui.language import say

PRESETS: Mapping[Opinion, Mapping[str, str]] = {
    Opinion.NOT_A_CLAIM: {
        "hoi": "Chỉ là câu hỏi hoặc lời nhắn, không nêu điều gì kiểm chứng được.",
        "thieu": "Câu bị cắt hoặc thiếu ý, không đủ để kiểm chứng.",
        "chung": "Lời nói chung chung, không có điều gì cụ thể để kiểm chứng.",
    },
    Opinion.NOT_OURS: {
        "y-kien": "Là ý kiến, nhận xét hoặc phê bình, không thuộc việc của bàn tin.",
        "rieng": "Là chuyện riêng của một người, không thuộc việc của bàn tin.",
        "ngoai": "Nằm ngoài chín chủ đề của bàn tin.",
    },
}
PRESET_KEYS = ("7", "8", "9")


def presets_in(tag: str) -> Mapping[Opinion, Mapping[str, str]]:
    """The reasons as a page of a language offers them; what is recorded is the Vietnamese one."""
    return {
        opinion: {name: say(tag, text) for name, text in reasons.items()}
        for opinion, reasons in PRESETS.items()
    }


def reason_of(opinion: str, preset: str, typed: str) -> str:
    """The reason as it is recorded: what was typed, or the chosen sentence if nothing was."""
    if typed.strip() or opinion not in PRESETS:
        return typed
    return PRESETS[Opinion(opinion)].get(preset, typed)
