import Foundation
import TestSupport

/// Runs cases with one module, one after the other.
struct ModulePlayer {
    let module: Module
    private let codes: Codes
    private let scratch: Scratch
    private let clock: StoppedClock
    private let login: LoginProcess

    init(_ module: Module, _ codes: Codes) throws {
        self.module = module
        self.codes = codes
        scratch = try Scratch()
        clock = try StoppedClock(scratch)
        login = try LoginProcess(clock)
    }

    /// Runs a case, beginning with the enrollment.
    func play(_ one: Case) throws -> [End] {
        var service = try EnrolledService(one, module, in: scratch.path, by: clock)
        var ends: [End] = []
        for (number, step) in one.tries.enumerated() {
            if one.isFresh && number > 0 {
                service = try EnrolledService(one, module, in: scratch.path, by: clock)
            }
            if service.refuses {
                ends.append(End(word: "refused", questions: 0))
            } else {
                let typed = try codes.texts(step, one.enrolled, backup: service.backup)
                ends.append(try login.run(step, in: service.services, typed))
            }
        }
        return ends
    }
}
