"""The operations of the engine, a file each. Their values are in `core.runs.operations`, or where they belong.

An operation is added by its value, its file here, and one line in `OPERATIONS`.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from core.engine.context import Context
from core.engine.operations import (
    compare_schedules,
    decode,
    encode_picture,
    enlarge,
    export_frame,
    generate,
    generate_branch,
    make_grid,
    open_film,
    predict_once,
    preview_film,
    record_attention,
    render_frame,
    report_memory,
    resume,
)
from core.film_export.pictures import ExportFrame
from core.grid.operation import MakeGrid
from core.runs import operations as values
from core.runs.enlargement import Enlarge, EnlargeFiles
from core.runs.events import Event
from core.runs.operations import Operation

OPERATIONS: Mapping[type[Operation[Any]], Callable[[Context, Any], Iterator[Event]]] = {
    values.Generate: generate.run,
    values.GenerateBranch: generate_branch.run,
    values.Resume: resume.run,
    values.Decode: decode.run,
    values.RenderFrame: render_frame.run,
    values.OpenFilm: open_film.run,
    values.PreviewFilm: preview_film.run,
    values.RecordAttention: record_attention.run,
    values.EncodePicture: encode_picture.run,
    values.PredictOnce: predict_once.run,
    values.CompareSchedules: compare_schedules.run,
    values.ReportMemory: report_memory.run,
    ExportFrame: export_frame.run,
    MakeGrid: make_grid.run,
    Enlarge: enlarge.run,
    EnlargeFiles: enlarge.run_files,
}
"""The work behind each kind of operation."""
