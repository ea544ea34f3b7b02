"""Blocks of columns as compressed Arrow files, and back."""

import io
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.services.columns.facts import Block
from core.services.columns.parts import Kind, Part

_COMPRESSION = "lz4"
_SAID = "said"


def load() -> None:
    """Load what writes and reads columns, for whoever counts milliseconds and memory meanwhile."""
    import_module("pyarrow")


def packed(part: Part, block: Block) -> bytes:
    """The block without its run."""
    import pyarrow as pa

    return _file({name: _packed(pa, block[name], kind) for name, kind in part.columns.items()})


def unpacked(part: Part, file: bytes) -> Block:
    """What ``packed`` was given, without the run."""
    table = _table(file)
    return {name: _unpacked(table.column(name), kind) for name, kind in part.columns.items()}


def packed_scores(values: NDArray[np.float64]) -> bytes:
    """One evaluator's scores."""
    import pyarrow as pa

    return _file({_SAID: _numbers(pa, values)})


def unpacked_scores(file: bytes) -> NDArray[np.float64]:
    """What ``packed_scores`` was given."""
    return np.asarray(_unpacked(_table(file).column(_SAID), Kind.NUMBER))


def _packed(pa: Any, column: NDArray[Any], kind: Kind) -> Any:
    if kind is Kind.WORD:
        return _words(pa, column)
    if kind is Kind.WHOLE:
        unknown = np.isnan(column)
        return _numbers(pa, np.where(unknown, 0, column).astype(np.int64), known=~unknown)
    return _numbers(pa, column)


def _numbers(pa: Any, values: NDArray[Any], known: NDArray[np.bool_] | None = None) -> Any:
    """Arrow's array of the very bytes: ``pa.array`` loads pandas, 45 MB that a worker has no use for."""
    there = None if known is None else pa.py_buffer(np.packbits(known, bitorder="little"))
    held = pa.py_buffer(np.ascontiguousarray(values))
    return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), len(values), [there, held])


def _words(pa: Any, values: NDArray[Any]) -> Any:
    """A dictionary of the words that are there; ``pa.array`` and Arrow's own encoding would load 60 MB for it."""
    places = {word: place for place, word in enumerate(word for word in dict.fromkeys(values) if word is not None)}
    at = np.array([places.get(word, -1) for word in values], dtype=np.int32)
    words = pa.lib.StringBuilder()
    words.append_values(list(places))
    return pa.DictionaryArray.from_arrays(_numbers(pa, np.maximum(at, 0), known=at >= 0), words.finish())


def _unpacked(column: Any, kind: Kind) -> NDArray[Any]:
    if kind is Kind.WORD:
        words = np.array([*column.dictionary.to_pylist(), None], dtype=object)
        return np.asarray(words[column.indices.fill_null(len(words) - 1).to_numpy(zero_copy_only=False)])
    values = column.to_numpy(zero_copy_only=False)
    return np.asarray(values, dtype=np.float64) if kind is Kind.WHOLE else np.asarray(values)


def _file(columns: dict[str, Any]) -> bytes:
    import pyarrow as pa

    batch = pa.record_batch(columns)
    file, options = io.BytesIO(), pa.ipc.IpcWriteOptions(compression=_COMPRESSION, use_threads=False)
    with pa.ipc.new_file(file, batch.schema, options=options) as writer:
        writer.write_batch(batch)
    return file.getvalue()


def _table(file: bytes) -> Any:
    """Arrow's own pools keep what was freed, by the hundred megabytes."""
    import pyarrow as pa

    return pa.ipc.open_file(pa.py_buffer(file), memory_pool=pa.system_memory_pool()).get_batch(0)
