"""T8: with an offline key set, a copy of the server shows no stored tip; the key's holder reads them all."""

import base64
import json
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from starlette.testclient import TestClient
from typer.testing import CliRunner

from crawlers import sealed
from crawlers.errors import IntakeError
from models import retention
from models.counters import TIP_LINE, totals
from models.errors import KiemChungError, NotFoundError, UsageError
from models.gathered import Item, Mention, MentionToken, Tip
from models.sealed import SealedTip
from models.vocabulary import Outcome
from models.weeks import local_day
from pipeline import backup, sealing, seals, tips
from pipeline.cli.main import app
from pipeline.compose import Desk, build
from pipeline.run import stages
from pipeline.settings import load
from review_ui.app import create_app
from tests.conftest import NOW
from tests.crawlers.reader import StandInReader
from tests.pipeline.conftest import count
from tests.promises.test_tips import tip_words
from tests.review_ui.house import SITE

Pair = tuple[Path, str]


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    file = tmp_path / "offline" / "tips.key"
    file.parent.mkdir()
    return file, seals.make_pair(file)


def make(folder: Path, seal_to: str = "") -> Desk:
    folder.mkdir(exist_ok=True)
    flags = {"database.url": f"sqlite:///{folder}/desk.db", "paths.var": str(folder / "var")}
    return build(load(environ={}, flags={**flags, "tips.seal_to": seal_to}), clock=lambda: NOW)


@pytest.fixture
def server(tmp_path: Path, pair: Pair) -> Desk:
    return make(tmp_path / "server", pair[1])


def image(folder: Path) -> bytes:
    """Every byte of the server: database, its log, keys, and backups as they unpack."""
    found = []
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        found.append(path.read_bytes())
        if tarfile.is_tarfile(path):
            with tarfile.open(path) as packed:
                members = [packed.extractfile(one) for one in packed.getmembers()]
                found += [member.read() for member in members if member is not None]
    return b"\0".join(found)


def readable(folder: Path, texts: list[str]) -> list[str]:
    """The tips of which a copy of the server shows what was said: three words in a row of it are enough."""
    whole = image(folder).lower()
    parts = {text: text.lower().split()[3:6] for text in texts}
    found = [text for text, words in parts.items() if " ".join(words).encode() in whole]
    return found + [text for text in texts if base64.b64encode(text.encode())[:24] in whole]


COUNTS = [pytest.param(24, id="reduced"), pytest.param(1_000, id="full", marks=pytest.mark.release)]


@pytest.mark.parametrize("n", COUNTS)
def test_no_stored_tip_is_readable_on_the_server(server: Desk, tmp_path: Path, pair: Pair, n: int) -> None:
    texts = tip_words(n)
    assert [tips.take(server, text).outcome for text in texts] == [Outcome.KEPT] * n
    stages(server)
    backup.make(server)
    server.close()
    assert (count(server, SealedTip), count(server, Item), count(server, Mention)) == (n, 0, 0)
    assert readable(tmp_path / "server", texts) == []
    # whoever holds the key reads all of them
    opener = seals.Opener.of_file(pair[0])
    with server.reading() as session:
        opened = [
            sealed.unpack(opener.open(one), lambda _: ()) for one in session.scalars(select(SealedTip.sealed))
        ]
    said = " ".join(mention.text.lower() for _, reading in opened for mention in reading.mentions)
    assert len(opened) == n
    assert all(" ".join(text.lower().split()[3:6]) in said for text in texts)
    assert {day for day, _ in opened} == {local_day(NOW)}


def test_control_without_the_setting_they_are_readable(tmp_path: Path) -> None:
    desk, texts = make(tmp_path / "plain"), tip_words(24)
    for text in texts:
        tips.take(desk, text)
    backup.make(desk)
    desk.close()
    assert any(tarfile.is_tarfile(one) for one in (tmp_path / "plain").rglob("*") if one.is_file())
    assert len(readable(tmp_path / "plain", texts)) == 24


def test_all_sealed_tips_are_of_one_length_and_none_repeats(server: Desk) -> None:
    for text in (*tip_words(5), tip_words(1)[0], tip_words(1)[0] + " Bà con chia sẻ gấp." * 40):
        tips.take(server, text)
    with server.reading() as session:
        boxes = list(session.scalars(select(SealedTip.sealed)))
    assert len({len(one) for one in boxes}) == 1
    assert len(set(boxes)) == 7, "the same words sealed twice look different"


def test_what_is_not_ours_is_dropped_before_it_could_be_sealed(server: Desk) -> None:
    taken = tips.take(server, "Tui thấy cách làm việc của xã càng lúc càng tệ, dân hỏi gì cũng lắc đầu.")
    assert taken.outcome == Outcome.NOT_OURS
    assert count(server, SealedTip) == 0
    with server.reading() as session:
        assert totals(session, TIP_LINE, local_day(NOW)) == {"not_ours": 1}


def test_a_receipt_follows_and_withdraws_a_sealed_tip(server: Desk) -> None:
    first, second = (tips.take(server, text) for text in tip_words(2))
    status = tips.follow(server, first.receipt)
    assert (status.sealed, status.day, list(status.claims)) == (True, local_day(NOW), [])
    tips.withdraw(server, first.receipt)
    for do in (tips.follow, tips.withdraw):
        with pytest.raises(NotFoundError, match="no tip of this receipt"):
            do(server, first.receipt)
    assert tips.follow(server, second.receipt).sealed
    assert count(server, SealedTip) == 1


def test_ninety_days_and_it_is_gone(server: Desk) -> None:
    from datetime import timedelta

    tips.take(server, tip_words(1)[0])
    today = local_day(NOW)
    for days, left in ((90, 1), (91, 0)):
        with server.sessions.begin() as session:
            gone = retention.erase(session, today + timedelta(days=days))
            assert gone["sealed_tip"] == 1 - left
        assert count(server, SealedTip) == left


def test_an_export_is_opened_offline_and_again_changes_nothing(
    server: Desk, tmp_path: Path, pair: Pair
) -> None:
    texts = [text.replace(", khỏi", ", gọi 0912345678, khỏi") for text in tip_words(3)]
    for text in texts:
        tips.take(server, text)
    folder = tmp_path / "carried"
    assert len(sealing.export(server, folder)) == 3
    away = make(tmp_path / "offline")
    for outcome in (Outcome.KEPT, Outcome.DUPLICATE):
        done = sealing.take(away, folder, pair[0])
        assert (done.rows, dict(done.outcomes), list(done.errors)) == (3, {outcome.value: 3}, [])
    assert (count(away, Item), count(away, Tip)) == (3, 3)
    with away.reading() as session:
        kept = " ".join(session.scalars(select(Mention.text)))
        assert session.scalars(select(MentionToken.last_two).distinct()).all() == ["78"]
    assert "0912345678" not in kept, "sealed or not, numbers are masked"
    assert stages(away)[0] > 0, "and they become claims there"


def test_a_file_that_cannot_be_opened_takes_no_other_with_it(
    server: Desk, tmp_path: Path, pair: Pair
) -> None:
    for text in tip_words(2):
        tips.take(server, text)
    folder = tmp_path / "carried"
    whole, broken = sealing.export(server, folder)
    broken.write_text(whole.read_text()[:-8] + "AAAAAAA=")
    (folder / "x.sealed").write_bytes("không".encode())
    other = tmp_path / "other.key"
    boxed = seals.seal(b"{}", seals.public_key(seals.make_pair(other)))
    (folder / "y.sealed").write_text(boxed)
    away = make(tmp_path / "offline")
    done = sealing.take(away, folder, pair[0])
    assert (done.rows, dict(done.outcomes), len(done.errors)) == (4, {"kept": 1}, 3)
    assert all(".sealed: " in error for error in done.errors)


def test_the_key_has_no_business_on_a_server_that_seals(server: Desk, tmp_path: Path, pair: Pair) -> None:
    tips.take(server, tip_words(1)[0])
    sealing.export(server, tmp_path / "carried")
    with pytest.raises(UsageError, match=r"tips\.seal_to: is set here"):
        sealing.take(server, tmp_path / "carried", pair[0])
    away = make(tmp_path / "offline")
    for folder, key, said in (
        (tmp_path, pair[0], "holds no file that ends in .sealed"),
        (tmp_path / "carried", tmp_path / "none.key", "No such file"),
        (tmp_path / "carried", tmp_path / "server" / "var" / "desk.key", "is not a private key"),
    ):
        with pytest.raises(UsageError, match=said):
            sealing.take(away, folder, key)


def test_a_key_is_never_overwritten_and_only_its_owner_reads_it(pair: Pair) -> None:
    before = pair[0].read_bytes()
    assert pair[0].stat().st_mode & 0o777 == 0o600
    with pytest.raises(UsageError, match="never overwritten"):
        seals.make_pair(pair[0])
    assert pair[0].read_bytes() == before


@pytest.mark.parametrize("setting", ["x", "AAAA", "không phải khóa", "A" * 500])
def test_a_wrong_key_fails_at_start_by_its_name(tmp_path: Path, setting: str) -> None:
    with pytest.raises(UsageError, match=r"tips\.seal_to: not a public key"):
        make(tmp_path / "server", setting)


def test_what_was_changed_does_not_open(pair: Pair) -> None:
    box = base64.b64decode(seals.seal(b"x" * 100, seals.public_key(pair[1])))
    opener = seals.Opener.of_file(pair[0])
    assert opener.open(base64.b64encode(box).decode()) == b"x" * 100
    for at in range(0, len(box), 7):
        changed = bytes(byte ^ (at == place) for place, byte in enumerate(box))
        with pytest.raises(KiemChungError, match="not sealed to this key"):
            opener.open(base64.b64encode(changed).decode())


@given(st.binary(max_size=200))
def test_nothing_odd_is_unpacked(plain: bytes) -> None:
    with pytest.raises(IntakeError, match="holds no tip"):
        sealed.unpack(plain, lambda _: ())


def test_packing_loses_nothing_of_a_reading() -> None:
    reading = StandInReader().read("Tin đồn vay 0912345678 không lãi. Chuyện khác. Tin đồn thứ hai.")
    day, back = sealed.unpack(sealed.pack(reading, local_day(NOW)), lambda _: ())
    assert day == local_day(NOW)
    assert [(one.text, one.key, one.score, one.topic) for one in back.mentions] == [
        (one.text, one.key, one.score, one.topic) for one in reading.mentions
    ]
    assert [len(one.tokens) for one in back.mentions] == [1, 0]
    assert back.minhash == reading.minhash
    assert len(sealed.pack(replace(reading, minhash=None), day)) % sealed.BLOCK == 0


def test_the_pages_say_so(server: Desk, tmp_path: Path) -> None:
    client = TestClient(create_app(server), base_url=SITE, headers={"sec-fetch-site": "same-origin"})
    assert "phong bì khóa kín" in client.get("/gui-tin").text
    receipt = client.post("/api/tips", json={"text": tip_words(1)[0]}).json()["receipt"]
    shown = client.post("/theo-doi", data={"receipt": receipt})
    assert "phong bì khóa kín" in shown.text
    assert "Xóa tin này" in shown.text
    assert client.post("/api/tips/status", json={"receipt": receipt}).json()["sealed"] is True
    assert client.post("/theo-doi/xoa", data={"receipt": receipt}).status_code == 200
    assert count(server, SealedTip) == 0
    # the control: a desk that does not seal does not say that it does
    plain = TestClient(create_app(make(tmp_path / "plain")), base_url=SITE)
    assert "phong bì" not in plain.get("/gui-tin").text


def test_the_commands(server: Desk, tmp_path: Path) -> None:
    tips.take(server, tip_words(1)[0])
    env = {"KIEMCHUNG_DATABASE_URL": server.settings.text("database.url")}
    env["KIEMCHUNG_PATHS_VAR"] = server.settings.text("paths.var")
    run = CliRunner()
    key = tmp_path / "new.key"
    made = json.loads(run.invoke(app, ["keys", "tips", "--out", str(key), "--json"]).stdout)
    assert len(base64.b64decode(made["public_key"])) == 32
    env["KIEMCHUNG_TIPS_SEAL_TO"] = made["public_key"]
    done = run.invoke(app, ["export", "sealed-tips", "--out", str(tmp_path / "out"), "--json"], env=env)
    assert len(json.loads(done.stdout)["files"]) == 1
    del env["KIEMCHUNG_TIPS_SEAL_TO"]
    command = ["import", "tips", "--sealed", str(tmp_path / "out"), "--key", str(key), "--json"]
    refused = run.invoke(app, command, env=env)
    assert refused.exit_code == 1, "it was sealed to another key"
    assert "not sealed to this key" in json.loads(refused.stdout)["errors"][0]
    command[5] = str(tmp_path / "offline" / "tips.key")
    assert json.loads(run.invoke(app, command, env=env).stdout)["outcomes"] == {"kept": 1}
    assert isinstance(run.invoke(app, ["import", "tips", "--sealed", "x"], env=env).exception, UsageError)
