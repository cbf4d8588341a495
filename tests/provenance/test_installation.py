"""An environment in which OpenCV cannot work is refused, with the command that mends it."""

import pytest

from mexflow.errors import UserError
from mexflow.provenance import installation


def with_wheels(monkeypatch, *wheels: str) -> None:
    monkeypatch.setattr(installation, "_is_installed", lambda name: name in wheels)


def test_the_environment_of_these_tests_is_fit():
    installation.check_installation()


def test_no_wheel_is_refused(monkeypatch):
    with_wheels(monkeypatch)
    with pytest.raises(UserError, match=r"OpenCV is missing\. Run: python -m pip install -r requirements\.txt"):
        installation.check_installation()


def test_a_second_wheel_is_refused_and_named(monkeypatch):
    with_wheels(monkeypatch, "opencv-python", "opencv-contrib-python-headless")
    remedy = "Run: python -m pip uninstall -y opencv-python opencv-contrib-python-headless && python -m pip install"
    with pytest.raises(UserError, match="opencv-python, opencv-contrib-python-headless") as caught:
        installation.check_installation()
    assert remedy in str(caught.value)


def test_a_wheel_without_the_contrib_modules_is_refused(monkeypatch):
    with_wheels(monkeypatch, "opencv-python-headless")
    with pytest.raises(UserError, match="mexflow needs opencv-contrib-python-headless"):
        installation.check_installation()
