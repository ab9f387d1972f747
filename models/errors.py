"""Errors of the whole product but `classify`: the docstring or the text is the message a user reads."""


class KiemChungError(Exception):
    """Something that the product could not do; the text says what and where. Exit code 1."""

    exit_code = 1


class UsageError(KiemChungError):
    """Something was asked for wrongly: a file, a setting, a field, a flag. Exit code 2."""

    exit_code = 2


class StoreError(KiemChungError):
    """The database could not be opened, is locked or is not at the expected revision."""


class WeekError(UsageError):
    """A week is written as 2026-W47 (ISO 8601, Asia/Ho_Chi_Minh)."""


class NotFoundError(KiemChungError):
    """What was asked for does not exist, or was erased."""


class ConflictError(KiemChungError):
    """Somebody else did it first, or the state does not allow it any more."""
