"""Small writing tasks for the instructions, with words that fit them and words that can well be done without."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Task:
    """What to write; words that instructions may ask for, and two that they may forbid."""

    text: str
    words: tuple[str, ...]
    forbidden: tuple[str, str]


_LINES = """
Write a note that asks a neighbour to water your plants for a week.|balcony,kitchen,key|please,holiday
Describe how to make a cup of tea.|kettle,leaves,minutes|milk,sugar
Explain to a child why it rains.|cloud,drops,river|vapour,sun
Write a short message to a team about a meeting that was moved to Thursday.|room,agenda,afternoon|sorry,delay
Describe a market hall early in the morning.|baskets,voices,bread|fish,crowd
Explain what a library card is good for.|books,desk,borrow|free,loan
Write a short review of an umbrella.|wind,handle,pocket|cheap,quality
Tell a very short story about a lost glove.|bench,snow,finger|cold,winter
Give advice to somebody who wants to start running.|shoes,breath,slowly|pain,goal
Write an advertisement for a second-hand bicycle.|bell,saddle,brakes|price,offer
Explain how a lighthouse helps ships.|harbour,beam,rocks|danger,night
Write an invitation to a garden party.|lanterns,music,gate|party,food
Describe the view from a tall building.|roofs,river,trains|beautiful,city
Explain the difference between a map and a globe.|flat,round,scale|world,earth
Write a thank-you note for a box of pears.|basket,sweet,garden|thanks,gift
Tell what a carpenter does on an ordinary day.|bench,plane,oak|wood,work
Give three reasons to keep a diary.|evening,memory,pages|feelings,secret
Describe an old railway station.|clock,platform,dust|train,travel
Explain how to fold a paper boat.|corner,edge,middle|easy,simple
Write a weather report for an island that does not exist.|fog,coast,breeze|storm,degrees
Write a short speech for the opening of a school kitchen.|spoons,soup,pupils|proud,today
Explain why leaves change colour in autumn.|green,branches,light|red,chlorophyll
Tell the story of a day from the point of view of a door.|hinge,draught,knock|open,house
Write a notice for a found cat.|stairs,striped,collar|lost,owner
Describe how a baker spends the hours before sunrise.|dough,oven,flour|bread,early
Give tips for packing a small suitcase.|socks,corners,list|heavy,space
Explain what a compass does.|needle,north,forest|magnet,direction
Write a short complaint about a noisy refrigerator.|humming,evening,shelf|broken,repair
Describe a walk along a canal.|ducks,bridge,barges|water,walk
Explain how to look after a cactus.|pot,sand,window|dry,desert
Write a note for a colleague who takes over your desk.|drawer,stapler,lamp|welcome,boss
Tell what can be seen in a tide pool.|crab,weed,stones|sea,ocean
Write a summary of an imaginary book about a clockmaker.|springs,village,apprentice|time,story
Explain how to choose a ripe melon.|stem,smell,skin|sweet,fresh
Describe a workshop in which violins are repaired.|strings,glue,varnish|music,sound
Write a letter to a town council that asks for a new bench.|park,shade,elderly|money,council
Explain what makes a good question.|curious,answer,clear|ask,simple
Tell a short story about two snails in a race.|leaf,moss,finish|slow,win
Give advice on learning twenty new words of a language.|cards,aloud,evening|grammar,app
Describe the sounds of a house at night.|floor,pipes,clock|silence,dark
Write an entry for a travel diary about a ferry trip.|deck,gulls,ropes|sea,ship
Explain how a bridge carries its load.|arch,stone,weight|strong,force
Write a short introduction for a new member of a choir.|alto,rehearsal,folder|sing,voice
Describe a shop that sells only buttons.|drawers,brass,ladder|small,colour
Explain how to plan a small vegetable garden.|rows,beans,shade|soil,plant
Write a message that turns down an invitation to a concert.|ticket,cousin,autumn|unfortunately,sorry
Tell what a beekeeper checks in spring.|frames,smoke,hive|honey,bees
Give three ideas for a rainy afternoon.|puzzle,blanket,letters|boring,film
Write a short text for a museum sign beside an old plough.|iron,oxen,field|farmer,history
Explain why bread rises.|yeast,dough,bubbles|gas,oven
Describe a bus ride through hills.|driver,curves,valley|road,window
Write a to-do list in words for somebody who moves house.|boxes,keys,lamp|stress,move
Explain how to read a train timetable.|column,minutes,platform|late,ticket
Tell a short story about a borrowed ladder.|fence,apples,neighbour|fall,return
Give advice to somebody who speaks in public for the first time.|pause,notes,breathe|nervous,fear
Describe the kitchen of a small restaurant during the busiest hour.|pans,orders,steam|hot,chef
Write a proposal for a reading group at work.|lunch,novel,circle|fun,meeting
Explain what a sundial is and how it is read.|shadow,hours,stone|sun,clock
Write a short farewell to a teacher who retires.|chalk,patience,pupils|goodbye,sad
Describe a frozen lake and the people on it.|skates,sled,scarf|ice,cold
Explain how to wash a woollen jumper by hand.|basin,towel,gently|machine,hot
Tell what happens at a potter's wheel.|clay,hands,rim|spin,vase
Write a short plan for cleaning up a river bank.|gloves,bags,volunteers|rubbish,dirty
Describe a letter that arrives forty years late.|stamp,ink,drawer|old,post
""".strip()


def _read(line: str) -> Task:
    text, words, forbidden = line.split("|")
    first, second = forbidden.split(",")
    return Task(text, tuple(words.split(",")), (first, second))


TASKS: tuple[Task, ...] = tuple(map(_read, _LINES.splitlines()))
