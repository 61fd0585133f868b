"""Invented articles in six languages. The same number gives the same article."""

import datetime
import json
import random

LANGUAGES = ["en", "de", "fr", "zh", "ja", "th"]
PAPERS_A_LANGUAGE = 4
# Every so many articles one is another paper's text, word for word.
COPY_ONE_IN = 7
# What stands in every so many articles of its language, and in no other: a search is to find these, all of them.
MARKS = {"en": "quillwort", "de": "Brunnenfest", "fr": "passerelle", "zh": "图书馆", "ja": "台風", "th": "รถไฟ"}
MARK_ONE_IN = 101
BEGAN = datetime.datetime(2026, 9, 1, 6, 0, tzinfo=datetime.timezone.utc)

SYLLABLES = ["an", "be", "co", "da", "el", "fi", "go", "ha", "in", "ka", "lo", "mi", "no", "or", "pe", "ra", "si", "ta"]
COMMON = {
    "en": "the of and to in a is that for it was on with as by at from".split(),
    "de": "der die und das in den von zu mit sich auf für ist im nicht ein".split(),
    "fr": "de la le et les des en un une du que est pour qui dans par".split(),
}
CHARACTERS = {
    "zh": "的了在是我他有这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可里后小么心多天而能好都然没日于起还发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已老从动两长",
    "ja": "日本人大会社年間中国出来時分行見後前生学校先地方事件者新聞高市長力気水電車道東京西南北山川田村町家",
    "th": None,
}
KANA = ["の", "に", "は", "を", "が", "で", "と", "した", "して", "から", "まで", "ました", "ている", "による"]
THAI = "การ ความ ที่ และ ใน ของ เป็น มี ได้ ไป มา ให้ กับ จะ ว่า ไม่ คน บ้าน เมือง น้ำ ประชุม ตลาด โรงเรียน วันนี้ ปี ใหม่ เด็ก แม่ ทาง ถนน".split()


def word(dice, language):
    if language in COMMON:
        if dice.random() < 0.4:
            return dice.choice(COMMON[language])
        return "".join(dice.choices(SYLLABLES, k=dice.choice([2, 2, 3, 3, 4])))
    if language == "th":
        return dice.choice(THAI) + dice.choice(THAI)
    text = "".join(dice.choices(CHARACTERS[language], k=2))
    return text + dice.choice(KANA) if language == "ja" else text


def sentence(dice, language, n_words):
    words = [word(dice, language) for _ in range(n_words)]
    if language in COMMON:
        return " ".join(words).capitalize() + "."
    # Thai has a blank between phrases, not between words.
    if language == "th":
        return "".join(each + (" " if place % 7 == 6 else "") for place, each in enumerate(words)).strip()
    return "".join(each + ("，" if place % 9 == 8 else "") for place, each in enumerate(words)) + "。"


def language_of(number):
    return LANGUAGES[number % len(LANGUAGES)]


def has_mark(number, n_marked):
    return number < n_marked and (number // len(LANGUAGES)) % MARK_ONE_IN == 0


def text_of(number, n_marked):
    """Title and paragraphs; of the first `n_marked` articles some have the mark of their language."""
    dice = random.Random(number)
    language = language_of(number)
    title = sentence(dice, language, 8).rstrip(".。")
    n_paragraphs = dice.randint(4, 9)
    paragraphs = [sentence(dice, language, 55 if language in COMMON else 40) for _ in range(n_paragraphs)]
    if has_mark(number, n_marked):
        blank = " " if language in COMMON else ""
        paragraphs[1] = blank.join([paragraphs[1][:-1], MARKS[language], sentence(dice, language, 6)])
    return title, paragraphs


def article(number, n_marked, edition=1):
    """A line for `newswire import`. Another edition has another headline."""
    language = language_of(number)
    dice = random.Random(~number)
    is_copy = number % COPY_ONE_IN == COPY_ONE_IN - 1 and number >= len(LANGUAGES)
    # The original is the article before it in this language: another paper's.
    title, paragraphs = text_of(number - len(LANGUAGES) if is_copy else number, n_marked)
    if edition > 1:
        title = f"{title} ({edition})"
    paper = f"{language}-{number // len(LANGUAGES) % PAPERS_A_LANGUAGE}"
    published = BEGAN + datetime.timedelta(minutes=37 * number % 129_600)
    return {
        "url": f"https://www.{paper}.example/{published:%Y/%m/%d}/{number}",
        "title": title,
        "published": published.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "authors": [word(dice, "en").capitalize() + " " + word(dice, "de").capitalize() for _ in range(dice.choice([0, 1, 1, 2]))],
        "language": language,
        "paragraphs": paragraphs,
        "source": paper,
    }


def write(path, numbers, n_marked, edition=1):
    with open(path, "w", encoding="utf-8") as lines:
        for number in numbers:
            lines.write(json.dumps(article(number, n_marked, edition), ensure_ascii=False) + "\n")


def n_with_mark(language, n_articles):
    """How many of the first articles have the mark of a language."""

    def is_marked(number):
        is_copy = number % COPY_ONE_IN == COPY_ONE_IN - 1 and number >= len(LANGUAGES)
        return has_mark(number - len(LANGUAGES) if is_copy else number, n_articles)

    return sum(language_of(number) == language and is_marked(number) for number in range(n_articles))
