import OTPPAM

/// What libpam or doctor cannot read.
extension StackVerdict {
    var unreadable: [Finding] {
        stack.troubles.map { Finding(.problem, $0.text, in: $0.place) }
            + auth.filter { $0.control == nil }.map { line in
                Finding(
                    .problem,
                    "\"\(line.written)\" is no control value: libpam refuses every login here",
                    in: line.place.text)
            }
    }

    var strangers: [Finding] {
        var names: Set<String> = []
        return auth.filter {
            !$0.isOurs && $0.written != "optional" && !PAMModule($0).isKnown
                && names.insert($0.name).inserted
        }
        .map { line in
            Finding(
                .note,
                "doctor does not know \(line.name): it is taken for a module that may say yes"
                    + " to everybody, and proves nobody", in: line.place.text)
        }
    }
}
