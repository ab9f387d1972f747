"""A week's figures as blocks: the whole page with every figure, and one page to print and hang up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from models.weeks import week_days
from pipeline import charts, tabular
from pipeline.dictionary import ENTRIES
from pipeline.figures import Figure, shown, state_vi
from pipeline.report import Block, Drawing, Heading, Note, Paragraph, Report, Side, Table, Words, words

TARGETS = ("answered", "prevalence")
PROOF = ("frame_sha256", "seed_commitment", "secret", "seed")


@dataclass(frozen=True)
class WeekFacts:
    """A week's figures, those of the weeks before, and what proves its draw."""

    desk: str
    week: str
    figures: Sequence[Figure]
    past: Sequence[Figure]
    sampling: Mapping[str, object] | None

    @property
    def closed(self) -> bool:
        """Whether the week's figures cannot change any more."""
        return not self.figures[0].provisional

    def of(self, name: str) -> Figure | None:
        """One figure of the week."""
        return next((one for one in self.figures if one.name == name), None)


def whole(facts: WeekFacts) -> Report:
    """Every figure with its method, the proof of the draw, and the data dictionary."""
    say = words("weekly", "vi")
    return _report(
        facts,
        say,
        [
            Paragraph(say("plain")),
            Heading(say("targets")),
            _targets(facts, say),
            *_charts(facts, say),
            Heading(say("figures")),
            _figures(facts, say),
            *_sampling(facts, say),
            Heading(say("dictionary")),
            _dictionary(facts, say),
            Heading(say("columns")),
            _columns(say),
        ],
    )


def page(facts: WeekFacts) -> Report:
    """What fits on one sheet: both targets, their charts, the figures that a lead looks at first."""
    say = words("weekly", "vi")
    rows = [
        (label, shown(one), "" if one.method == "count" else str(one.n))
        for name, label in say.tables["labels"]
        if (one := facts.of(name)) is not None
    ]
    half = (len(rows) + 1) // 2
    parts = [
        [
            Table(
                say("page_caption"),
                say.lists["page_head"],
                part,
                frozenset({1, 2}),
                small=True,
                shares=(12, 8, 3),
            )
        ]
        for part in (rows[:half], rows[half:])
        if part
    ]
    blocks: list[Block] = [
        Note(say("plain")),
        _targets(facts, say),
        Side([[chart] for chart in _charts(facts, say, narrow=True)]),
        Side(parts),
        Paragraph(say("page_note", week=facts.week)),
    ]
    return _report(facts, say, blocks, one_page=True)


def _report(facts: WeekFacts, say: Words, blocks: Sequence[Block], *, one_page: bool = False) -> Report:
    monday, sunday = week_days(facts.week)
    lead = say(
        "lead",
        desk=facts.desk,
        first=_day(monday),
        last=_day(sunday),
        state=say("closed" if facts.closed else "open"),
    )
    return Report(
        say("title", week=facts.week), lead, say.language, facts.desk, monday, blocks, one_page=one_page
    )


def _day(when: date) -> str:
    return when.strftime("%d/%m/%Y")


def _targets(facts: WeekFacts, say: Words) -> Table:
    rows = [
        (say(f"target_{name}"), shown(one), state_vi(one.state), str(one.n))
        for name in TARGETS
        if (one := facts.of(name)) is not None
    ]
    head = say.lists["targets_head"]
    return Table(say("targets_caption"), head, rows, frozenset({3}), shares=(5, 4, 5, 1))


def _charts(facts: WeekFacts, say: Words, *, narrow: bool = False) -> list[Block]:
    # two beside each other have no room for captions that say what their titles say
    return [
        Drawing(
            charts.target_chart(facts.past, name, say.language, narrow=narrow),
            "" if narrow else say(f"chart_{name}"),
            say("chart_alt", caption=say(f"chart_{name}"), week=facts.week),
        )
        for name in TARGETS
    ]


def _figures(facts: WeekFacts, say: Words) -> Table:
    rows = [
        (
            ENTRIES[one.name].vi,
            one.name,
            shown(one),
            state_vi(one.state) or say("no_state"),
            str(one.n),
            one.method,
        )
        for one in facts.figures
    ]
    head = say.lists["figures_head"]
    return Table(say("figures_caption"), head, rows, frozenset({4}), small=True)


def _sampling(facts: WeekFacts, say: Words) -> list[Block]:
    found = facts.sampling
    if found is None:
        return []
    plain = say("sampling_plain", n_frame=found["n_frame"], n_drawn=found["n_drawn"])
    rows = [(name, str(found[name])) for name in PROOF]
    table = Table(say("sampling_caption"), say.lists["sampling_head"], rows)
    return [Heading(say("sampling")), Paragraph(plain), table]


def _dictionary(facts: WeekFacts, say: Words) -> Table:
    rows = [
        (one["name"], one["unit"], one["vi"], one["en"]) for one in tabular.dictionary_rows(facts.figures)
    ]
    return Table(say("dictionary_caption"), say.lists["dictionary_head"], rows, small=True)


def _columns(say: Words) -> Table:
    rows = [(name, vi, en) for name, (vi, en) in tabular.COLUMN_MEANINGS.items()]
    return Table(say("columns_caption"), say.lists["columns_head"], rows, small=True)
