"""The port of province packages: what is found, what is refused by name, and what `init` makes of it."""

import hashlib
import shutil
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from classify import artefact
from classify.artefact import SHIPPED
from classify.scope import Scoped, ScopeGate
from models.errors import ConflictError, UsageError
from pipeline import provincecheck, provincegates, provinces
from pipeline.cli.main import explain
from pipeline.init import initialise
from pipeline.provinces import GateText
from pipeline.settings import load as load_settings
from tests.pipeline.cli import kiemchung

MANIFEST = """[province]
code = "82"
name_vi = "Đồng Tháp"
name_en = "Dong Thap"
language = "vi"
former = ["Tiền Giang"]
sources = "sources.toml"
names = "names.tsv"
texts = "texts.tsv"
protected = "protected.tsv"
"""
SOURCE = """[[source]]
id = "bao-dong-thap"
name = "Báo Đồng Tháp"
kind = "newspaper"
homepage = "https://baodongthap.vn/"
local = true
enabled = false

[[source.entry]]
kind = "feed"
url = "https://baodongthap.vn/rss"
"""
OPINION = "Theo tôi xã nên công khai tiền xây cầu cho dân biết."
LURE = "Bên Campuchia tuyển người trực điện thoại, lương 22 triệu, xe rước tận bến, khỏi cần hộ chiếu."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "kiemchung_dong_thap"
    made.mkdir()
    write = {
        "province.toml": MANIFEST,
        "sources.toml": SOURCE,
        "names.tsv": "name\tunit\nchợ nổi Vàm Xoáy\tĐồng Tháp\n",
        "texts.tsv": f"label\ttopic\ttext\nin\trecruitment\t{LURE}\nout\t-\tSáng nay trời mát ghê.\n",
        "protected.tsv": f"text\n{OPINION}\n",
    }
    for name, text in write.items():
        (made / name).write_text(text, encoding="utf-8")
    return made


def changed(folder: Path, name: str, old: str, new: str) -> None:
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new), encoding="utf-8")


def test_a_package_that_holds(folder: Path) -> None:
    checked = provincecheck.check(provinces.load(folder))
    assert checked.problems == ()
    assert (checked.sources, checked.names, checked.gate.kept) == (1, 1, 1)
    assert checked.as_dict()["ok"] is True


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("province.toml", 'code = "82"', 'code = "8"', "province.code: '8' is not two digits"),
        ("province.toml", "[province]", 'topics = ["politics"]\n[province]', "topics: not known; a package"),
        ("province.toml", "former", "keywords = []\nformer", "province.keywords: not known"),
        ("province.toml", '"names.tsv"', '"../names.tsv"', "names: '../names.tsv' is not a file beside"),
        ("province.toml", "[province]", '[gate]\nartefact = "x"\n[province]', "alone (rule 10)"),
        ("province.toml", 'language = "vi"', 'language = "km"', "gate: a package in 'km' needs a gate"),
        ("names.tsv", "chợ nổi Vàm Xoáy", "chợ", "names.tsv row 2 column name: 'chợ' is not 2 to 4 words"),
        ("names.tsv", "Vàm Xoáy", "vàm xoáy", "ends in a small letter"),
        ("texts.tsv", "recruitment", "politics", "row 2 column topic: 'politics' is not one of"),
        ("texts.tsv", "out\t-", "out\tcriticism", "row 3 column topic: a text that is not ours has none"),
        ("protected.tsv", "text\n", "text\tkind\n", "protected.tsv row 1: the header is not text"),
        ("sources.toml", "baodongthap.vn/\"", "facebook.com/baodongthap\"", "sources.toml:5: homepage"),
        ("sources.toml", "vn/rss", "vn/@ten-nguoi", "toml:11: url: the address is that of an account"),
    ],
)  # fmt: skip
def test_what_a_package_may_not_hold_is_refused_by_name(
    folder: Path, name: str, old: str, new: str, words: str
) -> None:
    changed(folder, name, old, new)
    with pytest.raises(UsageError) as caught:
        provincecheck.check(provinces.load(folder))
    assert words in str(caught.value)
    assert explain(caught.value) is not None


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("province.toml", "Tiền Giang", "Bến Tre", "former: 'Bến Tre' did not become a part"),
        ("province.toml", "Đồng Tháp", "Cà Mau", "is Đồng Tháp, not Cà Mau"),
        ("names.tsv", "\tĐồng Tháp", "\tXã Không Có", "is no unit of Đồng Tháp today"),
        ("names.tsv", "chợ nổi Vàm Xoáy", "Vũng Liêm", "is a place of Vĩnh Long"),
        ("sources.toml", "enabled = false", "enabled = true", "all are switched off"),
        ("sources.toml", "local = true", "local = false", "is of the whole country"),
        ("protected.tsv", OPINION, LURE, "admits 1 of 1 protected"),
        ("texts.tsv", "Sáng nay trời mát ghê.", LURE, "admits 1 of 1 out texts"),
    ],
)  # fmt: skip
def test_what_does_not_hold_is_said(folder: Path, name: str, old: str, new: str, words: str) -> None:
    changed(folder, name, old, new)
    problems = provincecheck.check(provinces.load(folder)).problems
    assert any(words in problem for problem in problems), problems


def announced(monkeypatch: pytest.MonkeyPatch, folder: Path, *codes: str) -> None:
    monkeypatch.syspath_prepend(folder.parent)
    (folder / "__init__.py").write_text("raise SystemExit('a package is data: nothing of it is run')\n")
    entries = tuple(EntryPoint(code, folder.name, provinces.GROUP) for code in codes)
    monkeypatch.setattr(provinces, "_entries", lambda: entries)


def test_a_package_is_found_by_its_code_and_never_run(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    announced(monkeypatch, folder, "82")
    found = provinces.find("82")
    assert found is not None
    assert found.name_en == "Dong Thap"
    assert provinces.find("86") is None
    assert provincecheck.chosen(None) == [found]


def test_two_packages_of_one_province_are_refused(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    announced(monkeypatch, folder, "82", "82")
    with pytest.raises(ConflictError, match="both serve it"):
        provinces.find("82")


def test_a_package_serves_the_code_that_it_announces(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    announced(monkeypatch, folder, "92")
    with pytest.raises(UsageError, match="announces '92'"):
        provinces.find("92")


def test_a_module_inside_a_package_would_be_run_and_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = (EntryPoint("82", "os.path", provinces.GROUP),)
    monkeypatch.setattr(provinces, "_entries", lambda: entries)
    with pytest.raises(UsageError, match="top level"):
        provinces.find("82")


def own_gate(folder: Path, sha256: str) -> None:
    """The product's weights under the name of another language: good enough to be refused or not."""
    shutil.copyfile(SHIPPED, folder / "km.npz")
    shutil.copyfile(SHIPPED.with_suffix(".json"), folder / "km.json")
    changed(folder, "province.toml", 'language = "vi"', 'language = "km"')
    with (folder / "province.toml").open("a", encoding="utf-8") as file:
        file.write(f'\n[gate]\nartefact = "km.npz"\nsha256 = "{sha256}"\n')


def test_a_gate_of_another_language_does_not_serve_unless_it_is_the_pinned_one(folder: Path) -> None:
    own_gate(folder, "0" * 64)
    with pytest.raises(UsageError, match="SHA-256"):
        provincegates.gate_of(provinces.load(folder))


def test_a_gate_of_another_language_does_not_serve_without_its_exit_tests(folder: Path) -> None:
    own_gate(folder, hashlib.sha256(SHIPPED.read_bytes()).hexdigest())
    with pytest.raises(UsageError, match=r"does not serve \(rule 10\): .*fewer than 250"):
        provincegates.gate_of(provinces.load(folder))


class _Shut(ScopeGate):
    """A gate that keeps what is labelled so, and nothing else."""

    def __init__(self, kept: frozenset[str]) -> None:
        super().__init__(artefact.load())
        self.kept = kept
        self.yes = super().decide(LURE)

    def decide(self, text: str, *, sentences: bool = True) -> Scoped:  # noqa: ARG002
        return self.yes if text in self.kept else self.yes._replace(in_scope=False)


def test_the_exit_tests_pass_a_gate_that_is_shut_and_stop_one_that_is_not() -> None:
    ours = [GateText(True, topic, f"{topic} {n}") for topic in provincegates.topics() for n in range(20)]
    outside = [GateText(False, None, f"ngoài {n}") for n in range(250)]
    protected = [f"ý kiến {n}" for n in range(250)]
    good = frozenset(one.text for one in ours)
    assert provincegates.exit_tests(_Shut(good), [*ours, *outside], protected) == []
    # the controls: one protected text, and one without its diacritics alone
    bad = provincegates.exit_tests(_Shut(good | {"ý kiến 7"}), [*ours, *outside], protected)
    assert bad == ["the gate admits 1 of 250 protected texts, none may be"]
    bare = provincegates.exit_tests(_Shut(good | {"y kien 7"}), [*ours, *outside], protected)
    assert bare == ["admits 1 protected texts without diacritics, 0 of the product's"]


def test_init_of_a_province_with_a_package(tmp_path: Path) -> None:
    path = tmp_path / "kiemchung.toml"
    initialise(path, {}, {"desk.province": "96"}, store=False)
    assert load_settings(path, {}).text("desk.province") == "96"
    registry = tomllib.loads((tmp_path / "sources.toml").read_text(encoding="utf-8"))["source"]
    by_id = {one["id"]: one for one in registry}
    assert by_id["bao-ca-mau"]["local"] is True
    assert "bao-hiem-xa-hoi" in by_id
    assert "bao-vinh-long" not in by_id
    assert not any(one["enabled"] for one in registry)


def test_init_of_a_province_without_one_has_the_sources_of_the_whole_country(tmp_path: Path) -> None:
    initialise(tmp_path / "kiemchung.toml", {}, {"desk.province": "92"}, store=False)
    registry = tomllib.loads((tmp_path / "sources.toml").read_text(encoding="utf-8"))["source"]
    assert registry
    assert not any(one["local"] for one in registry)


def test_init_of_a_province_that_does_not_exist_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="no such code") as caught:
        initialise(tmp_path / "kiemchung.toml", {}, {"desk.province": "97"}, store=False)
    assert explain(caught.value) is not None
    assert list(tmp_path.iterdir()) == []


def test_a_province_without_a_package_has_nothing_to_check() -> None:
    with pytest.raises(UsageError, match="no package is installed"):
        provincecheck.chosen("92")


def test_the_command_line(tmp_path: Path) -> None:
    found = kiemchung(tmp_path, "provinces", "check", "96", "--json").json()["provinces"][0]
    assert found["ok"] is True
    assert found["gate"]["protected_admitted"] == 0
