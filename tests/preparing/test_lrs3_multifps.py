"""LRS3's text files with made-up originals: talkers walking through a wider picture."""

import json
import sys
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

from divas_jax.clip import Clip
from divas_jax.command import run
from divas_jax.data.records import open_records, splits_of
from divas_jax.errors import UserError
from divas_jax.faces.crops import MARGIN, crop_face
from divas_jax.media.decode import decode_clip
from divas_jax.media.encode import encode_clip
from divas_jax.prepare import main
from divas_jax.preparing.layouts import Lrs3MultifpsSource
from divas_jax.preparing.layouts.lrs3_text import read_text
from divas_jax.rates import rate_name
from divas_jax.talkers import make_talker

HEIGHT, WIDTH, SQUARE = 180, 240, 128
RATES = [Fraction(24_000, 1001), Fraction(24), Fraction(25), Fraction(30_000, 1001), Fraction(30)]
RATES += [Fraction(60_000, 1001), Fraction(60)]


def left_at(time):
    """Where the talker's square is (pixels): it walks to the right."""
    return 16 + int(8 * time)


def original(seed, fps=Fraction(25), seconds=4) -> Clip:
    """A talker whose stored square walks through a wider picture."""
    talker = make_talker(seed, fps=fps, sample_rate=44_100, duration=Fraction(seconds), size=SQUARE)
    frames = np.full((len(talker.frames), HEIGHT, WIDTH, 3), 60, np.uint8)
    for index, picture in enumerate(talker.frames):
        left = left_at(float(talker.frame_time(index)))
        frames[index, 30 : 30 + SQUARE, left : left + SQUARE] = picture
        frames[index, 40:70, left + 20 : left + 50] = 40 + 60 * (index % 3)  # a mark that tells frames apart
    return replace(talker, frames=frames)


def squares(film, later=0, aside=0):
    """The middle of the talker's square in each frame, some frames later and some pixels aside."""
    found = []
    for index in range(len(film.frames)):
        other = min(max(index + later, 0), len(film.frames) - 1)
        left = left_at(float(film.frame_time(other))) + aside + 8
        found.append(film.frames[other, 38:150, left : left + 112])
    return found


def text(video, first, last, boxes=None):
    """A text file as LRS3 has them: frames first … last of the video at 25 frames/s."""
    longer = SQUARE / MARGIN  # so that the stored square is the talker's own
    rows = []
    for frame in range(first, last + 1):
        middle_x, middle_y = left_at(frame / 25) + SQUARE / 2, 30 + SQUARE / 2 - 0.2 * longer
        box = ((middle_x - longer / 2) / WIDTH, (middle_y - longer / 2) / HEIGHT, longer / WIDTH, longer / HEIGHT)
        rows.append(f"{frame:06d} \t" + " \t".join(f"{value:.4f}" for value in boxes or box))
    head = f"Text:  HELLO THERE\nConf:  4\nRef:   {video}\n\nFRAME \tX \tY \tW \tH \n"
    return head + "\n".join(rows) + "\n\nWORD START END ASDSCORE\nHELLO 0.10 0.42 6.4\n"


def place(folder, part, speaker, number, content):
    path = folder / part / speaker / f"{number:05d}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def command(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["prepare", *map(str, arguments)])
    return run(main)


@pytest.fixture(scope="module")
def film():
    return original(3, Fraction(30_000, 1001))


@pytest.fixture(scope="module")
def tree(tmp_path_factory, film):
    """One original with two clips, one at a high rate, and one that is missing."""
    folder = tmp_path_factory.mktemp("lrs3")
    (folder / "videos" / "some").mkdir(parents=True)
    encode_clip(film, folder / "videos" / "some" / "a-_1.mp4")
    place(folder / "texts", "trainval", "a-_1", 1, text("a-_1", 10, 35))
    place(folder / "texts", "trainval", "a-_1", 2, text("a-_1", 50, 89))
    encode_clip(original(4, Fraction(60_000, 1001), seconds=2), folder / "videos" / "fast.mov")
    place(folder / "texts", "trainval", "fast", 1, text("fast", 30, 45))
    place(folder / "texts", "trainval", "gone", 1, text("gone", 0, 30))
    place(folder / "texts", "trainval", "mute", 1, "Text:  HELLO\n")
    (folder / "videos" / "notes.txt").write_text("nothing")
    return folder


def test_clips_are_cut_at_native_rates(monkeypatch, tmp_path, tree, film):
    asked = ("--source", "lrs3-multifps", "--path", tree / "texts", "--videos", tree / "videos", "--out", tmp_path)
    assert command(monkeypatch, *asked, "--workers", 1) == 0
    assert splits_of(tmp_path) == ("train", "test_high")
    assert [open_records(tmp_path, "test_high")[0].fps] == [Fraction(60_000, 1001)]
    stored = {record.name: record for record in map(open_records(tmp_path, "train").__getitem__, range(2))}
    assert sorted(stored) == ["trainval/a-_1/00001", "trainval/a-_1/00002"]
    record = stored["trainval/a-_1/00002"]
    assert (record.fps, record.sample_rate, record.speaker) == (film.fps, 44_100, "a-_1")
    assert record.constant_rate

    clip = decode_clip(record.media)
    inside = [i for i in range(len(film.frames)) if 2 <= film.frame_time(i) < Fraction(90, 25)]
    assert len(clip.frames) == len(inside)
    assert clip.frames.shape[1:] == (128, 128, 3)
    errors = {}
    for later, aside in [(-1, 0), (0, 0), (1, 0), (0, -2), (0, 2)]:
        own = [squares(film, later, aside)[index] for index in inside[2:-2]]
        errors[later, aside] = np.abs(clip.frames[2:-2, 8:120, 8:120].astype(float) - own).mean()
    assert min(errors, key=errors.get) == (0, 0), errors  # the talker's own squares of these very frames

    first = clip.sound_start - clip.frame_time(0) + film.frame_time(inside[0])
    place_in_film = round(first * 44_100)
    heard, true = clip.samples[2000:40_000], film.samples[place_in_film + 2000 :][:38_000]
    lags = {lag: np.corrcoef(heard[100:-100], np.roll(true, lag)[100:-100])[0, 1] for lag in range(-40, 41)}
    assert abs(max(lags, key=lags.get)) <= 1  # sample
    assert max(lags.values()) > 0.97

    report = json.loads((tmp_path / "report.json").read_text())
    assert {reason: len(items) for reason, items in report["rejected"].items()} == {
        "has no original video": 1,
        "has a text file of no use": 1,
    }
    assert "Ref:" in report["rejected"]["has a text file of no use"][0]
    assert report["leaks"] == []


@pytest.fixture(scope="module")
def balanced(tmp_path_factory):
    """Twelve originals at each of the paper's rates; their headers are all that is read."""
    folder = tmp_path_factory.mktemp("balanced")
    (folder / "videos").mkdir()
    rng = np.random.default_rng(0)
    for rate in RATES:
        clip = Clip(
            frames=rng.integers(0, 255, (20, 32, 32, 3), dtype=np.uint8),
            frame_pts=np.arange(20),
            time_base=1 / rate,
            samples=rng.standard_normal(4000).astype(np.float32) / 9,
            sample_rate=16_000,
            fps=rate,
        )
        media = encode_clip(clip)
        for number in range(12):
            video = f"v{rate_name(rate).replace('.', '_')}-{number:02d}"
            (folder / "videos" / f"{video}.mp4").write_bytes(media)
            for clip_number in range(2):
                place(folder, "trainval", video, clip_number, text(video, 0, 10))
    place(folder, "test", "v25-00", 9, text("v25-00", 0, 10))
    place(folder, "test", "v60-00", 9, text("v60-00", 0, 10))
    return folder


def test_splits_are_balanced_over_rates(balanced):
    clips = Lrs3MultifpsSource(balanced, balanced / "videos", val_share=0.2, test_share=0.3).candidates()
    splits, counts = {}, {}
    for clip in clips:
        assert splits.setdefault(clip.speaker, clip.split) == clip.split, "one original is in two splits"
    for speaker, split in splits.items():
        rate = speaker.split("-")[0]
        counts.setdefault(rate, {}).setdefault(split, set()).add(speaker)
    sizes = {rate: {split: len(names) for split, names in groups.items()} for rate, groups in counts.items()}
    usual = {"train": 6, "val": 2, "test": 4}
    assert {rate: sizes[rate] for rate in ("v23_976", "v24", "v29_97", "v30")} == dict.fromkeys(
        ("v23_976", "v24", "v29_97", "v30"), usual
    )
    assert sizes["v59_94"] == sizes["v60"] == {"test_high": 12}
    assert splits["v25-00"] == "test"  # LRS3's own test speaker
    assert sizes["v25"] == {"train": 6, "val": 2, "test": 4}


def test_few_may_be_asked_for(balanced):
    clips = Lrs3MultifpsSource(balanced, balanced / "videos", most={"train": 3, "test": 2}).candidates()
    counts = {split: sum(clip.split == split for clip in clips) for split in ("train", "test", "test_high")}
    assert counts == {"train": 3, "test": 2, "test_high": 2}


def test_folders_without_originals_are_refused(tree, tmp_path):
    with pytest.raises(UserError, match="holds none of the originals"):
        Lrs3MultifpsSource(tree / "texts", tmp_path).candidates()
    with pytest.raises(UserError, match="is not a folder of original videos"):
        Lrs3MultifpsSource(tree / "texts", tmp_path / "missing").candidates()
    with pytest.raises(UserError, match="has no pretrain/"):
        Lrs3MultifpsSource(tree / "texts", tree / "videos", pretrain=True).candidates()


def test_a_text_file_is_read(tmp_path):
    told = read_text(place(tmp_path, "test", "x", 1, text("x", 50, 74)))
    assert (told.video, told.start, told.end) == ("x", 2, 3)
    assert told.track.times[[0, -1]].tolist() == [2.0, 2.96]
    face = told.track.at(Fraction(5, 2)).scaled(WIDTH, HEIGHT)
    assert face.width == pytest.approx(SQUARE / MARGIN, abs=0.1)
    picture = np.asarray(Image.new("RGB", (WIDTH, HEIGHT), (1, 2, 3)))
    assert crop_face(picture, face).shape == (128, 128, 3)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("Ref: x\n", "has no line FRAME X Y W H"),
        (text("x", 5, 5), "no track"),
        (text("x", 5, 20, (0.2, 0.2, 0.3, float("nan"))), "no track"),
        (text("x", 5, 20, (0.2, 0.2, 900, 0.2)), "no track"),
        (text("x", 5, 20, (3.0, 0.2, 0.1, 0.2)), "no track"),
        (text("x", 5, 20, (0.2, 0.2, 0.0, 0.2)), "no track"),
        (text("x", 5, 20).replace("000009", "000002"), "no track"),
        (text("x", 5, 20).replace("000020", "9" * 30), "no track"),
        (text("x", 5, 20).replace("000009", "nine"), "no track"),
        (text("../../x", 5, 20), "has no line Ref:"),
        ("\x00\xff", "has no line FRAME"),
    ],
)
def test_a_text_file_of_no_use_is_refused(tmp_path, content, sentence):
    with pytest.raises(UserError, match=sentence):
        read_text(place(tmp_path, "test", "x", 1, content))
