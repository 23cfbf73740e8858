"""Knowledge: facts that are certain and do not change, each with one right of four options and its source."""

from __future__ import annotations

from generators.problem import Entry, Problem, proven

Fact = tuple[str, str, tuple[str, str, str], str]
"""Question, right option, wrong options, source."""

_BRITANNICA = "Encyclopaedia Britannica: "
_IUPAC = "IUPAC periodic table of the elements"
_SI = "BIPM, SI Brochure, 9th edition"

_LEVEL_1: tuple[Fact, ...] = (
    ("Which planet is closest to the Sun?", "Mercury", ("Venus", "Mars", "Earth"), "NASA planetary fact sheets"),
    ("What is the chemical formula of water?", "H2O", ("CO2", "NaCl", "O2"), "IUPAC Gold Book: water"),
    ("Which city is the capital of Japan?", "Tokyo", ("Kyoto", "Osaka", "Seoul"), _BRITANNICA + "Japan"),
    (
        "Which organ pumps blood through the human body?",
        "The heart",
        ("The liver", "The lungs", "The kidneys"),
        "Gray's Anatomy",
    ),
    ("How many sides does a hexagon have?", "6", ("5", "7", "8"), "Euclid, Elements, book IV"),
    (
        "Who wrote the play Romeo and Juliet?",
        "William Shakespeare",
        ("Charles Dickens", "Jane Austen", "Geoffrey Chaucer"),
        _BRITANNICA + "Romeo and Juliet",
    ),
    (
        "Which is the largest ocean on Earth?",
        "The Pacific Ocean",
        ("The Atlantic Ocean", "The Indian Ocean", "The Arctic Ocean"),
        _BRITANNICA + "Pacific Ocean",
    ),
    (
        "Which gas do plants take from the air for photosynthesis?",
        "Carbon dioxide",
        ("Nitrogen", "Helium", "Hydrogen"),
        _BRITANNICA + "photosynthesis",
    ),
    ("Which number does the Roman numeral X stand for?", "10", ("5", "50", "100"), _BRITANNICA + "Roman numeral"),
    ("How many days does a leap year have?", "366", ("364", "365", "367"), "Gregorian calendar, 1582"),
    ("Which of these animals is a mammal?", "Dolphin", ("Shark", "Trout", "Penguin"), _BRITANNICA + "dolphin"),
    (
        "Which language do most people in Brazil speak?",
        "Portuguese",
        ("Spanish", "French", "Italian"),
        _BRITANNICA + "Brazil",
    ),
    (
        "At which temperature does pure water freeze at normal pressure?",
        "0 °C",
        ("10 °C", "32 °C", "100 °C"),
        "CRC Handbook of Chemistry and Physics",
    ),
    (
        "Who was the first person to walk on the Moon?",
        "Neil Armstrong",
        ("Yuri Gagarin", "Buzz Aldrin", "John Glenn"),
        "NASA, Apollo 11 mission report",
    ),
    ("Which planet is often called the Red Planet?", "Mars", ("Jupiter", "Saturn", "Mercury"), _BRITANNICA + "Mars"),
    ("On which continent is Kenya?", "Africa", ("Asia", "South America", "Europe"), _BRITANNICA + "Kenya"),
    (
        "What does WWW in a web address stand for?",
        "World Wide Web",
        ("World Wide Wire", "Wide World Windows", "Wireless World Web"),
        "W3C, About the World Wide Web",
    ),
    ("In which year did the Second World War end?", "1945", ("1918", "1939", "1950"), _BRITANNICA + "World War II"),
    (
        "Which is the smallest prime number?",
        "2",
        ("0", "1", "3"),
        "Hardy and Wright, Introduction to the Theory of Numbers",
    ),
    (
        "What is a young frog with gills and a tail called?",
        "A tadpole",
        ("A caterpillar", "A cub", "A fledgling"),
        _BRITANNICA + "tadpole",
    ),
)

_LEVEL_2: tuple[Fact, ...] = (
    ("What is the chemical symbol of sodium?", "Na", ("So", "S", "N"), _IUPAC),
    (
        "Which city is the capital of Australia?",
        "Canberra",
        ("Sydney", "Melbourne", "Perth"),
        _BRITANNICA + "Australia",
    ),
    (
        "Who wrote the novel Pride and Prejudice?",
        "Jane Austen",
        ("Charlotte Brontë", "George Eliot", "Mary Shelley"),
        _BRITANNICA + "Pride and Prejudice",
    ),
    ("What is the SI unit of force?", "The newton", ("The joule", "The watt", "The pascal"), _SI),
    ("In which year did the Berlin Wall fall?", "1989", ("1961", "1979", "1991"), _BRITANNICA + "Berlin Wall"),
    (
        "Which metal is liquid at room temperature (20 °C)?",
        "Mercury",
        ("Lead", "Tin", "Zinc"),
        "CRC Handbook of Chemistry and Physics",
    ),
    ("Which river flows through Paris?", "The Seine", ("The Rhine", "The Danube", "The Thames"), _BRITANNICA + "Paris"),
    ("How many bytes are in one kibibyte (KiB)?", "1024", ("1000", "1048", "512"), "IEC 80000-13"),
    (
        "What is the change of a gas into a liquid called?",
        "Condensation",
        ("Evaporation", "Sublimation", "Melting"),
        "IUPAC Gold Book",
    ),
    (
        "Which is the longest bone in the human body?",
        "The femur (thigh bone)",
        ("The tibia (shin bone)", "The humerus (upper arm bone)", "The fibula (calf bone)"),
        "Gray's Anatomy",
    ),
    ("Which element has the atomic number 26?", "Iron", ("Cobalt", "Nickel", "Copper"), _IUPAC),
    (
        "What is the derivative of sin x with respect to x (x in radians)?",
        "cos x",
        ("-cos x", "-sin x", "tan x"),
        "NIST Digital Library of Mathematical Functions, 4.20",
    ),
    (
        "In which organelle do animal cells make most of their ATP when there is oxygen?",
        "The mitochondrion",
        ("The ribosome", "The Golgi apparatus", "The lysosome"),
        "Alberts et al., Molecular Biology of the Cell",
    ),
    (
        "Who wrote One Hundred Years of Solitude?",
        "Gabriel García Márquez",
        ("Mario Vargas Llosa", "Isabel Allende", "Jorge Luis Borges"),
        _BRITANNICA + "One Hundred Years of Solitude",
    ),
    ("Which HTTP status code means Not Found?", "404", ("200", "301", "500"), "RFC 9110"),
    ("How many faces does a regular dodecahedron have?", "12", ("8", "10", "20"), "Euclid, Elements, book XIII"),
    (
        "Which strait separates Spain from Morocco?",
        "The Strait of Gibraltar",
        ("The Bosporus", "The Strait of Messina", "The Dardanelles"),
        _BRITANNICA + "Strait of Gibraltar",
    ),
    (
        "Who composed the opera The Magic Flute?",
        "Wolfgang Amadeus Mozart",
        ("Ludwig van Beethoven", "Joseph Haydn", "Carl Maria von Weber"),
        _BRITANNICA + "The Magic Flute",
    ),
    (
        "To which language family does Finnish belong?",
        "Uralic",
        ("Indo-European", "Turkic", "Semitic"),
        _BRITANNICA + "Uralic languages",
    ),
    (
        "A lack of which vitamin causes scurvy?",
        "Vitamin C",
        ("Vitamin A", "Vitamin D", "Vitamin K"),
        _BRITANNICA + "scurvy",
    ),
)

_LEVEL_3: tuple[Fact, ...] = (
    ("Which element has the chemical symbol W?", "Tungsten", ("Vanadium", "Tantalum", "Zirconium"), _IUPAC),
    ("Which is an SI base unit?", "The candela", ("The lumen", "The newton", "The hertz"), _SI),
    (
        "Which enzyme separates the two strands of DNA at the replication fork?",
        "Helicase",
        ("Ligase", "Primase", "Telomerase"),
        "Alberts et al., Molecular Biology of the Cell",
    ),
    (
        "Who wrote The Master and Margarita?",
        "Mikhail Bulgakov",
        ("Boris Pasternak", "Maxim Gorky", "Ivan Turgenev"),
        _BRITANNICA + "The Master and Margarita",
    ),
    ("Which city is the capital of Bhutan?", "Thimphu", ("Kathmandu", "Dhaka", "Vientiane"), _BRITANNICA + "Bhutan"),
    (
        "In which year did the Congress of Vienna end?",
        "1815",
        ("1789", "1830", "1848"),
        _BRITANNICA + "Congress of Vienna",
    ),
    (
        "Which graphs have a topological order?",
        "Exactly the directed graphs without cycles",
        ("Exactly the connected undirected graphs", "Exactly the planar graphs", "Exactly the bipartite graphs"),
        "Cormen et al., Introduction to Algorithms",
    ),
    (
        "Which SI unit equals one kilogram square metre per second cubed (kg m^2 s^-3)?",
        "The watt",
        ("The joule", "The pascal", "The volt"),
        _SI,
    ),
    (
        "Which king issued the Edict of Nantes in 1598?",
        "Henry IV of France",
        ("Louis XIV of France", "Francis I of France", "Charles IX of France"),
        _BRITANNICA + "Edict of Nantes",
    ),
    (
        "What is the oxidation state of manganese in potassium permanganate, KMnO4?",
        "+7",
        ("+2", "+4", "+6"),
        "Greenwood and Earnshaw, Chemistry of the Elements",
    ),
    (
        "Which is the largest moon in the Solar System by diameter?",
        "Ganymede",
        ("Titan", "Callisto", "Europa"),
        "NASA planetary satellite physical parameters",
    ),
    (
        "Which physicist formulated the uncertainty principle in 1927?",
        "Werner Heisenberg",
        ("Wolfgang Pauli", "Max Planck", "Enrico Fermi"),
        _BRITANNICA + "uncertainty principle",
    ),
    (
        "Which of the twelve cranial nerves is the vagus nerve?",
        "The tenth",
        ("The second", "The fifth", "The seventh"),
        "Gray's Anatomy",
    ),
    (
        "Into which rock does limestone turn by metamorphism?",
        "Marble",
        ("Slate", "Gneiss", "Quartzite"),
        _BRITANNICA + "marble",
    ),
    (
        "How many bits of precision does the significand of an IEEE 754 double have, the hidden bit included?",
        "53",
        ("24", "52", "64"),
        "IEEE 754-2019",
    ),
    (
        "Who wrote the Critique of Pure Reason?",
        "Immanuel Kant",
        ("G. W. F. Hegel", "David Hume", "Baruch Spinoza"),
        _BRITANNICA + "Critique of Pure Reason",
    ),
    (
        "Which Japanese script is used mainly for words borrowed from Western languages?",
        "Katakana",
        ("Hiragana", "Kanji", "Hangul"),
        _BRITANNICA + "katakana",
    ),
    (
        "Who wrote The Tale of Genji?",
        "Murasaki Shikibu",
        ("Sei Shōnagon", "Matsuo Bashō", "Ono no Komachi"),
        _BRITANNICA + "The Tale of Genji",
    ),
    (
        "What is the sum of 1/n^2 over all positive integers n?",
        "π²/6",
        ("π/4", "π²/8", "π²/12"),
        "NIST Digital Library of Mathematical Functions, 25.6",
    ),
    (
        "In which year was the Treaty of Tordesillas signed?",
        "1494",
        ("1453", "1519", "1571"),
        _BRITANNICA + "Treaty of Tordesillas",
    ),
)

_LEVEL_4: tuple[Fact, ...] = (
    (
        "Which element has the ground-state electron configuration [Xe] 4f14 5d10 6s2 6p6?",
        "Radon",
        ("Lead", "Mercury", "Polonium"),
        "NIST Atomic Spectra Database",
    ),
    (
        "What is the order of the smallest non-abelian simple group?",
        "60",
        ("24", "120", "168"),
        "Dummit and Foote, Abstract Algebra",
    ),
    (
        "Which amino acid has the one-letter code W?",
        "Tryptophan",
        ("Tyrosine", "Valine", "Glutamine"),
        "IUPAC-IUB amino acid nomenclature, 1983",
    ),
    (
        "How many nearest neighbours of the other kind does each ion have in the caesium chloride structure?",
        "8",
        ("4", "6", "12"),
        "Greenwood and Earnshaw, Chemistry of the Elements",
    ),
    (
        "Which sound law explains the voiced consonants that Grimm's law leaves as exceptions by the place of the accent?",
        "Verner's law",
        ("Grassmann's law", "Osthoff's law", "Bartholomae's law"),
        _BRITANNICA + "Verner's law",
    ),
    (
        "Which enzyme catalyses the committed step of glycolysis, from fructose 6-phosphate to fructose 1,6-bisphosphate?",
        "Phosphofructokinase-1",
        ("Hexokinase", "Aldolase", "Enolase"),
        "Berg, Tymoczko and Stryer, Biochemistry",
    ),
    (
        "By a fixed value of which constant has the kelvin been defined since 2019?",
        "The Boltzmann constant",
        ("The Planck constant", "The Avogadro constant", "The Stefan-Boltzmann constant"),
        _SI,
    ),
    (
        "Which automata recognise exactly the context-free languages?",
        "Nondeterministic pushdown automata",
        ("Deterministic pushdown automata", "Nondeterministic finite automata", "Linear bounded automata"),
        "Hopcroft and Ullman, Introduction to Automata Theory",
    ),
    (
        "Which river flows out of Lake Baikal?",
        "The Angara",
        ("The Lena", "The Selenga", "The Amur"),
        _BRITANNICA + "Lake Baikal",
    ),
    ("Which hardness does topaz have on the Mohs scale?", "8", ("6", "7", "9"), _BRITANNICA + "Mohs hardness"),
    (
        "With which exponent of n does the running time of Strassen's matrix multiplication grow?",
        "log2(7), about 2.81",
        ("log2(6), about 2.58", "3", "2.5"),
        "Strassen, Numerische Mathematik 13 (1969)",
    ),
    (
        "In which year was the Peace of Augsburg concluded?",
        "1555",
        ("1521", "1598", "1635"),
        _BRITANNICA + "Peace of Augsburg",
    ),
    (
        "In which year was the Battle of Mohács in which King Louis II of Hungary fell?",
        "1526",
        ("1456", "1541", "1566"),
        _BRITANNICA + "Battle of Mohács",
    ),
    (
        "Who wrote the novel The Man Without Qualities?",
        "Robert Musil",
        ("Hermann Broch", "Joseph Roth", "Elias Canetti"),
        _BRITANNICA + "The Man Without Qualities",
    ),
    (
        "Which number in the protocol field of an IPv4 header stands for UDP?",
        "17",
        ("1", "6", "50"),
        "IANA Protocol Numbers; RFC 768",
    ),
    (
        "Which geological period follows the Ordovician?",
        "The Silurian",
        ("The Devonian", "The Cambrian", "The Carboniferous"),
        "International Chronostratigraphic Chart",
    ),
    (
        "Which mode is the scale of the white piano keys from F to F?",
        "Lydian",
        ("Dorian", "Phrygian", "Mixolydian"),
        _BRITANNICA + "mode (music)",
    ),
    (
        "Who wrote the novel Pedro Páramo?",
        "Juan Rulfo",
        ("Carlos Fuentes", "Octavio Paz", "Alejo Carpentier"),
        _BRITANNICA + "Juan Rulfo",
    ),
    ("With which two bytes (in hexadecimal) does a gzip file begin?", "1f 8b", ("50 4b", "42 5a", "fd 37"), "RFC 1952"),
    ("Which is the smallest Carmichael number?", "561", ("341", "1105", "1729"), "OEIS A002997"),
)

_LEVEL_5: tuple[Fact, ...] = (
    ("How many groups of order 32 are there up to isomorphism?", "51", ("14", "32", "267"), "OEIS A000001"),
    (
        "To which script do the letters at the code points U+1E900 to U+1E943 belong?",
        "Adlam",
        ("Osage", "Wancho", "Mende Kikakui"),
        "The Unicode Standard",
    ),
    ("Which HTTP status code means Misdirected Request?", "421", ("409", "423", "425"), "RFC 9110"),
    (
        "Which space group does diamond have?",
        "Fd-3m (no. 227)",
        ("Fm-3m (no. 225)", "F-43m (no. 216)", "Im-3m (no. 229)"),
        "International Tables for Crystallography A; Greenwood and Earnshaw, Chemistry of the Elements",
    ),
    (
        "What is the nuclear spin of deuterium?",
        "1",
        ("0", "1/2", "3/2"),
        "IUPAC recommendations on NMR nomenclature (2001)",
    ),
    (
        "What does the codon UGA stand for in the mitochondria of vertebrates?",
        "Tryptophan",
        ("Selenocysteine", "Cysteine", "The end of the chain"),
        "NCBI genetic code table 2",
    ),
    (
        "Through which opening of the skull does the mandibular nerve (V3) leave the cranial cavity?",
        "The foramen ovale",
        ("The foramen rotundum", "The foramen spinosum", "The stylomastoid foramen"),
        "Gray's Anatomy",
    ),
    (
        "Which nerve supplies the serratus anterior muscle?",
        "The long thoracic nerve",
        ("The thoracodorsal nerve", "The dorsal scapular nerve", "The suprascapular nerve"),
        "Gray's Anatomy",
    ),
    (
        "Which is the highest mountain of the Tien Shan?",
        "Jengish Chokusu (Pobeda Peak)",
        ("Khan Tengri", "Lenin Peak", "Muztagh Ata"),
        _BRITANNICA + "Victory Peak",
    ),
    (
        "Between Russia and which state was the Treaty of Nerchinsk concluded in 1689?",
        "Qing China",
        ("The Ottoman Empire", "Safavid Persia", "Sweden"),
        _BRITANNICA + "Treaty of Nerchinsk",
    ),
    (
        "Which of these languages is an isolate, without known relatives?",
        "Burushaski",
        ("Balti", "Shina", "Khowar"),
        _BRITANNICA + "Burushaski language",
    ),
    (
        "Which complexity class is equal to PSPACE by a theorem of Shamir?",
        "IP",
        ("AM", "NEXP", "PP"),
        "Shamir, Journal of the ACM 39 (1992)",
    ),
    (
        "Which is the largest prime that divides the order of the Monster group?",
        "71",
        ("47", "59", "97"),
        "Conway et al., ATLAS of Finite Groups",
    ),
    (
        "What is the kissing number of spheres in eight dimensions?",
        "240",
        ("72", "126", "272"),
        "Conway and Sloane, Sphere Packings, Lattices and Groups",
    ),
    (
        "Of which quarks does the Omega baryon with charge -1 and strangeness -3 consist?",
        "sss",
        ("dss", "uss", "dds"),
        "Particle Data Group, Review of Particle Physics",
    ),
    (
        "Between which levels of hydrogen did Lamb and Retherford measure the shift that bears Lamb's name?",
        "2S1/2 and 2P1/2",
        ("2P1/2 and 2P3/2", "1S1/2 and 2S1/2", "2S1/2 and 3S1/2"),
        "Lamb and Retherford, Physical Review 72 (1947)",
    ),
    (
        "Which mineral has the composition CuFeS2?",
        "Chalcopyrite",
        ("Bornite", "Chalcocite", "Covellite"),
        "Handbook of Mineralogy",
    ),
    (
        "What does the Wiedemann-Franz law say of metals?",
        "The ratio of thermal to electrical conductivity is proportional to the temperature",
        (
            "The heat capacity is proportional to the cube of the temperature",
            "The resistivity is proportional to the square of the temperature",
            "The magnetic susceptibility is inversely proportional to the temperature",
        ),
        "Ashcroft and Mermin, Solid State Physics",
    ),
    (
        "Which length modifier does printf of C take for an argument of type ptrdiff_t?",
        "t",
        ("z", "j", "p"),
        "ISO/IEC 9899:2018, the fprintf function",
    ),
    ("Which number does the DNS record type AAAA have?", "28", ("1", "15", "33"), "RFC 3596"),
)

FACTS: tuple[tuple[Fact, ...], ...] = (_LEVEL_1, _LEVEL_2, _LEVEL_3, _LEVEL_4, _LEVEL_5)


def fact_entries(second_key: dict[str, str]) -> list[Entry]:
    """The knowledge items; `second_key` holds the answers by id that were given without sight of the key."""
    result = []
    for level, facts in enumerate(FACTS, 1):
        for number, (question, right, wrong, source) in enumerate(facts, 1):
            item_id = f"know-{level}-{number:02}"
            problem = Problem(
                question, right, second_key[item_id], "choice", "X is the letter of the right option",
                (right, *wrong), {"source": source},
            )  # fmt: skip
            result.append(proven(Entry(item_id, "knowledge", level, "facts", problem)))
    return result
