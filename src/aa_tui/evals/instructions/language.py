"""Which language a text is in, by its script and its most frequent small words. Compact, so with limits.

It knows the languages that IFEval asks for and their neighbours. Many scripts tell the language alone; Devanagari,
Arabic, Cyrillic and Latin are told apart by letters and words that only one of them has. A text of a few words may
have none of them: then the answer is None, not a guess. Mixed texts count as what most of their letters are.
"""

from __future__ import annotations

import re
from collections import Counter

_SCRIPTS = (
    (0x0041, 0x024F, "latin"),
    (0x1E00, 0x1EFF, "latin"),
    (0x0370, 0x03FF, "el"),
    (0x0400, 0x04FF, "cyrillic"),
    (0x0530, 0x058F, "hy"),
    (0x0590, 0x05FF, "he"),
    (0x0600, 0x06FF, "arabic"),
    (0x0900, 0x097F, "devanagari"),
    (0x0980, 0x09FF, "bn"),
    (0x0A00, 0x0A7F, "pa"),
    (0x0A80, 0x0AFF, "gu"),
    (0x0B00, 0x0B7F, "or"),
    (0x0B80, 0x0BFF, "ta"),
    (0x0C00, 0x0C7F, "te"),
    (0x0C80, 0x0CFF, "kn"),
    (0x0D00, 0x0D7F, "ml"),
    (0x0E00, 0x0E7F, "th"),
    (0x10A0, 0x10FF, "ka"),
    (0x1100, 0x11FF, "ko"),
    (0x3040, 0x30FF, "ja"),
    (0x4E00, 0x9FFF, "han"),
    (0xAC00, 0xD7AF, "ko"),
)

_WORDS = {
    "latin": {
        "en": "the of and to in is that it for was with as you this are be on not have by at from or your we they can "
        "an has will i my our their its there what if he she do does but when which who been were would a about how "
        "than much more less some any into all her his him one two three many out up each did no so them then",
        "de": "der die das und ist nicht ein eine zu den von mit sich des auf für im dem auch es ich sie wir als an "
        "werden aus bei nach wie oder aber wenn sind einen einer hat nur noch kann ihr in was so war man mein uns",
        "fr": "le la les des et est une un dans que qui pour pas sur au avec ce il elle sont nous vous plus par ne se "
        "du je cette aux mais ou comme être été ont leur ses a y on",
        "es": "el la los las de que y en un una por con para es del se su al lo como más pero sus está no hay muy "
        "también este esta son ser hoy yo tú nos fue ha si porque a me mi te",
        "pt": "o a os as de que e em um uma para com não do da dos das no na por mais se é como mas ao você são seu "
        "sua foi também está ou ser muito à pela pelo nos isso",
        "it": "il lo la i gli le di che e un una per in del della dei delle non con sono è da si come più anche nel "
        "nella al alla questo questa ma ha io ti mi ci suo loro in a no o se",
        "nl": "de het een en van is dat in te niet met voor op zijn er aan ook als door maar bij of naar uit wordt "
        "deze dit heeft ze wij hij je ik wat kan was so over",
        "sv": "och att det är en ett som på för med av den inte till om har de jag vi kan från men så du var in",
        "fi": "ja on ei se että en hän oli mutta kun niin myös tai sen ovat kuin joka minä olen me he jos voi ole mitä "
        "tämä sinä hyvin nyt kanssa mukaan",
        "pl": "i w nie na się z do to jest że jak o co ale po tak za od przez dla są by może oraz być ten tej",
        "tr": "ve bir bu da de için ile çok ne daha gibi olan olarak en ama var değil her o kadar sonra",
        "id": "yang dan di ini itu dengan untuk dari dalam tidak pada adalah akan ke saya anda atau juga bisa karena",
        "sw": "na ya wa kwa ni katika la za cha hii kama hiyo yako ili kuwa au lakini sana hapa yetu wetu vya hizi "
        "huo wako kila pia watu yangu si zaidi",
        "ro": "și de la în nu că pe cu din este o un a mai pentru care sunt au fi se ca dar",
    },
    "cyrillic": {
        "ru": "и в не на что с это как по но из у за к для от так же или его только мы вы они он она был может если я",
        "bg": "и на да се за от е в с не са по че като това ще или който която които към при има може си ни ги съм",
        "uk": "і в не на що з це як до та але у за для від або його він вона ми ви є",
        "sr": "и у је да се на за са не што од као су али то или који која би",
    },
    "devanagari": {
        "hi": "है हैं का की के में और से को नहीं यह पर भी लिए एक था थी थे हो कि जो इस ने हम आप मैं वह तो कर रहे रहा",
        "mr": "आहे आहेत आणि मध्ये नाही हे ते या होते होता साठी तुम्ही आम्ही मी हा ही असे की आपल्या त्या करा केला एक खूप तर झाले व पण",
        "ne": "छ छन् हो र को मा लाई ले पनि भएको हुन्छ गर्न यो त्यो तपाईं हामी म छैन गर्छ भने तथा थियो सबै गरेको हुन् लागि हाम्रो",
    },
}
_TABLES = {script: {code: frozenset(words.split()) for code, words in by.items()} for script, by in _WORDS.items()}
_ENDINGS = {"mr": ("च्या", "ाचा", "ाची", "ाचे", "ांना", "ण्यासाठी"), "ne": ("हरू", "हरु", "लाई", "को", "मा", "ले")}
_URDU = frozenset("ٹڈڑںےہھۓ")
_PERSIAN = frozenset("پچژگکی")
_ARABIC = frozenset("ةىيكأإؤئ")
_VIETNAMESE = re.compile("[\u1ea0-\u1ef9ăđơưĂĐƠƯ]")
_TOKENS = re.compile(r"[^\W\d_]+(?:[\u0900-\u0903\u093a-\u094f]+[^\W\d_]*)*")
_LEAST_SHARE = 0.04


def language_of(text: str) -> str | None:
    """The ISO 639-1 code of the language that a text is in, or None where it cannot be told."""
    scripts = Counter(filter(None, map(_script, text)))
    if not scripts:
        return None
    script, count = scripts.most_common(1)[0]
    if script in ("han", "ja"):
        return "ja" if scripts["ja"] * 10 > scripts["han"] else "zh"
    if script == "arabic":
        return _by_letters(text)
    if script == "latin" and len(_VIETNAMESE.findall(text)) * 20 > count:
        return "vi"
    return _by_words(text, script) if script in _TABLES else script


def may_be_english(text: str) -> bool:
    """Whether nothing in a text says that it is not English: its script is Latin, its small words are not another's."""
    scripts = Counter(filter(None, map(_script, text)))
    return bool(scripts) and scripts.most_common(1)[0][0] == "latin" and language_of(text) in ("en", None)


def _script(character: str) -> str | None:
    if character.isascii():
        return "latin" if character.isalpha() else None
    code = ord(character)
    return next((name for first, last, name in _SCRIPTS if first <= code <= last), None)


def _by_letters(text: str) -> str | None:
    urdu, persian, arabic = (sum(map(letters.__contains__, text)) for letters in (_URDU, _PERSIAN, _ARABIC))
    if urdu * 4 > persian and urdu > arabic:
        return "ur"
    if persian == arabic:
        return None
    return "fa" if persian > arabic else "ar"


def _by_words(text: str, script: str) -> str | None:
    words = [word for word in _TOKENS.findall(text.casefold()) if _script(word[0]) == script]
    hits: Counter[str] = Counter()
    for word, count in Counter(words).items():
        for code, table in _TABLES[script].items():
            if word in table or word.endswith(_ENDINGS.get(code, ("\0",))):
                hits[code] += count
    ranked = hits.most_common(2)
    if not ranked or ranked[0][1] < len(words) * _LEAST_SHARE:
        return None
    if len(ranked) > 1 and ranked[0][1] == ranked[1][1]:
        return None
    return ranked[0][0]
