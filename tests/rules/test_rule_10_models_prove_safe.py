"""Rule 10: a model proves itself before a person lets it serve; a score orders a queue, nothing else."""

import math
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as budget
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select, text, update
from sqlalchemy.exc import DatabaseError
from starlette.testclient import TestClient

from classify.rank import ClaimFacts, ColdRanker, Ranked, Ranker
from models.claims import Claim, ClaimReason
from models.decisions import Correction, Review, Verdict
from models.desk import ModelVersion, Staff
from models.errors import ConflictError
from models.vocabulary import ClaimState, Language, ModelKind, ModelState, Opinion
from pipeline import decisions, labels, learning, modelbox, modelgates, public, publishing, ranking
from pipeline.compose import Desk
from pipeline.decisions import ReviewInput
from pipeline.labels import Label
from pipeline.modelgates import Judged
from tests.conftest import NOW
from tests.pipeline.conftest import PRIMARY, People, put_claim
from tests.pipeline.verdicts import decide_many
from tests.rules import breaks, surface
from tests.rules.history import REASON, TEXT

THRESHOLD = 0.5


class Says:
    """A ranker that says what it is told to."""

    def __init__(self, score: Callable[[ClaimFacts], float]) -> None:
        self._score = score

    def score(self, claims: Sequence[ClaimFacts]) -> list[Ranked]:
        return [Ranked(self._score(claim), ()) for claim in claims]


NOTHING = Says(lambda _: 0.1)
EVERYTHING = Says(lambda _: 0.9)


def _labels(n: int = 200) -> list[Label]:
    """Half false, half true, over four topics, with and without diacritics."""
    topics = ("health", "benefits", "recruitment", "disaster")
    made = []
    for number in range(n):
        words = (
            f"xã thông báo lịch hỗ trợ số {number}"
            if number % 16 < 8
            else f"xa thong bao lich ho tro so {number}"
        )
        is_false = number % 2 == 0
        made.append(
            Label(
                number,
                f"k{number}",
                words,
                topics[number // 2 % 4],
                is_false,
                f"g{number}",
                1 + number % 4,
                NOW,
            )
        )
    return made


def _judge(
    candidate: Ranker,
    score: Callable[[Label], float],
    desk: Desk,
    present: Ranker = NOTHING,
    *,
    gate: bool = True,
) -> Judged:
    rows = _labels()
    reader = desk.reader if gate else breaks.open_reader(desk.keys.mask, "86")
    return modelgates.judge(candidate, present, rows, [score(row) for row in rows], [], reader, THRESHOLD)


def _right(label: Label) -> float:
    return 0.9 if label.is_false else 0.1


def _wrong_on(topic: str) -> Callable[[Label], float]:
    return lambda label: 0.9 if label.is_false or label.topic == topic else 0.1


def _wrong_without_marks(label: Label) -> float:
    return 0.9 if label.is_false or label.text.startswith("xa thong") else 0.1


def refusals(desk: Desk) -> dict[str, str | None]:
    """What the gates say to models that must not serve."""
    return {
        "admits protected texts": _judge(EVERYTHING, _right, desk, EVERYTHING, gate=False).refusal,
        "likes protected texts more than before": _judge(EVERYTHING, _right, desk).refusal,
        "false flags on one topic": _judge(NOTHING, _wrong_on("benefits"), desk).refusal,
        "false flags without diacritics": _judge(NOTHING, _wrong_without_marks, desk).refusal,
    }


def test_a_sound_candidate_passes_the_gates(sqlite_desk: Desk) -> None:
    assert _judge(NOTHING, _right, sqlite_desk).refusal is None


def test_unsafe_candidates_are_refused_and_told_why(sqlite_desk: Desk) -> None:
    said = refusals(sqlite_desk)
    assert "protected" in str(said["admits protected texts"])
    assert "protected" in str(said["likes protected texts more than before"])
    assert "benefits" in str(said["false flags on one topic"])
    assert "diacritics" in str(said["false flags without diacritics"])


def test_control_without_the_gates_they_would_pass(
    sqlite_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for gate in ("_admits", "_rises", "_is_uneven"):
        monkeypatch.setattr(modelgates, gate, lambda *_: None)
    assert set(refusals(sqlite_desk).values()) == {None}


@contextmanager
def _trained_as(candidate: Ranker, monkeypatch: pytest.MonkeyPatch, data: bytes) -> Iterator[None]:
    """Training that gives this model."""
    from hashlib import sha256

    from classify.ranking import RankerArtefact

    made = RankerArtefact(data, sha256(data).hexdigest(), {})
    with monkeypatch.context() as patched:
        patched.setattr(learning, "fit", lambda rows, **_: made)  # noqa: ARG005
        patched.setattr(learning, "loaded", lambda artefact: candidate)  # noqa: ARG005
        patched.setattr(modelbox, "validate", lambda folder, digest: None)  # noqa: ARG005
        yield


def test_a_refused_model_is_registered_as_refused_and_nobody_can_promote_it(
    sqlite_desk: Desk, sqlite_people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide_many(sqlite_desk, [sqlite_people.an, sqlite_people.binh, sqlite_people.chi], n=60)
    biased = Says(lambda facts: 0.9 if facts.topic == "health" else 0.1)
    with _trained_as(biased, monkeypatch, b"one-sided"):
        made = learning.train(sqlite_desk)
    assert made.state == ModelState.REFUSED
    assert "uneven" in str(made.refusal) or "protected" in str(made.refusal)
    with pytest.raises(ConflictError, match="refused"):
        learning.promote(sqlite_desk, made.id, sqlite_people.chi)
    assert not list(sqlite_desk.model_folder.glob("*.skops"))
    assert isinstance(sqlite_desk.ranker(), ColdRanker)


# --- a person promotes


def _candidate(desk: Desk, state: ModelState = ModelState.CANDIDATE) -> int:
    with desk.sessions.begin() as session:
        row = ModelVersion(
            kind=ModelKind.RANK,
            sha256="a" * 64,
            data_sha256="b" * 64,
            state=state,
            n_labels=60,
            created_at=NOW,
        )
        session.add(row)
        session.flush()
        return row.id


def test_only_a_lead_who_may_work_promotes(
    sqlite_desk: Desk, sqlite_people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(modelbox, "validate", lambda folder, digest: None)  # noqa: ARG005
    people, model = sqlite_people, _candidate(sqlite_desk)
    with sqlite_desk.sessions.begin() as session:
        session.execute(update(Staff).where(Staff.id == people.dung).values(disabled=True))
    for who in (people.an, people.binh, people.kiem, people.quan, people.dung, 0, 999):
        with pytest.raises(ConflictError, match="only a lead"):
            learning.promote(sqlite_desk, model, who)
    assert learning.promote(sqlite_desk, model, people.chi).state == ModelState.CHAMPION


def _champions(engine: Engine, statement: str) -> int:
    try:
        with engine.begin() as connection:
            connection.execute(text(statement))
    except DatabaseError:
        pass
    with engine.connect() as connection:
        return int(
            connection.execute(
                text("SELECT count(*) FROM model_version WHERE state = 'champion'")
            ).scalar_one()
        )


CROWN = "UPDATE model_version SET state = 'champion'"
BORN_CHAMPION = (
    "INSERT INTO model_version (kind, sha256, data_sha256, state, n_labels, created_at) "
    "VALUES ('rank', 'c', 'd', 'champion', 60, '2026-11-18 03:00:00')"
)


def test_no_database_takes_a_champion_that_nobody_promoted(desk: Desk, people: People) -> None:
    _candidate(desk)
    assert _champions(desk.engine, CROWN) == 0
    assert _champions(desk.engine, BORN_CHAMPION) == 0
    assert _champions(desk.engine, f"{CROWN}, promoted_by = {people.chi}") == 1
    # and one serves at a time
    _candidate(desk)
    assert _champions(desk.engine, f"{CROWN}, promoted_by = {people.chi}") == 1


def test_control_without_the_constraint_it_would(desk: Desk) -> None:
    _candidate(desk)
    with desk.engine.begin() as connection:
        if desk.engine.dialect.name == "sqlite":
            connection.execute(text("PRAGMA ignore_check_constraints=ON"))
        else:
            connection.execute(
                text("ALTER TABLE model_version DROP CONSTRAINT ck_model_version_promoted_by_a_person")
            )
    assert _champions(desk.engine, CROWN) == 1


def test_nothing_that_runs_by_itself_promotes() -> None:
    source = {path: path.read_text(encoding="utf-8") for path in Path(learning.__file__).parent.rglob("*.py")}
    callers = {
        path.name for path, lines in source.items() if "learning.promote(" in lines or "promote(desk" in lines
    }
    assert callers <= {"learning.py", "learn.py"}  # the function itself and the command that a person types


# --- tips teach nothing


@pytest.mark.parametrize(
    "n", [pytest.param(50, id="reduced"), pytest.param(10_000, id="full", marks=pytest.mark.release)]
)
def test_tips_and_scores_never_become_labels(sqlite_desk: Desk, sqlite_people: People, n: int) -> None:
    people = [sqlite_people.an, sqlite_people.binh, sqlite_people.chi]
    decide_many(sqlite_desk, people, n=5)
    with sqlite_desk.reading() as session:
        before = labels.fingerprint(labels.gather(session))
    for number in range(n):
        put_claim(sqlite_desk, f"tin báo số {number} nói phải đóng phí", from_tip=True)
    put_claim(sqlite_desk, "tin đang chờ", state=ClaimState.AGREED)
    with sqlite_desk.sessions.begin() as session:
        session.execute(
            update(Claim).where(Claim.state != ClaimState.DECIDED).values(score=1.0, flagged=True)
        )
    with sqlite_desk.reading() as session:
        assert labels.fingerprint(labels.gather(session)) == before
    # the control: one verdict more does change what is learned from
    decide_many(sqlite_desk, people, n=1)
    with sqlite_desk.reading() as session:
        assert labels.fingerprint(labels.gather(session)) != before


# --- a score is never public

SCORE = 0.7310585
TRACES = ("0.731", "0,731", "73,1", "73.1", "7310585", "Zqlydoxephang")


def _scored(desk: Desk, people: People) -> str:
    claim = put_claim(desk)
    for who in (people.an, people.binh):
        decisions.record_review(desk, claim, who, ReviewInput(Opinion.FALSE, REASON, (PRIMARY,)))
    slug = publishing.publish(desk, claim, people.chi, {Language.VI: TEXT})
    values = {"score": SCORE, "priority": SCORE, "reach": SCORE, "freshness": SCORE}
    with desk.sessions.begin() as session:
        session.execute(update(Claim).values(values))
        reason = ClaimReason(claim_id=claim, position=0, feature="Zqlydoxephang", weight=1.0)
        session.add(reason)
    return slug


def public_traces(desk: Desk, slug: str, out: Path) -> list[str]:
    """Every public page and export in which the score or its reasons can be found."""
    from pipeline import exports
    from review_ui.app import create_app

    web = TestClient(create_app(desk), base_url="https://testserver")
    pages = [
        "/",
        "/so-lieu",
        "/nhat-ky",
        "/feed.json",
        "/rss.xml",
        "/atom.xml",
        "/claimreview.json",
        "/sitemap.xml",
    ]
    pages += [
        "/open-data/corrections.csv",
        "/chu-de/benefits",
        f"/dinh-chinh/{slug}",
        f"/dinh-chinh/{slug}.json",
    ]
    bodies = {page: web.get(page).text for page in pages}
    bodies |= {
        path.name: path.read_text(encoding="utf-8-sig") for path in exports.export_open_data(desk, out)
    }
    return [name for name, body in bodies.items() if any(trace in body for trace in TRACES)]


def test_no_score_is_on_a_public_page_or_in_an_export(
    sqlite_desk: Desk, sqlite_people: People, tmp_path: Path
) -> None:
    slug = _scored(sqlite_desk, sqlite_people)
    assert public_traces(sqlite_desk, slug, tmp_path / "out") == []


def test_control_a_published_score_is_seen(
    sqlite_desk: Desk, sqlite_people: People, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slug = _scored(sqlite_desk, sqlite_people)
    whole = public.claim_review
    monkeypatch.setattr(public, "claim_review", lambda *args: {**whole(*args), "score": SCORE})
    assert f"/dinh-chinh/{slug}.json" in public_traces(sqlite_desk, slug, tmp_path / "out")


def test_the_public_words_have_no_place_for_a_score() -> None:
    fields = [
        name for kind in (public.PublicCorrection, public.PublicVerdict) for name in kind.__dataclass_fields__
    ]
    assert (
        surface.holding(fields, ["score", "priority", "probability", "confidence", "model", "flagged"]) == []
    )


# --- a wild score publishes nothing and hides nothing

WILD = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True),
    st.sampled_from([math.nan, math.inf, -math.inf, 1e308, -1e308, 0.0]),
)


def _queued_with(desk: Desk, ranker: Ranker, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(type(desk), "ranker", lambda self: ranker)  # noqa: ARG005
        ranking.rank(desk)
        ranking.queue(desk)


def hidden_or_published(desk: Desk, n: int) -> list[str]:
    """What a model must never do: settle, lose or hide claims, or leave a score that cannot be sorted by."""
    problems = []
    with desk.reading() as session:
        states = dict(session.execute(select(Claim.state, func.count()).group_by(Claim.state)).all())
        made = {
            table.__tablename__: session.scalar(select(func.count()).select_from(table))
            for table in (Verdict, Correction, Review)
        }
        problems += [f"a {name} out of nothing" for name, n_rows in made.items() if n_rows]
        scores = session.execute(select(Claim.score, Claim.priority)).all()
    if not set(states) <= {ClaimState.NEW, ClaimState.QUEUED} or sum(states.values()) != n:
        problems.append(f"claims are gone or settled: {states}")
    if not states.get(ClaimState.QUEUED):
        problems.append("nothing is in the queue: the share that ignores the score is gone")
    if any(one is None or not math.isfinite(one) for row in scores for one in row):
        problems.append("a score that is no number")
    if any(not 0 <= (row[0] or 0) <= 1 for row in scores):
        problems.append("a score outside 0 to 1")
    return problems


N = 100


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory, sqlite_template: bytes) -> Iterator[Desk]:
    """A desk with many new claims."""
    from tests.rules.conftest import make_desk

    folder = tmp_path_factory.mktemp("crowd")
    (folder / "desk.sqlite").write_bytes(sqlite_template)
    desk = make_desk(f"sqlite:///{folder / 'desk.sqlite'}", folder, lambda: NOW)
    for number in range(N):
        put_claim(desk, f"tin số {number} nói phải đóng phí", state=ClaimState.NEW)
    yield desk
    desk.close()


def _anew(desk: Desk) -> None:
    with desk.sessions.begin() as session:
        # as a claim is that has just come: nothing is reckoned yet, everything is due
        new = {"state": ClaimState.NEW, "score": None, "priority": None, "flagged": False}
        session.execute(update(Claim).values(**new, ranked=0, queue_due=True))


@given(st.lists(WILD, min_size=1, max_size=8))
@budget(max_examples=10, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
def test_wild_scores_publish_nothing_and_hide_nothing(crowd: Desk, scores: list[float]) -> None:
    _anew(crowd)
    draw = random.Random(0)
    with pytest.MonkeyPatch.context() as patched:
        _queued_with(crowd, Says(lambda _: draw.choice(scores)), patched)
    assert hidden_or_published(crowd, N) == []


@pytest.fixture(scope="module")
def handful(tmp_path_factory: pytest.TempPathFactory, sqlite_template: bytes) -> Iterator[Desk]:
    """A desk with a few new claims, one of which falls to the share that ignores the score."""
    from tests.rules.conftest import make_desk

    folder = tmp_path_factory.mktemp("handful")
    (folder / "desk.sqlite").write_bytes(sqlite_template)
    desk = make_desk(f"sqlite:///{folder / 'desk.sqlite'}", folder, lambda: NOW)
    for number in range(FEW):
        put_claim(desk, f"tin số {number} nói phải đóng phí", state=ClaimState.NEW)
    lucky = next(
        f"{at:016x}" for at in range(1000) if ranking.chance_of(desk.keys.sampling, f"{at:016x}") < 0.02
    )
    with desk.sessions.begin() as session:
        session.execute(update(Claim).where(Claim.id == 1).values(public_id=lucky))
    yield desk
    desk.close()


FEW = 5


@pytest.mark.parametrize(
    "runs", [pytest.param(25, id="reduced"), pytest.param(2_500, id="full", marks=pytest.mark.release)]
)
def test_random_runs_with_wild_and_missing_scores(
    handful: Desk, monkeypatch: pytest.MonkeyPatch, runs: int
) -> None:
    # the full count is 12,500 claims scored
    wild = (math.nan, math.inf, -math.inf, 1e308, -1e308, 5e-324, 0.0, -0.0, 1.0, 0.5)
    draw = random.Random(runs)
    for _ in range(runs):
        _anew(handful)
        if draw.random() < 0.8:  # else no score at all
            scores = [draw.choice(wild) if draw.random() < 0.5 else draw.uniform(-9, 9) for _ in range(FEW)]
            _queued_with(handful, Says(lambda _, scores=scores: scores.pop()), monkeypatch)  # type: ignore[misc]
            assert hidden_or_published(handful, FEW) == []
        else:
            ranking.queue(handful)
            unscored = {"a score that is no number"}
            assert set(hidden_or_published(handful, FEW)) == unscored


@pytest.mark.parametrize("score", [0.0, -math.inf, 1e-300])
def test_a_model_that_says_no_to_everything_hides_nothing(
    crowd: Desk, monkeypatch: pytest.MonkeyPatch, score: float
) -> None:
    _anew(crowd)
    _queued_with(crowd, Says(lambda facts: score), monkeypatch)  # noqa: ARG005
    assert hidden_or_published(crowd, N) == []


def test_control_without_the_share_that_ignores_it_claims_are_hidden(
    crowd: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    _anew(crowd)
    monkeypatch.setattr(ranking, "_explored", lambda *_: False)
    _queued_with(crowd, Says(lambda facts: 0.0), monkeypatch)  # noqa: ARG005
    assert any("ignores the score" in one for one in hidden_or_published(crowd, N))


def test_a_desk_without_any_score_has_a_queue(crowd: Desk) -> None:
    _anew(crowd)
    ranking.queue(crowd)
    with crowd.reading() as session:
        assert session.scalar(select(func.count()).select_from(Claim).where(Claim.state == ClaimState.QUEUED))
