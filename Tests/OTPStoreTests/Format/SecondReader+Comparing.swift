@testable import OTPCore

/// What the store has read, in the second reader's form, for comparison.
extension SecondReader.Contents {
    init(_ record: borrowing Record) {
        var authenticators: [Authenticator] = []
        for (index, item) in record.authenticators.enumerated() {
            authenticators.append(
                .init(
                    kind: item.kind.rawValue, hash: item.algorithm.rawValue, digits: item.digits,
                    period: item.period, drift: item.drift, nextStep: item.nextStep,
                    added: item.added, lastUsed: item.lastUsed, name: item.name.text,
                    key: record.withKey(of: index) { $0.array }))
        }
        let kept = record.backupCodes
        self.init(
            authenticators: authenticators, codesMade: record.backupCodesMade,
            codes: kept.indices.compactMap { index in
                kept[index].map { Code(index: index, salt: $0.salt, hash: $0.hash) }
            },
            temporary: record.temporaryCode.map {
                .init(
                    salt: $0.hash.salt, hash: $0.hash.hash, issued: $0.issued, expires: $0.expires,
                    used: $0.used, bootID: $0.boot?.id, bootSeconds: $0.boot?.seconds)
            },
            throttle: Throttle(record.throttle), events: record.events.events.map(Event.init),
            notices: .init(
                failures: record.notices.failures.count, since: record.notices.failures.since,
                origin: text(record.notices.failures.origin),
                reminds: record.notices.remindsOfBackupCodes,
                changes: record.notices.changes.map(Event.init),
                tellings: record.notices.tellings),
            trusted: record.trusted.map {
                .init(
                    fingerprint: $0.fingerprint, since: $0.since, until: $0.until,
                    lastUsed: $0.lastUsed, name: $0.name.text, address: text($0.address),
                    origin: $0.origin.bytes)
            },
            timesPutOff: record.timesPutOff, epoch: record.epoch,
            usedKeys: record.keyMemory.entries.map {
                .init(mark: $0.mark.bytes, time: $0.time, counter: $0.counter)
            }, refused: record.refusedAnswers.marks)
    }
}

extension SecondReader.Contents.Event {
    fileprivate init(_ event: OTPCore.Event) {
        self.init(
            kind: event.kind.rawValue, time: event.time, detail: text(event.detail),
            origin: text(event.origin))
    }
}

extension SecondReader.Contents.Throttle {
    fileprivate init(_ throttle: OTPCore.Throttle) {
        self.init(
            failures: throttle.shared.failures, last: throttle.shared.last,
            sources: throttle.sources.map {
                .init(
                    id: bytes($0.id), failures: $0.counter.failures, last: $0.counter.last,
                    lastLogin: $0.lastLogin)
            },
            newcomers: throttle.newcomers.map { .init(id: bytes($0.id), failures: $0.failures) },
            forgiven: throttle.forgiven, opens: throttle.opensAt)
    }
}

private func bytes(_ source: SourceID) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(bigEndian: source.high)
    bytes.append(bigEndian: source.low)
    return bytes + [source.isKey ? 1 : 0]
}

private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
