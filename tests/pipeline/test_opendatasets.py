"""The release of the open data: three forms of the same rows, checksums, and equal bytes."""

import csv
import hashlib
import io
import json
import re
from collections.abc import Mapping
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from classify import datasets
from classify.datasets import load
from pipeline import opendatasets
from pipeline.opendatasets import release, version_of

PARTS = [(name, split) for name in datasets.ROWS for split in datasets.SPLITS]


@pytest.fixture(scope="module")
def files() -> Mapping[str, bytes]:
    return release()


@pytest.mark.parametrize(("name", "split"), PARTS)
def test_all_three_forms_hold_what_the_loader_gives(
    files: Mapping[str, bytes], name: str, split: str
) -> None:
    wanted = [datasets.plain(row) for row in load(name, split)]
    stem = f"{name}-{split}"
    assert [json.loads(line) for line in files[f"{stem}.jsonl"].decode().splitlines()] == wanted
    assert pq.read_table(io.BytesIO(files[f"{stem}.parquet"])).to_pylist() == wanted
    rows = csv.DictReader(io.StringIO(files[f"{stem}.csv"].decode(), newline=""))
    assert [typed(row) for row in rows] == wanted


def typed(row: Mapping[str, str]) -> dict[str, object]:
    """A row of CSV by the types of the schema."""
    found: dict[str, object] = {}
    for field, text in row.items():
        kind = opendatasets._type(field)
        found[field] = text if kind == "string" else json.loads(text)
    if found.get("label") == "out":
        assert found["topic"] == ""
        found["topic"] = None
    return found


def test_a_second_release_has_the_same_bytes(files: Mapping[str, bytes], tmp_path: Path) -> None:
    written = opendatasets.export(tmp_path)
    assert {path.name: path.read_bytes() for path in written} == dict(files)


def test_checksums_and_package_describe_every_file(files: Mapping[str, bytes]) -> None:
    sums = dict(line.split("  ")[::-1] for line in files["SHA256SUMS"].decode().splitlines())
    assert sums == {n: hashlib.sha256(b).hexdigest() for n, b in files.items() if n != "SHA256SUMS"}
    package = json.loads(files["datapackage.json"])
    assert package["licenses"][0]["name"] == "CC-BY-4.0"
    for one in package["resources"]:
        content = files[one["path"]]
        assert one["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
        assert one["bytes"] == len(content)
        assert all(field["description"] for field in one["schema"]["fields"])
    assert package["version"] in files["README.vi.md"].decode()
    assert f'version: "{package["version"]}"' in files["CITATION.cff"].decode()


def test_the_version_follows_the_rows_and_nothing_else() -> None:
    tables = {("match", "test"): [datasets.plain(row) for row in load("match", "test")]}
    first = version_of(tables)
    assert version_of(tables) == first
    changed = [{**row} for row in tables["match", "test"]]
    changed[0]["text"] += "."
    assert version_of({("match", "test"): changed}) != first


def test_nothing_of_a_person_is_in_the_release(files: Mapping[str, bytes]) -> None:
    whole = b"".join(content for name, content in files.items() if name.endswith((".csv", ".jsonl")))
    phone = re.compile(rb"(?<![\d.])0[1-9](?:[ .]?\d){8}(?!\d)")
    assert phone.findall(whole) == []
    assert phone.findall(whole + " gọi 0912.345.678 ".encode())  # the control
    assert not {"author", "name", "account", "source", "url"} & {
        field for kind in datasets.ROWS.values() for field in kind._fields
    }
