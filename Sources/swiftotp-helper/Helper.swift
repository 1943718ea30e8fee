import CLinux
import OTPCore
import OTPStore

/// One run of the program: one connection of one user.
enum Helper {
    /// The longest connection, in milliseconds: long enough to find the phone and scan a QR code.
    private static let longest: Int64 = 15 * 60 * 1000
    /// How long the first request is waited for, and each later one.
    private static let firstPatience: Int64 = 10 * 1000
    private static let patience: Int64 = 5 * 60 * 1000
    /// How long a client may take to accept a reply.
    private static let replyPatience: Int64 = 10 * 1000
    /// Requests on one connection; nobody needs a tenth of them.
    private static let maximumRequests = 200

    /// Serves the connection; the exit status. A function of its own, so that nothing of its stack is
    /// in use after it.
    @inline(never)
    static func run() -> CInt {
        guard Process.closeUp(), let words = Process.arguments else {
            return HelperLog.fail("the process cannot be set up")
        }
        guard let arguments = options(words) else {
            Process.complain("usage: swiftotp-helper [--config FILE] [--store DIR]\n")
            return 64
        }
        do throws(Errno) {
            let connection = try HelperConnection(lasting: longest)
            return serve(connection, arguments)
        } catch {
            return HelperLog.fail("the standard input is not a connection")
        }
    }

    /// The words of the command line as options of the module; `nil` for any other word.
    private static func options(_ words: [[UInt8]]) -> [[UInt8]]? {
        var options: [[UInt8]] = []
        var rest = words[...]
        while let word = rest.popFirst() {
            guard let value = rest.popFirst() else { return nil }
            var option: [UInt8]
            if word == [UInt8]("--config" as StaticString) {
                option = [UInt8]("conf=" as StaticString)
            } else if word == [UInt8]("--store" as StaticString) {
                option = [UInt8]("store=" as StaticString)
            } else {
                return nil
            }
            option.append(copying: value.span)
            options.append(option)
        }
        return options
    }

    private static func serve(
        _ connection: borrowing HelperConnection, _ arguments: [[UInt8]]
    ) -> CInt {
        // The number of those whom this system has no number for (user_namespaces(7)): several
        // people, who must not share a second factor.
        let nobody: UInt32 = 65_534
        var found: User?
        do throws(StoreError) {
            if connection.peer != nobody { found = try SystemUsers().user(withID: connection.peer) }
        } catch {
            HelperLog.write(error, user: Array(String(connection.peer).utf8))
            return 1
        }
        guard let user = found else {
            return HelperLog.fail("user \(connection.peer) is unknown to this system")
        }
        do throws(StoreError) {
            // Held to the end. Who has too many is told without a wait for the request.
            guard let slot = try connection.takeSlot() else {
                refuse(connection, "you have too many connections to swiftotp-helper")
                return 0
            }
            answer(on: connection, user, arguments)
            _ = consume slot
        } catch {
            // Where connections cannot be counted, as under another inetd, that one has to.
            answer(on: connection, user, arguments)
        }
        return 0
    }

    private static func answer(
        on connection: borrowing HelperConnection, _ user: User, _ arguments: [[UInt8]]
    ) {
        do throws(StoreError) {
            converse(on: connection, with: user, try ConfigurationFile.options(arguments))
        } catch {
            HelperLog.write(error, user: user.name)
            guard var message = receive(on: connection, within: firstPatience) else { return }
            Secret.wipe(&message)
            refuse(connection, "the configuration is in error; the system's log tells")
        }
    }

    /// Says that nothing can be done, and why.
    private static func refuse(
        _ connection: borrowing HelperConnection, _ why: StaticString
    ) {
        send(HelperReply.deniedMessage(.unavailable, [UInt8](why)), on: connection)
    }

    /// Answers requests until the client ends, is silent for too long or says what is none.
    private static func converse(
        on connection: borrowing HelperConnection, with user: User, _ options: Options
    ) {
        let log = HelperLog(user: user)
        var session = HelperSession(
            of: user, clock: SystemClock(), random: SystemRandom(), options: options,
            openStore: { () throws(StoreError) -> Store in try Store(path: options.store) },
            makeRecord: { (record, user) throws(StoreError) in
                try Store.openOrMake(path: options.store).make(record, of: user)
            }, journal: { log.write($0) })
        var patience = firstPatience
        for _ in 0..<maximumRequests {
            guard var message = receive(on: connection, within: patience) else { return }
            defer { Secret.wipe(&message) }
            guard let reply = session.reply(to: message.span) else {
                log.writeBadRequest()
                send(HelperReply.deniedMessage(.badRequest), on: connection)
                return
            }
            guard send(reply, on: connection) else { return }
            patience = Helper.patience
        }
    }

    /// The next request; `nil` where there is none in time. One that is too long is given as an
    /// empty one, which is none either.
    private static func receive(
        on connection: borrowing HelperConnection, within patience: Int64
    ) -> [UInt8]? {
        do throws(Errno) {
            return try connection.receive(within: patience)
        } catch {
            return error.number == EMSGSIZE ? [] : nil
        }
    }

    /// Sends a reply and wipes it; whether it went out.
    @discardableResult
    private static func send(
        _ reply: consuming [UInt8], on connection: borrowing HelperConnection
    ) -> Bool {
        defer { Secret.wipe(&reply) }
        do throws(Errno) {
            try connection.send(reply.span, within: replyPatience)
            return true
        } catch {
            return false
        }
    }
}
