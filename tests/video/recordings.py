"""Video files, as cameras, phones and recorders write them."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

HEIGHT, WIDTH = 48, 64
RATE = 25  # frames/s
MILLISECOND = Fraction(1, 1000)


def smooth(height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    """Slow colour gradients (B, G, R) that compression keeps."""
    y, x = np.mgrid[:height, :width]
    return np.stack([3 * x, 4 * y, x + 2 * y], axis=-1).astype(np.uint8)


def noise(count: int) -> list[np.ndarray]:
    """Every pixel another colour, so that a file is long and every byte counts."""
    return list(np.random.default_rng(1).integers(0, 256, (count, HEIGHT, WIDTH, 3), np.uint8))


def level(brightness: int) -> np.ndarray:
    return np.full((HEIGHT, WIDTH, 3), brightness, np.uint8)


def record(
    path: Path,
    images: Iterable[np.ndarray],
    codec: str,
    pixels: str = "yuv420p",
    times: list[int] | None = None,
    rotation: int = 0,
    container: dict[str, str] | None = None,
    colours: dict[str, int] | None = None,
    **options: str,
) -> Path:
    """Encode BGR images; `times` in ms, the last shown as long as any; `rotation` in degrees as FFmpeg counts them."""
    with av.open(str(path), "w", options=container or {}) as file:
        stream: Any = file.add_stream(codec, rate=RATE)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, pixels
        stream.options = options
        if rotation:
            stream.set_display_rotation(rotation)
        if times:
            stream.codec_context.time_base = MILLISECOND
        for name, value in (colours or {}).items():
            setattr(stream.codec_context, name, value)
        shown = dict(zip(times, [*np.diff(times).tolist(), max(np.diff(times))], strict=True)) if times else {}

        def mux(packets: list[av.Packet]) -> None:
            for packet in packets:
                packet.duration = shown.get(packet.pts, packet.duration)
                file.mux(packet)

        for index, image in enumerate(images):
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            if times:
                frame.pts, frame.time_base = times[index], MILLISECOND
            mux(stream.encode(frame))
        mux(stream.encode())
    return path


def trimmed(source: Path, target: Path, hidden: int) -> Path:
    """A copy of all frames whose edit list hides the first, as when a phone trims a video."""
    options = {"use_editlist": "1", "avoid_negative_ts": "disabled"}
    with av.open(str(source)) as whole, av.open(str(target), "w", options=options) as file:
        stream = whole.streams.video[0]
        copy = file.add_stream_from_template(stream)
        for packet in whole.demux(stream):
            if packet.pts is None or packet.dts is None:
                continue
            shift = round(Fraction(hidden, RATE) / packet.time_base)
            packet.pts, packet.dts, packet.stream = packet.pts - shift, packet.dts - shift, copy
            file.mux(packet)
    return target


def damaged(source: Path, target: Path, frame: int, whole_frame: bool = False) -> Path:
    """A copy with zeros in place of the second half of one frame, or all of it."""
    with av.open(str(source)) as whole:
        packets = [packet for packet in whole.demux(video=0) if packet.size]
    begin, size = packets[frame].pos, packets[frame].size
    end = begin + size
    begin += 0 if whole_frame else size // 2
    content = bytearray(source.read_bytes())
    content[begin:end] = bytes(end - begin)
    target.write_bytes(content)
    return target


def with_sound(source: Path, target: Path, seconds: float) -> Path:
    """A copy with silence beside the pictures."""
    rate, block = 8000, 800
    with av.open(str(source)) as pictures, av.open(str(target), "w") as file:
        stream = pictures.streams.video[0]
        copy = file.add_stream_from_template(stream)
        sound: Any = file.add_stream("pcm_s16le", rate=rate, layout="mono")
        for packet in pictures.demux(stream):
            if packet.pts is not None:
                packet.stream = copy
                file.mux(packet)
        for index in range(round(seconds * rate / block)):
            silence = av.AudioFrame.from_ndarray(np.zeros((1, block), np.int16), format="s16", layout="mono")
            silence.sample_rate, silence.pts, silence.time_base = rate, index * block, Fraction(1, rate)
            file.mux(sound.encode(silence))
        file.mux(sound.encode())
    return target
