"""Streams as rows of short files: nothing is lost between them, they keep their times, and input may come late."""

import functools
import signal
import socket
import subprocess
import sys
import threading
import time
from fractions import Fraction
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import av
import numpy as np
import pytest
from clicking_film import CLICKS, made_film
from imageio_ffmpeg import get_ffmpeg_exe
from many_programmes import joined

from divas_jax.errors import UserError
from divas_jax.media.boxes import table_comes_last
from divas_jax.media.container import open_media
from divas_jax.media.decode import decode_clip
from divas_jax.media.encode import encode_clip
from divas_jax.media.live_pieces import Growing, LostInputError, _streams, checked_source, live_chunks
from divas_jax.media.programmes import programmes_in
from divas_jax.media.sound_stream import SoundStream
from divas_jax.media.tracks import Wish
from divas_jax.talkers import make_talker


@pytest.fixture(scope="module")
def film(tmp_path_factory) -> Path:
    """Three seconds of transport stream with a key picture every half second."""
    return made_film(tmp_path_factory.mktemp("live") / "a.ts", key_every=15)


def always() -> bool:
    return True


def pictures(path: Path) -> list[float]:
    with open_media(path) as media:
        return sorted(float(frame.pts * frame.time_base) for frame in media.frames(media.picture))


def clicks_of(chunk, seen: list[float]) -> None:
    with open_media(chunk.path) as media:
        stream = SoundStream(media)
        sound = np.concatenate(list(stream.blocks()))
    loud = np.flatnonzero(np.abs(sound) > 0.3)
    for place in loud:
        at = float(stream.start) + place / stream.sample_rate
        if not seen or at - seen[-1] > 0.3:
            seen.append(at)


def test_every_picture_is_in_one_short_file_at_its_time(film, tmp_path):
    chunks = list(live_chunks(str(film), tmp_path, 1.0, 0.1, always))
    assert len(chunks) == 3
    assert all(chunk.seconds >= 1 for chunk in chunks[:-1])
    assert sum(chunk.seconds for chunk in chunks) == pytest.approx(3.0, abs=0.05)
    found = [time for chunk in chunks for time in pictures(chunk.path)]
    assert found == pytest.approx(pictures(film), abs=1e-4)
    assert [chunk.start for chunk in chunks] == pytest.approx([pictures(chunk.path)[0] for chunk in chunks], abs=1e-4)


def test_sound_stays_with_its_picture(film, tmp_path):
    found: list[float] = []
    for chunk in live_chunks(str(film), tmp_path, 1.0, 0.1, always):
        clicks_of(chunk, found)
    first = pictures(film)[0]
    assert [time - first for time in found] == pytest.approx(list(CLICKS), abs=2e-3)


def test_a_file_may_still_grow(film, tmp_path):
    content, growing = film.read_bytes(), tmp_path / "growing.ts"
    growing.write_bytes(content[: len(content) // 10])

    def write() -> None:
        for part in np.array_split(np.frombuffer(content[len(content) // 10 :], np.uint8), 10):
            time.sleep(0.1)
            with growing.open("ab") as file:
                file.write(part.tobytes())

    writer = threading.Thread(target=write)
    writer.start()
    chunks = list(live_chunks(str(growing), tmp_path, 1.0, 1.0, always))
    writer.join()
    assert sum(len(pictures(chunk.path)) for chunk in chunks) == 90


def test_a_file_that_grows_no_more_has_ended(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    with Growing(tmp_path / "a", 0.3) as file:
        assert file.read(10) == b"abc"
        began = time.monotonic()
        assert file.read(10) == b""
        assert time.monotonic() - began >= 0.3


def test_an_address_on_loopback(film, tmp_path):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    enough = threading.Event()

    def send() -> None:
        content, sender = film.read_bytes(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with sender:
            while not enough.is_set():  # over and over: whoever listens may come late
                for start in range(0, len(content), 7 * 188):
                    sender.sendto(content[start : start + 7 * 188], ("127.0.0.1", port))
                    time.sleep(0.001)

    thread = threading.Thread(target=send)
    thread.start()
    try:
        chunk = next(live_chunks(f"udp://127.0.0.1:{port}", tmp_path, 1.0, 1.0, always))
        assert len(pictures(chunk.path)) >= 15
    finally:
        enough.set()
        thread.join()


def test_rtmp_and_what_had_come_before_it_broke_off(film, tmp_path):
    """FFmpeg serves the film once, and then hangs up."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"rtmp://127.0.0.1:{free.getsockname()[1]}/live/a"
    words = ["-v", "error", "-i", film, "-map", "0:v:0", "-map", "0:a:0", "-c", "copy", "-f", "flv", "-listen", "1"]
    found = []
    with subprocess.Popen([get_ffmpeg_exe(), *map(str, words), address]) as server:
        for _ in range(50):  # until it listens
            try:
                for chunk in live_chunks(address, tmp_path, 1.0, 1.0, always):
                    found += pictures(chunk.path)
                break
            except LostInputError as error:
                if "refused" not in str(error):
                    break
                time.sleep(0.1)
        server.kill()
    assert len(found) == 90
    first = pictures(film)[0]
    assert [time - found[0] for time in found] == pytest.approx([time - first for time in pictures(film)], abs=2e-3)


@pytest.fixture
def site(tmp_path):
    """A web server on loopback: its folder and its address."""
    folder = tmp_path / "site"
    folder.mkdir()

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *told) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield folder, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_playlist_of_hls(film, tmp_path, site):
    folder, address = site
    (folder / "a.ts").write_bytes(film.read_bytes())
    (folder / "a.m3u8").write_text("#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3.0,\na.ts\n#EXT-X-ENDLIST\n")
    chunks = list(live_chunks(f"{address}/a.m3u8", tmp_path, 1.0, 1.0, always))
    assert sum(len(pictures(chunk.path)) for chunk in chunks) == 90


def test_a_playlist_cannot_reach_files_of_this_machine(film, tmp_path, site):
    folder, address = site
    (folder / "a.m3u8").write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3.0,\nfile://{film}\n#EXT-X-ENDLIST\n")
    with pytest.raises(LostInputError):
        list(live_chunks(f"{address}/a.m3u8", tmp_path, 1.0, 1.0, always))


def test_what_is_no_stream_is_lost_with_a_reason(tmp_path):
    (tmp_path / "a.ts").write_bytes(b"nothing of the kind" * 100)
    with pytest.raises(LostInputError, match=r"a\.ts cannot be read while it comes"):
        list(live_chunks(str(tmp_path / "a.ts"), tmp_path, 1.0, 0.1, always))


def test_a_clock_that_is_set_back_begins_a_new_piece(film, tmp_path):
    """As where two recordings are joined, or one is played over and over."""
    joined = tmp_path / "joined.ts"
    joined.write_bytes(film.read_bytes() * 3)
    folder = tmp_path / "pieces"
    folder.mkdir()
    chunks = list(live_chunks(str(joined), folder, 8.0, 0.1, always))
    assert [chunk.start for chunk in chunks] == [chunks[0].start] * 3
    assert sum(len(pictures(chunk.path)) for chunk in chunks) >= 3 * 90 - 4  # what the joints tear apart
    assert len(list(folder.iterdir())) == 3


def test_who_stops_listening_leaves_no_file_behind(film, tmp_path):
    chunks = live_chunks(str(film), tmp_path, 1.0, 0.1, always)
    next(chunks).path.unlink()
    next(chunks).path.unlink()
    chunks.close()
    assert list(tmp_path.iterdir()) == []


def test_what_nothing_here_encodes_can_be_copied(tmp_path):
    """AV1, made by a process of its own: SVT-AV1 gives the thread that calls it real-time priority, for good."""
    path = tmp_path / "a.mkv"
    picture, sound = ["-f", "lavfi", "-i", "testsrc2=size=64x64:rate=25"], ["-f", "lavfi", "-i", "anullsrc=r=16000"]
    coding = ["-t", "2", "-c:v", "libaom-av1", "-cpu-used", "8", "-c:a", "aac"]
    subprocess.run([get_ffmpeg_exe(), "-v", "error", *picture, *sound, *coding, path], check=True)
    found = [time for chunk in live_chunks(str(path), tmp_path, 1.0, 0.1, always) for time in pictures(chunk.path)]
    assert len(found) == 50


def test_a_folder_that_is_gone_is_no_fault_of_the_stream(film, tmp_path):
    with pytest.raises(UserError, match=r"a piece of the stream cannot be written to .*gone"):
        list(live_chunks(str(film), tmp_path / "gone", 1.0, 0.1, always))


def test_a_full_disk_is_no_fault_of_the_stream(film, tmp_path, monkeypatch):
    def full(self, packet):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("av.container.OutputContainer.mux", full, raising=False)
    with pytest.raises(UserError, match="No space left"):
        list(live_chunks(str(film), tmp_path, 1.0, 0.1, always))


@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.mkv"])
def test_a_file_that_is_whole_is_read_to_its_end(tmp_path, name):
    path = made_film(tmp_path / name, key_every=15)
    with path.open("rb") as file:
        assert table_comes_last(file) == (path.suffix != ".mkv")
    seen, heard = [], []
    for chunk in live_chunks(str(path), tmp_path, 1.0, 0.1, always):
        times = pictures(chunk.path)
        moved = chunk.start - times[0]  # a file's first times may be moved, so that no decoding time is below 0
        clicks: list[float] = []
        clicks_of(chunk, clicks)
        seen += [time + moved for time in times]
        heard += [time + moved for time in clicks]
    assert seen == pytest.approx(pictures(path), abs=1.1e-3)  # mkv counts in ms
    assert [time - seen[0] for time in heard] == pytest.approx(list(CLICKS), abs=2e-3)


def test_an_ordinary_mp4_that_is_still_written_is_refused(tmp_path):
    path = made_film(tmp_path / "a.mp4")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(LostInputError, match=r"a\.mp4 cannot be read while it comes .*fragments"):
        list(live_chunks(str(path), tmp_path, 1.0, 0.1, always))


def test_an_ordinary_mp4_or_mov_cannot_come_through_a_pipe(tmp_path, monkeypatch):
    path = made_film(tmp_path / "a.mov", "pcm_s16le")  # larger than the first look at it
    with subprocess.Popen(["cat", path], stdout=subprocess.PIPE) as sender:
        monkeypatch.setattr("sys.stdin", sender.stdout)
        with pytest.raises(LostInputError, match=r"the pipe cannot be read while it comes .*fragments"):
            list(live_chunks("-", tmp_path, 1.0, 0.1, always))


def test_a_transport_stream_comes_through_a_pipe(film, tmp_path, monkeypatch):
    with subprocess.Popen(["cat", film], stdout=subprocess.PIPE) as sender:
        monkeypatch.setattr("sys.stdin", sender.stdout)
        found = [time for chunk in live_chunks("-", tmp_path, 1.0, 0.1, always) for time in pictures(chunk.path)]
    assert len(found) == 90


def two_programmes() -> bytes:
    """Of other sizes, so that pictures tell which is which."""
    seconds = Fraction(2)
    talkers = [make_talker(seed, fps=Fraction(25), duration=seconds, size=size) for seed, size in ((3, 64), (5, 96))]
    return joined([encode_clip(each, container="mpegts") for each in talkers], (101, 7), ("A", "B"))


@pytest.mark.parametrize("number", [1, 2])
def test_of_an_address_picture_and_sound_belong_together(tmp_path, number):
    """Of an address FFmpeg alone sees the tables."""
    (tmp_path / "many.ts").write_bytes(two_programmes())
    with av.open(tmp_path / "many.ts") as container:
        chosen = _streams(container, "x", Wish(picture=str(number)), None)
        own = [each for each in programmes_in((tmp_path / "many.ts").read_bytes()) if chosen.picture.id in each.pids]
        assert chosen.sound.id in own[0].pids


@pytest.mark.parametrize("piped", [False, True])
@pytest.mark.parametrize(("number", "width", "words"), [(None, 64, "programme 1 of 2 (A, number 101)"),
                                                        (101, 64, "programme 1 of 2 (A, number 101)"),
                                                        (7, 96, "programme 2 of 2 (B, number 7)")])  # fmt: skip
def test_picture_and_sound_are_of_the_programme_that_is_meant(tmp_path, monkeypatch, piped, number, width, words):
    talkers = [
        make_talker(seed, fps=Fraction(25), duration=Fraction(2), size=size) for seed, size in ((3, 64), (5, 96))
    ]
    path = tmp_path / "many.ts"
    path.write_bytes(joined([encode_clip(talker, container="mpegts") for talker in talkers], (101, 7), ("A", "B")))
    pieces, source = tmp_path / "pieces", "-" if piped else str(path)
    pieces.mkdir()
    with subprocess.Popen(["cat", path], stdout=subprocess.PIPE) as sender:
        monkeypatch.setattr("sys.stdin", sender.stdout)
        chunks = list(live_chunks(source, pieces, 1.0, 0.1, always, wish=Wish(program=number)))
        sender.stdout.read()
    clips = [decode_clip(chunk.path) for chunk in chunks]
    assert {clip.frames.shape[2] for clip in clips} == {width}
    assert {chunk.sound for chunk in chunks} == {words}
    assert sum(len(clip.frames) for clip in clips) == 50
    alone = decode_clip(path, wish=Wish(program=number))
    np.testing.assert_allclose(clips[0].samples[2000:10_000], heard_at(alone, clips[0])[2000:10_000], atol=0.01)


def heard_at(whole, part):
    """The whole's samples from the part's first on."""
    first = whole.sample_at(whole.picture_start + part.sound_start - part.picture_start)
    assert first >= 0
    return whole.samples[first:]


def test_waiting_for_a_silent_pipe_keeps_nobody_from_leaving(tmp_path):
    program = """
import sys
from pathlib import Path
from divas_jax.media.live_pieces import live_chunks
from divas_jax.title.rolling_answer import Reader

with Reader(lambda wanted: live_chunks("-", Path(sys.argv[1]), 1.0, 0.1, wanted), "pipe", 60.0) as reader:
    print("ready", flush=True)
    next(iter(reader))
"""
    words = [sys.executable, "-c", program, tmp_path]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.readline()
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        try:
            assert process.wait(20) == -signal.SIGINT  # its input is still open
        finally:
            process.kill()
        told = process.stderr.read()
    assert b"Fatal" not in told


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("file:///etc/passwd", "addresses begin with one of"),
        ("concat://a|b", "addresses begin with one of"),
        ("nowhere.ts", "does not exist"),
    ],
)
def test_other_sources_are_refused(source, sentence):
    with pytest.raises(UserError, match=sentence):
        checked_source(source)
    assert checked_source("udp://127.0.0.1:5000") == "udp://127.0.0.1:5000"
    assert checked_source("-") == "-"
