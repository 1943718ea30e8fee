import FleetNetwork
import OTPSystem

/// The newest receipt of the fleet, kept for the next start.
struct ReceiptFile: Sendable {
    private let path: String

    init(in folder: String) { path = "\(folder)/receipt" }

    /// The receipt that was kept; `nil` if there is none.
    func read() -> String? {
        guard PrivateFile.exists(path) else { return nil }
        do throws(FleetProblem) {
            return String(try PrivateFile.read(path).prefix { !$0.isNewline })
        } catch {
            SystemLog.write(trouble: error.text)
            return nil
        }
    }

    /// Keeps a newer one. After a power cut an older one may be there: the servers know better ones.
    func write(_ receipt: String) {
        do throws(FleetProblem) {
            try PrivateFile.write(receipt + "\n", at: path, isLasting: false)
        } catch {
            SystemLog.write(trouble: error.text)
        }
    }
}
