"""Folders as people unpack them, and names and links that lead astray."""

import errno
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mexflow.datasets.folders import Folders
from mexflow.errors import UserError

IMAGES = {"raw": ("RAW_selected", "RAW/RAW2"), "cropped": ("Cropped",)}


def tree(root: Path, *files: str) -> Path:
    """Empty files below a root; a name that ends in a slash is a folder."""
    for file in files:
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        if file.endswith("/"):
            path.mkdir(exist_ok=True)
        else:
            path.touch()
    return root


@pytest.mark.parametrize(
    ("layout", "found"),
    [
        ("RAW_selected/sub01/", "RAW_selected"),
        ("raw_SELECTED/sub01/", "raw_SELECTED"),
        ("RAW_selected/RAW_selected/sub01/", "RAW_selected/RAW_selected"),
        ("RAW_selected/raw_selected/sub01/", "RAW_selected/raw_selected"),
        ("RAW/RAW2/sub01/", "RAW/RAW2"),
        ("Raw/Raw2/RAW2/sub01/", "Raw/Raw2/RAW2"),
        ("Cropped/sub01/", "Cropped"),
    ],
)
def test_a_folder_is_found_under_any_alias_in_any_case_and_once_nested(tmp_path, layout, found):
    assert Folders(tree(tmp_path, layout)).images(IMAGES, None) == tmp_path / found


def test_the_root_itself_may_be_the_folder(tmp_path):
    root = tree(tmp_path / "cropped", "sub01/")
    assert Folders(root).images(IMAGES, None) == root


def test_the_first_form_there_is_the_default_and_any_can_be_asked_for(tmp_path):
    folders = Folders(tree(tmp_path, "Cropped/", "RAW/RAW2/"))
    assert folders.images(IMAGES, None) == tmp_path / "RAW/RAW2"
    assert folders.images(IMAGES, "cropped") == tmp_path / "Cropped"
    with pytest.raises(UserError, match=r'no form "croped"; did you mean "cropped"\?'):
        folders.images(IMAGES, "croped")


def test_a_file_of_that_name_is_no_folder_of_frames(tmp_path):
    folders = Folders(tree(tmp_path, "RAW_selected", "RAW", "Cropped.zip"))
    with pytest.raises(UserError, match=r"no folder of frames \(RAW_selected, RAW/RAW2, Cropped\)"):
        folders.images(IMAGES, None)


def test_a_missing_root_is_told(tmp_path):
    for root in (tmp_path / "none", tree(tmp_path, "labels.xlsx") / "labels.xlsx"):
        with pytest.raises(UserError, match=r"no folder .* Correct the root"):
            Folders(root)


@pytest.mark.parametrize("place", ["", "tables/", "Tables And More/"])
def test_a_label_table_lies_in_the_root_or_one_below(tmp_path, place):
    folders = Folders(tree(tmp_path, f"{place}CODING.xlsx", "deep/er/coding-new.xlsx", "coding-new.xlsx/"))
    assert folders.file("coding-new.xlsx", "coding.xlsx") == tmp_path / f"{place}CODING.xlsx"
    assert folders.file("coding-new.xlsx") is None
    assert folders.label_table("coding.XLSX", "other.xlsx") == tmp_path / f"{place}CODING.xlsx"
    with pytest.raises(UserError, match=r"no label table \(other\.xlsx\)"):
        folders.label_table(None, "other.xlsx")


def test_the_way_down_takes_what_is_there_at_every_level(tmp_path):
    folders = Folders(tree(tmp_path, "SMIC/smic_all_raw/SMIC_all_raw/HS/s1/", "SMIC/hs", "smic_all_raw"))
    way = folders.way_down("SMIC_all_raw", "SMIC", "HS")
    assert [path.name for path in way[1:]] == ["SMIC", "smic_all_raw", "SMIC_all_raw", "HS"]
    assert folders.way_down("none", "HS") == [tmp_path]


def test_the_way_down_ends_even_in_a_circle(tmp_path):
    (tmp_path / "HS").symlink_to(tmp_path, target_is_directory=True)
    assert len(Folders(tmp_path).way_down("HS")) < 20


def test_names_that_differ_in_case_are_both_listed_and_the_exact_one_is_found(tmp_path):
    folders = Folders(tree(tmp_path, "EP01/", "ep01/", "EP02/", "eP02/"))
    assert [path.name for path in folders.children(tmp_path)] == ["EP01", "ep01", "EP02", "eP02"]
    assert folders.child(tmp_path, "ep01") == tmp_path / "ep01"
    with pytest.raises(UserError, match="differ in letter case only"):
        folders.child(tmp_path, "ep02")


def test_an_accent_may_be_one_character_or_two(tmp_path):
    folders = Folders(tree(tmp_path, "re\u0301sume\u0301/"))
    assert folders.child(tmp_path, "R\u00e9sum\u00e9") == tmp_path / "re\u0301sume\u0301"


@pytest.mark.parametrize("name", ["s 1", "情绪", "a\nb", "a\tb", "%s", "*", "-rf", "ß", "🙂", "a'b\"c", "$HOME"])
def test_odd_names_are_only_names(tmp_path, name):
    folders = Folders(tree(tmp_path, f"{name}/img1.jpg"))
    clip = folders.child(tmp_path, name)
    assert clip == tmp_path / name
    assert folders.frame_numbers(clip) == [1]
    assert folders.relative(clip) == name
    assert folders.holds_images(clip)


def test_a_folder_whose_name_is_no_text_is_told_and_a_file_does_not_matter(tmp_path):
    folder = os.fsencode(tmp_path)
    Path(os.fsdecode(folder + b"/\xb1\xed.txt")).touch()
    tree(tmp_path, "s1/")
    assert [path.name for path in Folders(tmp_path).children(tmp_path) if path.is_dir()] == ["s1"]
    Path(os.fsdecode(folder + b"/\xb1\xed\xc7\xe9")).mkdir()
    with pytest.raises(UserError, match="is not UTF-8 text") as raised:
        Folders(tmp_path).children(tmp_path)
    str(raised.value).encode()


@pytest.mark.parametrize("name", ["..", ".", "", "../outside", "a/../../outside", "/etc", "..\\outside", "C:\\x"])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path, name):
    tree(tmp_path, "outside/img1.jpg")
    folders = Folders(tree(tmp_path / "root", "a/img1.jpg"))
    with pytest.raises(UserError, match="Correct the label row"):
        folders.child(tmp_path / "root", name)


@given(name=st.text())
def test_whatever_a_label_row_says_the_clip_lies_below_the_root(tmp_path_factory, name):
    base = tmp_path_factory.mktemp("base", numbered=True)
    folders = Folders(tree(base / "root", "a/img1.jpg", "b"))
    try:
        found = folders.child(base / "root", name)
    except UserError:
        return
    assert found is None or found.parent == base / "root"


@pytest.mark.parametrize("relative", [False, True])
def test_a_link_out_of_the_root_is_refused_wherever_it_lies(tmp_path, relative):
    outside = tree(tmp_path, "outside/sub01/EP01/img1.jpg", "outside/coding.xlsx") / "outside"
    root = tree(tmp_path / "root", "Cropped/sub01/")
    target = Path("../../../outside/sub01/EP01") if relative else outside / "sub01/EP01"
    (root / "Cropped/sub01/EP01").symlink_to(target, target_is_directory=True)
    (root / "coding.xlsx").symlink_to(outside / "coding.xlsx")
    folders = Folders(root)
    for reach in (
        lambda: folders.child(root / "Cropped/sub01", "EP01"),
        lambda: folders.children(root / "Cropped/sub01"),
        lambda: folders.clips(root / "Cropped", str),
        lambda: folders.file("coding.xlsx"),
    ):
        with pytest.raises(UserError, match=r"leads out of .*root\. Only files below a dataset's root are read"):
            reach()


def test_a_link_within_the_root_and_a_linked_root_are_followed(tmp_path):
    root = tree(tmp_path / "disk", "store/sub01/EP01/img1.jpg")
    (root / "Cropped").symlink_to("store", target_is_directory=True)
    (tmp_path / "link").symlink_to(root, target_is_directory=True)
    folders = Folders(tmp_path / "link")
    assert folders.clips(folders.images(IMAGES, None), str) == {("sub01", "ep01"): tmp_path / "link/Cropped/sub01/EP01"}


def test_links_in_a_circle_and_to_nothing_are_told_or_passed_by(tmp_path):
    root = tree(tmp_path / "root", "a/")
    (root / "ring").symlink_to("ring")
    (root / "gone").symlink_to("nowhere")
    folders = Folders(root)
    assert folders.child(root, "gone") == root / "gone"
    assert folders.find("gone") is None
    try:
        assert folders.find("ring") is None
    except UserError as error:
        assert "ring" in str(error)


def test_clips_are_those_of_folders_that_are_subjects(tmp_path):
    tree(tmp_path, "sub01/EP01/", "sub01/note.txt", "sub02/EP01/", "extra/EP09/", ".hidden/EP08/", "sub03")
    found = Folders(tmp_path).clips(tmp_path, lambda name: name if name.startswith("sub") else "")
    assert found == {("sub01", "ep01"): tmp_path / "sub01/EP01", ("sub02", "ep01"): tmp_path / "sub02/EP01"}


def test_two_folders_of_one_clip_are_told(tmp_path):
    tree(tmp_path, "sub01/EP01/", "sub1/ep01/")
    with pytest.raises(UserError, match="are folders of one clip"):
        Folders(tmp_path).clips(tmp_path, lambda name: f"sub{int(name[3:]):02d}")


def test_a_folder_that_may_not_be_read_is_told(tmp_path, monkeypatch):
    def refuse(folder):
        raise PermissionError(errno.EACCES, "Permission denied", str(folder))

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(UserError, match="Allow reading"):
        Folders(tmp_path).children(tmp_path)


def test_a_folder_that_is_gone_is_told(tmp_path):
    with pytest.raises(UserError, match="cannot be read"):
        Folders(tmp_path).children(tmp_path / "gone")
