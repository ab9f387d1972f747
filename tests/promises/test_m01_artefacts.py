"""M1 to M4: no model file runs anything, is parsed when changed, or takes all memory; all can be rebuilt."""

import bz2
import gzip
import hashlib
import io
import json
import os
import pickle
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from classify.rank import LinearRanker
from models.errors import KiemChungError
from pipeline import modelbox
from tests.classify.test_rank import rows

CALLS = (
    ("os", "system"),
    ("posix", "system"),
    ("builtins", "eval"),
    ("builtins", "exec"),
    ("builtins", "__import__"),
    ("subprocess", "Popen"),
    ("importlib", "import_module"),
    ("pathlib", "Path"),
    ("ctypes", "CDLL"),
    ("operator", "attrgetter"),
)
LOADERS = ("ObjectNode", "ReduceNode", "FunctionNode", "TypeNode", "MethodNode", "PartialNode")


@pytest.fixture(scope="module")
def good() -> bytes:
    """A model of the shape that the desk trains."""
    from classify.ranking import fit_ranker

    return fit_ranker(*rows(), seed=1).data


class _Fires:
    """Unpickled, it makes a file."""

    def __init__(self, fired: Path) -> None:
        self.fired = fired

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return os.system, (f"touch {self.fired}",)


def _schema(data: bytes) -> dict[str, object]:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        schema: dict[str, object] = json.loads(packed.read("schema.json"))
    return schema


def _packed(schema: object, good: bytes, more: dict[str, bytes] | None = None) -> bytes:
    """A model file with another schema and more members; the rest as in a good one."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(good)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name != "schema.json":
                new.writestr(name, old.read(name))
        new.writestr("schema.json", schema if isinstance(schema, bytes) else json.dumps(schema))
        for name, data in (more or {}).items():
            new.writestr(name, data)
    return buffer.getvalue()


def _node(module: str, name: str, loader: str, fired: Path) -> dict[str, object]:
    """A node of skops' schema that would call something with a command to leave a trace."""
    said = {
        "__class__": "str",
        "__module__": "builtins",
        "__loader__": "JsonNode",
        "content": json.dumps(f"touch {fired}"),
        "is_json": True,
        "__id__": 7,
    }
    called = {"__class__": "tuple", "__module__": "builtins", "__loader__": "TupleNode", "content": [said]}
    named = {"module_path": module, "function": name}
    inner = {
        "args": called,
        "func": named,
        "obj": said,
        "reduce": {"args": called, "func": named},
        "attrs": said,
        **named,
    }
    return {"__class__": name, "__module__": module, "__loader__": loader, "content": inner, "__id__": 9}


def malicious(good: bytes, fired: Path) -> Iterator[bytes]:
    """Files that would run code if anything in them were believed."""
    harm = _Fires(fired)
    pickled = [pickle.dumps(harm, protocol) for protocol in range(6)]
    yield from pickled
    yield from (gzip.compress(pickled[2]), bz2.compress(pickled[2]), b"\x80\x04" + pickled[4])
    for module, name in CALLS:
        for loader in LOADERS:
            yield _packed(_node(module, name, loader, fired), good)
    schema = _schema(good)
    for module, name in CALLS:
        yield _packed({**schema, "__module__": module, "__class__": name}, good)
    # members that would land elsewhere, and arrays that hold pickled things
    slips = {"../../fired": b"x", "/tmp/fired": b"x", "model.pkl": pickled[2]}  # noqa: S108 -- names in a zip
    yield from (_packed(schema, good, {name: data}) + b" " for name, data in slips.items())
    array = b"\x93NUMPY\x01\x00v\x00" + b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }".ljust(117)
    bad = {**schema, "__class__": "ndarray", "__module__": "numpy", "__loader__": "NdArrayNode"}
    yield _packed(
        {**bad, "type": "numpy", "file": "x.npy", "content": {}}, good, {"x.npy": array + b"\n" + pickled[2]}
    )


def loaded(folder: Path, data: bytes) -> bool:
    """Whether a file that the registry lists is taken for a model and gives a score."""
    from tests.classify.test_rank import facts

    path = modelbox.write(folder, data)
    try:
        return bool(LinearRanker.load(path, path.stem).score([facts("nộp phí nhận tiền")]))
    except Exception:
        return False


def test_no_malicious_file_runs_anything(good: bytes, tmp_path: Path) -> None:
    fired, folder = tmp_path / "fired", tmp_path / "models"
    before = set(tmp_path.parent.iterdir())
    tried = list(malicious(good, fired))
    assert len(tried) >= 50
    assert len(set(tried)) == len(tried)
    assert loaded(folder, good)
    for data in tried:
        loaded(folder, data)
        assert not fired.exists(), data[:400]
    assert set(tmp_path.parent.iterdir()) == before
    # the control: what the desk never does, and what would have happened
    pickle.loads(pickle.dumps(_Fires(fired)))  # noqa: S301
    assert fired.exists()


def test_nothing_in_the_product_can_read_a_pickle() -> None:
    """The control is in the pattern itself: each spelling is found where it stands."""
    import re

    told = re.compile(r"\b(?:c?pickle|cloudpickle|dill|shelve)\b|joblib\.load|allow_pickle\s*=\s*True")
    assert all(
        told.search(line) for line in ("import pickle", "joblib.load(x)", "np.load(f, allow_pickle=True)")
    )
    root = Path(__file__).parents[2]
    sources = [
        path
        for room in ("models", "classify", "crawlers", "pipeline", "review_ui")
        for path in (root / room).rglob("*.py")
    ]
    assert len(sources) > 100
    code = {
        path: re.sub(r'""".*?"""|#[^\n]*', "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        for path in sources
    }
    assert [str(path) for path, lines in code.items() if told.search(lines)] == []


@pytest.mark.parametrize(
    "flips", [pytest.param(60, id="reduced"), pytest.param(1_000, id="full", marks=pytest.mark.release)]
)
def test_each_changed_byte_is_refused_before_parsing(
    good: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flips: int
) -> None:
    import random

    import skops.io

    parsed: list[str] = []
    monkeypatch.setattr(skops.io, "loads", lambda *_, **__: parsed.append("x"))
    monkeypatch.setattr(skops.io, "get_untrusted_types", lambda **_: parsed.append("x"))
    sha256 = hashlib.sha256(good).hexdigest()
    path = modelbox.write(tmp_path, good)
    draw, refused = random.Random(2), 0
    for _ in range(flips):
        changed = bytearray(good)
        changed[draw.randrange(len(good))] ^= 1 + draw.randrange(255)
        path.write_bytes(changed)
        wrong = modelbox.problem(tmp_path, sha256)
        refused += wrong is not None and not loaded_from(path, sha256)
    assert (refused, parsed) == (flips, [])
    # the control: the good bytes are parsed
    path.write_bytes(good)
    assert modelbox.problem(tmp_path, sha256) is None
    loaded_from(path, sha256)
    assert parsed


def loaded_from(path: Path, sha256: str) -> bool:
    """Whether the file at a path is loaded under a registered sum."""
    try:
        LinearRanker.load(path, sha256)
    except Exception:
        return False
    return True


def greedy(good: bytes) -> Iterator[bytes]:
    """Small files that ask for much: blanks, depth, long text, large arrays, many members."""
    schema = json.dumps(_schema(good)).encode()
    for size in (300, 400, 500, 700, 900):
        yield _packed(schema.replace(b'"content": {', b'"content": {' + b" " * (size * 1_000_000), 1), good)
    for depth in (2_000, 20_000, 100_000, 500_000):
        yield _packed(b'{"content":' * depth + b"{}" + b"}" * depth, good)
    for size in (400, 600, 800):
        long = b'"' + b"a" * (size * 1_000_000) + b'"'
        yield _packed(schema[:-1] + b', "extra": ' + long + b"}", good)
    for dtype, count in (("<f8", 10**9), ("<f8", 10**12), ("|u1", 10**10), ("<f4", 10**18)):
        head = (
            f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': ({count},), }}".encode().ljust(117)
            + b"\n"
        )
        with zipfile.ZipFile(io.BytesIO(good)) as packed:
            arrays = [name for name in packed.namelist() if name.endswith(".npy")]
        forged = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(good)) as old, zipfile.ZipFile(forged, "w") as new:
            for name in old.namelist():
                new.writestr(name, b"\x93NUMPY\x01\x00v\x00" + head if name in arrays else old.read(name))
        yield forged.getvalue()
    for at in range(4):
        yield _packed(schema[: len(schema) // 2] + b"[" * (10 ** (3 + at)), good)


@pytest.mark.skipif(sys.platform != "linux", reason="the memory limit is Linux's")
@pytest.mark.release
def test_twenty_files_that_ask_for_all_memory_are_refused(good: bytes, tmp_path: Path) -> None:
    tried = list(greedy(good))
    assert len(tried) == 20
    for data in tried:
        assert len(data) < modelbox.LARGEST
        path = modelbox.write(tmp_path, data)
        with pytest.raises(KiemChungError, match="cannot be loaded safely"):
            modelbox.validate(tmp_path, path.stem)
    # the control: a sound model passes the same child
    path = modelbox.write(tmp_path, good)
    modelbox.validate(tmp_path, path.stem)


REBUILD = """
import hashlib, json, sys
from classify.rank import LinearRanker
from classify.ranking import fit_ranker
from tests.classify.test_rank import facts, rows
made = fit_ranker(*rows(), seed=1)
from pathlib import Path
path = Path(sys.argv[1]); path.write_bytes(made.data)
texts = ("nộp phí nhận tiền gạo", "lịch tiêm chủng mai", "câu khác xe")
scored = LinearRanker.load(path, made.sha256).score([facts(text) for text in texts])
print(json.dumps([one.score for one in scored]))
"""


@pytest.mark.release
def test_five_rebuilds_in_other_processes_say_the_same(tmp_path: Path) -> None:
    said = set()
    for at in range(5):
        done = subprocess.run(
            [sys.executable, "-c", REBUILD, str(tmp_path / f"{at}.skops")],
            env={**os.environ, "PYTHONHASHSEED": str(at)},
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=True,
        )
        said.add(done.stdout)
    assert len(said) == 1
    assert len(set(json.loads(said.pop()))) >= 3  # the control: not one thing to everything
