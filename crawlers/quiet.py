"""Logs of a crawl process: our constant events only. Libraries' lines quote addresses and texts."""

import logging
import warnings

LOG = logging.getLogger("kiemchung.crawl")
"""Constant event strings with a source id at most (rules 1 and 2)."""

_LIBRARIES = (
    "scrapy",
    "twisted",
    "trafilatura",
    "htmldate",
    "feedparser",
    "protego",
    "asyncio",
    "py.warnings",
)


def silence_libraries() -> None:
    """Close the loggers of everything that fetches or parses; call again after Scrapy set up its own."""
    for name in _LIBRARIES:
        logger = logging.getLogger(name)
        logger.setLevel(logging.CRITICAL + 1)
        logger.propagate = False
        logger.handlers = [logging.NullHandler()]
    # a warning may quote what it warns about
    warnings.simplefilter("ignore")
