/// How many cases there were, and in which the modules ended in the same way.
struct Tally {
    private var cases = 0, alike = 0, google = 0, oath = 0, neither = 0

    mutating func add(_ ends: Each<[End]>) {
        cases += 1
        if ends.isOne {
            alike += 1
        } else if ends.ours == ends.google {
            google += 1
        } else if ends.ours == ends.oath {
            oath += 1
        } else {
            neither += 1
        }
    }

    var figure: String {
        "\(cases) in \(Module.allCases.count) modules: \(alike) end alike in all; of the others, "
            + "ours as google-authenticator's \(google), as pam_oath's \(oath), "
            + "as neither's \(neither), each for a reason in docs/MIGRATING.md"
    }
}
