"""The database and the running site that the crawl's own tests use."""

from tests.crawlers.conftest import desk, site

__all__ = ["desk", "site"]
