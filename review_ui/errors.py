"""Errors of the web app; `review_ui.faults` turns these and all others into a page."""

from models.errors import KiemChungError, UsageError


class WiringError(Exception):
    """The app was put together wrongly: a route without a row in the table of permissions, or the reverse."""


class NotSignedInError(KiemChungError):
    """The page is for staff who are signed in."""


class ForbiddenError(KiemChungError):
    """The account's role may not do this."""


class MustEnrolError(ForbiddenError):
    """The desk asks this role for a second factor, and the account has none yet."""


class MustChangeError(ForbiddenError):
    """The account has a password that was made up for it, and has to choose one of its own."""


class CrossSiteError(KiemChungError):
    """The form was not sent from a page of this site."""


class TooManyError(KiemChungError):
    """Too many tries in a short time; wait and try again."""


class TooLargeError(KiemChungError):
    """The form is larger than any form of this site."""


class MediaTypeError(KiemChungError):
    """The body is of a kind that this route does not take."""


class WrongFormError(UsageError):
    """The form holds fields that this page does not have, or one of them twice."""
