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
    "correction_diff": EVERYBODY,
    "short_address": EVERYBODY,
    "share_card": EVERYBODY,
    "share_card_svg": EVERYBODY,
    "notice": EVERYBODY,
    "notice_pdf": EVERYBODY,
    "read_aloud": EVERYBODY,
    "read_aloud_text": EVERYBODY,
    "embedded": EVERYBODY,
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
    # messaging channels (404 while off) and the bookmarklet
    "telegram_channel": EVERYBODY,
    "zalo_channel": EVERYBODY,
    "bookmarklet": EVERYBODY,
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
    "revised": EVERYBODY,
    "staff_roles": EVERYBODY,
    "open_data": EVERYBODY,
    "oembed": EVERYBODY,
    "healthz": EVERYBODY,
    "readyz": EVERYBODY,
    "static_file": EVERYBODY,
    "sign_in_form": EVERYBODY,
    "sign_in": EVERYBODY,
    "sign_in_code": EVERYBODY,
    "sign_in_outside": EVERYBODY,
    "sign_in_return": EVERYBODY,
    # the public API
    "api_corrections": EVERYBODY,
    "api_correction": EVERYBODY,
    "api_topics": EVERYBODY,
    "api_figures": EVERYBODY,
    "api_search": EVERYBODY,
    "api_log_head": EVERYBODY,
    "api_description": EVERYBODY,
    # every member of staff
    "my_account": _STAFF,
    "begin_factor": _STAFF,
    "confirm_factor": _STAFF,
    "renew_codes": _STAFF,
    "remove_factor": _STAFF,
    "end_session": _STAFF,
    "end_other_sessions": _STAFF,
    "make_token": _STAFF,
    "revoke_token": _STAFF,
    "roles": _STAFF,
    "sign_out": _STAFF,
    "choose_language": _STAFF,
    "password_form": _STAFF,
    "change_password": _STAFF,
    # the desk
    "queue": _READS,
    "claim": _READS,
    "take_claim": _REVIEWS,
    "review_claim": _REVIEWS,
    "defer_claim": _REVIEWS,
    "hold_claim": _REVIEWS,
    "release_claim": _REVIEWS,
    "save_draft": _REVIEWS,
    "discard_draft": _REVIEWS,
    "take_back_review": _REVIEWS,
    "claim_group": _REVIEWS,
    "review_group": _REVIEWS,
    "save_view": _READS,
    "drop_view": _READS,
    "correction_editor": _LEAD,
    "check_correction": _LEAD,
    "discard_correction_draft": _LEAD,
    "publish_correction": _LEAD,
    "revise_correction": _LEAD,
    "appeals": _READS,
    "agreement": frozenset({Role.LEAD, Role.AUDITOR}),
    "resume_queue": _LEAD,
    "switch_learning": _LEAD,
    "answer_reason": _REVIEWS,
    # the independent audit: nobody who reviews, leads or runs the desk
    "independent_audit": _AUDITOR,
    "label_claim": _AUDITOR,
    # seeds: an analyst reviews them and must not see what they are made from
    "seed_page": frozenset({Role.LEAD, Role.AUDITOR}),
    "make_seed": frozenset({Role.LEAD, Role.AUDITOR}),
    # running it
    "source_health": frozenset({Role.ADMIN, Role.LEAD}),
    "one_source_health": frozenset({Role.ADMIN, Role.LEAD}),
    "source_form": _ADMIN,
    "look_for_source": _ADMIN,
    "add_source": _ADMIN,
    "try_source": _ADMIN,
    "switch_on_source": _ADMIN,
    "switch_off_source": _ADMIN,
    "rest_source": _ADMIN,
    "models": frozenset({Role.LEAD, Role.AUDITOR}),
    "replays": _READS,
    "promote_model": _LEAD,
    "reviewers": frozenset({Role.LEAD, Role.AUDITOR}),
    "try_model": _LEAD,
    "end_trial": _LEAD,
    "roll_back_model": _LEAD,
    "accounts": _ADMIN,
    "add_account": _ADMIN,
    "disable_account": _ADMIN,
    "reset_account": _ADMIN,
    "change_role": _ADMIN,
    "reset_factor": _ADMIN,
    "subscriptions": _ADMIN,
    "add_subscription": _ADMIN,
    "end_subscription": _ADMIN,
    "audit_log": _OVERSEES,
    "prometheus": _ADMIN,
    # the desk for programs, by the token of a member of staff
    "desk_queue": _READS,
    "desk_claim": _READS,
    "desk_take": _REVIEWS,
    "desk_review": _REVIEWS,
    "desk_defer": _REVIEWS,
}

# what a machine may read with the operator's token instead of a session
BY_TOKEN = frozenset({"prometheus"})

# what is called with the token of a member of staff, and never with the cookie of a session
BY_STAFF_TOKEN = frozenset({"desk_queue", "desk_claim", "desk_take", "desk_review", "desk_defer"})

# public routes that only staff use: their pages may be in the language that somebody chose at the desk
AT_THE_DOOR = frozenset({"sign_in_form", "sign_in", "sign_in_code", "sign_in_outside", "sign_in_return"})

# what an account may do before it has the second factor that the desk asks of its role
BEFORE_ENROLLING = frozenset(
    {
        "my_account",
        "begin_factor",
        "confirm_factor",
        "password_form",
        "change_password",
        "sign_out",
        "roles",
        "choose_language",
    }
)
# and before it has chosen a password of its own
BEFORE_CHANGING = frozenset({"password_form", "change_password", "sign_out", "choose_language"})


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
