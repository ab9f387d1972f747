"""The editor of corrections as it is shown: fields by language, what the checks found, how it will look."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from markupsafe import Markup, escape

from models.vocabulary import Language
from pipeline.paraphrase import LONGEST_RUN, SharedSpan, shared_spans
from pipeline.plainwords import LONG_SENTENCE, Hint, HintKind, Measured, hints, measured
from pipeline.publishing import CorrectionInput
from review_ui.forms import Form
from review_ui.language import FIRST, say
from review_ui.messages import FIELD_NAMES, LANGUAGES, upper_first

PARTS = tuple(field.name for field in fields(CorrectionInput))
NAMES = tuple(f"{language.value}-{part}" for language in Language for part in PARTS)
TAB = "tieng"
EXTRA = ("reason", TAB)
NEEDED = frozenset(PARTS) - {"contact", "spoken"}

HINTS = {
    HintKind.LONG_SENTENCE: f"câu dài {{n}} tiếng, nên dưới {LONG_SENTENCE}: “{{words}}”",
    HintKind.FIGURES: "{n} con số trong một câu: “{words}”",
    HintKind.UNGROUPED: "viết số có dấu chấm từng ba chữ số: {words}",
    HintKind.ABBREVIATIONS: "chữ viết tắt, hãy viết đủ ít nhất một lần: {words}",
    HintKind.SHOUTED: "{n} chữ in hoa liền nhau: “{words}”",
    HintKind.LONG_TITLE: "tiêu đề dài {n} ký tự; ảnh chia sẻ chỉ vừa chừng 90",
}


@dataclass(frozen=True)
class Examined:
    """One field with what the checks found in it."""

    name: str
    label: str
    language: Language
    text: str
    measured: Measured
    copied: Sequence[SharedSpan]
    hints: Sequence[Hint]
    tag: str = FIRST

    @property
    def marked(self) -> Markup:
        """The text with the copied stretches marked."""
        out, at = Markup(), 0
        for span in self.copied:
            out += escape(self.text[at : span.start])
            out += Markup('<mark class="copied">{}</mark>').format(self.text[span.start : span.end])
            at = span.end
        return out + escape(self.text[at:])

    @property
    def longest(self) -> int:
        """How many words the longest copied stretch has."""
        return max((span.n_words for span in self.copied), default=0)

    @property
    def advice(self) -> list[str]:
        """The hints in words."""
        return [say(self.tag, HINTS[hint.kind]).format(n=hint.n, words=hint.words) for hint in self.hints]


@dataclass(frozen=True)
class Tab:
    """One language of the editor: how much of it is written."""

    language: Language
    name: str
    written: int
    needed: int
    chosen: bool
    tag: str = FIRST

    @property
    def state(self) -> str:
        """How far it is, in words."""
        if not self.written:
            return say(self.tag, "chưa có")
        if self.written == self.needed:
            return say(self.tag, "đủ")
        return say(self.tag, "%(written)s/%(needed)s ô") % {"written": self.written, "needed": self.needed}


def chosen_language(name: str) -> Language:
    """The language whose tab is open; Vietnamese where the form or address names none."""
    return Language(name) if name in set(Language) else Language.VI


def tabs(form: Form, chosen: Language, tag: str = FIRST) -> list[Tab]:
    """The languages of the editor in their order, named in the language of the page."""
    return [
        Tab(
            language,
            say(tag, upper_first(LANGUAGES[language])),
            sum(bool(form[f"{language.value}-{part}"].strip()) for part in NEEDED),
            len(NEEDED),
            language is chosen,
            tag,
        )
        for language in Language
    ]


def examine(form: Form, fenced: Sequence[str], tag: str = FIRST) -> list[Examined]:
    """Every field that holds words, with what the six-word check and the hints find in it."""
    found = []
    for language in Language:
        for part in PARTS:
            text = form[f"{language.value}-{part}"]
            if text.strip():
                found.append(_examined(language, part, text, fenced, tag))
    return found


def _examined(language: Language, part: str, text: str, fenced: Sequence[str], tag: str) -> Examined:
    # the hints know Vietnamese; in other languages only lengths are told
    advice = hints(text, title=part == "title") if language is Language.VI and part != "spoken" else []
    return Examined(
        f"{language.value}-{part}",
        f"{say(tag, FIELD_NAMES[part])} ({say(tag, LANGUAGES[language])})",
        language,
        text,
        measured(text),
        shared_spans(text, fenced),
        advice,
        tag,
    )


def texts_of(form: Form) -> dict[Language, CorrectionInput]:
    """The correction in each language that has any words; Vietnamese always."""
    texts = {}
    for language in Language:
        parts = {part: form[f"{language.value}-{part}"].strip() for part in PARTS}
        if language is Language.VI or any(parts.values()):
            texts[language] = CorrectionInput(**parts)
    return texts


def kept_fields(form: Form) -> Mapping[str, str]:
    """What of a form a draft keeps: the words, not which tab is open."""
    return {name: form[name] for name in (*NAMES, "reason")}


LIMIT = LONGEST_RUN
