"""The words of the open data release: data cards in two languages, citation and licence."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any

TITLE = "Kiểm Chứng: Vietnamese texts for scope, claim detection and claim matching"
ABOUT = (
    "Texts composed for a fact-checking desk in the Mekong Delta: which messages carry a checkable claim in "
    "one of nine harm topics, which sentences state it, and which texts say the same as a known claim."
)
FIELDS = {
    "id": "name of the row, unique in its set",
    "split": "train, validation or test; families stand in one split, whole",
    "family": "writer (scope), batch (claims) or register (match)",
    "group": "scope: twins share it; match: a claim and the texts beside it",
    "label": "scope: in or out; claims: check or no",
    "topic": "one of nine topics of harm; empty for out",
    "text": "the text; identifiers and announced names stand as their kind in ‹ ›",
    "claims": "(start, end) of the sentences that state the claim, in characters; empty: the whole text",
    "document": "the document that the sentence stands in",
    "position": "number of the sentence in its document, from 1",
    "genre": "message, chat, forum, post, tip, notice, news or factcheck",
    "kind": "claim, how a text says the same (paraphrase, ...), or what is another (other_amount, ...)",
    "same": "whether the stored answer to the claim can be sent unchanged",
    "language": "vi or en",
}

Tables = Mapping[tuple[str, str], Sequence[Mapping[str, Any]]]


def _counts(tables: Tables) -> str:
    lines = [
        f"| {name} | {split} | {len(rows)} | {', '.join(sorted({str(row['family']) for row in rows}))} |"
        for (name, split), rows in tables.items()
    ]
    return "\n".join(lines)


def english(version: str, tables: Tables) -> str:
    """The data card in English, Markdown."""
    return _card("datacard.md", version, tables)


def vietnamese(version: str, tables: Tables) -> str:
    """The data card in Vietnamese, Markdown."""
    return _card("datacard.vi.md", version, tables)


def _card(name: str, version: str, tables: Tables) -> str:
    template = Template(Path(__file__).with_name(name).read_text(encoding="utf-8"))
    fields = "\n".join(f"| `{field}` | {about} |" for field, about in FIELDS.items())
    return template.substitute(
        title=TITLE, about=ABOUT, version=version, fields=fields, counts=_counts(tables)
    )


def citation(version: str, licence: str) -> str:
    """CITATION.cff (Citation File Format 1.2.0)."""
    return f"""cff-version: 1.2.0
message: "If you use these data, please cite them as below."
type: dataset
title: "{TITLE}"
version: "{version}"
license: {licence}
authors:
  - name: "Kiểm Chứng"
abstract: "{ABOUT}"
keywords: [Vietnamese, claim detection, claim matching, fact-checking]
"""


def licence(page: str) -> str:
    """The notice of the licence."""
    return f"""These data are under the Creative Commons Attribution 4.0 International licence (CC BY 4.0).
The licence: {page}
Its legal code: {page}legalcode

Attribution: "{TITLE}", with the version in datapackage.json, and say what you changed.
"""
