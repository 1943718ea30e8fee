"""Many at once: processes that log their own users in at the same time."""

import time

import measure

PROCESSES, LOGINS = 16, 4


def rates(tools, confdir, field, users, rounds):
    """The seconds that each round of logins took, by contestant, and the share of the right codes
    that were refused. A round is `LOGINS` in each of `PROCESSES`.

    Contestants take turns, round by round. The processes live for all rounds; the first, in which
    each loads the libraries of the system, does not count.
    """
    crowds = {contestant.name: [measure.Dialogue(tools, confdir, contestant)
                                for _ in range(PROCESSES)] for contestant in field}
    samples = {contestant.name: [] for contestant in field}
    refused = dict.fromkeys(samples, 0)
    for number in range(rounds + 1):
        turn = number % len(field)
        for contestant in field[turn:] + field[:turn]:
            seconds, count = one_round(contestant, crowds[contestant.name], users)
            if number > 0:
                samples[contestant.name].append(seconds)
                refused[contestant.name] += count
    for crowd in crowds.values():
        for dialogue in crowd:
            dialogue.close()
    return samples, {name: count / (rounds * len(users)) for name, count in refused.items()}


def one_round(contestant, crowd, users):
    """The seconds from the word to begin until the last of them is done, and how many were
    refused, which is the peers' to do: ours refuses no right code."""
    contestant.restore()
    for number, dialogue in enumerate(crowd):
        mine = users[number * LOGINS:(number + 1) * LOGINS]
        dialogue.send("".join(
            f"login {user} {measure.answer(contestant, user, True)}\n" for user in mine))
    begin = time.perf_counter()
    for dialogue in crowd:
        dialogue.send("rounds\n")
    results = [dialogue.result() for dialogue in crowd]
    seconds = time.perf_counter() - begin
    if contestant.build:
        for result in results:
            measure.check(contestant, result, True, LOGINS)
    return seconds, sum(LOGINS - result["granted"] for result in results)
