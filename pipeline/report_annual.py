"""The annual report as blocks, in one language: facts of `yearfacts`, words of `templates/annual.*`."""

from collections.abc import Sequence
from datetime import date

from models.vocabulary import Language
from models.weeks import iso_week, quarter_of, week_days
from pipeline import charts, figures, public, report_tables
from pipeline.figures import Figure, shown
from pipeline.report import Block, Drawing, Heading, Items, Note, Paragraph, Report, Table, Words, words
from pipeline.yearfacts import CLOSED, DRAFT, TARGETS, Facts

RATING_NAMES = {"vi": public.RATING_NAMES_VI, "en": public.RATING_NAMES_EN}


def build(facts: Facts, language: str) -> Report:
    """The whole report."""
    say = words("annual", language)
    return Report(
        title=say("title", year=facts.year),
        lead=_lead(facts, say),
        language=language,
        author=facts.desk,
        day=facts.day,
        blocks=[
            *_summary(facts, say),
            *_desk(say),
            *_targets(facts, say),
            *_method(facts, say),
            *_quarters(facts, say),
            *report_tables.topics(facts, say),
            *report_tables.spreads(facts, say),
            *_corrections(facts, say),
            *_appeals(facts, say),
            *_models(facts, say),
            *_log(facts, say),
            *_open(facts, say),
            Heading(say("glossary")),
            _table(say, "glossary", say.tables["terms"], shares=(1, 3)),
            Heading(say("weeks")),
            report_tables.weeks(facts, say),
        ],
    )


def day(when: date, language: str) -> str:
    """A date as it is written in the language."""
    return when.strftime("%d/%m/%Y") if language == "vi" else when.isoformat()


def _table(
    say: Words,
    name: str,
    rows: Sequence[Sequence[str]],
    *,
    numeric: Sequence[int] = (),
    shares: Sequence[int] = (),
    **places: object,
) -> Table:
    caption = say(f"{name}_caption", **places)
    return Table(caption, say.lists[f"{name}_head"], rows, frozenset(numeric), shares=shares)


def _lead(facts: Facts, say: Words) -> str:
    edition = say(f"edition_{facts.edition}", day=day(facts.today, say.language), n=len(facts.open_weeks))
    return say(
        "lead",
        desk=facts.desk,
        n=len(facts.weeks),
        first=day(week_days(facts.weeks[0])[0], say.language),
        last=day(week_days(facts.weeks[-1])[1], say.language),
        first_week=facts.weeks[0],
        last_week=facts.weeks[-1],
        edition=edition,
    )


def _summary(facts: Facts, say: Words) -> list[Block]:
    concluded = {name: conclusion(facts, name, say) for name in TARGETS}
    rows = [
        (
            say(f"target_{name}"),
            concluded[name][0],
            shown(facts.pooled[name], say.language),
            str(facts.pooled[name].n),
        )
        for name in TARGETS
    ]
    first: list[Block] = [Heading(say("summary"))]
    if not facts.began:
        first.append(Note(say("no_weeks")))
    elif facts.edition != CLOSED:
        key = "note_draft" if facts.edition == DRAFT else "note_due"
        first.append(Note(say(key, n=len(facts.open_weeks))))
    return [
        *first,
        _table(say, "summary", rows, numeric=(3,), shares=(5, 3, 4, 2)),
        Items([why for _, why in concluded.values()]),
        Paragraph(say("summary_note")),
        report_tables.totals(facts, say),
    ]


def conclusion(facts: Facts, target: str, say: Words) -> tuple[str, str]:
    """Met, not met or cannot tell yet, and why: bad news first, and good news at quarter ends alone."""
    pooled = facts.pooled[target]
    if pooled.state == figures.NOT_MET:
        return say("not_met"), say(f"why_not_met_{target}")
    looks = facts.of(target + figures.YEAR_TO_DATE)
    look = looks[-1] if looks else None
    if look is not None and look.state == figures.TARGET_MET:
        reason = say(f"why_met_{target}", quarter=quarter_of(look.week), week=look.week)
        return say("met"), reason
    return say("cannot"), _open_reason(facts, target, look, say)


def _open_reason(facts: Facts, target: str, look: Figure | None, say: Words) -> str:
    needed = facts.needed[target]
    if not facts.pooled[target].enough:
        return say(f"why_few_{target}")
    if needed is None:
        return say(f"why_share_{target}")
    if needed:
        return say(f"why_more_{target}", n=needed)
    if look is not None and look.state == figures.SENSITIVITY:
        return say("why_sensitivity")
    return say(f"why_wait_{target}")


def _desk(say: Words) -> list[Block]:
    return [Heading(say("desk")), Paragraph(say("desk_is")), Items(say.lists["desk_refuses"])]


def _targets(facts: Facts, say: Words) -> list[Block]:
    return [
        Heading(say("targets")),
        Paragraph(say("target_answered_means", hours=facts.answer_hours)),
        _chart(facts, "answered", say),
        Paragraph(say("target_prevalence_means")),
        _chart(facts, "prevalence", say),
        Heading(say("not_covered_title"), 2),
        Items(say.lists["not_covered"]),
    ]


def _chart(facts: Facts, name: str, say: Words) -> Block:
    caption = say(f"chart_{name}")
    changes = [charts.Note(iso_week(one.day), f"#{one.number} {say(one.action)}") for one in facts.models]
    svg = charts.target_chart(facts.of(name), name, say.language, notes=changes)
    alt = say("chart_alt", caption=caption, first=facts.weeks[0], last=facts.weeks[-1])
    return Drawing(svg, caption, alt)


def _method(facts: Facts, say: Words) -> list[Block]:
    used = {(one.name, one.method): None for one in facts.figures if one.name in TARGETS and one.enough}
    rows = [(report_tables.named(name, say), method) for name, method in sorted(used)]
    tables: list[Block] = [_table(say, "methods", say.tables["methods"], shares=(3, 4, 3))]
    if rows:
        tables.append(_table(say, "methods_used", rows, shares=(3, 4)))
    return [Heading(say("method")), Items(say.lists["method_plain"]), *tables]


def _quarters(facts: Facts, say: Words) -> list[Block]:
    rows = [
        (
            quarter,
            *(shown(pooled[name], say.language) for name in TARGETS),
            str(pooled["prevalence"].n),
            *(str(report_tables.total(facts, name, quarter)) for name in report_tables.COUNTED),
        )
        for quarter, pooled in facts.quarters
    ]
    table = _table(say, "quarters", rows, numeric=range(1, 7), shares=(5, 9, 9, 4, 5, 4, 5))
    return [Heading(say("quarters")), table]


def _corrections(facts: Facts, say: Words) -> list[Block]:
    found = facts.corrections
    head = Heading(say("corrections"))
    if not found.n:
        return [head, Paragraph(say("corrections_none"))]
    names = RATING_NAMES[say.language]
    counted = [
        (say("digital"), found.digital),
        *(
            (say("in_language", language=say(f"language_{one.value}")), found.languages[one.value])
            for one in Language
        ),
        (say("in_others"), found.in_others),
        *((say("rated", rating=names[rating]), found.ratings[rating.value]) for rating in names),
    ]
    rows = [(label, str(k), say("of_all", k=k, n=found.n)) for label, k in counted]
    table = _table(say, "corrections", rows, numeric=(1, 2), shares=(4, 1, 2))
    return [head, Paragraph(say("corrections_plain", n=found.n)), table]


def _appeals(facts: Facts, say: Words) -> list[Block]:
    found = facts.appeals
    counted = {
        "received": found.received,
        "upheld": found.upheld,
        "changed": found.changed,
        "open": found.open,
        "overdue": found.overdue,
    }
    rows = [(say(f"appeals_{name}"), str(n)) for name, n in counted.items()]
    return [
        Heading(say("appeals")),
        Paragraph(say("appeals_plain", days=facts.appeal_days)),
        _table(say, "appeals", rows, numeric=(1,), shares=(4, 1)),
    ]


def _models(facts: Facts, say: Words) -> list[Block]:
    rows = [
        (day(one.day, say.language), say(one.action), f"#{one.number}", str(one.labels))
        for one in facts.models
    ]
    table: Block = Paragraph(say("models_none"))
    if rows:
        table = _table(say, "models", rows, numeric=(3,))
    return [Heading(say("models")), Paragraph(say("models_plain")), table]


def _log(facts: Facts, say: Words) -> list[Block]:
    last: Block = Paragraph(say("log_none"))
    if facts.head is not None:
        row = (str(facts.head.seq), day(facts.head.day, say.language), facts.head.digest)
        last = _table(say, "log", [row], shares=(1, 1, 5), week=facts.weeks[-1])
    return [Heading(say("log")), Paragraph(say("log_plain")), last]


def _open(facts: Facts, say: Words) -> list[Block]:
    rows = [(what, facts.base + path) for what, path in say.tables["addresses"]]
    base = facts.base or say("open_base")
    return [
        Heading(say("open")),
        Paragraph(say("open_plain", year=facts.year, base=base)),
        _table(say, "open", rows, shares=(2, 3)),
    ]
