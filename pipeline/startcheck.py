"""What would fail hours after the start is looked at before it: settings that only one kind of work reads."""

from models.errors import UsageError
from pipeline import logs, second_factor, vectors, workdays
from pipeline.compose import Desk


def check(desk: Desk) -> None:
    """Raise an error that names the setting, before the database is touched or a port is opened."""
    logs.check(desk.settings)
    second_factor.check_setting(desk)
    workdays.extra_days(desk.settings)
    _province(desk)
    _encoder(desk)


def _province(desk: Desk) -> None:
    from classify.errors import ClassifyError
    from classify.places import Gazetteer
    from pipeline import provinces

    code = desk.settings.text("desk.province")
    package = provinces.find(code)
    try:
        Gazetteer(code, provinces.local_names(package) if package else {})
    except ClassifyError as error:
        raise UsageError(f"desk.province: {error}") from error


def _encoder(desk: Desk) -> None:
    choice = desk.settings.text("ranking.encoder")
    if choice in vectors.NAMED:
        return
    folder = desk.settings.path("ranking.encoder")
    if not folder.is_dir():
        raise UsageError(
            f"ranking.encoder: {choice!r} is neither bundled nor none, and no such folder exists"
        )
