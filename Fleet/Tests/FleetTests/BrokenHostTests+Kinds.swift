import OTPCore
import OTPWire
import TestSupport
import Testing

// One request of each kind, with nothing in it that a host without a code could not know.
extension BrokenHostTests {
    /// A step about alice.
    func step(_ kind: HostMatrix.StepKind, of cast: Cast) throws -> FleetStep {
        let (place, print) = (BrokenHost.place, [UInt8](repeating: 1, count: 32))
        switch kind {
        case .look:
            let question = AccountQuestion(
                key: nil, isHeard: true, wantsRecord: true, enrolls: true)
            return .look(question: QuestionDocument(question), place: place)
        case .judge: return BrokenHost.judge(cast.wrong)
        case .noteLogin: return .noteLogin(keyKind: "ed25519-sk", isHeard: true, place: place)
        case .hasRoom: return .hasRoom(fingerprint: OfflineCall.text(ofFingerprint: print))
        case .trust:
            let wish = TrustWish(
                fingerprint: print, name: try #require(Name("evil".utf8)),
                authenticator: try #require(Name("phone".utf8)), epoch: 0)
            return .trust(wish: TrustWishDocument(wish), place: place)
        case .offers: return .offers
        case .sendCode: return .sendCode(kind: "mail", place: place)
        case .isEnrolled: return .isEnrolled
        case .timesPutOff: return .timesPutOff
        case .putOff: return .putOff(most: 3)
        case .newPlace: return .newPlace
        case .enroll: return .enroll(enrollment: try enrollment, origin: "sshd")
        case .bring: return .bring(record: "", adds: true, rehearses: false)
        case .offline:
            let use = OfflineUse(
                user: cast.alice.name, kind: .answer, number: 1, time: 1_800_000_000,
                origin: "sshd")
            return .offline(used: [use], isNew: false)
        }
    }

    /// A command about alice.
    func command(_ kind: HostMatrix.CommandKind, of cast: Cast) throws -> OTPWire.Command {
        let (alice, wrong) = (cast.alice, cast.wrong)
        let numbers = [NumberDocument(uid: try alice.number, users: [alice.name])]
        switch kind {
        case .policy: return .policy
        case .status: return .status
        case .recorded: return .recorded(after: nil, name: nil)
        case .rows: return .rows(of: numbers)
        case .helpDesk: return .helpDesk
        case .mailReport: return .mailReport(to: "eve@example.com", text: "x")
        case .verify: return .verify(code: wrong)
        case .resync: return .resync(first: wrong, second: wrong, name: nil)
        case .renewBackupCodes: return .renewBackupCodes
        case .remove: return .remove(name: "phone")
        case .revokeTrust: return .revokeTrust(fingerprint: nil)
        case .disable: return .disable
        case .reset: return .reset
        case .unlock: return .unlock(after: nil)
        case .move: return .move(from: cast.bob.name, rehearses: false)
        case .speak: return .speak(language: "de", unlessSet: false)
        case .issue: return .issue(seconds: nil, mail: nil)
        case .revokeIssued: return .revokeIssued
        case .contact: return .contact(kind: "mail", address: "eve@example.com")
        case .endContact: return .contact(kind: "mail", address: nil)
        case .confirmContact: return .confirmContact(ticket: "none", code: "12345678")
        case .begin: return .begin(device: device)
        case .confirm: return .confirm(ticket: "none", code: wrong)
        case .keep: return .keep(ticket: "none")
        case .take: return try take
        case .keys: return .keys(of: numbers)
        case .noteExport: return .noteExport(names: ["phone"])
        case .bring: return .bring(of: numbers, adds: true, rehearses: false)
        case .forget: return .forget(record: alice.name)
        case .makeStore: return .makeStore(startsEmpty: true)
        case .rekey: return .rekey(step: .begin)
        case .backUp: return .backUp(step: .records(numbers: [try alice.number]))
        case .restore:
            return .restore(
                records: [], time: 1_800_000_000, window: 10, keepsCodes: true,
                bringsBack: true, rehearses: false)
        }
    }

    private var device: DeviceDocument {
        DeviceDocument(
            name: nil, kind: "totp", algorithm: "SHA1", digits: 6, period: 30, counter: 0)
    }

    /// A device of the host's own, for users who have none.
    private var take: OTPWire.Command {
        get throws {
            let stolen = try enrollment
            return .take(
                token: TokenDocument(stolen.authenticator, key: stolen.key), rehearses: false,
                isMeant: false, allowsShortKeys: false)
        }
    }
}
