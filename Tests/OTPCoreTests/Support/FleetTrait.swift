import OTPWire
import Testing

@testable import OTPCore

/// Runs each test of a suite twice: with the records here, and as a host of a fleet, for which
/// every step of a login goes through the documents of a call and its reply.
struct FleetTrait: SuiteTrait, TestTrait, TestScoping {
    @TaskLocal static var isActive = false

    var isRecursive: Bool { true }

    func provideScope(
        for test: Test, testCase: Test.Case?,
        performing function: @Sendable () async throws -> Void
    ) async throws {
        try await function()
        try await FleetTrait.$isActive.withValue(true) { try await function() }
    }

    /// The same accounts, reached by documents.
    static func accounts(_ accounts: some Accounts) -> RemoteAccounts {
        RemoteAccounts { (call) throws(StoreError) in
            do throws(Document.Problem) {
                let heard = try Document.fleetCall(try Document.encode(copy call))
                let license = FleetLicense(
                    host: "vm", enrolls: true, admitsFirst: true, trustsKeys: true,
                    isProven: heard.permit == "proven", delivers: true)
                var result: FleetReply.Result
                do throws(StoreError) {
                    result =
                        try heard.run(on: accounts, for: license) ?? .denied(reason: .malformed)
                } catch {
                    result = .failed(trouble: TroubleDocument(error))
                }
                if case .judged(var judged) = result, judged.outcome.isAccepted {
                    judged.permit = "proven"
                    result = .judged(judgement: judged)
                }
                return try Document.fleetReply(try Document.encode(FleetReply(result))).result
            } catch {
                Issue.record("a document is not understood: \(error)")
                throw RemoteAccounts.unclear
            }
        }
    }
}

extension Trait where Self == FleetTrait {
    /// Here, and as a host of a fleet.
    static var hereAndInFleet: FleetTrait { FleetTrait() }
}

/// Of a suite that runs in a fleet too, a test that does not: it names the place of a login, and a
/// fleet adds the host to that.
struct HereTrait: TestTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?,
        performing function: @Sendable () async throws -> Void
    ) async throws {
        if !FleetTrait.isActive { try await function() }
    }
}

extension Trait where Self == HereTrait {
    /// Only here.
    static var hereOnly: HereTrait { HereTrait() }
}
