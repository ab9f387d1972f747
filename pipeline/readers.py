"""The reader of texts, put together; apart from the composition root, of which `check` needs no more."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from classify.reader import Reader


def make_reader(mask_key: bytes, province: str) -> "Reader":
    """A reader of texts: gate, masker and gazetteer. Picklable by name, so worker processes can make one.

    What a province package brings is looked up here; raises `UsageError` for a broken one.
    """
    from classify.mask import Masker
    from classify.places import Gazetteer
    from classify.reader import Reader
    from pipeline import provincegates, provinces

    package = provinces.find(province)
    names = provinces.local_names(package) if package else {}
    return Reader(provincegates.gate_of(package), Masker(mask_key), Gazetteer(province, names))
