import CPostgres
import OTPCore

/// Where one server of PostgreSQL is, and as whom to go there. It has unsafe code.
public struct PostgresAddress: Sendable, Equatable {
    /// libpq's options by keyword.
    let options: [String: String]

    /// Where it is, for a message: host and port.
    public var place: String {
        let host = options["host"] ?? options["hostaddr"] ?? "this machine"
        return options["port"].map { "\(host), port \($0)" } ?? host
    }

    /// The servers that a connection string or URI names (libpq's form). Each is tried by itself, so
    /// that one which does not answer takes no time from the next.
    public static func all(in text: String) throws(StoreError) -> [PostgresAddress] {
        let options = try parse(text)
        let lists = ["host", "hostaddr", "port"].map { key in
            (key, options[key]?.split(separator: ",", omittingEmptySubsequences: false) ?? [])
        }
        let count = lists.map(\.1.count).max() ?? 0
        guard count > 1 else { return [PostgresAddress(options: options)] }
        var all: [PostgresAddress] = []
        for index in 0..<count {
            var one = options
            for (key, values) in lists where !values.isEmpty {
                // A single port holds for all hosts.
                let value = values.count == 1 ? values[0] : values[min(index, values.count - 1)]
                one[key] = value.isEmpty ? nil : String(value)
            }
            all.append(PostgresAddress(options: one))
        }
        return all
    }

    private static func parse(_ text: String) throws(StoreError) -> [String: String] {
        var options: [String: String] = [:]
        var message: UnsafeMutablePointer<CChar>?
        // SAFETY: libpq makes a list that ends with a null keyword, and a message; both are copied,
        // and freed once.
        guard let list = unsafe PQconninfoParse(text, &message) else {
            let why = unsafe message.map { unsafe String(cString: $0) } ?? ""
            unsafe PQfreemem(message)
            throw StoreError(
                .configuration, Array("the database's address".utf8),
                PostgresConnection.oneLine(why, "it cannot be read"))
        }
        defer { unsafe PQconninfoFree(list) }
        var option = unsafe list
        while let keyword = unsafe option.pointee.keyword {
            if let value = unsafe option.pointee.val {
                unsafe options[String(cString: keyword)] = String(cString: value)
            }
            unsafe option += 1
        }
        return options
    }

    /// Connects until `deadline`. The answer may come from a standby; the caller looks.
    func connect(
        as application: String, until deadline: ContinuousClock.Instant
    ) throws(StoreError) -> PostgresConnection {
        var options = self.options
        options["application_name"] = application
        options["client_encoding"] = "UTF8"
        // Asked of each server here, after connecting.
        options["target_session_attrs"] = nil
        let text = options.map { "\($0.key)=\(PostgresAddress.quoted($0.value))" }
            .joined(separator: " ")
        // SAFETY: libpq copies the text; the connection takes the handle over.
        guard let handle = unsafe PQconnectStart(text) else {
            throw StoreError(.system, PostgresAnswer.subject, "no memory for a connection")
        }
        let connection = unsafe PostgresConnection(owning: handle)
        // As libpq's documentation says: at first as if it had asked to write.
        var events = PostgresConnection.writable
        repeat {
            guard connection.wait(for: events, until: deadline) else {
                throw StoreError(
                    .system, PostgresAnswer.subject, "no answer came in time from \(place)")
            }
            guard let next = try connection.connectStep() else { return connection }
            events = next
        } while true
    }

    private static func quoted(_ value: String) -> String {
        let escaped = value.flatMap { $0 == "'" || $0 == "\\" ? ["\\", $0] : [$0] }
        return "'\(String(escaped))'"
    }
}
