"""`kind: images` and `kind: packed`: features that were computed elsewhere, and whose they are."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mexflow.config.datasets import ImagesSpec, PackedSpec, PrecomputedSpec
from mexflow.config.spec import nearest
from mexflow.datasets.manifest import SCHEMES, UNKNOWN, Expression
from mexflow.datasets.release import Release
from mexflow.datasets.workbook import read_table, text_of
from mexflow.errors import UserError
from mexflow.store.npz import npz_arrays
from mexflow.store.packed import reading_packed

IMAGE_COLUMNS = ("path", "dataset", "subject", "clip", "label")
_ARRAYS = ("samples", "subject", "clip", "label")


class _Sample(NamedTuple):
    place: str
    source: str
    dataset: str
    subject: str
    clip: str
    label: str


def read(name: str, spec: PrecomputedSpec, root: Path, frames: bool) -> Release:
    """Read whose features there are: a row of the manifest per sample, in the order of the file.

    Onset, apex and offset stay unknown, and the rate is 0.

    Parameters
    ----------
    name : str
        The dataset's name in the configuration.
    spec : ImagesSpec or PackedSpec
    root : Path
        What the sources are relative to: the folder of the table or file.
    frames : bool
        Look whether the images are there, too.

    Raises
    ------
    UserError
        If the table or file cannot be read, or a row cannot be.
    """
    if isinstance(spec, ImagesSpec):
        samples = list(_images(spec.table, root, frames))
    else:
        assert isinstance(spec, PackedSpec)
        samples = list(_packed(name, spec))
    release = Release(name, spec)
    seen: dict[tuple[str, ...], str] = {}
    for sample in samples:
        key = sample.dataset, sample.subject, sample.clip
        if not all(key):
            raise UserError(f"{sample.place}: dataset, subject and clip must not be empty.")
        if key in seen:
            raise UserError(f"{sample.place}: {'/'.join(key)} is there already ({seen[key]}). Remove one of the two.")
        seen[key] = sample.place
        release.expressions.append(_expression(sample, spec))
    if not samples:
        raise UserError(f"datasets.{name}: no samples.")
    return release


def without_folder(spec: ImagesSpec | PackedSpec) -> ImagesSpec | PackedSpec:
    """The same with the bare name of its file: where it lies does not matter to what is made of it."""
    key = "table" if isinstance(spec, ImagesSpec) else "file"
    return spec.model_copy(update={key: Path(getattr(spec, key).name)})


def _images(table: Path, root: Path, frames: bool) -> Iterator[_Sample]:
    for row in read_table(table, header=0, required=IMAGE_COLUMNS).rows:
        place = f"{table}, row {row.number}"
        path, *rest = (text_of(row.cells[column]) for column in IMAGE_COLUMNS)
        if frames and not (root / path).is_file():
            raise UserError(f"{place}: no image {root / path}.")
        yield _Sample(place, path, *rest)


def _packed(name: str, spec: PackedSpec) -> Iterator[_Sample]:
    source = spec.file.name
    if spec.file.suffix.lower() != ".npz":
        with reading_packed(spec.file) as packed:
            rows = packed.clips
        if spec.scheme not in rows.columns:
            raise UserError(f"{spec.file}: its samples have no {spec.scheme}.")
        for position, row in enumerate(rows.to_dict("records")):
            whose = (str(row[column]) for column in ("dataset", "subject", "clip", spec.scheme))
            yield _Sample(f"{spec.file}, sample {position}", source, *whose)
        return
    arrays = npz_arrays(spec.file, _ARRAYS[1:])
    sizes = {key: len(array) for key, array in arrays.items()}
    if len(set(sizes.values())) > 1:
        raise UserError(f"{spec.file}: arrays of different length ({sizes}).")
    datasets = _datasets(spec.file, sizes["label"], name)
    for position in range(sizes["label"]):
        subject, clip, label = (_text(arrays[key][position]) for key in _ARRAYS[1:])
        yield _Sample(f"{spec.file}, sample {position}", source, datasets[position], subject, clip, label)


def _datasets(path: Path, count: int, name: str) -> list[str]:
    found = [_text(one) for one in npz_arrays(path, [], optional=["dataset"]).get("dataset", [name] * count)]
    if len(found) != count:
        raise UserError(f"{path}: {len(found)} entries of dataset for {count} labels.")
    return found


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode()
    return str(value.item() if isinstance(value, np.generic) else value).strip()


def _expression(sample: _Sample, spec: PrecomputedSpec) -> Expression:
    label = _label(sample, spec)
    schemes = {scheme: label if scheme in {spec.scheme, "emotion"} else "" for scheme in SCHEMES}
    return Expression(
        dataset=sample.dataset,
        subject=sample.subject,
        clip=sample.clip,
        video=sample.clip,
        unit=sample.subject,
        source=sample.source,
        first_frame=0,
        onset=UNKNOWN,
        apex=UNKNOWN,
        offset=UNKNOWN,
        fps=0.0,
        action_units="",
        expression_type="micro",
        apex_source="",
        content="",
        **schemes,
    )


def _label(sample: _Sample, spec: PrecomputedSpec) -> str:
    """The name of a class; "" takes no part."""
    number = sample.label.removesuffix(".0")
    if number.isdigit():
        if int(number) >= len(spec.classes):
            raise UserError(
                f"{sample.place}: label {number}, but classes names {len(spec.classes)} ({', '.join(spec.classes)})."
                " Labels count from 0."
            )
        return spec.classes[int(number)]
    if sample.label and spec.scheme == "three_class" and sample.label not in spec.classes:
        raise UserError(f'{sample.place}: no class "{sample.label}"{nearest(sample.label, spec.classes)}')
    return sample.label
