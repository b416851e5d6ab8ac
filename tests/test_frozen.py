"""Values are frozen, compare by their fields, and pickle."""

from __future__ import annotations

import copy
import pickle

import pytest

from culpa import Site
from culpa._frozen import replace

HERE = Site("shop.py", 3, 4, "buy")


def test_a_value_cannot_be_changed() -> None:
    with pytest.raises(AttributeError, match=r"Site\.line cannot be assigned"):
        HERE.line = 5  # type: ignore[misc]  # that is the point
    with pytest.raises(AttributeError, match=r"Site\.line cannot be deleted"):
        del HERE.line
    with pytest.raises(AttributeError):
        HERE.other = 1  # type: ignore[attr-defined]  # nor is there room for more


def test_values_compare_by_their_fields() -> None:
    assert Site("shop.py", 3, 4, "buy") == HERE
    assert Site("shop.py", 4, 4, "buy") != HERE
    assert HERE != ("shop.py", 3, 4, "buy")
    assert {HERE, Site("shop.py", 3, 4, "buy")} == {HERE}


def test_a_value_shows_its_fields_and_survives_copies() -> None:
    assert repr(HERE) == "Site(file='shop.py', line=3, column=4, function='buy')"
    assert pickle.loads(pickle.dumps(HERE)) == copy.deepcopy(HERE) == HERE
    assert replace(HERE, line=9) == Site("shop.py", 9, 4, "buy")
    assert Site("shop.py", None) == Site(file="shop.py", line=None, column=None, function="")


def test_a_value_can_be_matched() -> None:
    match HERE:
        case Site(file, line):
            assert (file, line) == ("shop.py", 3)
        case _:
            pytest.fail("no match")


def test_a_site_reads_as_a_place() -> None:
    assert str(HERE) == "shop.py:3 in buy"
    assert str(Site("shop.py", 3)) == "shop.py:3"
    assert str(Site("<runtime>", None)) == "<runtime>"
