# SPDX-License-Identifier: GPL-2.0-only
"""
As much of GRUB's script language as a grub.cfg of Debian's has, to see which entry a file boots and
what it leaves in the environment block. Commands that are not about that succeed and do nothing.
"""
import re

TOKEN = re.compile(r"""\s*(?:(?P<end>;+)|(?P<brace>[{}])(?=\s|;|$)|(?P<word>(?:'[^']*'|
                       "(?:\\.|[^"\\])*"|\\.|\$\{\w+\}|[^\s;'"\\{}]|(?<=\S)[{}])+))""", re.X)
PIECE = re.compile(r"""'(?P<raw>[^']*)'|"(?P<quoted>(?:\\.|[^"\\])*)"|\\(?P<escaped>.)|
                       (?P<plain>[^'"\\]+)""", re.X | re.S)


class Wrong(Exception):
    """Not in the language, or more of it than is known here"""


class Return(Exception):
    pass


def tokens(line):
    found, at, line = [], 0, line.rstrip()
    while at < len(line) and not line.lstrip().startswith("#"):
        match = TOKEN.match(line, at)
        if not match:
            raise Wrong(f"cannot read {line[at:]!r}")
        kind = match.lastgroup
        found.append((kind, ";" if kind == "end" else match[kind]))
        at = match.end()
    return found


def lex(text):
    """Tokens; the end of a line is one, too"""
    return [token for line in text.splitlines() for token in tokens(line) + [("end", ";")]]


class Parser:
    def __init__(self, text):
        self.tokens, self.at = lex(text), 0

    def peek(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else ("none", "")

    def next(self):
        self.at += 1
        return self.tokens[self.at - 1]

    def skip(self):
        while self.peek()[0] == "end":
            self.at += 1

    def need(self, text):
        self.skip()
        if self.next()[1] != text:
            raise Wrong(f"{text} is missing before token {self.at}")

    def block(self, *stops):
        found = []
        while True:
            self.skip()
            kind, text = self.peek()
            if kind == "none":
                if stops:
                    raise Wrong(f"ends without {' or '.join(stops)}")
                return found
            if text in stops and kind in ("word", "brace"):
                return found
            found.append(self.command())

    def command(self):
        text = self.peek()[1]
        if text == "if":
            return self.condition()
        if text == "function":
            self.at += 1
            name = self.next()[1]
            self.need("{")
            body = self.block("}")
            self.at += 1
            return ("function", name, body)
        words = []
        while self.peek()[0] == "word":
            words.append(self.next()[1])
        if self.peek()[1] == "{" and words and words[0] in ("menuentry", "submenu"):
            self.at += 1
            body = self.block("}")
            self.at += 1
            return ("entry", words, body)
        if not words:
            raise Wrong(f"unexpected {self.peek()[1]}")
        return ("run", words)

    def condition(self):
        arms, rest = [], []
        self.at += 1
        while True:
            test = self.block("then")
            self.at += 1
            arms.append((test, self.block("elif", "else", "fi")))
            word = self.next()[1]
            if word == "else":
                rest = self.block("fi")
                self.at += 1
            if word != "elif":
                return ("if", arms, rest)


class Grub:
    """
    A boot: @block is the environment block, a dictionary, and @esp the one on the EFI system
    partition, where there is one. GRUB can write those in @writable.
    """

    def __init__(self, block, esp=None, writable=("block", "esp")):
        self.blocks, self.writable = {"block": block, "esp": esp}, writable
        self.vars = {"feature_menuentry_id": "y", "prefix": "/boot/grub"}
        self.functions, self.entries, self.did = {}, [], []

    def value(self, name):
        return self.vars.get(name, "")

    def expand(self, word):
        """Words that a word becomes: none where it is an empty variable without quotes"""
        if re.fullmatch(r"\$\{?\w+\}?", word):
            return self.substitute(word).split()
        parts = []
        for piece in PIECE.finditer(word):
            if piece["raw"] is not None:
                parts.append(piece["raw"])
            elif piece["quoted"] is not None:
                parts.append(self.substitute(piece["quoted"]))
            elif piece["escaped"]:
                parts.append(piece["escaped"])
            else:
                parts.append(self.substitute(piece["plain"]))
        return ["".join(parts)]

    def substitute(self, text):
        return re.sub(r"\$(?:\{(\w+)\}|(\w+))", lambda m: self.value(m[1] or m[2]), text)

    def execute(self, commands):
        status = True
        for command in commands:
            status = self.one(command)
        return status

    def one(self, command):
        kind = command[0]
        if kind == "function":
            self.functions[command[1]] = command[2]
            return True
        if kind == "entry":
            words = [w for word in command[1] for w in self.expand(word)]
            self.entries.append((words, command[2]))
            return True
        if kind == "if":
            for test, body in command[1]:
                if self.execute(test):
                    return self.execute(body)
            return self.execute(command[2])
        return self.run([w for word in command[1] for w in self.expand(word)])

    def run(self, words):
        if not words:
            return True
        if "=" in words[0] and words[0].split("=")[0].isidentifier():
            words = ["set"] + words
        name, args = words[0], words[1:]
        if name in self.functions:
            try:
                return self.execute(self.functions[name])
            except Return as done:
                return done.args[0]
        if name == "return":
            raise Return(args in ([], ["0"]))
        if name == "set":
            key, _, value = (args or ["="])[0].partition("=")
            self.vars[key] = value
        elif name == "[":
            return self.test(args[:-1])
        elif name == "search":
            if self.blocks["esp"] is None or args[-1] != "ABCD-1234":
                return False
            self.vars[args[-2].removeprefix("--set=")] = "hd0,gpt1"
        elif name in ("load_env", "save_env"):
            return self.environment(name, *self.which_block(args))
        elif name in ("linux", "initrd"):
            self.did.append(words)
        elif name == "false" or name == "loadfont":
            return False
        return True

    def which_block(self, args):
        """Which block it is, or None, and the words"""
        if args[:1] != ["--file"]:
            return "block", args
        return ("esp" if args[1] == "(hd0,gpt1)/EFI/smmuv3/grubenv" else None), args[2:]

    def environment(self, name, which, args):
        block = self.blocks.get(which)
        if block is None or name == "save_env" and which not in self.writable:
            return False
        if name == "load_env":
            self.vars.update((key, block[key]) for key in block if not args or key in args)
            return True
        for key in args:
            if key in self.vars:
                block[key] = self.vars[key]
            else:
                block.pop(key, None)
        return True

    def test(self, args):
        if "-o" in args:
            at = args.index("-o")
            return self.test(args[:at]) or self.test(args[at + 1:])
        if "-a" in args:
            at = args.index("-a")
            return self.test(args[:at]) and self.test(args[at + 1:])
        if len(args) == 3 and args[1] in ("=", "==", "!="):
            return (args[0] == args[2]) == (args[1] != "!=")
        if len(args) == 2 and args[0] in ("-n", "-z"):
            return bool(args[1]) == (args[0] == "-n")
        if len(args) == 2 and args[0] in ("-s", "-e", "-f"):
            return args[1].endswith("grubenv")
        if len(args) == 1:
            return bool(args[0])
        raise Wrong(f"test {args}")

    def boot(self, text, choose=None):
        """Id of the entry that boots, its words of linux, its initrd"""
        self.execute(Parser(text).block())
        want = choose or self.value("default")
        ids = [words[words.index("--id") + 1] if "--id" in words else words[1]
               for words, _ in self.entries]
        titles = [words[1] for words, _ in self.entries]
        if want in ids:
            at = ids.index(want)
        elif want in titles:
            at = titles.index(want)
        else:
            # a name that is not there is the first entry, as in GRUB
            at = int(want) if want.isdigit() and int(want) < len(ids) else 0
        self.did.clear()
        self.execute(self.entries[at][1])
        linux = [words for words in self.did if words[0] == "linux"]
        initrd = [words for words in self.did if words[0] == "initrd"]
        return ids[at], linux[-1], initrd[-1]
