"""What well-known model licences say about commercial use: a pointer for readers, not legal advice."""

import re
from dataclasses import dataclass
from typing import Final, Literal

CommercialUse = Literal["yes", "no", "with conditions", "unknown"]


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence; `note` is its main condition in commercial use, empty where there is none to name.

    `url` is where its text is, empty where that is not known for certain.
    """

    name: str
    commercial_use: CommercialUse
    note: str = ""
    url: str = ""


_TEXTS: Final = (
    (r"^apache( license)?( version)? 2(\.0)?$", "https://www.apache.org/licenses/LICENSE-2.0"),
    (r"^mit( license)?$", "https://opensource.org/license/mit"),
    (r"^cc by nc 4\.0$", "https://creativecommons.org/licenses/by-nc/4.0/"),
    (r"^cc by 4\.0$", "https://creativecommons.org/licenses/by/4.0/"),
    (r"^cc0( 1\.0)?$", "https://creativecommons.org/publicdomain/zero/1.0/"),
    (r"^gemma( license)?$", "https://ai.google.dev/gemma/terms"),
    (r"^llama 3\.2 community license( agreement)?$", "https://www.llama.com/llama3_2/license/"),
)
"""Where the texts of licences are that have one text."""


# (pattern, usual name, commercial use, main condition). Patterns are tried in order on the lower-case text
# with single spaces for hyphens. What forbids commercial use comes first, and plain names match whole:
# CC BY-NC is no CC BY, and Modified MIT no MIT. Without a usual name the published one stays, because it
# often has a version.
_KNOWN: Final[tuple[tuple[str, str | None, CommercialUse, str], ...]] = (
    (r"\bcc by nc\b", None, "no", ""),
    (r"\bnon ?commercial\b", None, "no", ""),
    (r"\bexaone\b.* nc$", None, "no", ""),
    (r"\bqwen research\b", None, "no", ""),
    (r"\bmistral (ai )?(research|non production)\b", None, "no", ""),
    (r"^apache( license)?( version)? 2(\.0)?$", "Apache 2.0", "yes", ""),
    (r"^mit( license)?$", "MIT", "yes", ""),
    (r"^bsd [23] clause\b", None, "yes", ""),
    (r"^cc0\b", None, "yes", ""),
    (r"^openmdw\b", None, "yes", ""),
    (r"^cc by( \d\.\d)?$", None, "with conditions", "credit must be given"),
    (r"^modified mit\b", None, "with conditions", "the publisher added terms of its own to the MIT text"),
    (
        r"^lfm( open license)?( v)?( ?1\.0)$",
        "LFM Open License 1.0",
        "with conditions",
        "only companies with annual revenue under 10 million USD may use it freely",
    ),
    (r"^gemma\b", None, "with conditions", "its prohibited-use policy must be followed and passed on"),
    (
        r"^llama\b.*\bcommunity\b",
        None,
        "with conditions",
        "credit must be given, and a company with over 700 million monthly users needs Meta's permission",
    ),
    (
        r"^nvidia\b.*\bopen model license\b",
        None,
        "with conditions",
        "NVIDIA's terms on use and notices apply",
    ),
    (
        r"^tencent\b.*\bcommunity license\b",
        None,
        "with conditions",
        "it is limited by territory and by the number of users",
    ),
)


def licence(text: str) -> Licence:
    """The licence that a published text names, whatever its capitals, spaces and hyphens.

    A text that is not in the table keeps its name, with commercial use "unknown": nothing is guessed.
    """
    plain = re.sub(r"[\s_-]+", " ", text.strip().lower())
    for pattern, name, commercial_use, note in _KNOWN:
        if re.search(pattern, plain):
            return Licence(name or text.strip(), commercial_use, note, _url(plain))
    return Licence(text.strip(), "unknown", url=_url(plain))


def _url(plain: str) -> str:
    return next((url for pattern, url in _TEXTS if re.search(pattern, plain)), "")
