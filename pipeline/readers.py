"""The reader of texts, put together; apart from the composition root, of which `check` needs no more."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from classify.reader import Reader


def make_reader(mask_key: bytes, province: str) -> "Reader":
    """A reader of texts: gate, masker and gazetteer. Picklable by name, so worker processes can make one."""
    from classify.mask import Masker
    from classify.places import Gazetteer
    from classify.reader import Reader
    from classify.scope import ScopeGate

    return Reader(ScopeGate.load(), Masker(mask_key), Gazetteer(province))
