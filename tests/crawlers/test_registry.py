"""sources.toml: what it may hold, and errors with file, line and field."""

from dataclasses import replace
from datetime import date
from difflib import unified_diff
from pathlib import Path

import pytest
from sqlalchemy import select

from crawlers import registry
from crawlers.errors import RegistryError
from crawlers.registry import EntrySpec, SourceSpec, load, sync, to_toml
from models.gathered import EntryPoint, Source
from models.vocabulary import EntryKind, SourceKind
from tests.crawlers.conftest import Desk

GOOD = """# a registry
[[source]]
id = "bao-tinh"
name = "Báo tỉnh"
kind = "newspaper"
homepage = "https://baotinh.vn/"
local = true

[[source.entry]]
kind = "feed"
url = "https://baotinh.vn/rss"

[[source.entry]]
kind = "listing"
url = "https://baotinh.vn/moi"
link_pattern = '/tin/\\d+'

[[source]]
id = "so-y-te"
name = "Sở Y tế"
kind = "health"
homepage = "https://soyte.vinhlong.gov.vn/"
local = true
enabled = false
entry = [{kind = "sitemap", url = "https://soyte.vinhlong.gov.vn/sitemap.xml"}]
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "sources.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_good_registry(tmp_path: Path) -> None:
    first, second = load(write(tmp_path, GOOD))
    assert (first.id, first.kind, first.local, first.enabled) == (
        "bao-tinh",
        SourceKind.NEWSPAPER,
        True,
        True,
    )
    assert first.entries[1] == EntrySpec(EntryKind.LISTING, "https://baotinh.vn/moi", r"/tin/\d+")
    assert (second.enabled, second.entries[0].kind) == (False, EntryKind.SITEMAP)


def test_written_and_read_back_it_is_the_same(tmp_path: Path) -> None:
    specs = load(write(tmp_path, GOOD))
    odd = SourceSpec(
        "la", 'Báo "lạ" \\ \t', SourceKind.ASSOCIATION, "https://la.vn/", False, True, specs[0].entries[1:]
    )
    assert load(write(tmp_path, to_toml([*specs, odd]))) == [
        *specs,
        SourceSpec("la", 'Báo "lạ" \\', SourceKind.ASSOCIATION, "https://la.vn/", False, True, odd.entries),
    ]


def test_the_starter_registry_is_valid_and_switched_off() -> None:
    specs = load(registry.STARTER)
    assert len(specs) >= 6
    assert not any(spec.enabled for spec in specs)
    assert {SourceKind.NEWSPAPER, SourceKind.BROADCASTER, SourceKind.FACT_CHECKER} <= {
        spec.kind for spec in specs
    }
    text = registry.STARTER.read_text(encoding="utf-8")
    assert text.count("# unverified until `sources check` succeeded") == len(specs)


def test_the_starter_registry_names_the_merged_province_and_signatories_alone() -> None:
    specs = {spec.id: spec for spec in load(registry.STARTER)}
    assert {"bao-vinh-long", "bao-tra-vinh", "bao-dong-khoi", "thvl", "thbt", "travinhtv"} <= set(specs)
    assert {spec.id for spec in specs.values() if spec.kind == SourceKind.FACT_CHECKER} == {"afp-fact-check"}
    assert "general knowledge" in registry.STARTER.read_text(encoding="utf-8")


@pytest.mark.parametrize("source_id", ["bao-tinh", "so-y-te"])
@pytest.mark.parametrize("enabled", [True, False])
def test_a_source_is_switched_by_its_own_line_alone(tmp_path: Path, source_id: str, enabled: bool) -> None:
    specs = load(write(tmp_path, GOOD))
    text = registry.with_enabled(GOOD, source_id, enabled=enabled)
    after = load(write(tmp_path, text))
    assert [replace(one, enabled=True) for one in after] == [replace(one, enabled=True) for one in specs]
    assert {one.id: one.enabled for one in after} == {one.id: one.enabled for one in specs} | {
        source_id: enabled
    }
    changed = list(unified_diff(GOOD.splitlines(), text.splitlines(), lineterm="", n=0))[3:]
    assert len(changed) <= 2
    assert text.startswith("# a registry\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('id = "bao-tinh"', 'id = "bao-tinh"\nnote = "vì \\"lạ\\" \\\\1"'),
        ('id = "bao-tinh"\nnote = "cũ" # của tôi', 'id = "bao-tinh"\nnote = "vì \\"lạ\\" \\\\1" # của tôi'),
        ("id = \"bao-tinh\"\nnote = 'cũ'", 'id = "bao-tinh"\nnote = "vì \\"lạ\\" \\\\1"'),
    ],
)
def test_a_note_says_why_and_touches_one_line(tmp_path: Path, before: str, after: str) -> None:
    switched = registry.with_enabled(GOOD, "bao-tinh", enabled=True)
    text = switched.replace('id = "bao-tinh"', before)
    changed = registry.with_enabled(text, "bao-tinh", enabled=True, note='vì "lạ" \\1')
    assert changed == text.replace(before, after)
    spec = load(write(tmp_path, changed))[0]
    assert spec.note == 'vì "lạ" \\1'
    assert load(write(tmp_path, to_toml([spec]))) == [spec]


def test_a_note_over_many_lines_is_left_to_a_hand() -> None:
    text = GOOD.replace('id = "bao-tinh"', 'id = "bao-tinh"\nnote = """cũ\nhai dòng"""')
    with pytest.raises(RegistryError, match="by hand"):
        registry.with_enabled(text, "bao-tinh", enabled=True, note="mới")


def test_what_cannot_be_edited_by_line_is_left_alone() -> None:
    odd = "source = [{id = 'mot', enabled = false}, {id = 'bao', enabled = false}]\n"
    with pytest.raises(RegistryError, match="by hand"):
        registry.with_enabled(odd, "bao", enabled=True)
    with pytest.raises(RegistryError, match="not in the registry"):
        registry.with_enabled(GOOD, "khac", enabled=True)


BAD = [
    ('kind = "newspaper"', 'kind = "person"', 5, "kind"),
    ('kind = "feed"', 'kind = "api"', 10, "kind"),
    ('id = "bao-tinh"', 'id = "Báo"', 3, "id"),
    ('id = "bao-tinh"', 'id = "tip-line"', 3, "id"),
    ('id = "so-y-te"', 'id = "bao-tinh"', 19, "id"),
    ("local = true\n\n", "local = 1\n\n", 7, "local"),
    ("local = true\n\n", "\n", 2, "local"),
    ('name = "Báo tỉnh"', 'nmae = "Báo tỉnh"', 4, "nmae"),
    ("enabled = false", 'enabled = "no"', 24, "enabled"),
    ("link_pattern = '/tin/\\d+'", "", 13, "link_pattern"),
    ("link_pattern = '/tin/\\d+'", "link_pattern = '(a+)+'", 16, "link_pattern"),
    ("link_pattern = '/tin/\\d+'", "link_pattern = '['", 16, "link_pattern"),
    (
        'url = "https://baotinh.vn/rss"',
        'url = "https://baotinh.vn/rss"\nlink_pattern = "x"',
        12,
        "link_pattern",
    ),
    ('url = "https://baotinh.vn/moi"', 'url = "https://baotinh.vn/rss"', 15, "url"),
    ('homepage = "https://baotinh.vn/"', 'homepage = ""', 6, "homepage"),
]


@pytest.mark.parametrize(("old", "new", "line", "field"), BAD)
def test_errors_name_file_line_and_field(tmp_path: Path, old: str, new: str, line: int, field: str) -> None:
    assert old in GOOD
    path = write(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(RegistryError) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}:{line}: {field}: ")
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2


REFUSED = [
    "https://www.facebook.com/baotinh",
    "https://m.me/baotinh",
    "https://zalo.me/0912",
    "https://www.tiktok.com/@bao",
    "https://x.com/bao",
    "https://www.youtube.com/@bao",
    "https://youtu.be/abc",
    "https://t.me/bao",
    "https://baotinh.blogspot.com/",
    "https://baotinh.wordpress.com/",
    "https://baotinh.vn/user/12",
    "https://baotinh.vn/@minh",
    "https://baotinh.vn/groups/cho",
    "https://baotinh.vn/profile.php?id=1",
    "http://203.119.8.111/",
    "http://[2001:4860::1]/",
    "https://me:pw@baotinh.vn/",
    "ftp://baotinh.vn/",
    "javascript:alert(1)",
    "//baotinh.vn/",
    "baotinh.vn",
    "http://localhost/",
    "http://bao.localhost:8000/",
    "https://baotinh.vn:8443/",
    "https://sites.google.com/bao",
    "https://voz.vn/t/1",
]


@pytest.mark.parametrize("url", REFUSED)
@pytest.mark.parametrize("field", ["homepage", "url"])
def test_no_person_no_social_network_no_odd_address(tmp_path: Path, url: str, field: str) -> None:
    good = "https://baotinh.vn/" if field == "homepage" else "https://baotinh.vn/rss"
    path = write(tmp_path, GOOD.replace(f'{field} = "{good}"', f'{field} = "{url}"'))
    with pytest.raises(RegistryError, match=rf":\d+: {field}: "):
        load(path)


def test_local_hosts_come_from_the_caller_alone(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD.replace("https://baotinh.vn/", "http://bao.localhost:8000/"))
    with pytest.raises(RegistryError):
        load(path)
    assert load(path, {"bao.localhost": ("127.0.0.1", 8000)})[0].homepage == "http://bao.localhost:8000/"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[source]\n", "not TOML"),
        ("title = 1\n", ":1: title"),
        ("source = 3\n", ":1: source"),
        ("\n[x]\na=1\n", "x"),
    ],
)
def test_what_is_no_registry(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(RegistryError, match=message):
        load(write(tmp_path, text))


def test_unreadable_files_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="No such file"):
        load(tmp_path / "none.toml")
    path = tmp_path / "latin.toml"
    path.write_bytes("name = 'B\xe1o'".encode("latin-1"))
    with pytest.raises(RegistryError, match="not UTF-8"):
        load(path)


def test_sync_keeps_polling_state_and_switches_off_what_left(desk: Desk, tmp_path: Path) -> None:
    specs = load(write(tmp_path, GOOD))
    with desk.sessions.begin() as session:
        sync(session, specs)
        entry = session.scalars(select(EntryPoint).where(EntryPoint.url.endswith("/rss"))).one()
        entry.etag, entry.failures = '"x"', 2
    changed = SourceSpec(
        "bao-tinh", "Báo mới", SourceKind.NEWSPAPER, "https://baotinh.vn/", True, True, specs[0].entries[:1]
    )
    with desk.sessions.begin() as session:
        sync(session, [changed])
    with desk.sessions.begin() as session:
        bao, so = session.get_one(Source, "bao-tinh"), session.get_one(Source, "so-y-te")
        assert (bao.name, bao.domain, bao.enabled, so.enabled) == ("Báo mới", "baotinh.vn", True, False)
        left = session.scalars(select(EntryPoint).where(EntryPoint.source_id == "bao-tinh")).one()
        assert (left.etag, left.failures) == ('"x"', 2)
        registry.verified(session, "bao-tinh", date(2026, 11, 22))
        registry.verified(session, "bao-tinh", date(2026, 11, 23))
        assert bao.verified_day == date(2026, 11, 22)
