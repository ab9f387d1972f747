"""The closed word lists of the product: topics, ratings, roles, states.

Each is code and a database constraint (rule 2: a topic cannot be added by configuration).
"""

from enum import StrEnum


class Topic(StrEnum):
    """The nine harm topics of rule 2; there is no tenth and no free text."""

    RECRUITMENT = "recruitment"
    BENEFITS = "benefits"
    HEALTH = "health"
    CHILD_SAFETY = "child_safety"
    WOMEN = "women"
    DISABILITY = "disability"
    ETHNIC_SERVICES = "ethnic_services"
    LEGAL_IDENTITY = "legal_identity"
    DISASTER = "disaster"


class Rating(StrEnum):
    """What a verdict can say. Only `false` and `misleading` are ever counted as false."""

    FALSE = "false"
    MISLEADING = "misleading"
    UNPROVEN = "unproven"
    TRUE = "true"


class Opinion(StrEnum):
    """What one reviewer can say: a rating, or that it is no claim, or that it is not ours."""

    FALSE = "false"
    MISLEADING = "misleading"
    UNPROVEN = "unproven"
    TRUE = "true"
    NOT_A_CLAIM = "not_a_claim"
    NOT_OURS = "not_ours"


class SourceKind(StrEnum):
    """Organisations that publish (rule 4); a personal account is none of these."""

    NEWSPAPER = "newspaper"
    BROADCASTER = "broadcaster"
    PUBLIC_BODY = "public_body"
    HEALTH = "health"
    FACT_CHECKER = "fact_checker"
    ASSOCIATION = "association"


class EntryKind(StrEnum):
    """How a source is read."""

    FEED = "feed"
    SITEMAP = "sitemap"
    LISTING = "listing"
    CLAIM_REVIEW = "claim_review"


class FrontierState(StrEnum):
    """The life of one page address in the crawl frontier."""

    PENDING = "pending"
    LEASED = "leased"
    DONE = "done"


class Outcome(StrEnum):
    """What became of one fetch, page or tip: each has a daily counter, none is silent."""

    KEPT = "kept"
    NOT_OURS = "not_ours"
    DUPLICATE = "duplicate"
    UNCHANGED = "unchanged"
    EMPTY = "empty"
    ROBOTS = "robots"
    REFUSED_ADDRESS = "refused_address"
    HTTP_ERROR = "http_error"
    TIMEOUT = "timeout"
    NETWORK_ERROR = "network_error"
    CERTIFICATE = "certificate"
    BLOCKED = "blocked"
    MOVED = "moved"
    TOO_LARGE = "too_large"
    PARSE_ERROR = "parse_error"
    FEED_READ = "feed_read"
    NOT_HTML = "not_html"
    QUARANTINED = "quarantined"


class ItemKind(StrEnum):
    """Where an item came from."""

    ARTICLE = "article"
    TIP = "tip"


class ClaimState(StrEnum):
    """Where a claim stands on its way to an answer.

    `agreed`: two people agree and the correction is still to be written; the verdict is made with it, so
    that no verdict exists that is not public (rule 7). `closed`: two people found no claim in it.
    """

    NEW = "new"
    QUEUED = "queued"
    SECOND = "second"
    THIRD = "third"
    AGREED = "agreed"
    DECIDED = "decided"
    CLOSED = "closed"


class EvidenceKind(StrEnum):
    """A primary source, or one of at least two independent ones (rule 5)."""

    PRIMARY = "primary"
    INDEPENDENT = "independent"


class CopyOutcome(StrEnum):
    """Whether the quoted words stood on the page when the desk looked; `unread`: the page did not open."""

    WAITING = "waiting"
    FOUND = "found"
    MISSING = "missing"
    UNREAD = "unread"


class Language(StrEnum):
    """Languages a correction is published in; Vietnamese first."""

    VI = "vi"
    EN = "en"
    KM = "km"


class Role(StrEnum):
    """Staff roles; what each may do is one table in `review_ui`."""

    ANALYST = "analyst"
    LEAD = "lead"
    AUDITOR = "auditor"
    ADMIN = "admin"


class ModelKind(StrEnum):
    """What a registered model is for."""

    RANK = "rank"
    SCOPE = "scope"


class ModelState(StrEnum):
    """A candidate waits for a person; at most one champion serves for each kind."""

    CANDIDATE = "candidate"
    CHAMPION = "champion"
    RETIRED = "retired"
    REFUSED = "refused"


class AppealState(StrEnum):
    """An appeal is open until two people who did not decide before have decided it."""

    OPEN = "open"
    UPHELD = "upheld"
    CHANGED = "changed"


COUNTED_FALSE = frozenset({Rating.FALSE, Rating.MISLEADING})
