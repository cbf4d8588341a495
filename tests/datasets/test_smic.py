"""SMIC as its owners ship it: no table, absolute frame counters, and a cropped form that is not quite complete."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mexflow.config.datasets import ReleasedSpec
from mexflow.datasets.manifest import UNKNOWN, manifest_of
from mexflow.datasets.smic import clip_name, emotion_of, read
from mexflow.errors import UserError

# Folder below the camera's, and the first frame's file and the others' numbers.
CLIPS = [
    ("s1/micro/negative/s1_ne_01", "image%06d.bmp", range(90823, 90834)),  # five digits, padded to six
    ("s3/micro/positive/s3_po_08", "image%06d.bmp", range(1001007, 1001027)),  # seven digits
    ("s11/micro/surprise/s11_sur_02", "image%06d.bmp", range(99999999, 100000011)),  # eight, then nine
    ("s20/micro/negative/s20_ne_11", "image%06d.bmp", [*range(410000, 410010), *range(410012, 410020)]),
]
READ = [
    ("s1", "s1_ne_01", 90823, 90828, 90833, "negative"),
    ("s3", "s3_po_08", 1001007, 1001016, 1001026, "positive"),
    ("s11", "s11_sur_02", 99999999, 100000004, 100000010, "surprise"),
    ("s20", "s20_ne_11", 410000, 410009, 410019, "negative"),
]

# Clips per subject: negative, positive, surprise.
HS = {1: (3, 2, 1), 2: (0, 1, 5), 3: (22, 11, 6), 4: (10, 4, 5), 5: (1, 0, 1), 6: (2, 0, 2), 8: (9, 4, 0)}
HS |= {9: (0, 1, 3), 11: (3, 3, 1), 12: (0, 8, 1), 13: (0, 10, 0), 14: (3, 2, 5), 15: (1, 1, 2), 18: (2, 0, 5)}
HS |= {19: (0, 1, 1), 20: (14, 3, 5)}
# The sums are published: 24, 28 and 19 clips. Whose they are is made up.
VIS = {11: (3, 4, 1), 12: (0, 9, 1), 13: (0, 9, 0), 14: (4, 2, 5), 15: (2, 1, 2), 18: (2, 0, 4), 19: (1, 1, 2)}
VIS |= {20: (12, 2, 4)}


def spec(root: Path, camera: str = "hs", **keys) -> ReleasedSpec:
    return ReleasedSpec(kind=f"smic_{camera}", root=root, **keys)


def write_clip(folder: Path, form: str, numbers) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        (folder / (form % number)).touch()


def write_small(base: Path, clips=CLIPS, prefix: str = "") -> Path:
    for folder, form, numbers in clips:
        write_clip(base / folder, prefix + form, numbers)
    return base


def write_folders(base: Path, counts: dict[int, tuple[int, int, int]]) -> Path:
    """All clip folders of one camera, without a frame."""
    for subject, numbers in counts.items():
        for (emotion, tag), count in zip(
            [("negative", "ne"), ("positive", "po"), ("surprise", "sur")], numbers, strict=True
        ):
            for number in range(1, count + 1):
                (base / f"s{subject}/micro/{emotion}/s{subject}_{tag}_{number:02d}").mkdir(parents=True)
    return base


def read_of(release) -> list[tuple]:
    return [(one.subject, one.clip, one.onset, one.apex, one.offset, one.emotion) for one in release.expressions]


def repairs_of(release) -> list[tuple]:
    return [(one.subject, one.clip, one.rule, one.before, one.after) for one in release.repairs]


def test_a_clip_is_an_expression_from_its_first_frame_to_its_last(tmp_path):
    write_small(tmp_path / "SMIC_all_raw/HS")
    release = read("smic", spec(tmp_path), tmp_path, frames=True)
    assert read_of(release) == READ
    first = release.expressions[0]
    assert first.source == "SMIC_all_raw/HS/s1/micro/negative/s1_ne_01"
    assert (first.dataset, first.video, first.unit, first.fps) == ("smic", "s1_ne_01", "s1", 100)
    assert (first.apex_source, first.expression_type, first.three_class) == ("middle", "micro", "negative")
    assert (first.objective, first.five_class, first.action_units) == ("", "", "")
    manifest_of([replace(one, content="x") for one in release.expressions])


def test_the_middle_is_the_apex_by_definition_and_only_a_gap_is_told(tmp_path):
    write_small(tmp_path / "SMIC_all_raw/HS")
    release = read("smic", spec(tmp_path), tmp_path, frames=True)
    told = ("s20", "s20_ne_11", "frame_gap", "no frame between 410009 and 410012", "frames taken as they are")
    assert repairs_of(release) == [told]
    with pytest.raises(UserError, match=r"s20/s20_ne_11 .*frame_gap"):
        read("smic", spec(tmp_path, strict=True), tmp_path, frames=True)


@pytest.mark.parametrize(("camera", "fps"), [("hs", 100), ("vis", 25), ("nir", 25)])
def test_each_camera_has_its_folder_and_its_frame_rate(tmp_path, camera, fps):
    for number, one in enumerate(("HS", "VIS", "NIR")):
        write_small(tmp_path / "SMIC_all_raw" / one, CLIPS[number : number + 1])
    release = read("smic", spec(tmp_path, camera), tmp_path, frames=True)
    assert read_of(release) == [READ[("hs", "vis", "nir").index(camera)]]
    assert release.expressions[0].fps == fps


def test_a_slow_camera_may_count_in_steps(tmp_path):
    write_clip(tmp_path / "SMIC_all_raw/VIS/s11/micro/positive/s11_po_01", "image%06d.bmp", [4, 8, 12, 20, 24])
    release = read("smic", spec(tmp_path, "vis"), tmp_path, frames=True)
    assert read_of(release) == [("s11", "s11_po_01", 4, 12, 24, "positive")]
    assert [one.before for one in release.repairs] == ["no frame between 12 and 20"]


def test_cropped_frames_are_read_where_asked_for_or_where_there_are_no_others(tmp_path):
    write_small(tmp_path / "a/SMIC_all_raw/HS")
    write_small(tmp_path / "a/SMIC_all_cropped/HS", CLIPS[:2], prefix="reg_")
    write_small(tmp_path / "b/SMIC_all_cropped/HS", CLIPS[:2], prefix="reg_")
    cropped = read("smic", spec(tmp_path / "a", images="cropped"), tmp_path / "a", frames=True)
    assert read_of(cropped) == READ[:2]
    assert cropped.expressions[0].source.startswith("SMIC_all_cropped/")
    assert read_of(read("smic", spec(tmp_path / "a"), tmp_path / "a", frames=True)) == READ
    assert read_of(read("smic", spec(tmp_path / "a", images="raw"), tmp_path / "a", frames=True)) == READ
    assert read_of(read("smic", spec(tmp_path / "b"), tmp_path / "b", frames=True)) == READ[:2]
    with pytest.raises(UserError, match=r"no folder with the subjects of SMIC HS \(SMIC_all_raw/HS"):
        read("smic", spec(tmp_path / "b", images="raw"), tmp_path / "b", frames=True)
    with pytest.raises(UserError, match=r'no form "crop"; did you mean "cropped"'):
        read("smic", spec(tmp_path / "a", images="crop"), tmp_path / "a", frames=True)


@pytest.mark.parametrize(
    ("base", "root"),
    [
        ("SMIC_all_raw/HS", ""),
        ("SMIC_all_raw/SMIC_all_raw/HS", ""),
        ("SMIC/SMIC_all_raw/SMIC_all_raw/HS", ""),
        ("smic_ALL_raw/hs", ""),
        ("SMIC_all_raw/HS/HS", "SMIC_all_raw"),
        ("SMIC_all_raw/HS", "SMIC_all_raw/HS"),
        ("SMIC/HS", ""),
        ("SMIC/HS", "SMIC"),
        ("anything", "anything"),
    ],
)
def test_any_level_and_any_nesting_gives_the_same_manifest(tmp_path, base, root):
    write_small(tmp_path / base)
    release = read("smic", spec(tmp_path / root), tmp_path / root, frames=True)
    assert read_of(release) == READ
    assert {one.subject for one in release.expressions} == {"s1", "s3", "s11", "s20"}


@pytest.mark.parametrize("layers", ["micro/{emotion}", "micro", "{emotion}", "", "Micro/{emotion}/{emotion}"])
def test_layers_above_the_clip_folders_may_lack(tmp_path, layers):
    for folder, form, numbers in CLIPS:
        subject, _, emotion, clip = folder.split("/")
        write_clip(tmp_path / "HS" / subject / layers.format(emotion=emotion) / clip, form, numbers)
    assert read_of(read("smic", spec(tmp_path), tmp_path, frames=True)) == READ


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_any_padding_letter_case_and_extra_file_gives_the_same_manifest(tmp_path_factory, data):
    root = tmp_path_factory.mktemp("smic")
    for folder, _, numbers in data.draw(st.permutations(CLIPS)):
        subject, micro, emotion, clip = folder.split("/")
        number, tag, place = clip[1:].split("_")
        zeros = data.draw(st.integers(0, 2))
        padded = f"s{number.zfill(1 + zeros)}_{tag}_{place.zfill(2 + zeros)}"
        case = data.draw(st.sampled_from([str, str.upper, str.title]))
        form = data.draw(st.sampled_from(["image%06d.bmp", "reg_image%d.BMP", "image %09d.jpg", "%d.png"]))
        home = root / "SMIC_all_raw/HS" / case(f"s{subject[1:].zfill(1 + zeros)}") / case(micro) / case(emotion)
        write_clip(home / case(padded), form, numbers)
        (home / case(padded) / "Thumbs.db").touch()
    release = read("smic", spec(root), root, frames=True)
    assert read_of(release) == READ


def test_without_frames_the_folders_give_the_labels_and_the_published_counts(tmp_path):
    write_folders(tmp_path / "SMIC_all_raw/HS", HS)
    release = read("smic", spec(tmp_path), tmp_path, frames=False)
    assert len(release.expressions) == 164
    per_subject = {
        int(subject[1:]): tuple(
            sum(one.subject == subject and one.three_class == label for one in release.expressions)
            for label in ("negative", "positive", "surprise")
        )
        for subject in {one.subject for one in release.expressions}
    }
    assert per_subject == HS
    assert release.emotions() == {"negative": 70, "positive": 51, "surprise": 43}
    assert {one.source for one in release.expressions} == {""}
    assert {value for one in release.expressions for value in (one.onset, one.apex, one.offset)} == {UNKNOWN}
    assert release.repairs == []
    assert release.remarks == [
        "smic: 164 clips, expected (SMIC HS)",
        "smic: 16 subjects, expected (SMIC HS)",
        "smic: 70 negative clips, expected (SMIC HS)",
        "smic: 51 positive clips, expected (SMIC HS)",
        "smic: 43 surprise clips, expected (SMIC HS)",
    ]


@pytest.mark.parametrize("camera", ["vis", "nir"])
def test_the_slow_cameras_have_71_clips_of_8_subjects(tmp_path, camera):
    write_folders(tmp_path / "SMIC_all_raw/HS", HS)
    write_folders(tmp_path / "SMIC_all_raw" / camera.upper(), VIS)
    release = read("smic", spec(tmp_path, camera), tmp_path, frames=False)
    assert release.emotions() == {"negative": 24, "positive": 28, "surprise": 19}
    assert sorted({one.subject for one in release.expressions}) == [
        f"s{number}" for number in (11, 12, 13, 14, 15, 18, 19, 20)
    ]
    assert {one.fps for one in release.expressions} == {25}
    upper = camera.upper()
    of_emotion = [
        "smic: 24 negative clips, expected (SMIC VIS)",
        "smic: 28 positive clips, expected (SMIC VIS)",
        "smic: 19 surprise clips, expected (SMIC VIS)",
    ]
    assert release.remarks == [
        f"smic: 71 clips, expected (SMIC {upper})",
        f"smic: 8 subjects, expected (SMIC {upper})",
        *(of_emotion if camera == "vis" else []),
    ]


def test_what_the_crops_lack_is_missing_from_them_only(tmp_path):
    raw = {
        "s3/micro/negative/s3_ne_16": range(426679, 426700),
        "s3/micro/positive/s3_po_08": range(1001007, 1001027),
        "s3/micro/surprise/s3_sur_01": range(51000, 51020),
        "s3/micro/surprise/s3_sur_05": range(62000, 62020),
        "s18/micro/surprise/s18_sur_03": range(7426679, 7426700),
    }
    fewer = {"s3_ne_16": 1, "s3_po_08": 2, "s3_sur_01": 1, "s3_sur_05": 1}
    for folder, numbers in raw.items():
        write_clip(tmp_path / "SMIC_all_raw/HS" / folder, "image%06d.bmp", numbers)
        name = folder.rpartition("/")[2]
        if name in fewer:
            write_clip(tmp_path / "SMIC_all_cropped/HS" / folder, "reg_image%06d.bmp", numbers[: -fewer[name]])
    assert read_of(read("smic", spec(tmp_path, images="cropped"), tmp_path, frames=True)) == [
        ("s3", "s3_ne_16", 426679, 426688, 426698, "negative"),
        ("s3", "s3_po_08", 1001007, 1001015, 1001024, "positive"),
        ("s3", "s3_sur_01", 51000, 51009, 51018, "surprise"),
        ("s3", "s3_sur_05", 62000, 62009, 62018, "surprise"),
    ]
    assert read_of(read("smic", spec(tmp_path), tmp_path, frames=True)) == [
        ("s3", "s3_ne_16", 426679, 426689, 426699, "negative"),
        ("s3", "s3_po_08", 1001007, 1001016, 1001026, "positive"),
        ("s3", "s3_sur_01", 51000, 51009, 51019, "surprise"),
        ("s3", "s3_sur_05", 62000, 62009, 62019, "surprise"),
        ("s18", "s18_sur_03", 7426679, 7426689, 7426699, "surprise"),
    ]


def test_a_gap_in_the_middle_gives_the_frame_beside_it(tmp_path):
    numbers = [number for number in range(90823, 90834) if number != 90828]
    write_clip(tmp_path / "HS/s1/micro/negative/s1_ne_01", "image%06d.bmp", numbers)
    release = read("smic", spec(tmp_path), tmp_path, frames=True)
    assert read_of(release) == [("s1", "s1_ne_01", 90823, 90827, 90833, "negative")]
    assert [one.before for one in release.repairs] == ["no frame between 90827 and 90829"]


def test_subjects_and_clips_come_in_the_order_of_their_numbers(tmp_path):
    write_folders(tmp_path / "SMIC_all_raw/HS", HS)
    release = read("smic", spec(tmp_path), tmp_path, frames=False)
    assert list(dict.fromkeys(one.subject for one in release.expressions)) == [f"s{number}" for number in HS]


def test_another_release_is_told(tmp_path):
    root = write_folders(tmp_path / "HS", HS)
    (root / "s18/micro/surprise/s18_sur_03").rmdir()
    release = read("smic", spec(tmp_path), tmp_path, frames=False)
    assert release.remarks[0] == "smic: 163 clips, expected (SMIC HS cropped, without s18_sur_03)"
    assert "42 surprise clips: another release, or a damaged copy" in release.remarks[-1]


def test_sequences_without_an_expression_are_counted_and_not_read(tmp_path):
    write_small(tmp_path / "HS")
    write_clip(tmp_path / "HS/s1/non_micro/s1_non_01", "image%06d.bmp", range(5))
    write_clip(tmp_path / "HS/s3/non_micro/s3_non_01", "image%06d.bmp", range(5))
    release = read("smic", spec(tmp_path), tmp_path, frames=True)
    assert read_of(release) == READ
    assert "smic: sequences without an expression (non_micro), not read: 2" in release.remarks


def test_what_does_not_fit_is_written_down(tmp_path):
    base = write_small(tmp_path / "HS", CLIPS[:1])
    for folder in (
        "s1/micro/negative/backup of s1",
        "s1/micro/negative/s1_an_01",
        "s1/micro/negative/line\nbreak",
        "s1/micro/positive/s1_sur_01",
        "s3/micro/negative/s1_ne_01",
        "s3/micro/negative/s4_ne_05",
    ):
        write_clip(base / folder, "image%06d.bmp", range(11, 14))
    (base / "s3/micro/surprise/s3_sur_01").mkdir(parents=True)
    (base / "s3/micro/note.txt").touch()
    (base / "s5").mkdir()
    release = read("smic", spec(tmp_path), tmp_path, frames=True)
    assert read_of(release) == [
        READ[0],
        ("s1", "s1_sur_01", 11, 12, 13, "surprise"),
        ("s4", "s4_ne_05", 11, 12, 13, "negative"),
    ]
    clip = "HS/s1/micro/negative/s1_ne_01"
    assert set(repairs_of(release)) == {
        ("s1", "backup of s1", "clip_without_label", "HS/s1/micro/negative/backup of s1", "left out"),
        ("s1", "s1_an_01", "clip_without_label", "HS/s1/micro/negative/s1_an_01", "left out"),
        ("s1", "line\nbreak", "clip_without_label", "HS/s1/micro/negative/line\nbreak", "left out"),
        ("s1", "s1_ne_01", "subject_from_name", "s3", "s1"),
        ("s1", "s1_ne_01", "clip_twice", f"HS/s3/micro/negative/s1_ne_01, {clip}", clip),
        ("s1", "s1_sur_01", "emotion_from_name", "positive", "surprise"),
        ("s4", "s4_ne_05", "subject_from_name", "s3", "s4"),
        ("s3", "s3_sur_01", "clip_without_frames", "HS/s3/micro/surprise/s3_sur_01", "left out"),
    }


def test_a_misplaced_copy_never_wins_over_the_clip_in_its_place(tmp_path):
    base = write_small(tmp_path / "HS", CLIPS[1:2])
    write_clip(base / "s1/micro/positive/s3_po_08", "image%06d.bmp", range(5))
    release = read("smic", spec(tmp_path), tmp_path, frames=True)
    assert read_of(release) == [READ[1]]


@pytest.mark.parametrize("camera", ["vis", "nir"])
def test_the_folder_of_another_camera_is_not_taken(tmp_path, camera):
    write_small(tmp_path / "SMIC_all_raw/HS")
    for root in (tmp_path, tmp_path / "SMIC_all_raw", tmp_path / "SMIC_all_raw/HS"):
        with pytest.raises(UserError, match=f"no folder with the subjects of SMIC {camera.upper()}"):
            read("smic", spec(root, camera), root, frames=True)


def test_errors_say_what_to_do(tmp_path):
    table = tmp_path / "SMIC.xlsx"
    table.touch()
    with pytest.raises(UserError, match="SMIC has no label table"):
        read("smic", spec(table), table, frames=False)
    with pytest.raises(UserError, match="SMIC has no label table"):
        read("smic", spec(tmp_path, labels="SMIC.xlsx"), tmp_path, frames=False)
    with pytest.raises(UserError, match=r"no folder .*gone"):
        read("smic", spec(tmp_path / "gone"), tmp_path / "gone", frames=False)
    (tmp_path / "HS/s1").mkdir(parents=True)
    with pytest.raises(UserError, match="no clip of SMIC HS"):
        read("smic", spec(tmp_path), tmp_path, frames=False)


def test_a_link_out_of_the_root_is_refused(tmp_path):
    write_small(tmp_path / "outside/HS")
    root = write_small(tmp_path / "root/HS", CLIPS[:1]).parent
    (root / "HS/s2").symlink_to(tmp_path / "outside/HS/s3", target_is_directory=True)
    with pytest.raises(UserError, match="leads out of"):
        read("smic", spec(root), root, frames=True)


@pytest.mark.parametrize(
    ("name", "clip", "emotion"),
    [
        ("s1_ne_01", "s1_ne_01", "negative"),
        ("s01_po_1", "s1_po_01", "positive"),
        ("S20_SUR_012", "s20_sur_12", "surprise"),
        ("s20_sur_123", "s20_sur_123", "surprise"),
        ("s1_non_01", "", ""),
        ("s1_ne_01x", "", ""),
        ("s1_ne_01\n", "", ""),
        ("s\u0661_ne_01", "", ""),
        ("../s1_ne_01", "", ""),
    ],
)
def test_clip_names_are_those_of_the_folders(name, clip, emotion):
    assert (clip_name(name), emotion_of(name)) == (clip, emotion)
