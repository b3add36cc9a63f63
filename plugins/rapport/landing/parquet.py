"""Parquet: typed columns become text in the forms that raw stores; read by batches, whatever its row groups."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from rapport.businesses import AS_DECLARED, Dialect
from rapport.errors import LandingError
from rapport.landing.declarations import Declaration
from rapport.landing.headers import Layout, arrange, read_headings
from rapport.landing.nested_values import cell_of
from rapport.landing.packing import ExportFile
from rapport.landing.reading import BLOCK_BYTES, Block, RecordTooLong
from rapport.landing.typed_values import number_text

# Where all rows are alike a few bytes hold millions of them; no export is like that.
LARGEST_RATIO = 1_000
ALWAYS_ALLOWED_BYTES = 16 << 20
_BATCH_ROWS = 8_192
_DAMAGE = (pa.ArrowException, OSError, MemoryError, OverflowError, ValueError)


class ParquetTable:
    """A Parquet file."""

    format = "parquet"
    encoding = None

    def __init__(self, file: ExportFile) -> None:
        self.file = file
        with file.open_held() as content:
            self._names = list(_opened(file, content).schema_arrow.names)

    def find_layout(self, declaration: Declaration, own: Dialect = AS_DECLARED) -> Layout | None:
        """See `Contents`: by the names in its schema."""
        if not self._names or any("\0" in name for name in self._names):
            return None
        headings, _ = read_headings([self._names], declaration)
        return arrange(headings, declaration)

    def reader(self, layout: Layout, declaration: Declaration, block_bytes: int) -> ParquetReader:
        return ParquetReader(self.file, layout, block_bytes)


class ParquetReader:
    """Reads a Parquet file once; see `Reader`."""

    def __init__(self, file: ExportFile, layout: Layout, block_bytes: int) -> None:
        self.file, self.layout, self.block_bytes = file, layout, block_bytes
        self.n_rows = 0
        self.cut_off: LandingError | None = None
        self.digest, self.n_bytes = file.digest(), file.size
        self._n_given, self._allowed = 0, max(ALWAYS_ALLOWED_BYTES, LARGEST_RATIO * file.size)

    def blocks(self) -> Iterator[Block]:
        with self.file.open_held() as content:
            parquet = _opened(self.file, content)
            try:
                for batch in parquet.iter_batches(_BATCH_ROWS, use_threads=False):
                    batch.validate(full=True)
                    yield from self._blocks(batch)
            except _DAMAGE:
                raise _damaged(self.file) from None

    def _blocks(self, batch: pa.RecordBatch) -> Iterator[Block]:
        sizes = np.ones(batch.num_rows, dtype=np.int64)
        for position in self.layout.kept:
            sizes += _text_sizes(batch.column(position))
        self._n_given += int(sizes.sum())
        if self._n_given > self._allowed:
            raise LandingError(
                f"Its rows are more than {LARGEST_RATIO:,} times as large as the file: no export is.",
                where=self.file.name,
                fix="find out who made it; if it is right, export it as CSV",
            )
        if len(sizes) and sizes.max() > self.block_bytes:
            raise RecordTooLong(self.block_bytes)
        ends = np.cumsum(sizes)
        start = 0
        while start < batch.num_rows:
            before = ends[start - 1] if start else 0
            end = max(start + 1, int(np.searchsorted(ends, before + self.block_bytes, side="right")))
            part = batch.slice(start, end - start)
            columns = {position: as_text(part.column(position)) for position in self.layout.kept}
            numbers = np.arange(self.n_rows + 1, self.n_rows + 1 + part.num_rows, dtype=np.int64)
            self.n_rows += part.num_rows
            yield Block(columns, numbers, [], may_hold_nul=True)
            start = end


def as_text(values: pa.Array) -> pa.Array:
    """A column as text, in the forms of raw: empty is null, instants in UTC, nested values as JSON."""
    if isinstance(values, pa.ExtensionArray):
        values = values.storage
    kind = values.type
    if pa.types.is_dictionary(kind):
        return as_text(values.dictionary).take(values.indices)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        text = values.cast(pa.string())
    elif pa.types.is_timestamp(kind):
        text = _moments(values)
    elif pa.types.is_time(kind):
        text = _without_zeros(values.cast(pa.time64("us"), safe=False).cast(pa.string()))
    elif pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        text = _numbers(values)
    elif pa.types.is_integer(kind) or pa.types.is_boolean(kind) or pa.types.is_date(kind) or pa.types.is_null(kind):
        text = values.cast(pa.string())
    else:
        text = pa.array(map(_cell, values.to_pylist()), pa.string())
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)


def _numbers(values: pa.Array) -> pa.Array:
    text = values.cast(pa.string())
    # Arrow writes what is large or small with an exponent, and so would a spreadsheet that has rounded it.
    odd = pc.fill_null(pc.match_substring_regex(text, "[^0-9.-]"), False)
    if not pc.any(odd).as_py():
        return text
    written = [number_text(cell) for cell in text.filter(odd).to_pylist()]
    return pc.replace_with_mask(text, odd, pa.array(written, pa.string()))


def _moments(values: pa.Array) -> pa.Array:
    values = values.cast(pa.timestamp("us", values.type.tz), safe=False)
    if values.type.tz is None:
        return _without_zeros(values.cast(pa.string()))
    utc = values.cast(pa.timestamp("us", "UTC")).cast(pa.timestamp("us"))
    return pc.binary_join_element_wise(_without_zeros(utc.cast(pa.string())), "+00:00", "")


def _without_zeros(times: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(times, "\\.0+\\z|(\\.[0-9]*[1-9])0+\\z", "\\1")


def _cell(value: Any) -> str | None:
    if isinstance(value, bytes):
        try:
            return value.decode() or None
        except UnicodeDecodeError:
            return f"\\x{value.hex()}"
    return cell_of(_plain(value))


def _plain(value: Any) -> Any:
    """Nested values with text, numbers and truth values at their leaves."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, bytes):
        return _cell(value)
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)


def _text_sizes(values: pa.Array) -> Any:
    """Bytes that each value will about take as text."""
    if pa.types.is_dictionary(values.type):
        sizes = _text_sizes(values.dictionary)
        indices = pc.fill_null(values.indices, 0).to_numpy(zero_copy_only=False)
        return sizes[indices] if len(sizes) else np.zeros(len(values), dtype=np.int64)
    kind = values.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_binary(kind):
        return pc.fill_null(pc.binary_length(values), 0).to_numpy(zero_copy_only=False).astype(np.int64)
    return np.full(len(values), 1 + values.nbytes // max(1, len(values)), dtype=np.int64)


def _opened(file: ExportFile, content: Any) -> pq.ParquetFile:
    try:
        texts = _text_columns(pq.ParquetFile(content).schema_arrow)
        # Texts that repeat are held once, however often they do.
        return pq.ParquetFile(content, read_dictionary=texts, buffer_size=BLOCK_BYTES)
    except _DAMAGE:
        raise _damaged(file) from None


def _text_columns(schema: pa.Schema) -> list[str]:
    return [field.name for field in schema if pa.types.is_string(field.type) or pa.types.is_binary(field.type)]


def _damaged(file: ExportFile) -> LandingError:
    return LandingError(
        "It cannot be read as Parquet: it is cut off or damaged.",
        where=file.name,
        fix="export it again and drop it in anew",
    )
