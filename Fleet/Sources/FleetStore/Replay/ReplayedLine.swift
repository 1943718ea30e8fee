import OTPCore

/// One line of a log, as far as it says that a backup code was used, or that a user's backup codes
/// have ended.
///
/// Only the lines of swiftotp count: those of the module, of swiftotpd and of swiftotp-server. What
/// another program writes is not believed, whatever it has in it; but whoever may write such lines
/// in another program's name can burn codes, and nothing else.
public struct ReplayedLine: Equatable, Sendable {
    /// What a line can say.
    public enum Meaning: Equatable, Sendable {
        /// Nothing: another program has written it.
        case foreign
        /// That a logger has left out lines of some program.
        case loss
        /// Nothing about backup codes.
        case nothing
        /// That these were used, or have ended.
        case uses([Use])
        /// It is swiftotp's, or looks like it, and cannot be understood.
        case unclear
    }

    /// What has happened to one user's codes.
    public struct Use: Equatable, Sendable {
        /// As the line names the user.
        public let user: [UInt8]
        /// The user's realm, if the line says it, as those of servers do.
        public let realm: [UInt8]?
        /// Which code was used, 0 to 9; `nil` if all have ended.
        public let index: Int?
        /// It concerns sets that were made before then, in Unix seconds.
        public let time: UInt64
    }

    /// What it says.
    public let meaning: Meaning
    /// When it was written; `nil` if it is in no form that is known.
    public let time: LogTime?
    /// On which machine, if the log says that.
    public let machine: ArraySlice<UInt8>?
    /// Whether a server has written it.
    public let isServers: Bool

    /// Reads a line, without its end. `isWhole` says whether it has one; `now`, in Unix seconds, is
    /// for times without a year.
    public init(_ line: ArraySlice<UInt8>, isWhole: Bool = true, now: UInt64) {
        let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
        let envelope = LogEnvelope(line, now: now)
        (time, machine) = (envelope.time, envelope.machine)
        let (origin, text) = Origin.of(envelope, isWhole: isWhole)
        isServers = origin == .server
        switch origin {
        case .foreign: meaning = envelope.isAboutLoss ? .loss : .foreign
        case .unknown: meaning = .unclear
        case .server, .service, .module:
            let reading = ReplayedReading(text, isWhole: isWhole, latest: envelope.time?.latest)
            meaning = reading.meaning(isModules: origin == .module)
        }
    }

    /// Who has written a line.
    private enum Origin {
        case server
        /// swiftotpd; the libraries in it may write lines of their own.
        case service
        /// The module, or swiftotpd about a login, in which nothing else is written.
        case module
        case foreign
        /// Perhaps one of these.
        case unknown

        /// What the module's lines begin with, before the service, a colon, and `auth): `.
        private static let opening = Array("pam_swiftotp(".utf8)

        /// Who has written it, and what.
        static func of(
            _ envelope: LogEnvelope, isWhole: Bool
        ) -> (Origin, ArraySlice<UInt8>) {
            let text = unrepeated(envelope.message.drop { $0 == LogCursor.blank })
            if text.starts(with: opening) {
                // With a blank before that, it was cut off, and another line begins there.
                guard let end = text.firstRange(of: "): ".utf8),
                    !text[..<end.lowerBound].contains(LogCursor.blank)
                else { return (.unknown, text) }
                return (.module, text[end.upperBound...])
            }
            if opening.starts(with: text), !text.isEmpty || !isWhole { return (.unknown, text) }
            if let program = envelope.program {
                if program.elementsEqual("swiftotp-server".utf8) { return (.server, text) }
                if program.elementsEqual("swiftotpd".utf8) { return (.service, text) }
                return (.foreign, text)
            }
            // A log in another form: its lines may be there alone, such as by `journalctl -o cat`.
            if text.starts(with: "granted; what=".utf8) { return (.server, text) }
            if ReplayedReading.openings.contains(where: { text.starts(with: $0) }) {
                return (.service, text)
            }
            // Where a line was cut off before anybody was named, or goes on for longer than it is
            // read, such as after the zeros of a lost disk block, the rest may be anything.
            return (!isWhole || ReplayedReading.mayMatter(text) ? .unknown : .foreign, text)
        }

        /// The line of which a logger says only how often it came: `message repeated 2 times: [
        /// ...]`.
        private static func unrepeated(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
            guard text.starts(with: "message repeated ".utf8), text.last == UInt8(ascii: "]"),
                let start = text.firstRange(of: " times: [ ".utf8)
            else { return text }
            return text[start.upperBound...].dropLast()
        }
    }
}
