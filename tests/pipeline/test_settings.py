"""Settings come in order, and a wrong one is named."""

from pathlib import Path

import pytest

from models.errors import UsageError
from pipeline.settings import TABLE, load, template


def write(folder: Path, text: str) -> Path:
    path = folder / "kiemchung.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_defaults_file_environment_flags_in_that_order(tmp_path: Path) -> None:
    file = write(tmp_path, "[web]\nport = 8001\nhost = '0.0.0.0'\n[desk]\nname = 'Bàn A'\n")
    environ = {"KIEMCHUNG_WEB_PORT": "8002", "KIEMCHUNG_DESK_NAME": "Bàn B", "HOME": "/"}
    settings = load(file, environ, {"web.port": 8003, "desk.name": None})
    assert settings.number("web.port") == 8003
    assert settings.text("desk.name") == "Bàn B"
    assert settings.text("web.host") == "0.0.0.0"  # noqa: S104 -- only read back
    assert settings.text("desk.province") == "86"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[web]\nprot = 1\n", "web.prot"),
        ("[web]\nport = '80'\n", "web.port"),
        ("[web]\nport = 99999\n", "99999"),
        ("[queue]\nthreshold = 2\n", "threshold"),
        ("[schedule]\nenabled = 1\n", "schedule.enabled"),
        ("[desk]\nname = ''\n", "desk.name"),
        ("topic = 'politics'\n", "topic"),
        ("[topics]\nextra = 'politics'\n", "topics.extra"),
        ("[queue]\nkeywords = 'x'\n", "queue.keywords"),
        ("= broken", "kiemchung.toml"),
    ],
)
def test_a_wrong_setting_is_named_with_its_file(tmp_path: Path, text: str, named: str) -> None:
    file = write(tmp_path, text)
    with pytest.raises(UsageError) as refused:
        load(file, {})
    assert named in str(refused.value)
    assert str(file) in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_close_name_is_suggested(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"did you mean 'web\.port'"):
        load(write(tmp_path, "[web]\nprot = 1\n"), {})


@pytest.mark.parametrize("variable", ["KIEMCHUNG_TOPIC", "KIEMCHUNG_WEB_PORTS", "KIEMCHUNG_X"])
def test_an_unknown_variable_is_named(variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=variable):
        load(environ={variable: "1"})


def test_a_missing_file_that_was_asked_for_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere\.toml"):
        load(tmp_path / "nowhere.toml", {})


def test_the_template_holds_every_setting_and_changes_nothing(tmp_path: Path) -> None:
    text = template()
    for setting in TABLE:
        assert setting.help in text
    opened = "\n".join(line.removeprefix("# ") if " = " in line else line for line in text.splitlines())
    assert load(write(tmp_path, opened), {}).values == load(tmp_path / "kiemchung.toml", {}).values
    assert load(write(tmp_path, text), {}).values == {s.name: s.default for s in TABLE}


def test_no_setting_names_topics_or_words_to_watch() -> None:
    names = " ".join(setting.name for setting in TABLE)
    assert not any(word in names for word in ("topic", "keyword", "watch", "person", "author", "account"))


def test_a_relative_database_lies_beside_the_settings(tmp_path: Path) -> None:
    settings = load(write(tmp_path, "[database]\nurl = 'sqlite:///var/a.sqlite'\n"), {})
    assert settings.database_url == f"sqlite:///{tmp_path / 'var/a.sqlite'}"
