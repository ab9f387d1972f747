"""`provinces check`: a package held to what it promises: sources, place names, the gate on its texts."""

from dataclasses import dataclass

from models.errors import UsageError
from pipeline import provincegates, provinces
from pipeline.provincegates import GateReport
from pipeline.provinces import Province


@dataclass(frozen=True)
class Checked:
    """What a package holds, and what is wrong with it."""

    province: Province
    sources: int
    switched_on: int
    names: int
    gate: GateReport
    problems: tuple[str, ...]

    def as_dict(self) -> dict[str, object]:
        """The result as plain values."""
        return {
            "code": self.province.code,
            "name": self.province.name_vi,
            "package": self.province.package,
            "language": self.province.language,
            "former": list(self.province.former),
            "sources": self.sources,
            "switched_on": self.switched_on,
            "names": self.names,
            "gate": self.gate.as_dict(),
            "problems": list(self.problems),
            "ok": not self.problems,
        }


def check(province: Province) -> Checked:
    """Read every file of a package and measure the gate on its texts.

    Raises `UsageError` for a file that cannot be read.
    """
    specs = provinces.sources(province)
    names = provinces.local_names(province)
    texts, protected = provinces.gate_texts(province), provinces.protected_texts(province)
    report = provincegates.measure(provincegates.gate_of(province), texts, protected)
    problems = [*_place_problems(province, names), *report.problems]
    problems += [
        f"source {spec.id}: is of the whole country, it is in the starter registry"
        for spec in specs
        if not spec.local
    ]
    switched_on = sum(spec.enabled for spec in specs)
    if switched_on:
        problems.append("sources: all are switched off until the desk has checked them, set enabled = false")
    return Checked(province, len(specs), switched_on, len(names), report, tuple(problems))


def _place_problems(province: Province, names: dict[str, str]) -> list[str]:
    """Names that do not belong: of an unknown unit, or that are a place elsewhere."""
    from classify.errors import GazetteerError
    from classify.places import Gazetteer

    try:
        today = Gazetteer(province.code)
    except GazetteerError as error:
        return [str(error)]
    problems = []
    if today.province != province.name_vi:
        problems.append(f"name_vi: province {province.code} is {today.province}, not {province.name_vi}")
    problems += [
        f"former: {former!r} did not become a part of {today.province}"
        for former in province.former
        if today.places(f"tỉnh {former}") != [today.province]
    ]
    for name, unit in names.items():
        if unit not in today.units:
            problems.append(f"names: {name}: {unit!r} is no unit of {today.province} today")
        whole = [hit for hit in today.found(name) if hit.end - hit.start == len(name)]
        others = {place.province for hit in whole for place in hit.places}
        if others and today.province not in others:
            problems.append(f"names: {name}: is a place of {', '.join(sorted(others))}")
    return problems


def chosen(code: str | None) -> list[Province]:
    """The package of a code, or all; raises `UsageError` where there is none."""
    if code is None:
        return provinces.installed()
    found = provinces.find(code)
    if found is None:
        raise UsageError(f"province {code}: no package is installed (`kiemchung provinces list`)")
    return [found]
