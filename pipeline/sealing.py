"""Sealed tips leave the server as files and are opened on a machine that is kept offline (T8)."""

import hashlib
from collections import Counter
from pathlib import Path

from sqlalchemy import select

from crawlers import sealed
from crawlers.errors import IntakeError
from crawlers.intake import receipt_hash
from crawlers.store import Gathered, keep
from models.counters import TIP_LINE
from models.errors import KiemChungError, UsageError
from models.gathered import Item, Tip
from models.sealed import SealedTip
from models.vocabulary import ItemKind, Outcome
from pipeline import files, seals
from pipeline.compose import Desk
from pipeline.imports import Imported
from pipeline.progress import Progress, silent

SUFFIX = ".sealed"
LARGEST = 1024 * 1024


def export(desk: Desk, folder: Path) -> list[Path]:
    """Write every sealed tip to a file of its own, named by its hash; gives the files."""
    with desk.reading() as session:
        kept = list(session.scalars(select(SealedTip.sealed).order_by(SealedTip.id)))
    named = {
        f"{hashlib.sha256(one.encode('ascii')).hexdigest()}{SUFFIX}": one.encode("ascii") for one in kept
    }
    return files.write_all(files.writable(folder), named)


def take(desk: Desk, folder: Path, key_file: Path, progress: Progress = silent) -> Imported:
    """Open the sealed tips of a folder and keep them, readable, on this desk; again changes nothing.

    A file that cannot be opened is named and the others are taken. Raises `UsageError` on a desk that seals:
    there the key has no business.
    """
    if desk.settings.text(seals.SETTING):
        raise UsageError(
            f"{seals.SETTING}: is set here; open sealed tips on the machine that is kept offline"
        )
    opener = seals.Opener.of_file(key_file)
    found = sorted(folder.glob(f"*{SUFFIX}"))
    if not found:
        raise UsageError(f"{folder}: holds no file that ends in {SUFFIX}")
    outcomes: Counter[str] = Counter()
    errors: list[str] = []
    for file in progress(found, "tips"):
        try:
            outcomes[_take_one(desk, opener, file).value] += 1
        except KiemChungError as error:
            errors.append(f"{file.name}: {error}")
    return Imported(len(found), dict(outcomes), errors)


def _take_one(desk: Desk, opener: seals.Opener, file: Path) -> Outcome:
    from classify import near

    text = _text(file)
    day, reading = sealed.unpack(opener.open(text), near.bands)
    once = receipt_hash(hashlib.sha256(text.encode("ascii")).hexdigest(), desk.keys.receipt)
    key = f"tip:{once}"
    gathered = Gathered(key, ItemKind.TIP, TIP_LINE, reading, day, is_local=True)
    with desk.sessions.begin() as session:
        outcome = keep(session, gathered, near.similarity)
        if outcome == Outcome.KEPT:
            item_id = session.scalars(select(Item.id).where(Item.key == key)).one()
            session.add(Tip(receipt_key=once, item_id=item_id, day=day))
    return outcome


def _text(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            text = opened.read(LARGEST + 1)
        if len(text) > LARGEST:
            raise IntakeError("larger than 1 MB")
        return text.decode("ascii").strip()
    except OSError as error:
        raise IntakeError(str(error.strerror)) from error
    except UnicodeDecodeError as error:
        raise IntakeError("holds no tip") from error
