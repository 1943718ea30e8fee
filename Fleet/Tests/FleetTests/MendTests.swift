import TestSupport
import Testing

extension Storm {
    /// What an admin has to mend at the database: nobody gets in meanwhile, and the logs say what it is.
    @Suite("A database that somebody has to mend") struct Mends {
        /// Runs `body`, and mends what is broken whatever comes of that.
        private func broken(
            until mend: () async throws -> Void, _ body: () async throws -> Void
        ) async throws {
            let result: Result<Void, any Error>
            do { result = .success(try await body()) } catch { result = .failure(error) }
            try await mend()
            try result.get()
        }

        /// Expects that nobody gets in, and that host and server say what is wrong and what to do.
        private func expectRefusal(
            _ scene: Networks.Scene, _ code: String, _ what: String, _ log: ServerLog
        ) async throws {
            let (member, sentence) = (scene.member.name, try Guide.sentence(what))
            let result = try await scene.here.login(member, code)
            #expect(result.isUnchecked && result.said.contains(Door.unchecked), "\(result)")
            let passed = try await scene.open.login(scene.plain.name, "none")
            #expect(passed.isUnchecked, "nullok: \(passed)")
            try await log.expect("cannot serve; error=\"the database: \(sentence)")
            _ = try await SystemLog.shared().line(
                containing: "cannot check", "user=\(member) ", sentence, within: .seconds(20))
        }

        @Test("By tables of another release codes are judged, or nobody learns what to do")
        func tables() async throws {
            let scene = try await Networks.Scene()
            let primary = scene.fleet.primary
            for (number, (change, what)) in [
                (2, "its tables are newer than this server knows"),
                (-1, "its tables are older than this server needs"),
            ].enumerated() {
                let log = try ServerLog()
                let code = scene.member.backupCodes[number]
                let move = "UPDATE swiftotp.fleet SET schema = schema"
                try await broken(until: { try await primary.sql("\(move) - (\(change))") }) {
                    try await primary.sql("\(move) + (\(change))")
                    try await scene.host.awaitReason(Guide.sentence(what), of: 2)
                    try await expectRefusal(scene, code, what, log)
                }
                try await log.expect("serving again")
                try await scene.host.awaitServers(2)
                #expect(try await scene.here.login(scene.member.name, code).isIn, "\(what)")
            }
        }

        @Test("With a full disk somebody gets in, loses the code, or does not learn what to do")
        func fullDisk() async throws {
            let scene = try await Networks.Scene()
            let (log, code) = (try ServerLog(), scene.member.backupCodes[0])
            let disk = try await SmallDisk(for: scene.fleet)
            try await broken(until: disk.leave) {
                try await disk.fill()
                try await expectRefusal(scene, code, "its disk is full", log)
                try await disk.free()
                #expect(try await scene.here.login(scene.member.name, code).isIn)
            }
            let again = try await scene.here.login(scene.member.name, code)
            #expect(!again.isIn && !again.isUnchecked, "\(again)")
        }
    }
}
