"""Templates of the programs to be read, by level: <LOW-HIGH> becomes a number, <WORD> a quoted word."""

from __future__ import annotations

Templates = dict[int, tuple[str, ...]]

LOOPS: Templates = {
    1: (
        """
total = <2-9>
for i in range(1, <4-6>):
    total = total + i * <2-5>
print(total)
""",
        """
n = <20-60>
count = 0
while n > <3-9>:
    n = n - <5-9>
    count = count + 1
print(count * <2-4>)
""",
    ),
    2: (
        """
total = 0
for i in range(<1-4>, <11-15>):
    if i % <3-4> == 0:
        total += i * <2-4>
    else:
        total -= <1-3>
print(total)
""",
        """
a, b = <2-9>, <10-25>
for step in range(<5-7>):
    if a < b:
        a += <4-8>
    else:
        b += <7-12>
print(a * <2-3> - b)
""",
    ),
    3: (
        """
total = 0
for i in range(1, <6-8>):
    for j in range(i, <7-9>):
        if (i * j + <1-5>) % <3-5> == <0-2>:
            continue
        total += i + <2-3> * j
print(total)
""",
        """
n = <15-60>
steps = 0
largest = n
while n != 1 and steps < <12-16>:
    n = n // 2 if n % 2 == 0 else 3 * n + 1
    largest = max(largest, n)
    steps += 1
print(largest + <2-9> * steps + n)
""",
    ),
    4: (
        """
a, b, c = <3-9>, <11-19>, 0
for i in range(<16-20>):
    if (a + i) % 3 == 0:
        a, b = b, a + <1-4>
    elif b > a + <5-15>:
        b -= <6-9>
        c += i
    else:
        a = (a * 2 + i) % <31-47>
        c -= 1
    if c > <40-60>:
        c //= 2
print(a * 10000 + b * 100 + c)
""",
        """
x = <17-40>
seen = 0
for i in range(1, <14-18>):
    y = i
    while y % 2 == 0:
        y //= 2
        x += 1
    for k in range(y % <4-6>):
        x = (x * 3 + k) % <53-89>
        if x < <10-20>:
            seen += k + 1
            break
    else:
        seen += 1
print(x * 1000 + seen)
""",
    ),
    5: (
        """
x, y, z = <101-400>, <101-400>, <3-19>
log = 0
for i in range(1, <40-48>):
    if (x ^ y) % <3-5> == i % 3:
        x = (x * <5-9> + z) % <501-997>
        z = (z << 1) % <61-97>
    elif x % 7 < y % 7:
        x, y = y, (x + z * i) % <501-997>
    else:
        y = (y + x // <3-5>) % <501-997>
        z = (z + i * i) % <61-97>
        if z % 4 == 0:
            log += z
            continue
    log = (log * 3 + x - y) % <2001-9973>
print(log * 1000 + z)
""",
        """
grid = [(i * <17-37> + <3-9>) % <23-29> for i in range(12)]
total, at, speed = 0, <0-11>, 1
for turn in range(<50-60>):
    value = grid[at]
    if value % 3 == 0:
        grid[at] = (value * <2-4> + turn) % <31-43>
        speed = -speed
    elif value > <9-14>:
        grid[at] -= <3-7>
        grid[(at + 5) % 12] += <1-4>
    else:
        grid[at] = value + speed * <1-2> + <2-5>
        speed = 2 if speed == 1 else speed - 1 if speed > 1 else -speed
    total = (total * 2 + grid[at]) % <1009-4999>
    at = (at + speed) % 12
print(total * 100 + sum(grid) % 100)
""",
    ),
}

STRINGS: Templates = {
    1: ("word = <WORD>\nprint(word[<1-2>:<4-5>] + word[-1])", "word = <WORD>\nprint(word[::-1].upper())"),
    2: (
        """
word = <WORD>
result = ""
for i, letter in enumerate(word):
    if i % 2 == <0-1>:
        result += letter.upper()
    else:
        result = letter + result
print(result)
""",
        """
word = <WORD>
result = ""
for letter in word:
    if letter in "aeiou":
        result += str(len(result))
    else:
        result += letter
print(result)
""",
    ),
    3: (
        """
word = <WORD> + <WORD>
result = []
for i in range(0, len(word), <2-3>):
    piece = word[i:i + <3-4>]
    if piece < "m":
        result.append(piece[::-1])
    elif result:
        result[-1] += piece[0]
    else:
        result.append(piece)
print("-".join(result))
""",
        """
text = <WORD> + <WORD>
counts = {}
out = ""
for letter in text:
    counts[letter] = counts.get(letter, 0) + 1
    if counts[letter] > 1:
        out = out[<1-2>:] + letter.upper()
    else:
        out = letter + out
print(out)
""",
    ),
    4: (
        """
letters = "abcdefghijklmnopqrstuvwxyz"
text = <WORD> + <WORD>
shift = <3-11>
out = ""
for i, c in enumerate(text):
    k = (letters.index(c) + shift) % 26
    if k % 3 == 0:
        shift = (shift + i) % 26
    elif k % 3 == 1:
        out = out[::-1]
    out += letters[k]
print(out)
""",
        """
stack, out = [], ""
for c in <WORD> + <WORD> + <WORD>:
    if c in "aeiou":
        while stack and stack[-1] > c:
            out += stack.pop()
        stack.append(c)
    elif len(stack) > <2-3>:
        out += c + stack.pop(0)
    else:
        stack.append(c)
print(out + "/" + "".join(stack))
""",
    ),
    5: (
        """
letters = "abcdefghijklmnopqrstuvwxyz"
text = <WORD> + <WORD> + <WORD>
wheel = list(letters[<3-9>:] + letters[:<3-9>])
out = ""
for i, c in enumerate(text):
    k = wheel.index(c) if c in wheel else <5-20>
    out += letters[(k * <3-7> + i) % 26]
    wheel = wheel[k:] + wheel[:k]
    if k % 2:
        wheel[<1-9>], wheel[<10-19>] = wheel[<10-19>], wheel[<1-9>]
    if k % 5 == 0:
        out = out[<2-3>:] + out[:<2-3>]
print(out)
""",
        """
text = <WORD> + <WORD>
for turn in range(<7-9>):
    half = len(text) // 2
    left, right = text[:half], text[half:]
    mixed = ""
    for a, b in zip(left, right):
        mixed += b + a if a < b else a + b
    mixed += right[len(left):]
    k = (ord(mixed[turn]) * <3-7> + turn) % len(mixed)
    text = mixed[k:] + mixed[:k][::-1]
print(text)
""",
    ),
}

LISTS: Templates = {
    1: (
        "items = [<1-9>, <1-9>, <1-9>]\nitems.append(<10-20>)\nitems.pop(0)\nprint(items)",
        "numbers = [<1-9>, <10-19>, <1-9>, <10-19>]\nprint([n + <2-5> for n in numbers if n > <8-9>] + [<1-5>])",
    ),
    2: (
        """
items = [<1-20>, <1-20>, <1-20>, <1-20>, <1-20>]
items.sort()
items.insert(<1-2>, <21-30>)
items = items[::-1]
print(items[<0-1>:4])
""",
        """
result = []
for n in [<1-9>, <10-19>, <1-9>, <10-19>, <1-9>]:
    if n % 2 == 0:
        result.append(n // 2)
    else:
        result.insert(0, n * <2-3>)
print(result)
""",
    ),
    3: (
        """
items = [<1-30>, <1-30>, <1-30>, <1-30>, <1-30>, <1-30>]
for i in range(1, len(items)):
    if items[i] < items[i - 1]:
        items[i], items[i - 1] = items[i - 1], items[i]
        items[i] -= <1-4>
    else:
        items[0] += items[i] % <3-5>
print(items)
""",
        """
rows = [[(r * <3-7> + c * <2-5>) % <7-11> for c in range(4)] for r in range(3)]
columns = list(zip(*rows))
result = [max(column) - min(column) for column in columns]
result += [sum(row) for row in rows if row[0] <= row[-1] + <1-3>]
print(result)
""",
    ),
    4: (
        """
queue = [<1-9>, <1-9>, <1-9>, <1-9>]
done = []
for step in range(<13-16>):
    head = queue.pop(0)
    if head % 3 == 0:
        done.append(head + step)
        queue.append(head // 3 + <2-4>)
    elif head > <6-9>:
        queue.insert(len(queue) // 2, head - <4-6>)
    else:
        queue += [head + <1-3>]
    if step % 5 == 4:
        queue.reverse()
print(queue + done)
""",
        """
a = [<1-20>, <1-20>, <1-20>, <1-20>, <1-20>, <1-20>, <1-20>]
b = a
c = a[:]
for i in range(6):
    b[i], c[-1 - i] = c[i] + i, b[i + 1] - <1-3>
    if a[i] > c[i]:
        c[i] = a[i] % <5-9>
        b = b[::-1] if i % 3 == <0-2> else a
print(a[:4] + b[-3:] + c[:3])
""",
    ),
    5: (
        """
heap = []
for i in range(<15-18>):
    heap.append((i * <17-37> + <3-11>) % <41-61>)
    k = len(heap) - 1
    while k > 0 and heap[k] < heap[(k - 1) // 2]:
        heap[k], heap[(k - 1) // 2] = heap[(k - 1) // 2], heap[k]
        k = (k - 1) // 2
    if i % 4 == 3:
        heap[0] += <11-23>
        k = 0
        while 2 * k + 1 < len(heap):
            child = 2 * k + 1
            if child + 1 < len(heap) and heap[child + 1] < heap[child]:
                child += 1
            if heap[k] <= heap[child]:
                break
            heap[k], heap[child] = heap[child], heap[k]
            k = child
print(heap)
""",
        """
cells = [(i * i * <3-7> + i * <2-9> + <1-5>) % 5 for i in range(12)]
for turn in range(<9-11>):
    new = []
    for i in range(12):
        left, right = cells[i - 1], cells[(i + 1) % 12]
        if left == cells[i]:
            new.append((right + turn) % 5)
        elif left > right:
            new.append((cells[i] + left * <2-3>) % 5)
        else:
            new.append((cells[i] * <2-3> + right + <1-3>) % 5)
    cells = new
print(cells)
""",
    ),
}

RECURSION: Templates = {
    1: (
        """
def f(n):
    if n <= 1:
        return <1-4>
    return f(n - 1) + <2-6>

print(f(<3-5>))
""",
    ),
    2: (
        """
def f(n):
    if n < <2-3>:
        return n + <1-3>
    return <2-3> * f(n - 2) + n

print(f(<7-10>))
""",
        """
def f(a, b):
    if b == 0:
        return a + <1-5>
    return f(b, a % b)

print(f(<60-200>, <20-59>))
""",
    ),
    3: (
        """
def f(n):
    if n <= 2:
        return n + <1-3>
    if n % 3 == 0:
        return f(n // 3) + f(n - 2)
    return f(n - 1) - <1-2> * f(n - 3) + n

print(f(<9-11>))
""",
        """
def up(n):
    return <2-4> if n <= 1 else n + down(n - 2)

def down(n):
    return <1-3> if n <= 0 else 2 * up(n - 1) - n

print(up(<10-14>))
""",
    ),
    4: (
        """
def f(m, n):
    if m == 0:
        return n + <1-3>
    if n == 0:
        return f(m - 1, <1-2>)
    if (m + n) % 3 == 0:
        return f(m - 1, n - 1) + n
    return f(m, n - 1) + m * f(m - 1, n // 2)

print(f(<3-4>, <7-9>))
""",
        """
def walk(tree, depth):
    if isinstance(tree, int):
        return tree * depth if tree % 2 else tree - depth
    total = 0
    for i, part in enumerate(tree):
        value = walk(part, depth + 1)
        total += value if i % 2 == 0 else -<2-3> * value
    return total + len(tree)

print(walk([<1-9>, [<1-9>, <1-9>, [<1-9>, <1-9>]], [[<1-9>], <1-9>, [<1-9>, [<1-9>, <1-9>]]], <1-9>], 0))
""",
    ),
    5: (
        """
memo = {}

def f(a, b, c):
    if min(a, b, c) <= 0:
        return (a - b + c) % <11-23>
    if (a, b, c) not in memo:
        if a < b:
            value = f(a - 1, b - 2, c) + <2-5> * f(a, b - 3, c - 1)
        elif b < c:
            value = f(a - 2, b, c - 1) - f(a - 1, b - 1, c - 2)
        else:
            value = <2-3> * f(c - 1, a - 1, b - 1) + a * b
        memo[a, b, c] = value % <211-499>
    return memo[a, b, c]

print(f(<8-10>, <9-11>, <9-11>) * 1000 + len(memo))
""",
        """
calls = 0

def p(n, k):
    global calls
    calls += 1
    if n <= 0 or k <= 0:
        return <1-4>
    if n % 3 == k % 2:
        return (q(n - 1, k) * <3-5> + p(n - 3, k - 1)) % <151-397>
    return (q(n - 2, k - 1) + <2-4>) % <151-397>

def q(n, k):
    global calls
    calls += 2
    if n <= k:
        return n * <2-4> + k
    return (p(n - 1, k - 1) + <2-3> * p(n - 2, k)) % <151-397>

print(p(<14-16>, <8-10>) * 1000 + calls)
""",
    ),
}

STATE: Templates = {
    1: (
        """
prices = {"pen": <2-9>, "pad": <10-19>}
prices["pen"] += <1-5>
prices["cup"] = <20-29>
print(prices["pen"] + prices["cup"])
""",
        """
def add(n, by=<2-5>):
    return n + by

print(add(<1-9>) * add(<1-5>, <1-3>))
""",
    ),
    2: (
        """
stock = {"a": <5-15>, "b": <5-15>, "c": <5-15>}
for name in ["a", "c", "a", "b"]:
    stock[name] -= <2-4>
    if stock[name] < <5-9>:
        stock[name] *= 2
print(stock["a"] * 100 + stock["b"] * 10 + stock["c"])
""",
        """
class Counter:
    def __init__(self, start):
        self.value = start

    def add(self, n):
        self.value += n
        return self

c = Counter(<1-9>)
d = c.add(<2-8>)
d.add(<2-8>).add(c.value)
print(c.value)
""",
    ),
    3: (
        """
def make(n):
    total = n

    def step(k):
        nonlocal total
        total = total * 2 - k if total < <20-40> else total // <2-3>
        return total

    return step

f, g = make(<3-9>), make(<10-19>)
print(sum(f(k) - g(k + <1-3>) for k in range(<6-8>)))
""",
        """
class Base:
    factor = <2-3>

    def run(self, n):
        return self.twist(n) * self.factor

    def twist(self, n):
        return n + <1-5>

class Child(Base):
    def twist(self, n):
        self.factor += n % <2-3>
        return super().twist(n) - <1-4>

items = [Base(), Child(), Child()]
print(sum(item.run(n) for n in range(<2-3>, <5-6>) for item in items))
""",
    ),
    4: (
        """
code = [("add", <2-5>), ("jump_odd", <3-4>), ("mul", <2-3>), ("add", -<3-7>), ("push", 0), ("jump_less", <40-70>), ("sub_top", 1)]
x, at, stack, steps = <3-9>, 0, [], 0
while at < len(code) and steps < 40:
    name, n = code[at]
    at += 1
    steps += 1
    if name == "add":
        x += n
    elif name == "mul":
        x *= n
    elif name == "push":
        stack.append(x % <7-13>)
    elif name == "jump_odd" and x % 2:
        at = n
    elif name == "jump_less" and x < n:
        at = 0
    elif name == "sub_top" and stack:
        x -= stack.pop()
print(x * 1000 + steps * 10 + len(stack))
""",
        """
def numbers(n):
    while n > 1:
        got = yield n
        n = n // 2 if got is None else n - got

total = 0
gen = numbers(<70-120>)
value = next(gen)
try:
    while True:
        total += value
        value = gen.send(<3-8>) if value % 3 == 1 else next(gen)
        total -= value % <4-7>
except StopIteration:
    total *= <2-3>
print(total)
""",
    ),
    5: (
        """
memory = {i: (i * <7-19> + <2-9>) % <23-31> for i in range(8)}
a, b, pointer, flips = <2-9>, <10-29>, <0-7>, 0
for cycle in range(<36-42>):
    op = (memory[pointer] + cycle) % 5
    if op == 0:
        a, memory[pointer] = memory[pointer], a
    elif op == 1:
        b = (b * <3-7> + a) % <97-199>
        pointer = (pointer + b) % 8
        continue
    elif op == 2:
        memory[(pointer + a) % 8] = (memory[pointer] + b) % <29-41>
    elif op == 3 and a < b:
        a = (a + memory[b % 8]) % <43-61>
        flips += 1
    else:
        b -= flips % 3
    pointer = (pointer + 1 + cycle % 2) % 8
print(a * 1000000 + b * 1000 + sum(memory.values()))
""",
        """
class Node:
    def __init__(self, value):
        self.value, self.next, self.jump = value, None, None

nodes = [Node((i * <11-29> + <2-9>) % <17-23>) for i in range(9)]
for i, node in enumerate(nodes):
    node.next = nodes[(i * 2 + <1-4>) % 9]
    node.jump = nodes[(i + node.value) % 9]
at, score = nodes[<0-8>], 0
for step in range(<34-40>):
    here = at
    if here.value % 2:
        at = here.jump
        here.value += step % <3-5> + 1
    else:
        at = here.next
        here.next, here.jump = here.jump, here.next
        here.value //= 2
    if at is here:
        at = nodes[step % 9]
        score += <5-9>
    score = (score * 2 + at.value) % <701-997>
print(score * 1000 + sum(node.value for node in nodes))
""",
    ),
}
