"""Closed classes of English words that some IFBench instructions speak of, and its list of names."""

from __future__ import annotations


def _list(words: str) -> list[str]:
    return words.split()


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


STOP_WORDS = _set(
    "i me my myself we our ours ourselves you your yours yourself yourselves he him his himself she her hers "
    "herself it its itself they them their theirs themselves what which who whom this that these those am is are "
    "was were be been being have has had having do does did doing a an the and but if or because as until while of "
    "at by for with about against between into through during before after above below to from up down in out on "
    "off over under again further then once here there when where why how all any both each few more most other "
    "some such no nor not only own same so than too very s t can will just don should now d ll m o re ve y ain aren "
    "couldn didn doesn hadn hasn haven isn ma mightn mustn needn shan shouldn wasn weren won wouldn"
)

CONJUNCTIONS = _set("for and nor but or yet so")

PRONOUNS = _set(
    "i me we us you he him she her it they them my mine our ours your yours his hers its their theirs myself "
    "ourselves yourself yourselves himself herself itself themselves this that these those who whom whose which "
    "what whoever whomever whatever whichever anybody anyone anything everybody everyone everything nobody nothing "
    "somebody someone something each either neither both all some any none"
)

MINOR_WORDS = _set(
    "a an the and but or nor for so yet as at by in of off on per to up via from into onto over with is vs if than "
    "that out like near down past"
)

NAMES = _list(
    "Emma Liam Sophia Jackson Olivia Noah Ava Lucas Isabella Mason Mia Ethan Charlotte Alexander Amelia Benjamin "
    "Harper Leo Zoe Daniel Chloe Samuel Lily Matthew Grace Owen Abigail Gabriel Ella Jacob Scarlett Nathan Victoria "
    "Elijah Layla Nicholas Audrey David Hannah Christopher Penelope Thomas Nora Andrew Aria Joseph Claire Ryan "
    "Stella Jonathan"
)

VERBS = _set(
    "abandon abolish absorb abuse accelerate accept access accommodate accompany accomplish account accumulate "
    "accuse achieve acknowledge acquire act activate adapt add address adhere adjust administer admire admit adopt "
    "advance advertise advise advocate affect affirm aim alert align allocate allow alter amend amplify amuse "
    "analyse analyze announce annoy answer anticipate apologise apologize appeal appear applaud apply appoint "
    "appreciate approach approve argue arise arouse arrange arrest arrive articulate ascend ask aspire assemble "
    "assert assess assign assist associate assume assure attach attack attain attempt attend attract audit "
    "authorise authorize automate avert avoid await awake award bake balance ban banish bask bathe battle be beam "
    "bear beat become beg begin behave behold believe belong bend benefit bet bind bite blame blaze bleed blend "
    "bless blink block bloom blossom blow blush boast boil bolster bombard book boost borrow bother bounce brace "
    "brainstorm break breathe breed brew bridge brighten bring broadcast browse brush bubble buckle budget build "
    "burn burst bury button buy bypass calculate call camp cancel capture cater caution cease celebrate challenge "
    "change channel characterise characterize charge chart chase chat cheat check cheer cherish chew chill choose "
    "chop circle circulate cite claim clap clarify clash classify click climb cling close coach coat code "
    "collaborate collapse collect collide comb combat combine come comfort command comment commit communicate "
    "commute compare compel compensate compete compile complain complement complete complicate comply compose "
    "comprehend compress comprise compromise compute conceal concede conceive concentrate conclude condemn condense "
    "conduct confess confide configure confine confirm conform confront confuse congratulate connect conquer "
    "consent conserve consider consist consolidate constrain construct consult consume contact contain contemplate "
    "contend contest continue contract contradict contrast contribute control converge converse convert convey "
    "convince cook cooperate coordinate cope copy correct correspond cough count cover crack craft crash crave "
    "crawl create criticise criticize cross crouch crowd crumble crush cry cultivate curb cure curl curse customise "
    "customize cut cycle dance dare dash date deactivate deal debate debug decay deceive decide declare decline "
    "decode decompose decorate decrease dedicate deduce deduct deem deepen defeat defend defer define defy degrade "
    "delay delegate delete deliberate delight deliver delve demand demolish demonstrate denote denounce deny depart "
    "depend depict deploy deposit derive descend describe deserve design desire destroy detach detail detect "
    "deteriorate determine develop devise devote devour diagnose dictate die differ differentiate dig digest dilute "
    "dine dip direct disagree disappear disassemble discard discharge disclose disconnect discourage discover "
    "discriminate discuss disguise dislike dismantle dismiss disperse display dispose dispute disregard disrupt "
    "dissolve distinguish distort distract distribute disturb dive diversify divide do document dodge dominate "
    "donate doubt download draft drag drain draw dread dream dress drift drill drink drip drive drop drown dump "
    "duplicate dust dwell earn ease eat echo edit educate elaborate elect elevate elicit eliminate elude embark "
    "embed embody embrace emerge emit empathise empathize emphasise emphasize employ empower enable enact "
    "encapsulate enclose encode encompass encounter encourage end endeavor endeavour endorse endure enforce engage "
    "enhance enjoy enlarge enlighten enlist enrich enrol enroll ensure entail enter entertain entice entitle "
    "envelop envision envy equip erase erect erode erupt escalate escape escort establish estimate evade evaluate "
    "evaporate evict evoke evolve exaggerate examine exceed excel exchange excite exclaim exclude excuse execute "
    "exemplify exercise exert exhale exhaust exhibit exist exit expand expect expedite expel experience experiment "
    "expire explain exploit explore export expose express extend extinguish extract fabricate face facilitate fade "
    "fail fall fasten favor favour fear feature feed feel fetch fight figure file fill filter finalise finalize "
    "finance find finish fix flash flatten flee flex flick fling flip float flood flourish flow fly foam focus fold "
    "follow fool forbid force forecast foresee forge forget forgive formulate forsake foster frame freeze frighten "
    "frown frustrate fry fuel fulfil fulfill function fund fuse gain gamble garnish gather gaze generate gesture "
    "get give glance gleam glide glimpse glorify glow glue go govern grab grade grant graph grasp grate greet grill "
    "grin grind grip groan groom grow guarantee guard guess guide halt hammer handle hang happen harness harvest "
    "hate haul haunt have heal heap hear heat heed help hesitate hide highlight hike hinder hint hire hit hold "
    "honor honour hop hope host hover hug hum hunt hurry hurt hypothesise hypothesize identify ignite ignore "
    "illuminate illustrate imagine imitate immerse impact impart impede implement imply import impose impress "
    "imprison improve incline include incorporate increase induce indulge infer inflate influence inform inhabit "
    "inhale inherit inhibit initiate inject injure innovate inquire insert insist inspect inspire install instruct "
    "insult insure integrate intend intensify interact intercept interfere interpret interrupt intertwine intervene "
    "interview introduce invade invent invert invest investigate invite invoke involve is isolate itemise itemize "
    "iterate jog join jot journey judge juggle jump justify juxtapose keep kick kidnap kill kiss knead kneel knit "
    "knock know label lament land laugh launch lead leak lean leap learn leave lend lengthen lessen let leverage "
    "lick lie lift liken limit linger link listen litter live load loan locate lock lodge log look loop loosen love "
    "lower lubricate lure magnify mail maintain make manage manipulate manufacture map march mark marry marvel mash "
    "mask master match mature maximise maximize measure meditate meet melt memorise memorize mend mention merge "
    "mimic mingle minimise minimize mislead miss mix mobilise mobilize model moderate modernise modernize modify "
    "monitor motivate mount mourn move mow mull multiply mumble murder nail name narrate navigate negate neglect "
    "negotiate nest nod nominate normalise normalize notice notify nourish nurse nurture obey object oblige obscure "
    "observe obsess obstruct obtain occupy occur offend offer omit ooze open operate oppose opt optimise optimize "
    "order organise organize orient originate oscillate oust outline outperform output overcome overflow overlap "
    "overlook oversee overwhelm owe pace pack paddle paint pair paraphrase park participate pass paste pat pause "
    "pave pay peel peer penetrate perceive perch perform perish permit persevere persist personalise personalize "
    "persuade phone photograph phrase pick picture pile pinch pinpoint pitch place plan plant play plead please "
    "pledge plot plug plunge poach point poke polish poll ponder pop populate pose position possess post postpone "
    "pour practice practise praise pray preach precede predict prefer preheat prepare prescribe present preserve "
    "press pretend prevail prevent print prioritise prioritize probe proceed process proclaim procure produce "
    "program progress prohibit project prolong promise promote prompt pronounce propagate propel propose prosper "
    "protect protest prove provide provoke prune publicise publicize publish pull pump punch punctuate punish "
    "purchase purify pursue push put qualify quantify quarrel quench question quicken quit quiver quote race "
    "radiate raise rally rank rate reach react read realise realize reap reason reassure rebel rebuild recall "
    "recapture receive recharge recite reclaim recognise recognize recollect recommend reconcile reconsider "
    "reconstruct record recount recover recruit recycle redefine redesign redirect reduce refer refine reflect "
    "refocus reform refrain refresh refuse refute regain regard register regret regulate rehearse reign reinforce "
    "reject rejoice relate relax release relieve relinquish relish relive relocate rely remain remark remedy "
    "remember remind remove render renew renounce renovate rent reorganise reorganize repair repeat repel replace "
    "replicate reply report represent repress request require rescue research resemble resent reserve reset reside "
    "resign resist resolve resonate resort respect respond rest restart restate restore restrain restrict result "
    "resume retain retell retire retreat retrieve return reunite reuse reveal revel reverse review revise revisit "
    "revive revolve reward rewrite rhyme rid ride ring rinse ripen rise risk roam roar roast rob rock roll rotate "
    "rub ruin rule run rush sacrifice sail salute sample satisfy save savor savour say scale scan scare scatter "
    "schedule scoop score scour scramble scrape scratch scream screen scroll scrub seal search secure seduce see "
    "seek segment seize select sell send sense separate serve set settle sew shake shape share sharpen shatter "
    "shave shed shelter shield shift shimmer shine ship shiver shock shoot shop shorten shout shove show shower "
    "shrink shrug shuffle shun shut sigh sign signal signify silence simmer simplify simulate sing sink sip sit "
    "sketch skim skip slam slap sleep slice slide slip smash smear smell smile smoke snap snatch sneak sneeze sniff "
    "snore soak soar soften solicit solve soothe sort sound sow spare spark sparkle spawn speak specialise "
    "specialize specify speculate speed spell spend spill spin spit split spoil sponsor spot spread sprinkle sprint "
    "squash squeeze stab stabilise stabilize stack stage stain stamp stand stare start stash stay steal steam steer "
    "step stick stifle stimulate sting stir stitch stop store strain strap stray streamline strengthen stress "
    "stretch strike strip strive stroke stroll structure struggle study stuff stumble subdue subject submerge "
    "submit subscribe substitute subtract succeed suck sue suffer suffice suggest suit summarise summarize summon "
    "supervise supplement supply support suppose suppress surf surge surpass surprise surrender surround survey "
    "survive suspect suspend sustain swallow swap sway swear sweat sweep swell swim swing swirl switch symbolise "
    "symbolize sympathise sympathize synthesise synthesize tackle tailor take talk taste teach tear tease tell "
    "tempt tend terminate test testify thank thaw think thread threaten thrive throw thrust thwart tick tickle tidy "
    "tie tighten tilt toast toggle tolerate toss touch tour trace track trade trail train transcend transcribe "
    "transfer transform transition translate transmit transport trap travel treasure treat tremble trick trigger "
    "trim triumph trust try tuck tug tumble tune turn tutor twist type undergo undermine understand undertake undo "
    "unfold unify unite unlearn unleash unload unlock unpack unplug unravel untangle unveil unwind update upgrade "
    "uphold upload urge use utilise utilize utter vacuum validate value vanish vary veil venture verify view "
    "violate visit visualise visualize voice volunteer vote vow voyage wade wage wait wake walk wander want warn "
    "wash waste watch wave weaken wear weave weep weigh welcome whip whirl whisk whisper whistle widen win wink "
    "wipe wish withdraw wither withhold withstand witness wonder work worry worship wrap wrestle write yawn yearn "
    "yell yield zip zoom"
)
"""Base forms. Those that are first of all something else (water, light, back) are left out."""

NOT_VERBS = (
    STOP_WORDS
    - _set("am is are was were be being have has had having do does did doing can will don ain aren couldn didn doesn")
    - _set("hadn hasn haven isn mightn mustn needn shan shouldn wasn weren won wouldn")
) | _set(
    "despite beyond across regarding concerning unlike like inside outside among amongst along around behind beside "
    "besides near past since throughout toward towards upon within without via per onto plus minus although though "
    "whereas unless whether whenever wherever whoever whatever yes hello hi hey dear oh ah well perhaps maybe also "
    "thus hence therefore however moreover furthermore meanwhile instead otherwise still yet even already always "
    "never often sometimes usually today tomorrow yesterday one two three four five six seven eight nine ten many "
    "much several another every everyone someone anyone nobody everything something nothing anything first second "
    "third last next"
)
"""First words that are none, although a command's object may follow them."""

AUXILIARIES = _set("am is are was were be have has had do does did can will could should would may might must shall")

NEGATED = _set(
    "don ain aren couldn didn doesn hadn hasn haven isn mightn mustn needn shan shouldn wasn weren won wouldn cannot"
)
"""What the tokens leave of don't, isn't and the like."""

PAST_FORMS = _set(
    "went made saw took gave came found got said told knew thought brought bought began became wrote ran sat stood "
    "held kept left lost met paid sent spoke spent taught understood won wore built caught chose drew drove ate "
    "fell felt flew forgot grew heard hid led lay rode rang rose sang slept sold shook threw woke"
)

DETERMINERS = _set("the a an this that these those my your our their his her its it them me us him all each every")
"""What follows a command's verb: its object."""

NOUNS_IN_ING = _set(
    "thing something nothing everything anything king ring spring string wing sibling ceiling morning evening during "
    "lightning pudding wedding sterling darling duckling viking herring"
)

SINGLE_SOUNDS = _set("a e i o u y ai ay au aw ee ea ei ey ie oa oe oi oo ou oy ue ui")
"""Runs of vowels that are one syllable; such as io and ia are one or two."""

GREETINGS = _set("yes okay ok hello hi sorry sure thanks thank please never nothing maybe")

CAPITALS_NORTH_OF_45 = _list(
    "Reykjavik Helsinki Oslo Tallinn Stockholm Riga Moscow Copenhagen Vilnius Minsk Dublin Berlin Amsterdam Warsaw "
    "London Brussels Kyiv Prague Luxembourg Paris Vienna Bratislava Budapest Vaduz Chisinau Bern Ljubljana Zagreb"
)
"""Of European countries, from north to south. The public checker leaves Kyiv (50.45° N) out; both lists pass."""
