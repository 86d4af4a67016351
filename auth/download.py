"""Hands out files: piece by piece, so that they take no memory, and with a line of the trace that says how many rows left."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from flask import Response

from auth import trace

IN_MEMORY = 4_000_000  # bytes; larger files go through the disk, under no name
PIECE = 65_536


@contextmanager
def new_file() -> Iterator[IO[bytes]]:
    """A file to be written here and handed out afterwards. When it cannot be written, it is closed."""
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  closed when it is sent
    try:
        yield file
    except BaseException:
        file.close()
        raise


def handed_out(file: IO[bytes], kind: str, name: str, *, act: str, object_id: object, rows: int) -> Response:
    """The answer that is this file. `kind` is its MIME type, `act` how the trace calls it. It is closed when it is sent, or when
    whoever reads it has left."""
    trace.note(act, object_id=object_id, rows=rows)
    size = file.seek(0, 2)
    file.seek(0)

    def pieces() -> Iterator[bytes]:
        with file:
            while piece := file.read(PIECE):
                yield piece

    response = Response(
        pieces(),
        content_type=kind,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Content-Length": str(size),
            "Cache-Control": "no-store",
        },
    )
    response.call_on_close(file.close)
    return response
