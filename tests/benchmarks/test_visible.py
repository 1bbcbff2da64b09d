"""Untrusted text, shown."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from evalrun.benchmarks.visible import markdown, visible, visible_block

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=60)


@given(ANY_TEXT)
def test_visible_text_holds_nothing_that_hides_or_moves_a_cursor(text: str) -> None:
    shown = visible(text)
    shown.encode("utf-8")
    assert {unicodedata.category(character) for character in shown}.isdisjoint({"Cc", "Cf", "Cs", "Zl", "Zp"})


def test_controls_are_shown_as_escapes() -> None:
    assert visible("a\x1b[31mb\x00\n\u202ec\ud800\U000e0041") == r"a\x1b[31mb\x00\n\u202ec\ud800\U000e0041"


def test_ordinary_text_of_any_language_stays_as_it_is() -> None:
    for text in ("gpt-4-0613", "模型 7B", "مدل", "модель", "é"):
        assert visible(text) == text


def test_long_text_is_cut_and_says_so() -> None:
    assert visible("x" * 205) == "x" * 200 + "… (5 more characters)"


def test_towers_of_combining_marks_are_levelled() -> None:
    assert visible("a" + "\u0301" * 50) == "a" + "\u0301" * 2


@given(ANY_TEXT)
def test_markdown_text_holds_no_character_with_a_meaning(text: str) -> None:
    plain = markdown(text).replace("&#", "").replace(";", "")
    assert set(plain).isdisjoint(set("<>|`*_[]!\\\n#~:@"))


@given(st.text(st.characters(max_codepoint=0x17F, exclude_categories=()), max_size=40), st.integers(0, 30))
def test_a_block_is_its_lines_made_visible(text: str, limit: int) -> None:
    kept = text[:limit].replace("\r\n", "\n").split("\n")
    shown = "\n".join(visible(line.expandtabs(4), 1000) for line in kept)
    left = len(text) - limit
    assert visible_block(text, limit) == shown + (f"\n… ({left} more characters)" if left > 0 else "")
