"""Sentence vectors of known claims on disk, so that each text is encoded once in its life.

One file a model under var/vectors: records of a hash of the text and its vector in eight-bit numbers. Only
known claims, which are public, are kept, never what people sent; what is no longer known goes with the next
run and with every erasure (rule 9). A file that is damaged or missing is made again from the texts.
"""

import hashlib
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select

from models.claims import KnownClaim
from pipeline.compose import Desk
from pipeline.settings import Settings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from classify.encoder import Encoder, Vectors

NAMED = frozenset({"bundled", "none"})
MOST_A_RUN = 2000
"""New texts encoded in one run, about a minute's work; the rest are matched by words until their turn."""
_KEY = 16


def encoder_of(settings: Settings) -> "Encoder":
    """The encoder of the setting ``ranking.encoder``; a path is made absolute."""
    from classify.encoder import open_encoder

    choice = settings.text("ranking.encoder")
    return open_encoder(choice if choice in NAMED else str(settings.path("ranking.encoder")))


class VectorFile:
    """Vectors of one model by the hash of their text."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def vectors(self, texts: Sequence[str], encoder: "Encoder", most: int = MOST_A_RUN) -> "Vectors | None":
        """One row a text, zeros where it has none yet; encodes and keeps at most ``most`` new ones.

        None where the encoder has no vectors.
        """
        import numpy as np

        keys = [_key(text) for text in texts]
        stored = self._load()
        known = {row["key"].tobytes(): at for at, row in enumerate(stored)}
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        chosen = list(new.items())[:most]
        if chosen:
            fresh = encoder.encode([text for _, text in chosen])
            if fresh is None:
                return None
            rows = _records([key for key, _ in chosen], fresh)
            stored = rows if not len(stored) else np.concatenate([stored, rows])
            known |= {key: len(known) + at for at, (key, _) in enumerate(chosen)}
            self._append(rows)
        if not len(stored):
            return None
        return _unpacked(stored, [known.get(key, -1) for key in keys])

    def keep_only(self, texts: Collection[str]) -> int:
        """Forget the vectors of all other texts; gives how many went."""
        import numpy as np

        stored = self._load()
        kept = {_key(text) for text in texts}
        stays = np.array([row["key"].tobytes() in kept for row in stored], dtype=bool)
        gone = int((~stays).sum())
        if gone:
            self._write(stored[stays].tobytes())
        return gone

    def _load(self) -> "NDArray[np.void]":
        import numpy as np

        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            data = b""
        width = int.from_bytes(data[:2], "little")
        kind = _kind(max(1, width))
        if not width or (len(data) - 2) % kind.itemsize:
            return np.zeros(0, dtype=kind)
        return np.frombuffer(data, dtype=kind, offset=2)

    def _append(self, rows: "NDArray[np.void]") -> None:
        whole = self._path.exists() and len(self._load())
        if not whole:
            self._write(rows.tobytes(), rows.dtype["numbers"].shape[0])
            return
        with self._path.open("ab") as file:
            file.write(rows.tobytes())

    def _write(self, records: bytes, width: int | None = None) -> None:
        head = width.to_bytes(2, "little") if width is not None else self._path.read_bytes()[:2]
        self._path.parent.mkdir(parents=True, exist_ok=True)
        new = self._path.with_suffix(".new")
        try:
            new.write_bytes(head + records)
            new.replace(self._path)
        finally:
            new.unlink(missing_ok=True)


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode(errors="replace"), digest_size=_KEY).digest()


def _kind(width: int) -> "np.dtype[np.void]":
    import numpy as np

    return np.dtype([("key", "V16"), ("scale", "<f4"), ("numbers", "i1", (width,))])


def _records(keys: Sequence[bytes], vectors: "Vectors") -> "NDArray[np.void]":
    import numpy as np

    rows = np.zeros(len(keys), dtype=_kind(vectors.shape[1]))
    scales = np.maximum(np.abs(vectors).max(axis=1) / 127, 1e-9)
    rows["key"] = np.array([np.void(key) for key in keys])
    rows["scale"] = scales
    rows["numbers"] = np.round(vectors / scales[:, None])
    return rows


def _unpacked(stored: "NDArray[np.void]", at: Sequence[int]) -> "Vectors":
    import numpy as np

    found = np.zeros((len(at), stored.dtype["numbers"].shape[0]), dtype=np.float32)
    rows = np.array(at, dtype=np.intp)
    there = rows >= 0
    found[there] = stored["numbers"][rows[there]] * stored["scale"][rows[there], None]
    lengths = np.linalg.norm(found, axis=1, keepdims=True)
    return np.asarray(found / np.maximum(lengths, 1e-9), dtype=np.float32)


def file_of(settings: Settings, model: str) -> VectorFile:
    """The file of one model under the desk's folder."""
    name = hashlib.blake2b(model.encode(), digest_size=8).hexdigest()
    return VectorFile(settings.path("paths.var") / "vectors" / f"{name}.bin")


def forget_gone(desk: Desk, known: Collection[str] | None = None) -> int:
    """Forget the vectors of texts that are no known claim any more, of every model; gives how many went.

    ``known`` are the texts of all known claims where the caller has read them already.
    """
    folder = desk.settings.path("paths.var") / "vectors"
    if not folder.is_dir():
        return 0
    texts = known
    if texts is None:
        with desk.reading() as session:
            texts = set(session.scalars(select(KnownClaim.text)))
    return sum(VectorFile(path).keep_only(texts) for path in folder.glob("*.bin"))
