"""The review form's fields, read the same way wherever a review is given: for one claim or for several."""

from collections.abc import Mapping

from models.errors import UsageError
from models.vocabulary import Opinion
from pipeline import ratedpart
from pipeline.decisions import ReviewInput
from pipeline.evidence import EvidenceInput
from pipeline.proposals import Proposal
from review_ui.forms import Form
from review_ui.presets import reason_of

BLOCKS = (1, 2, 3)
EVIDENCE = ("url", "publisher", "quote", "day")
EVIDENCE_FIELDS = tuple(f"{name}_{block}" for block in BLOCKS for name in EVIDENCE)
SHARED_FIELDS = ("opinion", "preset", "reason", *EVIDENCE_FIELDS)
REVIEW_FIELDS = (*SHARED_FIELDS, "part_first", "part_last")


def given(form: Form, text: str = "") -> ReviewInput:
    """The review that a form holds; a part is counted in the words of `text`. Raises `UsageError`."""
    opinion = opinion_of(form["opinion"])
    reason = reason_of(opinion, form["preset"], form["reason"])
    part = ratedpart.of_words(text, form["part_first"], form["part_last"]) if text else None
    return ReviewInput(opinion, reason, tuple(_evidence(form)), part)


def typed_of(proposal: Proposal) -> Mapping[str, str]:
    """A proposal as the form's fields."""
    found = {"opinion": proposal.opinion.value, "reason": proposal.reason}
    for block, one in zip(BLOCKS, proposal.evidence, strict=False):
        found[f"url_{block}"] = one.url
        found[f"publisher_{block}"] = one.publisher
        found[f"quote_{block}"] = one.quote
        found[f"day_{block}"] = one.published_day.isoformat()
    return found


def opinion_of(given: object) -> Opinion:
    """The opinion of that name; raises `UsageError`."""
    if not isinstance(given, str) or given not in set(Opinion):
        raise UsageError("opinion: choose one")
    return Opinion(given)


def one_evidence(form: Form, suffix: str = "") -> EvidenceInput:
    """One piece of evidence of the fields with this ending; raises `UsageError` for the day."""
    url, publisher, quote = (form[f"{name}{suffix}"].strip() for name in ("url", "publisher", "quote"))
    return EvidenceInput(url=url, publisher=publisher, quote=quote, published_day=form.day(f"day{suffix}"))


def _evidence(form: Form) -> list[EvidenceInput]:
    found = []
    for block in BLOCKS:
        values = [form[f"{name}_{block}"].strip() for name in EVIDENCE]
        if not any(values):
            continue
        if not all(values):
            raise UsageError(f"evidence {block}: fill in all four fields or none")
        found.append(one_evidence(form, f"_{block}"))
    return found
