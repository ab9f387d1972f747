"""The release of the open data sets: documented splits as CSV, JSONL and Parquet, equal bytes every time.

The form is a Data Package (Frictionless, https://datapackage.org/standard/data-package/) with data cards in
two languages, a licence, CITATION.cff and checksums. The version is the digest of what the rows say, so that
a copy can be told from another by its name, whatever wrote its files.
"""

import hashlib
import io
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from classify import datasets
from pipeline import datasetcards
from pipeline.escape import escape_cell
from pipeline.files import write_all

LICENCE = "CC-BY-4.0"
LICENCE_PAGE = "https://creativecommons.org/licenses/by/4.0/"
_TYPES = {
    "position": "integer",
    "same": "boolean",
    "claims": "array",
}
_MEDIA = {"csv": "text/csv", "jsonl": "application/jsonl", "parquet": "application/vnd.apache.parquet"}

Table = list[dict[str, Any]]


def export(out: Path) -> list[Path]:
    """Write the whole release into a folder; raises `KiemChungError` naming a file that cannot be written."""
    return write_all(out, release())


def release() -> dict[str, bytes]:
    """Every file of the release by its name."""
    tables = {
        (name, split): [datasets.plain(row) for row in datasets.load(name, split)]
        for name in datasets.ROWS
        for split in datasets.SPLITS
    }
    version = version_of(tables)
    files: dict[str, bytes] = {}
    resources: list[dict[str, Any]] = []
    for (name, split), rows in tables.items():
        for ending, write in _WRITERS.items():
            path = f"{name}-{split}.{ending}"
            files[path] = write(rows)
            resources.append(_resource(name, split, path, files[path], len(rows)))
    package = _package(version, resources)
    texts = {
        "datapackage.json": json.dumps(package, ensure_ascii=False, indent=1) + "\n",
        "README.md": datasetcards.english(version, tables),
        "README.vi.md": datasetcards.vietnamese(version, tables),
        "CITATION.cff": datasetcards.citation(version, LICENCE),
        "LICENSE": datasetcards.licence(LICENCE_PAGE),
    }
    files |= {name: text.encode() for name, text in texts.items()}
    sums = "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files))
    return {**files, "SHA256SUMS": sums.encode()}


def version_of(tables: Mapping[tuple[str, str], Table]) -> str:
    """The first 16 hex digits of the SHA-256 of what the rows say, set by set."""
    whole = hashlib.sha256()
    for (name, split), rows in sorted(tables.items()):
        whole.update(f"{name}/{split}\n".encode())
        whole.update(_jsonl(rows))
    return whole.hexdigest()[:16]


def _jsonl(rows: Table) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def _csv(rows: Table) -> bytes:
    import csv

    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(rows[0])
    writer.writerows([[_cell(value) for value in row.values()] for row in rows])
    return buffer.getvalue().encode()


def _cell(value: object) -> str:
    """A value as the Table Schema writes it in CSV; no text may be run by a spreadsheet."""
    if value is None:
        return ""
    if isinstance(value, bool | list):
        return json.dumps(value)
    return escape_cell(str(value))


def _parquet(rows: Table) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {name: [row[name] for row in rows] for name in rows[0]}
    spans = pa.list_(pa.list_(pa.int64()))
    types = {"integer": pa.int64(), "boolean": pa.bool_(), "array": spans, "string": pa.string()}
    fields = [pa.field(name, types[_type(name)]) for name in columns]
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns, schema=pa.schema(fields)), buffer, compression="zstd")
    return buffer.getvalue()


_WRITERS: dict[str, Callable[[Table], bytes]] = {"csv": _csv, "jsonl": _jsonl, "parquet": _parquet}


def _type(field: str) -> str:
    return _TYPES.get(field, "string")


def _resource(name: str, split: str, path: str, content: bytes, rows: int) -> dict[str, Any]:
    ending = path.rsplit(".", 1)[1]
    resource: dict[str, Any] = {
        "name": path.replace(".", "-"),
        "path": path,
        "format": ending,
        "mediatype": _MEDIA[ending],
        "bytes": len(content),
        "hash": f"sha256:{hashlib.sha256(content).hexdigest()}",
        "dataset": name,
        "split": split,
        "rowcount": rows,
        "schema": {
            "fields": [
                {"name": field, "type": _type(field), "description": datasetcards.FIELDS[field]}
                for field in datasets.ROWS[name]._fields
            ],
            "primaryKey": ["id"],
        },
    }
    return resource if ending == "parquet" else {**resource, "encoding": "utf-8"}


def _package(version: str, resources: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": "kiemchung-vietnamese-claims",
        "title": datasetcards.TITLE,
        "description": datasetcards.ABOUT,
        "version": version,
        "licenses": [{"name": LICENCE, "path": LICENCE_PAGE}],
        "keywords": ["Vietnamese", "claim detection", "claim matching", "fact-checking"],
        "resources": list(resources),
    }
