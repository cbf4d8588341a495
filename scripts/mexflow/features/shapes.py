"""What the samples of a feature hold, known before any is made."""

from math import prod

from mexflow.config.features import FeatureSpec, FlowFeatureSpec, GrayFeatureSpec, HoofFeatureSpec, LbpTopFeatureSpec
from mexflow.config.pairs import parameter, per_expression
from mexflow.store.packed import Layout

_UNITS = {"u": "px", "v": "px", "magnitude": "px", "strain": "1", "gray": "grey level"}


def sample_shape(spec: FeatureSpec) -> tuple[int, ...]:
    """The shape of one sample: (times,) rows, columns, channels; or bins.

    Examples
    --------
    >>> sample_shape(GrayFeatureSpec(alignment="a", length=18, size=64))
    (18, 64, 64, 1)
    """
    match spec:
        case FlowFeatureSpec():
            image = (spec.size, spec.size, len(spec.channels))
            if spec.pairs == "onset_apex" or not per_expression(spec.pairs):
                return image
            return (spec.length or parameter(spec.pairs) - 1, *image)
        case GrayFeatureSpec():
            return (spec.length, spec.size, spec.size, len(spec.regions) or 1)
        case LbpTopFeatureSpec():
            return (prod(spec.blocks) * sum(points * (points - 1) + 3 for points in spec.neighbours),)
        case HoofFeatureSpec():
            return (prod(spec.blocks) * spec.bins,)
    raise TypeError(f"no shape is known of {type(spec).__name__}")


def layout(spec: FeatureSpec) -> Layout:
    """Channels and units of a feature's samples."""
    match spec:
        case FlowFeatureSpec():
            encoded = "encode_8bit" in spec.steps
            units = tuple("8 bit" if encoded else _UNITS[channel] for channel in spec.channels)
            return Layout(spec.channels, units, spec.normalise)
        case GrayFeatureSpec():
            channels = spec.regions or ("gray",)
            return Layout(channels, ("grey level",) * len(channels), spec.normalise)
    return Layout(("share",), ("1",), spec.normalise)


def described(spec: FeatureSpec) -> tuple[str, str]:
    """Shape and channels of a feature's samples, in words.

    Examples
    --------
    >>> described(FlowFeatureSpec(alignment="a", flow="f"))
    ('28 × 28 × 3', 'u (px), v (px), strain (1)')
    """
    held = layout(spec)
    shape = " × ".join(map(str, sample_shape(spec)))
    return shape, ", ".join(f"{name} ({unit})" for name, unit in zip(held.channels, held.units, strict=True))
