"""Sentences with no content of their own: asking whether "it" is true, greetings, calls to pass it on.

They carry a rumour's tone but not its claim. The list is short and open: phrases without diacritics, as
`features.words` gives them.
"""

from classify.features import words
from classify.text import normalise

MIN_CONTENT = 3
"""So many words beyond the phrases make a sentence that can be a claim ("mai nghỉ học")."""

PHRASES = (
    # asking whether it is true
    "co dung khong|co that khong|co thiet khong|co phai khong|co phai vay khong|co phai that khong|"
    "dung khong|that khong|thiet khong|phai khong|co dung|co that|co thiet|co phai|co khong|vay khong|"
    "chinh xac khong|co chinh xac khong|that hay gia|dung hay sai|dung su that|su that|the nao|sao vay|"
    "co ai biet|ai biet|ai co biet|biet khong|cho hoi|cho em hoi|cho minh hoi|cho toi hoi|cho con hoi|"
    "em hoi|minh hoi|toi hoi|xin hoi|tin nay|tin tren|tin do|viec nay|chuyen nay|chuyen do|thong tin nay|"
    "thong tin tren|tin gia|tin that|kiem tra|kiem chung|xac minh|xac nhan|tra loi|tu van|chi giup|gium|"
    "giup|nghe noi|nghe don|khong biet|chua biet|khong ro|"
    # calling to pass it on
    "chia se|chia se gap|share|chuyen tiep|lan toa|gui cho|gui den|bao cho|gap|khan|khan cap|cung biet|"
    "de biet|biet de tranh|cho biet|can than|canh giac|de canh giac|luu y|chu y|doc ky|"
    # greeting, thanking, addressing
    "xin chao|chao|kinh chao|cam on|cam on nhieu|xin cam on|kinh gui|thua|chuc|ngay moi|tot lanh|"
    "moi nguoi|ba con|co bac|anh chi|anh em|chi em|ca nha|cac ban|cac bac|cac me|ban be|nguoi than|"
    "nhieu nguoi|tat ca|admin|ad|to kiem tin|em|minh|toi|anh|chi|ban|bac|con|"
    # particles
    "a|da|vay|the|nhe|nha|nhi|nhen|nghen|hen|ha|hu|khong|voi|luon|lien|ngay|di|oi|roi|thoi|nao|ne|day|do|"
    "ta|xin|nho|mong|dum|nhieu|va|de|cho|la|thi|co|dung|that|thiet"
)  # fmt: skip
_LOOKUP = frozenset(PHRASES.split("|"))
_LONGEST = max(phrase.count(" ") + 1 for phrase in _LOOKUP)


def content_words(sentence: str) -> int:
    """How many words of a (masked or plain) sentence belong to none of the phrases; a token is one."""
    found = [word for word in words(normalise(sentence)) if word[0].isalnum() or word[0] == "#"]
    at = count = 0
    while at < len(found):
        size = min(_LONGEST, len(found) - at)
        while size and " ".join(found[at : at + size]) not in _LOOKUP:
            size -= 1
        count += size == 0
        at += max(1, size)
    return count


def is_hollow(sentence: str) -> bool:
    """Whether the sentence says too little on its own to be a claim."""
    return content_words(sentence) < MIN_CONTENT
