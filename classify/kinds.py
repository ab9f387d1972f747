"""Things that exclude one another: what is said of one school, paper or payment is not said of the next.

The table (`data/kinds.tsv`: class, member, other ways to say the member) was written for this product. In a
text with diacritics the longest words that stand in the table are taken; in one without, only members of two
syllables and more, because a single one can be too many things.
"""

from collections.abc import Collection, Iterator
from functools import cache

from classify.corpus import DATA
from classify.errors import TrainingDataError
from classify.synonyms import Word, split
from classify.text import strip_marks

TABLE = DATA / "kinds.tsv"
_LONGEST = 6

Kind = tuple[int, int]
"""A member of a class, by the numbers of both in the table."""


@cache
def _table() -> tuple[list[tuple[str, list[str]]], dict[str, list[Kind]], dict[str, list[Kind]]]:
    """Classes with their members; by words with diacritics, and without, what they are."""
    classes: dict[str, list[str]] = {}
    marked: dict[str, list[Kind]] = {}
    bare: dict[str, list[Kind]] = {}
    numbers: dict[str, int] = {}
    for line, text in enumerate(TABLE.read_text(encoding="utf-8").splitlines(), 1):
        columns = text.split("\t")
        if len(columns) != 3:
            raise TrainingDataError(f"{TABLE.name} line {line}: {len(columns)} columns, expected 3")
        name, member, others = columns
        members = classes.setdefault(name, [])
        kind = numbers.setdefault(name, len(numbers)), len(members)
        members.append(member)
        for words in filter(None, (member, *others.split("|"))):
            marked.setdefault(words, []).append(kind)
            if " " in words:
                bare.setdefault(strip_marks(words), []).append(kind)
    return list(classes.items()), marked, bare


def kinds(text: str) -> frozenset[Kind]:
    """Which members of which classes a text names."""
    words = split(text)
    is_marked = any(word.marked != word.plain for word in words)
    _, marked, bare = _table()
    return frozenset(_found(words, marked if is_marked else bare, is_marked=is_marked))


def _found(words: list[Word], table: dict[str, list[Kind]], *, is_marked: bool) -> Iterator[Kind]:
    keys = [word.marked if is_marked else word.plain for word in words]
    at = 0
    while at < len(keys):
        sizes = range(min(_LONGEST, len(keys) - at), 0, -1)
        size = next((n for n in sizes if " ".join(keys[at : at + n]) in table), 0)
        if size:
            yield from table[" ".join(keys[at : at + size])]
        at += max(1, size)


def apart(a: Collection[Kind], b: Collection[Kind]) -> list[tuple[Kind, Kind]]:
    """What each side names and the other lacks, a pair for each class in which both do."""
    if not a or not b:
        return []
    first, second = ({one[0]: one for one in sorted(set(x) - set(y))} for x, y in ((a, b), (b, a)))
    return [(first[number], second[number]) for number in sorted(first.keys() & second.keys())]


def told(pair: tuple[Kind, Kind]) -> str:
    """The two in words of reviewers ("bậc học: mẫu giáo / tiểu học")."""
    (number, mine), (_, theirs) = pair
    name, members = _table()[0][number]
    return f"{name}: {members[mine]} / {members[theirs]}"
