"""The annual report's tables of figures: sums, topics, how the weeks lie, and every week."""

from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from models.vocabulary import Topic
from models.weeks import quarter_of
from pipeline import dictionary, public
from pipeline import figures as states
from pipeline.figures import Figure, shown
from pipeline.report import Block, Heading, Paragraph, Table, Words
from pipeline.yearfacts import TARGETS, Facts

COUNTED = ("claims_in_scope", "tips_received", "corrections_published")
SUMMED = (
    "claims_in_scope",
    "dropped_not_ours",
    "reviews_done",
    "tips_received",
    "tips_answered",
    "corrections_published",
    "known_answered",
    "known_late",
    "audit_drawn",
    "audit_judged",
    "audit_false",
)
TOPIC_NAMES = {"vi": public.TOPIC_NAMES_VI, "en": public.TOPIC_NAMES_EN}
# the parts of the report that show how the weeks lie; a figure that no week has is left out
SPREADS: dict[str, tuple[str, ...]] = {
    "time": (
        "time_to_answer_days",
        "answered_within_1_days",
        "answered_within_3_days",
        "answered_within_7_days",
        "answered_within_14_days",
        "answered_within_30_days",
        "open_claims",
    ),
    "reading": (
        "agreement",
        "agreement_on_false",
        "verdict_sensitivity",
        "answered_corrected",
        "prevalence_corrected",
        "false_flag_rate",
        "false_flag_rate_with_marks",
        "false_flag_rate_without_marks",
        "audit_false_flags",
        "audit_unflagged_false",
        "calibration_error",
        "calibration_bias",
        "score_drift",
    ),
    "sources": ("sources_healthy", "sources_silent"),
    "staff": ("reviews_done", "reviews_per_reviewer", "evidence_per_verdict", "effort_saved"),
}


def total(facts: Facts, name: str, quarter: str | None = None) -> int:
    """The sum of a count over the report's weeks, or over those of one quarter."""
    return sum(
        int(one.value)
        for one in facts.of(name)
        if one.value is not None and (quarter is None or quarter_of(one.week) == quarter)
    )


def totals(facts: Facts, say: Words) -> Table:
    """Sums over the weeks, of what can be summed."""
    present = {one.name for one in facts.figures}
    rows = [(named(name, say), str(total(facts, name))) for name in SUMMED if name in present]
    return Table(say("totals_caption"), say.lists["totals_head"], rows, frozenset({1}), shares=(5, 1))


def named(name: str, say: Words) -> str:
    """A figure as the data dictionary names it."""
    entry = dictionary.ENTRIES[name]
    return entry.vi if say.language == "vi" else entry.en


def topics(facts: Facts, say: Words) -> list[Block]:
    """Claims by topic: what the weeks publish, and how many weeks hide the cell (R11)."""
    names = TOPIC_NAMES[say.language]
    rows = []
    for topic in Topic:
        weeks = facts.of(f"claims_in_scope_{topic.value}")
        hidden = sum(one.value is None for one in weeks)
        least = str(total(facts, f"claims_in_scope_{topic.value}")) if hidden < len(weeks) else say("hidden")
        rows.append((names[topic.value], least, str(hidden)))
    return [
        Heading(say("topics")),
        Paragraph(say("topics_plain")),
        Table(say("topics_caption"), say.lists["topics_head"], rows, frozenset({1, 2}), shares=(4, 1, 1)),
    ]


def spreads(facts: Facts, say: Words) -> list[Block]:
    """For each theme: how its weekly figures lie over the year, and the newest of each."""
    blocks: list[Block] = []
    for theme, names in SPREADS.items():
        rows = [row for name in names if (row := _spread(facts, name, say)) is not None]
        table: Block = Paragraph(say("spread_none"))
        if rows:
            table = Table(
                say(theme), say.lists["spread_head"], rows, frozenset({1, 2, 3}), shares=(6, 2, 5, 5)
            )
        blocks += [Heading(say(theme)), Paragraph(say(f"{theme}_plain")), table]
    blocks.insert(2, Paragraph(say("spread_plain")))
    return blocks


def _spread(facts: Facts, name: str, say: Words) -> Sequence[str] | None:
    known = [one for one in facts.of(name) if one.value is not None]
    if not known:
        return None
    values = [one.value for one in known if one.value is not None]
    # written as the figure itself would be, its ends being the lowest and the highest week
    one = replace(known[-1], value=median(values), low=min(values), high=max(values))
    newest = f"{known[-1].week}: {shown(known[-1], say.language)}"
    return (named(name, say), f"{len(known)}/{len(facts.weeks)}", _range(one, say), newest)


def _range(figure: Figure, say: Words) -> str:
    if dictionary.ENTRIES[figure.name].unit != dictionary.COUNT:
        return shown(figure, say.language)
    return f"{figure.value:.0f} [{figure.low:.0f} – {figure.high:.0f}]"


def weeks(facts: Facts, say: Words) -> Table:
    """Every week: both targets with their signs, and the counts."""
    by_week: dict[str, dict[str, Figure]] = {}
    for one in facts.figures:
        by_week.setdefault(one.week, {})[one.name] = one
    rows = [_week(week, found, say) for week, found in by_week.items()]
    return Table(
        say("weeks_caption"),
        say.lists["weeks_head"],
        rows,
        frozenset({1, 3, 5, 6, 7}),
        small=True,
        shares=(10, 14, 11, 14, 11, 9, 8, 10),
    )


def _week(week: str, found: dict[str, Figure], say: Words) -> Sequence[str]:
    cells = [week + ("*" if found["answered"].provisional else "")]
    for target in TARGETS:
        cells += [shown(found[target], say.language), short(found[target].state, say)]
    return [*cells, *(shown(found[name], say.language) for name in COUNTED)]


def short(state: str, say: Words) -> str:
    """A state in a word or two, for a narrow column."""
    before, _, after = states.COULD_NOT.partition("{n}")
    if state.startswith(before):
        return say("short_more", n=state.removeprefix(before).removesuffix(after))
    if state in {states.TARGET_MET, states.INDICATES_MET}:
        return say("short_met")
    if state == states.NOT_MET:
        return say("short_not_met")
    return say("short_undecided" if state == states.UNDECIDED else "short_few")
