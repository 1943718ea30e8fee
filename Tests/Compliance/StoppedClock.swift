import Foundation
import TestSupport

/// A clock that stands still until it is set, for a program and for the service that our module
/// starts, which does not inherit that program's environment.
struct StoppedClock {
    /// The file with the time (see faketime(1)).
    let file: String
    /// A program that starts the service with this clock, for `program=`.
    let program: String
    private let scratch: Scratch

    init(_ scratch: Scratch) throws {
        self.scratch = scratch
        file = scratch.file("clock")
        // Timeouts use the time since boot, which goes on.
        program = try scratch.write(
            """
            #!/bin/sh
            export PATH=/usr/bin:/bin FAKETIME_DONT_FAKE_MONOTONIC=1
            exec faketime -f +0d env -u FAKETIME FAKETIME_TIMESTAMP_FILE='\(file)' \\
                FAKETIME_NO_CACHE=1 TZ=UTC '\(try Build.product("swiftotpd"))' "$@"

            """, to: "swiftotpd", mode: 0o755)
        try set(0)
    }

    /// Stops the clock this many seconds after the start.
    func set(_ seconds: Int) throws {
        var moment = time_t(Codes.start + seconds)
        var parts = tm()
        guard gmtime_r(&moment, &parts) != nil else { throw Trouble("no such time: \(seconds)") }
        let text = String(
            format: "%04d-%02d-%02d %02d:%02d:%02d\n", parts.tm_year + 1900, parts.tm_mon + 1,
            parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec)
        try Data(text.utf8).write(to: URL(fileURLWithPath: file), options: .atomic)
    }
}
