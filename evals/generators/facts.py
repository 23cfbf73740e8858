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
    ("Which organ pumps blood through the human body?", "The heart", ("The liver", "The lungs", "The kidneys"),
     "Gray's Anatomy"),
    ("How many sides does a hexagon have?", "6", ("5", "7", "8"), "Euclid, Elements, book IV"),
    ("Who wrote the play Romeo and Juliet?", "William Shakespeare",
     ("Charles Dickens", "Jane Austen", "Geoffrey Chaucer"), _BRITANNICA + "Romeo and Juliet"),
    ("Which is the largest ocean on Earth?", "The Pacific Ocean",
     ("The Atlantic Ocean", "The Indian Ocean", "The Arctic Ocean"), _BRITANNICA + "Pacific Ocean"),
    ("Which gas do plants take from the air for photosynthesis?", "Carbon dioxide", ("Nitrogen", "Helium", "Hydrogen"),
     _BRITANNICA + "photosynthesis"),
    ("Which number does the Roman numeral X stand for?", "10", ("5", "50", "100"), _BRITANNICA + "Roman numeral"),
    ("How many days does a leap year have?", "366", ("364", "365", "367"), "Gregorian calendar, 1582"),
    ("Which of these animals is a mammal?", "Dolphin", ("Shark", "Trout", "Penguin"), _BRITANNICA + "dolphin"),
    ("Which language do most people in Brazil speak?", "Portuguese", ("Spanish", "French", "Italian"),
     _BRITANNICA + "Brazil"),
    ("At which temperature does pure water freeze at normal pressure?", "0 °C", ("10 °C", "32 °C", "100 °C"),
     "CRC Handbook of Chemistry and Physics"),
    ("Who was the first person to walk on the Moon?", "Neil Armstrong", ("Yuri Gagarin", "Buzz Aldrin", "John Glenn"),
     "NASA, Apollo 11 mission report"),
    ("Which planet is often called the Red Planet?", "Mars", ("Jupiter", "Saturn", "Mercury"), _BRITANNICA + "Mars"),
    ("On which continent is Kenya?", "Africa", ("Asia", "South America", "Europe"), _BRITANNICA + "Kenya"),
    ("What does WWW in a web address stand for?", "World Wide Web",
     ("World Wide Wire", "Wide World Windows", "Wireless World Web"), "W3C, About the World Wide Web"),
    ("In which year did the Second World War end?", "1945", ("1918", "1939", "1950"), _BRITANNICA + "World War II"),
    ("Which is the smallest prime number?", "2", ("0", "1", "3"), "Hardy and Wright, Introduction to the Theory of Numbers"),
    ("What is a young frog with gills and a tail called?", "A tadpole", ("A caterpillar", "A cub", "A fledgling"),
     _BRITANNICA + "tadpole"),
)  # fmt: skip

_LEVEL_2: tuple[Fact, ...] = (
    ("What is the chemical symbol of sodium?", "Na", ("So", "S", "N"), _IUPAC),
    ("Which city is the capital of Australia?", "Canberra", ("Sydney", "Melbourne", "Perth"), _BRITANNICA + "Australia"),
    ("Which is the longest bone in the human body?", "The femur (thigh bone)",
     ("The tibia (shin bone)", "The humerus (upper arm bone)", "The fibula (calf bone)"), "Gray's Anatomy"),
    ("Who wrote the novel Pride and Prejudice?", "Jane Austen", ("Charlotte Brontë", "George Eliot", "Mary Shelley"),
     _BRITANNICA + "Pride and Prejudice"),
    ("What is the SI unit of force?", "The newton", ("The joule", "The watt", "The pascal"), _SI),
    ("How many chambers does the human heart have?", "4", ("2", "3", "5"), "Gray's Anatomy"),
    ("In which year did the Berlin Wall fall?", "1989", ("1961", "1979", "1991"), _BRITANNICA + "Berlin Wall"),
    ("What is the sum of the interior angles of a triangle in the plane?", "180°", ("90°", "270°", "360°"),
     "Euclid, Elements, book I, proposition 32"),
    ("Which metal is liquid at room temperature (20 °C)?", "Mercury", ("Lead", "Tin", "Zinc"),
     "CRC Handbook of Chemistry and Physics"),
    ("Who painted the Mona Lisa?", "Leonardo da Vinci", ("Michelangelo", "Raphael", "Titian"), _BRITANNICA + "Mona Lisa"),
    ("Which river flows through Paris?", "The Seine", ("The Rhine", "The Danube", "The Thames"), _BRITANNICA + "Paris"),
    ("Which gas makes up about 78 per cent of dry air by volume?", "Nitrogen", ("Oxygen", "Argon", "Carbon dioxide"),
     "CRC Handbook of Chemistry and Physics"),
    ("Which decimal number is the hexadecimal digit F?", "15", ("14", "16", "17"), "Knuth, The Art of Computer Programming, vol. 2"),
    ("In which country is the zloty the currency?", "Poland", ("Hungary", "Romania", "Bulgaria"), "ISO 4217: PLN"),
    ("Who was the first President of the United States?", "George Washington",
     ("Thomas Jefferson", "John Adams", "Abraham Lincoln"), _BRITANNICA + "George Washington"),
    ("What is the change of a gas into a liquid called?", "Condensation", ("Evaporation", "Sublimation", "Melting"),
     "IUPAC Gold Book"),
    ("How many bytes are in one kibibyte (KiB)?", "1024", ("1000", "1048", "512"), "IEC 80000-13"),
    ("Which instrument has 88 keys in its standard modern form?", "The piano",
     ("The accordion", "The harpsichord", "The celesta"), _BRITANNICA + "piano"),
    ("Which cells of the blood carry most of the oxygen?", "Red blood cells",
     ("White blood cells", "Platelets", "Plasma cells"), _BRITANNICA + "red blood cell"),
    ("In which mountain range is Mount Everest?", "The Himalayas", ("The Andes", "The Alps", "The Caucasus"),
     _BRITANNICA + "Mount Everest"),
)  # fmt: skip

_LEVEL_3: tuple[Fact, ...] = (
    ("Which element has the atomic number 26?", "Iron", ("Cobalt", "Nickel", "Copper"), _IUPAC),
    ("Which war was ended by the Peace of Westphalia in 1648?", "The Thirty Years' War",
     ("The Hundred Years' War", "The Seven Years' War", "The War of the Spanish Succession"),
     _BRITANNICA + "Peace of Westphalia"),
    ("What is the derivative of sin x with respect to x (x in radians)?", "cos x", ("-cos x", "-sin x", "tan x"),
     "NIST Digital Library of Mathematical Functions, 4.20"),
    ("In which organelle do animal cells make most of their ATP when there is oxygen?", "The mitochondrion",
     ("The ribosome", "The Golgi apparatus", "The lysosome"), "Alberts et al., Molecular Biology of the Cell"),
    ("Which city is the capital of Burkina Faso?", "Ouagadougou", ("Bamako", "Niamey", "Lomé"),
     _BRITANNICA + "Burkina Faso"),
    ("Who wrote One Hundred Years of Solitude?", "Gabriel García Márquez",
     ("Mario Vargas Llosa", "Isabel Allende", "Jorge Luis Borges"), _BRITANNICA + "One Hundred Years of Solitude"),
    ("Which of these sorting algorithms needs only O(n log n) comparisons in the worst case?", "Merge sort",
     ("Insertion sort", "Bubble sort", "Selection sort"), "Cormen et al., Introduction to Algorithms"),
    ("Which HTTP status code means Not Found?", "404", ("200", "301", "500"), "RFC 9110"),
    ("How many faces does a regular dodecahedron have?", "12", ("8", "10", "20"), "Euclid, Elements, book XIII"),
    ("A lack of which vitamin causes scurvy?", "Vitamin C", ("Vitamin A", "Vitamin D", "Vitamin K"), _BRITANNICA + "scurvy"),
    ("What is the quotient of voltage and current called?", "Resistance", ("Power", "Charge", "Capacitance"),
     "IEC Electropedia, 131-12"),
    ("Which strait separates Spain from Morocco?", "The Strait of Gibraltar",
     ("The Bosporus", "The Strait of Messina", "The Dardanelles"), _BRITANNICA + "Strait of Gibraltar"),
    ("In which year was the Battle of Hastings?", "1066", ("1016", "1215", "1415"), _BRITANNICA + "Battle of Hastings"),
    ("Who composed the opera The Magic Flute?", "Wolfgang Amadeus Mozart",
     ("Ludwig van Beethoven", "Joseph Haydn", "Carl Maria von Weber"), _BRITANNICA + "The Magic Flute"),
    ("Which TCP port is the default for HTTPS?", "443", ("21", "80", "8080"), "RFC 9110 and the IANA port registry"),
    ("To which language family does Finnish belong?", "Uralic", ("Indo-European", "Turkic", "Semitic"),
     _BRITANNICA + "Uralic languages"),
    ("Which halogen is liquid at room temperature and normal pressure?", "Bromine", ("Fluorine", "Chlorine", "Iodine"),
     "CRC Handbook of Chemistry and Physics"),
    ("Who published the three laws of planetary motion that bear his name?", "Johannes Kepler",
     ("Galileo Galilei", "Nicolaus Copernicus", "Tycho Brahe"), _BRITANNICA + "Kepler's laws of planetary motion"),
    ("Which layer of the atmosphere is closest to the Earth's surface?", "The troposphere",
     ("The stratosphere", "The mesosphere", "The thermosphere"), "WMO International Cloud Atlas"),
    ("Which dwarf planet lies in the asteroid belt between Mars and Jupiter?", "Ceres", ("Pluto", "Eris", "Haumea"),
     _BRITANNICA + "Ceres"),
)  # fmt: skip

_LEVEL_4: tuple[Fact, ...] = (
    ("Which element has the chemical symbol W?", "Tungsten", ("Vanadium", "Tantalum", "Zirconium"), _IUPAC),
    ("Which is an SI base unit?", "The candela", ("The lumen", "The newton", "The hertz"), _SI),
    ("What does Goldbach's conjecture say of every even integer greater than 2?", "It is the sum of two primes",
     ("It is the product of two primes", "It lies between two twin primes", "It is the sum of two squares"),
     "Hardy and Wright, Introduction to the Theory of Numbers"),
    ("Which enzyme separates the two strands of DNA at the replication fork?", "Helicase",
     ("Ligase", "Primase", "Telomerase"), "Alberts et al., Molecular Biology of the Cell"),
    ("Who wrote The Master and Margarita?", "Mikhail Bulgakov", ("Boris Pasternak", "Maxim Gorky", "Ivan Turgenev"),
     _BRITANNICA + "The Master and Margarita"),
    ("Which city is the capital of Bhutan?", "Thimphu", ("Kathmandu", "Dhaka", "Vientiane"), _BRITANNICA + "Bhutan"),
    ("In which year did the Congress of Vienna end?", "1815", ("1789", "1830", "1848"), _BRITANNICA + "Congress of Vienna"),
    ("Which graphs have a topological order?", "Exactly the directed graphs without cycles",
     ("Exactly the connected undirected graphs", "Exactly the planar graphs", "Exactly the bipartite graphs"),
     "Cormen et al., Introduction to Algorithms"),
    ("Which SI unit equals one kilogram square metre per second cubed (kg m^2 s^-3)?", "The watt",
     ("The joule", "The pascal", "The volt"), _SI),
    ("Which king issued the Edict of Nantes in 1598?", "Henry IV of France",
     ("Louis XIV of France", "Francis I of France", "Charles IX of France"), _BRITANNICA + "Edict of Nantes"),
    ("What is the oxidation state of manganese in potassium permanganate, KMnO4?", "+7", ("+2", "+4", "+6"),
     "Greenwood and Earnshaw, Chemistry of the Elements"),
    ("Which is the largest moon in the Solar System by diameter?", "Ganymede", ("Titan", "Callisto", "Europa"),
     "NASA planetary satellite physical parameters"),
    ("How many edges does the complete graph on 10 vertices have?", "45", ("50", "90", "100"), "Diestel, Graph Theory"),
    ("What is the determinant of twice the 3 x 3 identity matrix?", "8", ("2", "6", "9"), "Strang, Linear Algebra and Its Applications"),
    ("Which physicist formulated the uncertainty principle in 1927?", "Werner Heisenberg",
     ("Wolfgang Pauli", "Max Planck", "Enrico Fermi"), _BRITANNICA + "uncertainty principle"),
    ("Which of the twelve cranial nerves is the vagus nerve?", "The tenth", ("The second", "The fifth", "The seventh"),
     "Gray's Anatomy"),
    ("Into which rock does limestone turn by metamorphism?", "Marble", ("Slate", "Gneiss", "Quartzite"),
     _BRITANNICA + "marble"),
    ("How many bits of precision does the significand of an IEEE 754 double have, the hidden bit included?", "53",
     ("24", "52", "64"), "IEEE 754-2019"),
    ("Who wrote the Critique of Pure Reason?", "Immanuel Kant", ("G. W. F. Hegel", "David Hume", "Baruch Spinoza"),
     _BRITANNICA + "Critique of Pure Reason"),
    ("Which Japanese script is used mainly for words borrowed from Western languages?", "Katakana",
     ("Hiragana", "Kanji", "Hangul"), _BRITANNICA + "katakana"),
)  # fmt: skip

_LEVEL_5: tuple[Fact, ...] = (
    ("Which element has the ground-state electron configuration [Xe] 4f14 5d10 6s2 6p6?", "Radon",
     ("Lead", "Mercury", "Polonium"), "NIST Atomic Spectra Database"),
    ("What is the order of the smallest non-abelian simple group?", "60", ("24", "120", "168"),
     "Dummit and Foote, Abstract Algebra"),
    ("Which is the smallest number that is a sum of two positive cubes in two different ways?", "1729",
     ("1105", "4104", "2744"), "Hardy and Wright, Introduction to the Theory of Numbers"),
    ("In which year was the Peace of Augsburg concluded?", "1555", ("1521", "1598", "1635"), _BRITANNICA + "Peace of Augsburg"),
    ("Which amino acid has the one-letter code W?", "Tryptophan", ("Tyrosine", "Valine", "Glutamine"),
     "IUPAC-IUB amino acid nomenclature, 1983"),
    ("How many nearest neighbours of the other kind does each ion have in the caesium chloride structure?", "8",
     ("4", "6", "12"), "Greenwood and Earnshaw, Chemistry of the Elements"),
    ("Which Unicode code point is GREEK SMALL LETTER OMEGA?", "U+03C9", ("U+03A9", "U+03C0", "U+0277"), "The Unicode Standard"),
    ("Who wrote The Tale of Genji?", "Murasaki Shikibu", ("Sei Shōnagon", "Matsuo Bashō", "Ono no Komachi"),
     _BRITANNICA + "The Tale of Genji"),
    ("With which exponent of n does the running time of Strassen's matrix multiplication grow?", "log2(7), about 2.81",
     ("log2(6), about 2.58", "3", "2.5"), "Strassen, Numerische Mathematik 13 (1969)"),
    ("What is the sum of 1/n^2 over all positive integers n?", "π²/6", ("π/4", "π²/8", "π²/12"),
     "NIST Digital Library of Mathematical Functions, 25.6"),
    ("Which sound law explains the voiced consonants that Grimm's law leaves as exceptions by the place of the accent?",
     "Verner's law", ("Grassmann's law", "Osthoff's law", "Bartholomae's law"), _BRITANNICA + "Verner's law"),
    ("In which year was the Treaty of Tordesillas signed?", "1494", ("1453", "1519", "1571"),
     _BRITANNICA + "Treaty of Tordesillas"),
    ("Which enzyme catalyses the committed step of glycolysis, from fructose 6-phosphate to fructose 1,6-bisphosphate?",
     "Phosphofructokinase-1", ("Hexokinase", "Aldolase", "Enolase"), "Berg, Tymoczko and Stryer, Biochemistry"),
    ("By a fixed value of which constant has the kelvin been defined since 2019?", "The Boltzmann constant",
     ("The Planck constant", "The Avogadro constant", "The Stefan-Boltzmann constant"), _SI),
    ("Which automata recognise exactly the context-free languages?", "Nondeterministic pushdown automata",
     ("Deterministic pushdown automata", "Nondeterministic finite automata", "Linear bounded automata"),
     "Hopcroft and Ullman, Introduction to Automata Theory"),
    ("What does RFC 8259 specify?", "The JSON data interchange format", ("TLS 1.3", "The CSV format", "HTTP/2"), "RFC 8259"),
    ("Which river flows out of Lake Baikal?", "The Angara", ("The Lena", "The Selenga", "The Amur"), _BRITANNICA + "Lake Baikal"),
    ("Which hardness does topaz have on the Mohs scale?", "8", ("6", "7", "9"), _BRITANNICA + "Mohs hardness"),
    ("What is the Euler characteristic of a torus?", "0", ("1", "2", "-2"), "Hatcher, Algebraic Topology"),
    ("Which is the sixth Catalan number C(6), if C(0) = C(1) = 1?", "132", ("42", "120", "429"), "OEIS A000108"),
)  # fmt: skip

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
