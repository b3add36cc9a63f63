"""Files without some of their rows: every other byte stays, in the file's own dialect and packing."""

from __future__ import annotations

import codecs
import gzip
import io
import re
import zipfile
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from rapport.landing.headers import Layout
from rapport.landing.packing import ExportFile

Redact = Callable[[str], str]


class CannotRewrite(Exception):
    """What the rows are in the bytes of the file cannot be told for certain."""


def without_rows(
    content: bytes,
    encoding: str | None,
    format_: str,
    layout: Layout,
    rows: Collection[int],
    *,
    n_rows: int,
    skip_lines: int,
    redact: Redact,
) -> bytes:
    """The bytes of an export without the rows of these numbers (from 1, as readers count), of `n_rows` in all.

    `redact` is given the text that stays. Raises CannotRewrite where rows and bytes do not agree.
    """
    if format_ == "parquet":
        return _parquet_without(content, rows)
    if encoding is None:
        raise CannotRewrite("its format cannot be written row by row")
    text = content.decode(encoding)
    if text.encode(encoding) != content:
        raise CannotRewrite("its encoding cannot be written as it was read")
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    body = text.removeprefix(mark).encode()
    start = layout.header_bytes if format_ == "delimited" else _end_of_lines(body, skip_lines)
    if format_ == "json_lines":
        records = _lines(body[start:])
    else:
        records = split_records(body[start:], layout.delimiter if format_ == "delimited" else None, layout)
    if len(records) != n_rows:
        raise CannotRewrite("its rows and its lines do not agree")
    kept = b"".join(record for number, record in enumerate(records, start=1) if number not in rows)
    return (mark + redact((body[:start] + kept).decode())).encode(encoding.replace("-sig", "") if mark else encoding)


def split_records(body: bytes, delimiter: str | None, layout: Layout | None = None) -> list[bytes]:
    """The records of a text in UTF-8, each with its line end; without a delimiter, a line is a record."""
    quote = b"" if delimiter is None else (layout.quoting.quote.encode() if layout else b'"')
    if not quote or quote not in body:
        return body.splitlines(keepends=True)
    assert delimiter is not None
    escape = (layout.quoting.escape or "").encode() if layout else b""
    pattern = _record_pattern(delimiter.encode(), quote, escape)
    records, at = [], 0
    while at < len(body):
        found = pattern.match(body, at)
        if found is None or found.end() == at:
            raise CannotRewrite("a quote in it is never closed")
        records.append(found.group())
        at = found.end()
    return records


def repacked(file: ExportFile, contents: Mapping[str, bytes]) -> bytes:
    """The bytes of a landed file, with other contents for some of what is packed in it (by the ledger's name)."""
    if file.packing == "plain":
        return contents[file.name]
    if file.packing == "gzip":
        return gzip.compress(contents[file.name], mtime=0)
    packed = io.BytesIO()
    with zipfile.ZipFile(file.path) as old, zipfile.ZipFile(packed, "w") as new:
        for member in old.infolist():
            name = f"{file.path.name}/{member.filename}"
            new.writestr(member, contents[name] if name in contents else old.read(member))
    return packed.getvalue()


def content_of(file: ExportFile) -> bytes:
    """All bytes of an export, unpacked."""
    pieces = []
    with file.open() as source:
        while piece := source.read(1 << 20):
            pieces.append(piece)
    return b"".join(pieces)


def text_of(path: Path) -> tuple[str, str]:
    """A file's text and its encoding, whatever it is."""
    return decoded(path.read_bytes())


def decoded(content: bytes) -> tuple[str, str]:
    """Bytes as text, and their encoding: what is no UTF-8 is read as Latin letters."""
    for encoding in ("utf-16" if content[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8", "latin-1"):
        try:
            return content.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise AssertionError("Latin-1 reads every byte")


def _record_pattern(delimiter: bytes, quote: bytes, escape: bytes) -> re.Pattern[bytes]:
    d, q = re.escape(delimiter), re.escape(quote)
    escaped = rb"|" + re.escape(escape) + rb"." if escape else b""
    inside = rb"[^" + q + (re.escape(escape) if escape else b"") + rb"]"
    quoted = q + rb"(?:" + inside + rb"|" + q + q + escaped + rb")*+" + q + rb"[^" + d + rb"\r\n]*"
    field = rb"(?:" + quoted + rb"|[^" + q + d + rb"\r\n][^" + d + rb"\r\n]*|)"
    return re.compile(field + rb"(?:" + d + field + rb")*(?:\r\n|\n|\r|\Z)", re.DOTALL)


def _lines(body: bytes) -> list[bytes]:
    return [line + b"\n" for line in body.split(b"\n")[:-1]] + ([last] if (last := body.rpartition(b"\n")[2]) else [])


def _end_of_lines(body: bytes, n_lines: int) -> int:
    return sum(map(len, body.splitlines(keepends=True)[:n_lines]))


def _parquet_without(content: bytes, rows: Collection[int]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    source = pq.ParquetFile(pa.BufferReader(content))
    table = source.read()
    stays = pa.array([number not in rows for number in range(1, table.num_rows + 1)])
    sink = pa.BufferOutputStream()
    pq.write_table(table.filter(stays), sink)
    return bytes(sink.getvalue())
