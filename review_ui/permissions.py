"""Who may do what: one row a route, deny by default. `create_app` fails if a route and this table disagree.

A row is the set of roles that may call the route; `EVERYBODY` needs no account and looks at no session.
"""

from collections.abc import Iterable

from models.vocabulary import Role
from review_ui.errors import WiringError

EVERYBODY: frozenset[Role] = frozenset()
_STAFF = frozenset(Role)
_READS = frozenset({Role.ANALYST, Role.LEAD, Role.AUDITOR})
_REVIEWS = frozenset({Role.ANALYST, Role.LEAD})
_LEAD = frozenset({Role.LEAD})
_AUDITOR = frozenset({Role.AUDITOR})
_ADMIN = frozenset({Role.ADMIN})
_OVERSEES = frozenset({Role.AUDITOR, Role.ADMIN, Role.LEAD})

PERMISSIONS: dict[str, frozenset[Role]] = {
    # the public door
    "home": EVERYBODY,
    "topic": EVERYBODY,
    "find": EVERYBODY,
    "correction": EVERYBODY,
    "correction_json": EVERYBODY,
    "correction_version": EVERYBODY,
    "json_feed": EVERYBODY,
    "rss": EVERYBODY,
    "atom": EVERYBODY,
    "claim_review_feed": EVERYBODY,
    "corrections_csv": EVERYBODY,
    "sitemap": EVERYBODY,
    "robots": EVERYBODY,
    "tip_form": EVERYBODY,
    "send_tip": EVERYBODY,
    "follow_form": EVERYBODY,
    "follow": EVERYBODY,
    "withdraw": EVERYBODY,
    "api_send_tip": EVERYBODY,
    "api_follow": EVERYBODY,
    "api_withdraw": EVERYBODY,
    "appeal_form": EVERYBODY,
    "appeal": EVERYBODY,
    "appeal_status": EVERYBODY,
    "figures": EVERYBODY,
    "figure_chart": EVERYBODY,
    "figure_data": EVERYBODY,
    "figure_page": EVERYBODY,
    "figure_week": EVERYBODY,
    "figure_week_data": EVERYBODY,
    "log_head": EVERYBODY,
    "log_entries": EVERYBODY,
    "method": EVERYBODY,
    "rules": EVERYBODY,
    "sources": EVERYBODY,
    "healthz": EVERYBODY,
    "static_file": EVERYBODY,
    "sign_in_form": EVERYBODY,
    "sign_in": EVERYBODY,
    # every member of staff
    "sign_out": _STAFF,
    "password_form": _STAFF,
    "change_password": _STAFF,
    # the desk
    "queue": _READS,
    "claim": _READS,
    "take_claim": _REVIEWS,
    "review_claim": _REVIEWS,
    "defer_claim": _REVIEWS,
    "correction_editor": _LEAD,
    "check_correction": _LEAD,
    "publish_correction": _LEAD,
    "revise_correction": _LEAD,
    "appeals": _READS,
    "resume_queue": _LEAD,
    # the independent audit: nobody who reviews, leads or runs the desk
    "independent_audit": _AUDITOR,
    "label_claim": _AUDITOR,
    # seeds: an analyst reviews them and must not see what they are made from
    "seed_page": frozenset({Role.LEAD, Role.AUDITOR}),
    "make_seed": frozenset({Role.LEAD, Role.AUDITOR}),
    # running it
    "source_health": frozenset({Role.ADMIN, Role.LEAD}),
    "one_source_health": frozenset({Role.ADMIN, Role.LEAD}),
    "models": frozenset({Role.LEAD, Role.AUDITOR}),
    "promote_model": _LEAD,
    "roll_back_model": _LEAD,
    "accounts": _ADMIN,
    "add_account": _ADMIN,
    "disable_account": _ADMIN,
    "reset_account": _ADMIN,
    "change_role": _ADMIN,
    "audit_log": _OVERSEES,
    "prometheus": _ADMIN,
}

# what a machine may read with the operator's token instead of a session
BY_TOKEN = frozenset({"prometheus"})


def check_routes(names: Iterable[str]) -> None:
    """Raise `WiringError` unless the routes are exactly the rows of the table, each once."""
    found = list(names)
    twice = {name for name in found if found.count(name) > 1}
    missing, stale = set(found) - set(PERMISSIONS), set(PERMISSIONS) - set(found)
    if twice or missing or stale:
        raise WiringError(
            f"routes without a permission: {sorted(missing)}; permissions without a route: {sorted(stale)}; "
            f"routes of the same name: {sorted(twice)}"
        )


def may(role: Role, name: str) -> bool:
    """Whether a role may call a route."""
    allowed = PERMISSIONS[name]
    return allowed is EVERYBODY or role in allowed
