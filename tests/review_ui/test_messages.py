"""Every message that a form can bring out of `pipeline` is told in Vietnamese."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.vocabulary import (
    AppealState,
    ClaimState,
    EntryKind,
    EvidenceKind,
    ModelState,
    Opinion,
    Outcome,
    Role,
    SourceKind,
)
from review_ui import words
from review_ui.messages import known, translate

ROOT = Path(__file__).parents[2]
MODULES = (
    "pipeline/decisions.py",
    "pipeline/evidence.py",
    "pipeline/publishing.py",
    "pipeline/appeals.py",
    "pipeline/ratedpart.py",
    "pipeline/verdicts.py",
    "pipeline/accounts.py",
    "pipeline/second_factor.py",
    "pipeline/tokens.py",
    "pipeline/subscriptions.py",
    "pipeline/documents.py",
    "review_ui/routes/api_public.py",
    "review_ui/routes/api_desk.py",
    "review_ui/routes/my_account.py",
    "review_ui/routes/outside.py",
    "pipeline/tips.py",
    "pipeline/seeds.py",
    "pipeline/independent.py",
    "pipeline/autoqueue.py",
    "pipeline/registering.py",
    "review_ui/routes/source_admin.py",
    "review_ui/routes/claim.py",
    "review_ui/routes/corrections.py",
    "review_ui/routes/home.py",
    "review_ui/routes/publishing.py",
    "review_ui/routes/models.py",
    "review_ui/routes/accounts.py",
    "review_ui/routes/sign_in.py",
    "review_ui/routes/tips.py",
    "review_ui/forms.py",
)
SHOWN = {"UsageError", "ConflictError", "NotFoundError", "WrongFormError"}
# what `learning.promote` and `rollback` raise; training is the command line's
MODELS = (
    "model 7: is not in the registry",
    "another model was promoted at the same moment",
    "no model serves: there is nothing to take back",
    "the model before cannot serve: its file is not there",
    "only a lead decides which model serves",
    "model 7: is refused, not a candidate (it flags protected speech)",
)
FILLED = {"language": "vi", "name": "title", "username.strip()": "an", "run": "bảy từ", "block": "1"}


def raised(module: str) -> Iterator[str]:
    """The messages that a module raises at a reader, with its placeholders filled in."""
    tree = ast.parse((ROOT / module).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        call = node.exc if isinstance(node, ast.Raise) else None
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.func.id not in SHOWN:
            continue
        first = call.args[0]
        if isinstance(first, ast.Constant):
            yield str(first.value)
        elif isinstance(first, ast.JoinedStr):
            yield "".join(_part(part) for part in first.values)


def _part(part: ast.expr) -> str:
    if isinstance(part, ast.Constant):
        return str(part.value)
    assert isinstance(part, ast.FormattedValue)
    return FILLED.get(ast.unparse(part.value), "7")


def messages() -> list[str]:
    """All of them, each once."""
    return sorted({message for module in MODULES for message in raised(module)} | set(MODELS))


def test_there_are_messages_to_look_at() -> None:
    assert len(messages()) > 35


@pytest.mark.parametrize("message", messages())
def test_every_message_has_vietnamese_words(message: str) -> None:
    assert known(message)
    assert translate(ValueError(message)).text != message


def test_a_message_without_a_row_is_still_shown() -> None:
    assert translate(ValueError("the moon is in the way")).text.endswith("the moon is in the way")


def test_every_word_list_is_named_whole() -> None:
    named: list[tuple[object, object]] = [
        (words.OPINIONS, Opinion),
        (words.OPINION_HELP, Opinion),
        (words.STATES, ClaimState),
        (words.TIP_STATES, ClaimState),
        (words.ROLES, Role),
        (words.SOURCE_KINDS, SourceKind),
        (words.ENTRY_KINDS, EntryKind),
        (words.EVIDENCE_KINDS, EvidenceKind),
        (words.APPEAL_STATES, AppealState),
        (words.APPEAL_STATES_EN, AppealState),
        (words.MODEL_STATES, ModelState),
        (words.OUTCOMES, Outcome),
    ]
    for table, values in named:
        assert set(table) == set(values)  # type: ignore[call-overload]
