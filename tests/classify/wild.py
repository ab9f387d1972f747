"""Text as it may come in: anything that a string can hold, and what breaks patterns."""

from hypothesis import strategies as st

PIECES = (
    "được nhận 3,5 triệu đồng", "0912.345.678", "+84 912 345 678", "CCCD 086199001234",
    "STK 1903612345678", "64-B1 123.45", "a.b@gmail.com", "@nguyen.van", "fb: nguyen.van",
    "https://fb.com/ten?x=1", "xã Càng Long", "TP. Bến Tre", "ngày 30/11/2026", "500k", "nửa triệu",
    "2tr5", "50%", "không", "Có đúng không ạ?", "\n", "\r\n", " ", ".", "…", "!?",
    "‹phone·78·1a2b3c4d›", "‹phone·", "›", "\x00", "\ud800", "\u200b", "\ufeff", "\u202e",
    "a\u0301", "hoà", "thuý", "đ", "Ð", "９", "𝐀", "①", "😀", "한글",
)  # fmt: skip

anything = st.text(st.characters(), max_size=300)
"""Any code points, lone surrogates and NUL among them."""

vietnamese = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
"""Real pieces glued together without sense."""

wild = anything | vietnamese | st.lists(st.sampled_from(PIECES), max_size=12).map(" ".join)

LONG = 100_000
ENDLESS = tuple(
    (piece * LONG)[:LONG]
    for piece in ("0", "a-", "1.", "không một hai ", "@Aa ", "\ud800", "xã Càng Long ", "stk 9 ")
)
"""As long as a text may be, of what would make a careless pattern run for minutes."""
