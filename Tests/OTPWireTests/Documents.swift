@testable import OTPCore
@testable import OTPWire

/// One document of each kind, with all fields that it can have.
enum Documents {
    static let device = DeviceDocument(
        name: "tablet", kind: "hotp", algorithm: "SHA256", digits: 8, period: 60, counter: 7,
        key: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", isUnconfirmed: true)

    static var authenticator: AuthenticatorDocument {
        get throws {
            guard let name = Name("phone".utf8), let phone = Authenticator(name: name, added: 9)
            else { throw DocumentTrouble() }
            return AuthenticatorDocument(phone)
        }
    }

    /// One of each condition.
    static let agentState = AgentState(
        version: "1.2.3", fleet: "lab", host: "web1", certificateEnds: 1_800_864_000,
        renewal: 1_800_000_000, receipt: "1.5.m",
        servers: AgentState.Condition.allCases.map {
            AgentState.Server("https://otp1:8463", $0, reason: "no standby", answered: 0.5)
        }, offlineTrouble: "no key", offlineUntold: 3, siteCertificate: "/etc/ssl/web1.pem")

    struct DocumentTrouble: Error {}

    static func commands() throws -> [Command] {
        let numbers = [NumberDocument(uid: 1000, users: ["alice", "also"])]
        let token = TokenDocument(try authenticator, key: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
        return [
            .policy, .status, .recorded(after: 4, name: "alice"), .rows(of: numbers), .helpDesk,
            .verify(code: "123456"),
            .resync(first: "1", second: "2", name: "phone"), .renewBackupCodes,
            .speak(language: "sv", unlessSet: true), .remove(name: "phone"),
            .revokeTrust(fingerprint: "SHA256:x"), .disable, .reset,
            .unlock(after: 7200), .issue(seconds: 600, mail: "alice@example.com"), .revokeIssued,
            .contact(kind: "sms", address: "+4711111111"),
            .confirmContact(ticket: "dGlja2V0", code: "12345678"),
            .begin(device: device),
            .confirm(ticket: "t", code: "123456"), .keep(ticket: "t"),
            .take(token: token, rehearses: true, isMeant: false, allowsShortKeys: true),
            .keys(of: numbers),
            .noteExport(names: ["phone"]),
            .bring(of: numbers, adds: true, rehearses: false),
            .makeStore(startsEmpty: true), .rekey(step: .seal(numbers: [1000, 1001])),
            .backUp(step: .records(numbers: [1000])),
            .restore(
                records: [
                    RecordDocument(uid: 1, user: "alice", record: "AA==", isOrphan: false)
                ], time: 9, window: 3, keepsCodes: true, bringsBack: false, rehearses: true),
            .move(from: "bob", rehearses: true),
            .forget(record: "1001"), .mailReport(to: "root", text: "nothing"),
        ]
    }

    static func results() throws -> [Reply.Result] {
        var record = Record()
        guard let name = Name("phone".utf8), let phone = Authenticator(name: name, added: 9) else {
            throw DocumentTrouble()
        }
        let key = [UInt8](repeating: 7, count: 20)
        try record.add(phone, key: key.span)
        let event = Event(.added, at: 9, detail: name.bytes, origin: Array("x".utf8))
        record.note(event)
        let account = AccountDocument(record, at: 1_800_000_000, boot: nil, options: Options())
        let row = RowDocument.Account(record, at: 1_800_000_000, boot: nil, options: Options())
        let trouble = TroubleDocument(StoreError(.busy, Array("/x".utf8), "busy"))
        let token = TokenDocument(try authenticator, key: "MFRGG")
        var desk = Options()
        desk.helpdeskGroup = Array("support".utf8)
        desk.helpdeskProtected = Array("board".utf8)
        desk.exemptGroup = Array("robots".utf8)
        desk.localUsers = [Array("rescue".utf8)]
        let user = User(name: Array("alice".utf8), uid: 1, gid: 1)
        return [
            .policy(policy: PolicyDocument(desk, on: Array("vm".utf8), isForRoot: true)),
            .account(account: account),
            .recorded(ranges: [[1, 4]], isAll: false, fleet: nil, names: nil),
            .recorded(
                ranges: [], isAll: true, fleet: FleetUsers(desk),
                names: [NumberDocument(uid: 4, users: ["alice"])]),
            .rows(rows: [
                .nothing, .found(place: 1, account: row), .unreadable(trouble: trouble),
                .orphan(name: "bob"), .hidden,
            ]),
            .keys(keys: [
                .nothing, .found(place: 0, tokens: [token]), .unreadable(trouble: trouble),
            ]),
            .helpDesk(
                helpDesk: HelpDeskDocument(
                    desk,
                    acts: [HelpDeskLog.Act(.reset, at: 9, by: user, to: user)], count: 1)),
            .outcome(
                outcome: OutcomeDocument(
                    .granted(.code(authenticator: name, offset: -1)), authenticators: [phone])),
            .done(change: ChangeDocument(event)),
            .contactBegun(ticket: "dGlja2V0"),
            .begun(
                begun: BegunDocument(
                    phone, key: "MFRGG", replaces: true, isBeside: true,
                    issuer: Array("example".utf8), ticket: "t")),
            .verdict(verdict: .ignored(settings: ["digits"])),
            .store(
                store: StoreDocument(
                    path: "/s", keyPath: "/s/seal.key", made: "new", records: 0)),
            .rekeyed(
                rekey: RekeyDocument(
                    isDone: false, left: 1,
                    troubles: [RecordTroubleDocument(uid: 1000, trouble: trouble)])),
            .backedUp(rows: [
                .found(
                    record: RecordDocument(
                        uid: 1, user: "alice", record: "AA==", isOrphan: true)),
                .unreadable(uid: 2, trouble: trouble),
            ]),
            .restored(rows: [
                RestoredDocument(user: "alice", uid: 1, how: .replaced, trouble: trouble)
            ]),
            .brought(rows: [
                BroughtDocument(
                    uid: 1000, user: "alice", how: .failed, added: ["x"], left: ["y"],
                    trouble: trouble)
            ]),
            .taken(name: "x", isNew: true, beside: ["phone"]),
            .failed(trouble: trouble),
        ] + denials.map { .denied(reason: $0) }
    }

    static let denials: [Reply.Denial] = [
        .malformed, .otherVersion, .rootOnly, .protected, .ownProofNeeded, .helperNotEnrolled,
        .helpDeskLimit(most: 50), .unknownUser, .policy,
        .firstEnrollment(rule: "root"), .proofNeeded, .notEnrolled, .noSuchAuthenticator,
        .lastAuthenticator, .full, .nameTaken(name: "phone"), .enrolledMeanwhile, .ticketVoid,
        .notTrusted, .noContact, .notDelivered, .messageWait(seconds: 42), .tooManyMessages,
        .unsent, .noTemporaryCode, .validity(hours: 72), .badKey, .shortKey, .noName,
        .keyIsThere(name: "phone"), .counterIsUsed(next: 3), .isEnrolled, .wasEnrolled, .fleetRole,
        .fleetProtected, .hostRight(name: "enroll"), .noRecord,
        .isHere(name: "bob"),
    ]
}
