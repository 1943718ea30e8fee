"""Which functions of the module a login goes through, for the linker to put side by side: the fewer
pages a login touches, the fewer have to be mapped and taken away again."""

import copy

import measure
import parts

# With options as most have them, too.
ARGUMENTS = ("", "nullok")


def write(path, tools, confdir, contestant, users, work):
    """The names of those functions, to `path`: of right codes and wrong ones."""
    names = set()
    for number, arguments in enumerate(ARGUMENTS):
        shown = copy.copy(contestant)
        shown.module, shown.arguments = tools.symbols, arguments
        shown.name = f"{contestant.name}-order-{number}"
        shown.write_service(confdir)
        for right in (True, False):
            out = work / "callgrind.out"
            measure.instructions(tools, confdir, shown, users[:2], right, out)
            for function, _ in parts.functions(out):
                library, _, name = function.partition(" ")
                # One that calls itself is there more than once, with a number.
                if library.endswith(f"/{tools.symbols.name}") and not name.startswith("0x"):
                    names.add(name.partition("'")[0])
    path.write_text("".join(f"{name}\n" for name in sorted(names)), encoding="ascii")
    return len(names)
