"""Blocks of columns as compressed Arrow files, and back."""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.services.columns.facts import Block
from core.services.columns.parts import Kind, Part

_COMPRESSION = "lz4"
_SAID = "said"


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

    return _file({_SAID: pa.array(values)})


def unpacked_scores(file: bytes) -> NDArray[np.float64]:
    """What ``packed_scores`` was given."""
    return np.asarray(_unpacked(_table(file).column(_SAID), Kind.NUMBER))


def _packed(pa: Any, column: NDArray[Any], kind: Kind) -> Any:
    if kind is Kind.WORD:
        return pa.array(column, type=pa.string()).dictionary_encode()
    if kind is Kind.WHOLE:
        unknown = np.isnan(column)
        return pa.array(np.where(unknown, 0, column).astype(np.int64), mask=unknown)
    return pa.array(column)


def _unpacked(column: Any, kind: Kind) -> NDArray[Any]:
    if kind is Kind.WORD:
        words = np.array([*column.dictionary.to_pylist(), None], dtype=object)
        return np.asarray(words[column.indices.fill_null(len(words) - 1).to_numpy(zero_copy_only=False)])
    values = column.to_numpy(zero_copy_only=False)
    return np.asarray(values, dtype=np.float64) if kind is Kind.WHOLE else np.asarray(values)


def _file(columns: dict[str, Any]) -> bytes:
    import pyarrow as pa

    batch = pa.record_batch(columns)
    file = io.BytesIO()
    with pa.ipc.new_file(file, batch.schema, options=pa.ipc.IpcWriteOptions(compression=_COMPRESSION)) as writer:
        writer.write_batch(batch)
    return file.getvalue()


def _table(file: bytes) -> Any:
    """Arrow's own pools keep what was freed, by the hundred megabytes."""
    import pyarrow as pa

    return pa.ipc.open_file(pa.py_buffer(file), memory_pool=pa.system_memory_pool()).get_batch(0)
