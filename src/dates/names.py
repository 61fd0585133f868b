#!/usr/bin/env python3
"""Adds to names.txt, beside this file, what Babel's CLDR calls months, weekdays and the halves of the day.

    pip install babel && python3 src/dates/names.py

What stands in names.txt already stays, so names written by hand may be among the others, and those of an older CLDR
outlive the newer one. CLDR's own data: <https://cldr.unicode.org>, under the Unicode licence; Babel brings them as
Python objects.
"""

import pathlib
import re
import unicodedata

from babel import Locale, localedata

# By the number of speakers and of newspapers: where a word means different things in two languages and nothing else
# decides, the first language has it. The names in square brackets of names.txt are in this order.
LANGUAGES = """
    en es pt fr de it ru zh ja ar id tr pl uk ko vi fa hi bn ur th nl ro el cs hu sv ta te mr gu kn ml pa he da nb fi bg
    sk hr sr bs sl mk sq lt lv et be kk uz az hy ka ms fil sw am my km lo si ne ca gl eu is ga cy mt lb mn af zu so ha
    ps
""".split()

# Tags that are the same language: those that stand for it on the web, and whose names belong to it.
ALIASES = {"nb": ["no", "nn"], "fil": ["tl"], "he": ["iw"], "id": ["in"], "sr": ["sh"]}

WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

# Day periods of CLDR to those of names.txt. What night is before midnight and what after it is for the reader.
PERIODS = {
    "am": "am", "morning1": "am", "morning2": "am", "midnight": "am",
    "pm": "pm", "noon": "pm", "afternoon1": "pm", "afternoon2": "pm", "evening1": "pm", "evening2": "pm",
    "night1": "night", "night2": "night",
}

KEYS = ["no", "year", "month", "day", "hour", "minute", "second", "am", "pm", "night", "-"]

# Alphabets and places that nobody writes news for.
RARE = {"Shaw", "Dsrt", "Mong", "hi_Latn", "sw_CD"}

# Scripts that only these languages are read in.
SCRIPTS = {"[\u4e00-\u9fff]": ["zh", "ja"], "[\u0600-\u06ff]": ["ar", "fa", "ur", "ps"]}

# English names that old versions of Babel have for languages without names of their own.
ROOT_NAMES = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

HEADER = """\
# What languages call the parts of a date. Read once, by names.rs; upper case, accents and full stops do not count.
#
#     [tag alias…] order     languages: the order of dates in numbers; d. and y. where day and year have full stops
#     1 to 12, mon to sun    months and weekdays
#     p1, h1, e1, …          months of the Persian, the Islamic and the Ethiopian calendar
#     am, pm, night          halves of the day
#     year, month, day, …    units, behind their number
#     no                     stands before the number of a month
#     +N, -N                 an era, beside its year: ours is the year N years higher, or lower
#     -                      words between the others
#
# Languages with more speakers come first: where nothing else decides, a word has the meaning of the first.
# Made by names.py from CLDR, and by hand.
"""


def key(name):
    """The form in which names.rs compares names, near enough to tell which are the same."""
    decomposed = unicodedata.normalize("NFD", name.lower())
    # Accents do not count, but the vowels of Indian scripts are marks too.
    letters = [c for c in decomposed if unicodedata.combining(c) == 0 or ord(c) >= 0x0900]
    return "".join(c if c.isalpha() or unicodedata.category(c)[0] == "M" else " " for c in letters).strip()


def clean(name):
    """A name as it stands in names.txt."""
    name = re.sub(r"[\u200b\u200e\u200f\u061c]", "", name).replace("\u00a0", " ").replace("\u202f", " ")
    return " ".join(name.lower().replace(",", " ").split()).rstrip(".").strip()


def load(path):
    """names.txt as {language: {key: [name]}}."""
    names, current = {}, None
    for line in path.read_text().splitlines() if path.exists() else []:
        if line.startswith("["):
            current = names.setdefault(line[1:].split("]")[0].split()[0], {})
        elif line and not line.startswith("#"):
            what, listed = line.split(" ", 1)
            current[what] = [name.strip() for name in listed.split(",")]
    return names


def add(names, what, name, language):
    name = clean(name)
    letters = key(name)
    # They hand names of one language down to others, too.
    is_foreign = any(re.search(script, name) and language not in users for script, users in SCRIPTS.items())
    is_inherited = letters in ROOT_NAMES and language != "en"
    is_letter = len(letters) == 1 and re.match("[a-zа-яα-ω]", letters) and what != "-"
    if not re.search(r"\w", letters) or is_foreign or is_inherited or is_letter or any(c.isdigit() for c in name):
        return
    known = names.setdefault(what, [])
    if all(letters != key(other) for other in known):
        known.append(name)


def affixes(locale):
    """Letters that patterns write without a space before or behind the name of a month or weekday, with its field."""
    found = set()
    for pattern in locale.date_formats.values():
        text = pattern.pattern.replace("'", "")
        for match in re.finditer(r"(?<!\w)([^\W\d_GyMLdEc]*)(MMMM?|EEEE|cccc)([^\W\d_yMLdEc]*)(?=[\s,.(]|$)", text):
            if match[1] or match[3]:
                found.add((match[1], match[2], match[3]))
    return found


def read_locale(names, tag, language):
    locale = Locale.parse(tag)
    glued = affixes(locale)
    for context in ("format", "stand-alone"):
        for width in ("wide", "abbreviated"):
            for kind, field in (("months", "MMMM" if width == "wide" else "MMM"), ("days", "EEEE")):
                for number, name in dict(getattr(locale, kind).get(context, {}).get(width, {}).items()).items():
                    what = str(number) if kind == "months" else WEEKDAYS[number]
                    add(names, what, name, language)
                    for before, behind in [(a[0], a[2]) for a in glued if a[1] == field]:
                        add(names, what, before + name + behind, language)
        periods = getattr(locale, "day_periods", {}).get(context, {})
        short, long = dict(periods.get("abbreviated", {})), dict(periods.get("wide", {}))
        for period, name in [*long.items(), *((k, v) for k, v in short.items() if k in ("am", "pm") or k not in long)]:
            if period in PERIODS:
                add(names, PERIODS[period], name, language)
    for pattern in locale.date_formats.values():
        for word in re.findall(r"'([^']+)'", pattern.pattern):
            add(names, "-", word, language)


def order(tag):
    """`dmy`, `mdy` or `ymd`, by the short date, with the full stops that the long date has behind numbers."""
    formats = Locale.parse(tag).date_formats
    fields = re.findall(r"[dMy]+", re.sub(r"'[^']*'", "", formats["short"].pattern))
    name = "".join(field[0].lower() for field in fields)
    has_stop = [letter for letter in "dy" if re.search(rf"{letter}\.( |,|$)", formats["long"].pattern)]
    return " ".join([name, *(f"{letter}." for letter in has_stop)])


def main():
    path = pathlib.Path(__file__).with_name("names.txt")
    names = load(path)
    for language in LANGUAGES:
        known = names.setdefault(language, {})
        tags = [tag for tag in localedata.locale_identifiers() if tag.split("_")[0] in [language, *ALIASES.get(language, [])]]
        # The language itself before its countries.
        for tag in sorted(tags, key=lambda tag: (tag.split("_")[0] != language, len(tag), tag)):
            if not any(rare in tag for rare in RARE):
                read_locale(known, tag, language)
    months = [str(number) for number in range(1, 13)]
    keys = months + WEEKDAYS + [calendar + month for calendar in "phe" for month in [*months, "13"]] + KEYS
    lines = [HEADER]
    for language in LANGUAGES:
        tags = " ".join([language, *ALIASES.get(language, [])])
        lines.append(f"[{tags}] {order(language)}")
        known = names[language]
        for what in keys + sorted(set(known) - set(keys)):
            if known.get(what):
                lines.append(f"{what} {', '.join(known[what])}")
        lines.append("")
    path.write_text("\n".join(lines))


if __name__ == "__main__":
    main()
