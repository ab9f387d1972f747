"""Errors of gathering; each text is one line that names the file, row, field or setting."""

from models.errors import KiemChungError, UsageError
from models.vocabulary import Outcome


class CrawlError(KiemChungError):
    """A crawl could not be run."""


class PolicyError(CrawlError):
    """A safety setting of the crawler differs from the fixed table, so nothing is fetched."""


class RegistryError(UsageError):
    """A source registry holds something that is not allowed; the text gives file, line and field."""


class HomePageError(CrawlError):
    """The home page of what might become a source cannot be read; `outcome` says why."""

    def __init__(self, text: str, outcome: Outcome) -> None:
        super().__init__(text)
        self.outcome = outcome


class IntakeError(UsageError):
    """A tips file cannot be read; the text gives file, row and column."""


class ClaimReviewError(UsageError):
    """A ClaimReview file cannot be read at all; single bad rows are listed, not raised."""
