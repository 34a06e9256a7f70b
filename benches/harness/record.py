"""What was run in a scenario, as its result tells it: the command lines of servers and of loads."""

import re
import shlex
from pathlib import Path

# Numbers of a load that change from one measurement to the next: how each is written, and its name.
VARYING = (
    (re.compile(r"(?<= -c)( ?)(\d+)(?= )"), "CONNECTIONS"),
    (re.compile(r"(?<= -[dDz])( ?)(\d+)(?=s? )"), "SECONDS"),
    (re.compile(r"(?<= -q)( ?)(\d+)(?= )"), "RATE"),
    (re.compile(r"(?<= -t)( ?)(\d+)(?=s )"), "TIMEOUT"),
)
SECRET = "SECRET"  # a variable with this word in its name is printed without its value


class Record:
    """Commands by `CASE: LABEL`, settings by the same name, shapes of loads by case."""

    def __init__(self, printable=str):
        self.printable = printable  # a text without folders of this machine
        self.case = ""  # what is measured now, where a scenario has several
        self.commands, self.configs, self.shapes, self.cores = {}, {}, {}, []

    def server(self, label, command, environment, config=None, cores=frozenset()):
        """A server's command line as a shell takes it. Another one of the same name is kept as well."""
        line = self.printable(" ".join((*assignments(environment), command)))
        text = self.printable(config) if config else ""
        name = first = f"{self.case}: {label}" if self.case else label
        number = 1
        while name in self.commands and self.known(name) != (line, text):
            number += 1
            name = f"{first} ({number})"
        self.commands[name] = line
        if text:
            self.configs[name] = text
        if cores and cores not in self.cores:
            self.cores.append(cores)

    def known(self, name):
        """The command line and the settings of a server that was recorded."""
        return self.commands[name], self.configs.get(name, "")

    def load(self, words, port):
        """A load's command line: once for each shape, with the numbers that it was run with."""
        words = [re.sub(rf"\b{port}\b", "8000", str(word)) for word in words]
        words[0] = Path(words[0]).name
        line, numbers = self.printable(shlex.join(words)), {}
        for pattern, name in VARYING:
            if found := pattern.search(line):
                numbers[name] = int(found[2])
                line = pattern.sub(rf"\g<1>{name}", line, count=1)
        known = self.shapes.setdefault(self.case, {}).setdefault(line, {})
        for name, number in numbers.items():
            known.setdefault(name, set()).add(number)

    @property
    def loads(self):
        """{case: command lines}; a number that was always the same stands in its place."""
        return {
            case: [filled(line, numbers) for line, numbers in shapes.items()]
            for case, shapes in self.shapes.items()
        }

    @property
    def result(self):
        """What a result file holds."""
        return {"commands": self.commands, "configs": self.configs, "loads": self.loads}


def assignments(environment):
    """VARIABLE=VALUE of what is set for a server; secrets are left out."""
    for name, value in sorted((environment or {}).items()):
        yield f"{name}=..." if SECRET in name else f"{name}={shlex.quote(value)}"


def filled(line, numbers):
    """A line with the numbers that did not change, and those that did behind it."""
    several = []
    for name, known in numbers.items():
        if len(known) == 1:
            line = re.sub(rf"{name}(?=s? )", str(min(known)), line, count=1)
        else:
            several.append(f"{name}: {', '.join(map(str, sorted(known)))}")
    return f"{line} ({'; '.join(several)})" if several else line
