"""Commands that show and measure what the reader does: check, evaluate."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli import console
from pipeline.cli.console import Json, examples

if TYPE_CHECKING:
    from classify.evaluation import Evaluation
    from pipeline.check import Checker

CHECK = examples(
    "kiemchung check 'Uống nước lá này ba ngày là hết tiểu đường, chia sẻ gấp!'",
    "kiemchung check - < message.txt",
    "kiemchung check --jsonl < texts.jsonl > answers.jsonl",
)
NONE = "Không thuộc phạm vi: không có tin kiểm chứng được trong chín chủ đề. Không lưu gì."

evaluation = typer.Typer(
    help="Quality figures of the reader on a labelled file.", no_args_is_help=True, rich_markup_mode=None
)


def register(app: typer.Typer) -> None:
    """Put the commands of this module on the command line."""
    app.command("check", epilog=CHECK)(check)
    app.add_typer(evaluation, name="evaluate")


def check(
    context: typer.Context,
    text: Annotated[
        str | None, typer.Argument(metavar="[TEXT|-]", help="a text; - reads standard input")
    ] = None,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help='read {"text": "…"} a line, answer a line each')
    ] = False,
    as_json: Json = False,
) -> None:
    """Show what the reader does with a text; stores nothing.

    Scope, topic, claims, matches, score, reasons. Matches are looked for among the known claims of the desk's
    database, if there is one.
    """
    from models.errors import UsageError
    from pipeline.check import Checker

    checker = Checker(console.settings(context))
    if jsonl:
        if text not in {None, "-"}:
            raise UsageError("--jsonl reads standard input: give no TEXT")
        _answer_lines(checker)
        return
    if text is None and sys.stdin.isatty():
        raise UsageError("give a TEXT, or - to read standard input")
    given = _standard_input() if text in {None, "-"} else str(text)
    answer = checker.answer(given)
    if as_json:
        console.emit(answer)
    else:
        _show(answer)


def _answer_lines(checker: "Checker") -> None:
    """Answer line by line, in order; whoever waits for an answer gets it at once."""
    from pipeline.bulk import answers

    for block in answers(checker, sys.stdin.fileno()):
        sys.stdout.write(block)
        sys.stdout.flush()


def _standard_input() -> str:
    from models.errors import UsageError

    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"standard input: not UTF-8 (byte {error.start})") from error


def _show(answer: dict[str, Any]) -> None:
    """The answer in Vietnamese, for a person at a terminal."""
    if not answer["in_scope"]:
        console.say(NONE)
        return
    from pipeline.public import RATING_NAMES_VI, TOPIC_NAMES_VI

    place = "có" if answer["local"] else "không"
    console.say(f"Thuộc phạm vi: {TOPIC_NAMES_VI[answer['topic']]} · liên quan địa phương: {place}")
    for number, claim in enumerate(answer["claims"], start=1):
        reasons = ", ".join(one["feature"] for one in claim["reasons"] if one["weight"] > 0)
        console.say(f"\n{number}. “{claim['text']}”")
        if "context" in claim:
            console.say(f"   Tiếp theo câu: “{claim['context']}”")
        console.say(f"   Điểm cần kiểm chứng: {claim['score']:.2f}" + (f" ({reasons})" if reasons else ""))
        for match in claim["matches"]:
            rating = RATING_NAMES_VI.get(match["rating"], "đã kiểm chứng")
            console.say(f"   Giống tin đã có kết luận: {rating} ({match['score']:.2f})")
            console.say(f"     “{match['claim']}”")
            console.say(f"     {match['url']}")
        if not claim["matches"]:
            console.say("   Chưa có kết luận nào giống tin này.")


@evaluation.command(
    "scope",
    epilog=examples(
        "kiemchung evaluate scope examples.tsv", "kiemchung evaluate scope --pairs pairs.tsv --json"
    ),
)
def evaluate_scope(
    file: Annotated[Path | None, typer.Argument(help="TSV with text, label (in or out) and topic")] = None,
    pairs: Annotated[Path | None, typer.Option(help="TSV with in_text and out_text")] = None,
    as_json: Json = False,
) -> None:
    """The scope gate: share of out admitted, of in kept, and how the topics are told apart."""
    from models.errors import UsageError
    from pipeline import evaluate

    if (file is None) == (pairs is None):
        raise UsageError("give either a FILE or --pairs FILE")
    _report(evaluate.scope(file) if file is not None else evaluate.scope_pairs(pairs or Path()), as_json)


@evaluation.command(
    "claims",
    epilog=examples(
        "kiemchung evaluate claims sentences.tsv --json",
        "kiemchung evaluate claims sentences.tsv --encoder none",
    ),
)
def evaluate_claims(
    file: Annotated[
        Path, typer.Argument(help="TSV with doc_id, text, label (check or no); part if it has parts")
    ],
    encoder: Annotated[str, typer.Option(help="bundled, none, or the path of a model folder")] = "bundled",
    as_json: Json = False,
) -> None:
    """Claim detection: average precision and AUC over sentences, of all and of each part."""
    from pipeline import evaluate

    _report(evaluate.claims(file, encoder), as_json)


@evaluation.command(
    "match",
    epilog=examples(
        "kiemchung evaluate match claims/ --json", "kiemchung evaluate match claims/ --encoder none"
    ),
)
def evaluate_match(
    folder: Annotated[Path, typer.Argument(help="folder with known_claims.tsv and queries.tsv")],
    encoder: Annotated[str, typer.Option(help="bundled, none, or the path of a model folder")] = "bundled",
    as_json: Json = False,
) -> None:
    """Claim matching: recall@1 and @5, MAP@5, AUC against none; beside BM25 and the encoder alone."""
    from pipeline import evaluate

    _report(evaluate.match(folder, encoder), as_json)


@evaluation.command("extract", epilog=examples("kiemchung evaluate extract article-extraction/ --json"))
def evaluate_extract(
    folder: Annotated[Path, typer.Argument(help="folder with html/*.html.gz and ground-truth.json")],
    as_json: Json = False,
) -> None:
    """Article extraction: precision, recall and F1 over runs of four words."""
    from pipeline import evaluate

    found = evaluate.extract(folder, console.bar())
    if as_json:
        console.emit({name: found[name] for name in ("figures", "wrong")})
    else:
        _print(found)


def _report(found: "Evaluation", as_json: bool) -> None:
    from pipeline.evaluate import report

    plain = report(found)
    if as_json:
        console.emit(plain)
    else:
        _print(plain)


def _print(found: dict[str, Any]) -> None:
    rows = [
        (one["name"], one["value"], f"{one['low']:.3f} to {one['high']:.3f}", one["n"])
        for one in found["figures"]
    ]
    console.table(("figure", "value", "95% interval", "n"), rows)
    for name, numbers in found["wrong"].items():
        shown = ", ".join(str(number) for number in numbers[:20]) + (", …" if len(numbers) > 20 else "")
        console.say(f"{name}: {len(numbers)} rows ({shown or 'none'})")
