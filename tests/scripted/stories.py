"""Stories for ``creative``: tasks of their own for some kinds of arguments, each with numbers that the parent decides.

``{a}`` and ``{b}`` are the parameters, in order; ``{m}``, ``{k}``, ``{s}`` numbers. ``misread`` reads the vague text.
"""

from __future__ import annotations

from dataclasses import dataclass

from .reading import number_of


@dataclass(frozen=True)
class Story:
    """takes: types of the arguments. returns: the type of the value."""

    about: str
    takes: tuple[str, ...]
    returns: str
    clear: str
    vague: str
    code: str
    other: str
    misread: str
    bug: str

    def told(self, key: str, parameters: tuple[str, ...]) -> Story:
        """With its numbers."""
        number = number_of("story", self.about, key)
        words = {"m": str(5 + number % 13), "k": str(2 + number // 13 % 4), "s": str(1 + number // 52 % 5)}
        words |= dict(zip("ab", parameters, strict=False))

        def put(text: str) -> str:
            for name, word in words.items():
                text = text.replace(f"{{{name}}}", word)
            return text

        texts = (put(each) for each in (self.clear, self.vague, self.code, self.other, self.misread, self.bug))
        return Story(self.about, self.takes, self.returns, *texts)


STORIES: tuple[Story, ...] = (
    Story(
        "a toll bridge",
        ("list[int]",),
        "list[int]",
        "A ferryman keeps a purse that holds {s} coins in the morning. Travellers come one after the other, and {a} tells "
        "what each of them offers. An offer that is at least as large as what the purse holds at that moment is refused, "
        "and the ferryman then throws one coin into the river, but never the last one. Every other offer is added to the "
        "purse; whenever more than {m} coins are in it afterwards, it is emptied down to {k} coins. Return what the purse "
        "held after each traveller, in order.",
        "A ferryman keeps a purse that holds {s} coins in the morning. Travellers come one after the other, and {a} tells "
        "what each of them offers. Too large an offer is refused, and the ferryman then throws one coin into the river, "
        "but never the last one. Every other offer is added to the purse; whenever more than {m} coins are in it "
        "afterwards, it is emptied down to {k} coins. Return what the purse held after each traveller, in order.",
        "purse, held = {s}, []\nfor offer in {a}:\n    if offer >= purse:\n        purse = purse - 1 if purse > 1 else purse\n"
        "    else:\n        purse += offer\n        if purse > {m}:\n            purse = {k}\n    held.append(purse)\nreturn held",
        "held = [{s}]\nfor offer in {a}:\n    now = held[-1]\n    if offer < now:\n        now = now + offer\n"
        "        held.append({k} if now > {m} else now)\n    elif now > 1:\n        held.append(now - 1)\n    else:\n"
        "        held.append(now)\nreturn held[1:]",
        "purse, held = {s}, []\nfor offer in {a}:\n    if offer > {m}:\n        purse = purse - 1 if purse > 1 else purse\n"
        "    else:\n        purse += offer\n        if purse > {m}:\n            purse = {k}\n    held.append(purse)\nreturn held",
        "purse, held = {s}, []\nfor offer in {a}:\n    if offer > purse:\n        purse = purse - 1 if purse > 1 else purse\n"
        "    else:\n        purse += offer\n        if purse >= {m}:\n            purse = {k}\n    held.append(purse)\nreturn held",
    ),
    Story(
        "a parrot",
        ("str",),
        "str",
        "A parrot hears the characters of {a} one by one and says something at each. Hearing the character that it heard "
        "just before, it says the digit {k}. Hearing a vowel, one of the letters a, e, i, o and u in either case, it "
        "says it twice. At every {m}th character that is neither, counted from the first such one, it keeps silent, and "
        "all else it says as it hears it. What it heard just before is the character before in the text, whatever it "
        "said. Return all that it says, put together.",
        "A parrot hears the characters of {a} one by one and says something at each. Hearing a character again, it says "
        "the digit {k}. Hearing a vowel, one of the letters a, e, i, o and u in either case, it says it twice. At every "
        "{m}th character that is neither, counted from the first such one, it keeps silent, and all else it says as it "
        "hears it. Return all that it says, put together.",
        "said, before, plain = '', None, 0\nfor sign in {a}:\n    if sign == before:\n        said += '{k}'\n"
        "    elif sign in 'aeiouAEIOU':\n        said += sign * 2\n    else:\n        plain += 1\n"
        "        said += '' if plain % {m} == 0 else sign\n    before = sign\nreturn said",
        "parts, count = [], {m}\nfor place, sign in enumerate({a}):\n    if place and {a}[place - 1] == sign:\n"
        "        parts.append('{k}')\n    elif sign != '' and sign.lower() in list('aeiou'):\n        parts += [sign, sign]\n"
        "    else:\n        count -= 1\n        if count:\n            parts.append(sign)\n        else:\n"
        "            count = {m}\nreturn ''.join(parts)",
        "said, heard, plain = '', set(), 0\nfor sign in {a}:\n    if sign in heard:\n        said += '{k}'\n"
        "    elif sign in 'aeiouAEIOU':\n        said += sign * 2\n    else:\n        plain += 1\n"
        "        said += '' if plain % {m} == 0 else sign\n    heard.add(sign)\nreturn said",
        "said, before, plain = '', None, 0\nfor sign in {a}:\n    if sign == before:\n        said += '{k}'\n"
        "    elif sign in 'aeiou':\n        said += sign\n    else:\n        plain += 1\n"
        "        said += '' if plain % {m} == 0 else sign\n    before = sign\nreturn said",
    ),
    Story(
        "a snail",
        ("int",),
        "list[int]",
        "A snail sits at the height of {a} on an endless wall and makes exactly {m} moves. Before a move it looks at its "
        "height: where the height is a multiple of {k}, it slides down by {s}; otherwise it creeps up by the remainder "
        "that its height leaves in a division by {k}, which is never negative. Return the heights after each of its moves, "
        "in order.",
        "A snail sits at the height of {a} on an endless wall and makes {m} moves. Before a move it looks at its height: "
        "where the height is a multiple of {k}, it slides down by {s}; otherwise it creeps up by the remainder that its "
        "height leaves in a division by {k}, which is never negative. Return the heights, in order.",
        "height, found = {a}, []\nfor _ in range({m}):\n    rest = height % {k}\n    height += rest if rest else -{s}\n"
        "    found.append(height)\nreturn found",
        "found = [{a}]\nwhile len(found) <= {m}:\n    last = found[-1]\n    if last % {k} == 0:\n"
        "        found.append(last - {s})\n    else:\n        found.append(last + last % {k})\nreturn found[1:]",
        "height, found = {a}, [{a}]\nfor _ in range({m}):\n    rest = height % {k}\n    height += rest if rest else -{s}\n"
        "    found.append(height)\nreturn found",
        "height, found = {a}, []\nfor _ in range({m}):\n    rest = height % {k}\n    height += rest if rest else {s}\n"
        "    found.append(height)\nreturn found",
    ),
    Story(
        "a cook and her jars",
        ("list[str]",),
        "list[str]",
        "A cook puts the labels in {a} on a shelf, one after the other. A label with more than {k} characters goes to the "
        "shelf's left end, any other to its right end. After every {s} labels that were put up she takes the two labels at "
        "the left end off the shelf and puts them back there as one: the left one, a plus sign, and the one that was right "
        "of it; with a single label on the shelf she puts a star behind that one instead. Return the labels from left to "
        "right.",
        "A cook puts the labels in {a} on a shelf, one after the other. A long label, of more than {k} characters, goes to "
        "one end and any other to the other. After every {s} labels that were put up she takes the two labels at the left "
        "end off the shelf and puts them back there as one: the left one, a plus sign, and the one that was right of it; "
        "with a single label on the shelf she puts a star behind that one instead. Return the labels from left to right.",
        "shelf = []\nfor count, label in enumerate({a}, 1):\n    if len(label) > {k}:\n        shelf.insert(0, label)\n"
        "    else:\n        shelf.append(label)\n    if count % {s} == 0:\n        if len(shelf) == 1:\n"
        "            shelf[0] += '*'\n        else:\n            shelf[:2] = [shelf[0] + '+' + shelf[1]]\nreturn shelf",
        "shelf, put = [], 0\nfor label in {a}:\n    shelf = [label] + shelf if len(label) > {k} else shelf + [label]\n"
        "    put += 1\n    if put == {s}:\n        put = 0\n        if shelf[1:]:\n"
        "            shelf = ['+'.join(shelf[:2])] + shelf[2:]\n        else:\n            shelf = [shelf[0] + '*']\nreturn shelf",
        "shelf = []\nfor count, label in enumerate({a}, 1):\n    if len(label) > {k}:\n        shelf.append(label)\n"
        "    else:\n        shelf.insert(0, label)\n    if count % {s} == 0:\n        if len(shelf) == 1:\n"
        "            shelf[0] += '*'\n        else:\n            shelf[:2] = [shelf[0] + '+' + shelf[1]]\nreturn shelf",
        "shelf = []\nfor count, label in enumerate({a}, 1):\n    if len(label) >= {k}:\n        shelf.insert(0, label)\n"
        "    else:\n        shelf.append(label)\n    if count % {s} == 0:\n        if len(shelf) > 1:\n"
        "            shelf[:2] = [shelf[0] + '+' + shelf[1]]\nreturn shelf",
    ),
    Story(
        "two wells",
        ("int", "int"),
        "tuple[int, int]",
        "Two wells stand at the levels {a} and {b}. For exactly {m} hours the same thing happens. Where both stand equally "
        "high, {s} is added to the first. Where the first stands higher, half of the difference, rounded down, flows from "
        "the first to the second, and one unit of the first is lost beside. Where the second stands higher, {k} is taken "
        "from the second. Return both levels at the end as a tuple.",
        "Two wells stand at the levels {a} and {b}. For exactly {m} hours the same thing happens. Where both stand equally "
        "high, {s} is added to one. Where the first stands higher, half of the difference, rounded down, flows from the "
        "first to the second, and one unit of the first is lost beside. Where the second stands higher, {k} is taken from "
        "the second. Return both levels at the end as a tuple.",
        "one, two = {a}, {b}\nfor _ in range({m}):\n    if one == two:\n        one += {s}\n    elif one > two:\n"
        "        flow = (one - two) // 2\n        one, two = one - flow - 1, two + flow\n    else:\n        two -= {k}\n"
        "return one, two",
        "levels = [{a}, {b}]\nfor hour in range({m}):\n    apart = levels[0] - levels[1]\n    if apart < 0:\n"
        "        levels[1] = levels[1] - {k}\n    elif apart == 0:\n        levels[0] = levels[0] + {s}\n    else:\n"
        "        levels = [levels[0] - 1 - apart // 2, levels[1] + apart // 2]\nreturn tuple(levels)",
        "one, two = {a}, {b}\nfor _ in range({m}):\n    if one == two:\n        two += {s}\n    elif one > two:\n"
        "        flow = (one - two) // 2\n        one, two = one - flow - 1, two + flow\n    else:\n        two -= {k}\n"
        "return one, two",
        "one, two = {a}, {b}\nfor _ in range({m}):\n    if one == two:\n        one += {s}\n    elif one > two:\n"
        "        flow = (one - two + 1) // 2\n        one, two = one - flow, two + flow\n    else:\n        two -= {k}\n"
        "return one, two",
    ),
    Story(
        "two weavers",
        ("str", "str"),
        "str",
        "Two weavers work at one band. The first has the threads that are the characters of {a}, the second those of {b}. "
        "Beginning with the first weaver, they lay threads in turn: the first lays up to {k} of hers at a time, the second "
        "up to {s} of his, each in their order. A weaver whose threads are used up lays a full stop when it is his or her "
        "turn. They end as soon as neither has a thread left. Return the band.",
        "Two weavers work at one band. The first has the threads that are the characters of {a}, the second those of {b}. "
        "They lay threads in turn: the first lays up to {k} of hers at a time, the second up to {s} of his, each in their "
        "order. A weaver whose threads are used up lays a full stop when it is his or her turn. They end as soon as "
        "neither has a thread left. Return the band.",
        "band, one, two, turn = '', {a}, {b}, 0\nwhile one or two:\n    if turn == 0:\n        band += one[:{k}] or '.'\n"
        "        one = one[{k}:]\n    else:\n        band += two[:{s}] or '.'\n        two = two[{s}:]\n"
        "    turn = 1 - turn\nreturn band",
        "band, i, j, first = [], 0, 0, True\nwhile i < len({a}) or j < len({b}):\n    if first:\n"
        "        band.append({a}[i:i + {k}] if i < len({a}) else '.')\n        i += {k}\n    else:\n"
        "        band.append({b}[j:j + {s}] if j < len({b}) else '.')\n        j += {s}\n    first = not first\n"
        "return ''.join(band)",
        "band, one, two, turn = '', {a}, {b}, 1\nwhile one or two:\n    if turn == 0:\n        band += one[:{k}] or '.'\n"
        "        one = one[{k}:]\n    else:\n        band += two[:{s}] or '.'\n        two = two[{s}:]\n"
        "    turn = 1 - turn\nreturn band",
        "band, one, two, turn = '', {a}, {b}, 0\nwhile one and two:\n    if turn == 0:\n        band += one[:{k}] or '.'\n"
        "        one = one[{k}:]\n    else:\n        band += two[:{s}] or '.'\n        two = two[{s}:]\n"
        "    turn = 1 - turn\nreturn band",
    ),
    Story(
        "a clock with a key",
        ("list[int]", "int"),
        "list[int]",
        "A clock shows the hours from 0 to {m}; behind {m} comes 0 again. It shows {s} at first. For each number in {a}, in "
        "order, its hand is moved on by that number, or back where the number is negative. Whenever the hand then points "
        "at an hour that leaves the same remainder as {b} in a division by {k}, the hour is written down, and the hand is "
        "put to zero. Return the hours that were written down, in order.",
        "A clock shows the hours from 0 to {m}; behind {m} comes 0 again. It shows {s} at first. For each number in {a}, in "
        "order, its hand is moved by that number. Whenever the hand then points at an hour that leaves the same remainder "
        "as {b} in a division by {k}, the hour is written down. Return the hours that were written down, in order.",
        "hand, hours = {s} % ({m} + 1), []\nfor number in {a}:\n    hand = (hand + number) % ({m} + 1)\n"
        "    if hand % {k} == {b} % {k}:\n        hours.append(hand)\n        hand = 0\nreturn hours",
        "hours, hand = [], {s}\nfor number in {a}:\n    hand += number\n    shown = hand % ({m} + 1)\n"
        "    if (shown - {b}) % {k} == 0:\n        hours.append(shown)\n        hand = 0\nreturn hours",
        "hand, hours = {s} % ({m} + 1), []\nfor number in {a}:\n    hand = (hand + number) % ({m} + 1)\n"
        "    if hand % {k} == {b} % {k}:\n        hours.append(hand)\nreturn hours",
        "hand, hours = {s} % ({m} + 1), []\nfor number in {a}:\n    hand = (hand + number) % {m}\n"
        "    if hand % {k} == {b} % {k}:\n        hours.append(hand)\n        hand = 0\nreturn hours",
    ),
)


def story_for(types: tuple[str, ...]) -> Story | None:
    """The story for arguments of these types, None where there is none."""
    return next((story for story in STORIES if story.takes == types), None)
