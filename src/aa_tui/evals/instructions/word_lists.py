"""Closed classes of English words that some IFBench instructions speak of, and its list of names."""

from __future__ import annotations


def _list(words: str) -> list[str]:
    return words.split()


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


STOP_WORDS = _set(
    "i me my myself we our ours ourselves you your yours yourself yourselves he him his himself she her hers herself "
    "it its itself they them their theirs themselves what which who whom this that these those am is are was were be "
    "been being have has had having do does did doing a an the and but if or because as until while of at by for with "
    "about against between into through during before after above below to from up down in out on off over under "
    "again further then once here there when where why how all any both each few more most other some such no nor not "
    "only own same so than too very s t can will just don should now d ll m o re ve y ain aren couldn didn doesn hadn "
    "hasn haven isn ma mightn mustn needn shan shouldn wasn weren won wouldn"
)

CONJUNCTIONS = _set("for and nor but or yet so")

PRONOUNS = _set(
    "i me we us you he him she her it they them my mine our ours your yours his hers its their theirs myself "
    "ourselves yourself yourselves himself herself itself themselves this that these those who whom whose which what "
    "whoever whomever whatever whichever anybody anyone anything everybody everyone everything nobody nothing "
    "somebody someone something each either neither both all some any none"
)

MINOR_WORDS = _set(
    "a an the and but or nor for so yet as at by in of off on per to up via from into onto over with is vs if than "
    "that out like near down past"
)

NAMES = _list(
    "Emma Liam Sophia Jackson Olivia Noah Ava Lucas Isabella Mason Mia Ethan Charlotte Alexander Amelia Benjamin "
    "Harper Leo Zoe Daniel Chloe Samuel Lily Matthew Grace Owen Abigail Gabriel Ella Jacob Scarlett Nathan Victoria "
    "Elijah Layla Nicholas Audrey David Hannah Christopher Penelope Thomas Nora Andrew Aria Joseph Claire Ryan Stella "
    "Jonathan"
)

VERBS = _set(
    "accept achieve act add address adopt allow analyse analyze answer apply approach arrange ask assess assume avoid "
    "be become begin behold believe bring build buy calculate call capture celebrate change check choose clarify "
    "collect combine come compare complete compute conduct connect consider construct continue convert cook craft "
    "create cultivate deal decide define delve demonstrate describe design determine develop discover discuss do draw "
    "dream eat embark embrace emerge employ encourage engage enhance enjoy ensure enter envision establish evaluate "
    "examine expand expect experience explain explore express extract face fall feel find finish follow forget gather "
    "generate get give go grasp grow guess harness have hear help highlight identify imagine implement import improve "
    "include incorporate increase inspect introduce invest investigate involve is join journey keep know launch lead "
    "learn leave let listen live locate look love maintain make manage measure meet mix move navigate notice observe "
    "obtain offer open organise organize outline perform pick picture plan ponder prepare present proceed produce "
    "protect prove provide put read recall recognise recognize reconsider reflect remember remove represent rewrite "
    "run save say see seek select send serve set show simulate sit solve speak start step stop study suppose take "
    "talk teach tell think transform translate travel try turn understand unleash unlock unravel unveil use utilise "
    "utilize verify visit visualise visualize wait walk want watch welcome wonder write"
)

NOT_VERBS = STOP_WORDS - _set("am is are was were be being have has had having do does did doing can will")

AUXILIARIES = _set("am is are was were be have has had do does did can will could should would may must")

CAPITALS_NORTH_OF_45 = _list(
    "Reykjavik Helsinki Oslo Tallinn Stockholm Riga Moscow Copenhagen Vilnius Minsk Dublin Berlin Amsterdam Warsaw "
    "London Brussels Kyiv Prague Luxembourg Paris Vienna Bratislava Budapest Vaduz Chisinau Bern Ljubljana Zagreb"
)
"""Of European countries, from north to south. The public checker leaves Kyiv (50.45° N) out; both lists pass."""
