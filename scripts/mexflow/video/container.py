"""What a video file tells about its own length, and whether all of it is there."""

from pathlib import Path
from typing import BinaryIO

import av
import numpy as np
from av.container import InputContainer

_ISO_MEDIA = frozenset({b"ftyp", b"styp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot"})
_EBML, _SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"
_SPARE_FRAMES = 2


def is_cut_off(path: Path) -> bool:
    """Whether a file ends before its outermost elements do.

    AVI, MP4, QuickTime, Matroska and WebM write the sizes of these elements down. Of a file of another kind, and
    of one whose sizes were never filled in (a recorder that crashed, a live stream), nothing can be told.

    Parameters
    ----------
    path : Path

    Returns
    -------
    bool

    References
    ----------
    Microsoft, "AVI RIFF file reference"; ISO/IEC 14496-12, §4.2; RFC 8794, §4 and §5.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(8)
        if head[:4] == b"RIFF":
            return _end_of_riff(file, size) > size
        if head[4:] in _ISO_MEDIA:
            return _end_of_boxes(file, size) > size
        if head[:4] == _EBML:
            return _end_of_segment(file) > size
    return False


def _end_of_riff(file: BinaryIO, size: int) -> int:
    # A large AVI is a row of RIFF lists.
    end = start = 0
    while start + 8 <= size:
        file.seek(start)
        head = file.read(8)
        if head[:4] != b"RIFF":
            break
        end = start + 8 + int.from_bytes(head[4:], "little")
        start = end + end % 2
    return end


def _end_of_boxes(file: BinaryIO, size: int) -> int:
    end = 0
    while end + 8 <= size:
        file.seek(end)
        head = file.read(16)
        length = int.from_bytes(head[:4], "big")
        if length == 1:
            length = int.from_bytes(head[8:], "big")
        if length < 8:  # 0: to the end of the file, whatever that is
            break
        end += length
    return end


def _end_of_segment(file: BinaryIO) -> int:
    file.seek(len(_EBML))
    header = _ebml_size(file)
    if header is None:
        return 0
    file.seek(header, 1)
    if file.read(len(_SEGMENT)) != _SEGMENT:
        return 0
    segment = _ebml_size(file)
    return 0 if segment is None else file.tell() + segment


def _ebml_size(file: BinaryIO) -> int | None:
    """The number of zeros that a size begins with tells its bytes; all ones mean that nobody knows."""
    first = file.read(1)
    if not first or first[0] == 0:
        return None
    width = 9 - first[0].bit_length()
    value = int.from_bytes(first + file.read(width - 1), "big") & ((1 << 7 * width) - 1)
    return None if value == (1 << 7 * width) - 1 else value


def announced_frames(path: Path, decoded: int) -> int:
    """How many frames a file claims to show, as far as it can be held to that.

    An index counts the frames; those that an edit list hides, as in a clip trimmed on a phone, are not to be shown.
    Without an index there is only the duration. Times the mean rate it makes a number of frames, but the mean rate
    is a guess where the rate varies, and sound may last longer than the pictures: so a file whose packets are all
    decoded, and reach the duration, has kept its claim.

    Parameters
    ----------
    path : Path
    decoded : int
        How many frames could be decoded.

    Returns
    -------
    int
        `decoded` where the file makes no claim, or has kept it.
    """
    claim = decoded
    try:
        with av.open(str(path)) as container:
            stream = container.streams.best("video")
            if not isinstance(stream, av.VideoStream):
                return claim
            if stream.frames > 0:
                return stream.frames - sum(entry.is_discard for entry in stream.index_entries)
            if container.duration is None or stream.average_rate is None:
                return claim
            seconds = container.duration / av.time_base
            expected = round(seconds * stream.average_rate)
            if is_short(decoded, expected):
                claim = expected  # which stands if the packets cannot be read to the end
                claim = _held_frames(container, stream, seconds, expected)
    except av.FFmpegError:
        return claim
    return claim


def is_short(decoded: int, announced: int) -> bool:
    """Whether frames are missing; some containers announce one or two more than they hold."""
    return decoded + _SPARE_FRAMES < announced


def _held_frames(container: InputContainer, stream: av.VideoStream, seconds: float, expected: int) -> int:
    """The packets of pictures, if the packets of any stream reach the duration; else the frames expected."""
    shown, end = [], 0.0
    for packet in container.demux():
        if packet.pts is None:
            continue
        time = float(packet.pts * packet.time_base)
        end = max(end, time)
        if packet.stream_index == stream.index:
            shown.append(time)
    longest = max(np.diff(np.sort(shown)), default=0.0)
    return len(shown) if seconds - end <= (_SPARE_FRAMES + 1) * longest else expected
