"""Stream copies and hand-written files, for what encode_clip does not write."""

import io
from fractions import Fraction

import av
import numpy as np

from divas_jax.media.packets import timed_packets


def copied(
    media, container, *, keep=lambda kind, time: True, move=Fraction(0), options=None, kinds=("video", "audio")
) -> bytes:
    """A `-c copy` of the packets for which keep("video" or "audio", time in s) holds, moved by `move` s."""
    buffer = io.BytesIO()
    with (
        av.open(io.BytesIO(media), options={"advanced_editlist": "0"}) as source,
        av.open(buffer, "w", format=container, container_options=options or {}) as target,
    ):
        streams = [s for kind in kinds for s in getattr(source.streams, kind)]
        copies = {s.index: target.add_stream_from_template(s) for s in streams}
        for packet in timed_packets(source.demux()):
            if not keep(packet.stream.type, packet.pts * packet.time_base):
                continue
            shift = round(move / packet.time_base)
            packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
            packet.stream = copies[packet.stream.index]
            target.mux(packet)
    return buffer.getvalue()


def pcm_file(channels, sample_rate, layout, codec="pcm_s16le", container="mov", picture=True) -> bytes:
    """A file whose sound has the given channels (integers or floats [channels, samples]) and 25 frames of 32x32."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as output:
        video = output.add_stream("libx264", rate=25, options={"preset": "ultrafast"}) if picture else None
        if video:
            video.width = video.height = 32
            video.pix_fmt = "yuv420p"
        audio = output.add_stream(codec, rate=sample_rate, layout=layout)
        sample_format = audio.codec_context.format.name
        packed = np.ascontiguousarray(channels.T).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(packed, format=sample_format, layout=layout)
        frame.sample_rate, frame.pts, frame.time_base = sample_rate, 0, Fraction(1, sample_rate)
        output.mux(audio.encode(frame))
        output.mux(audio.encode(None))
        for index in range(25 if video else 0):
            grey = av.VideoFrame.from_ndarray(np.full((32, 32, 3), 10 * index, np.uint8), format="rgb24")
            grey.pts, grey.time_base = index, Fraction(1, 25)
            output.mux(video.encode(grey))
        if video:
            output.mux(video.encode(None))
    return buffer.getvalue()


def silent_film() -> bytes:
    """An mp4 of 25 frames without a sound stream."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as output:
        video = output.add_stream("libx264", rate=25)
        video.width = video.height = 32
        video.pix_fmt = "yuv420p"
        for _ in range(25):
            output.mux(video.encode(av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")))
        output.mux(video.encode(None))
    return buffer.getvalue()
