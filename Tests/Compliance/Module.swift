import Foundation
import TestSupport

/// The modules that are compared.
enum Module: String, CaseIterable, Sendable {
    case google = "pam_google_authenticator"
    case oath = "pam_oath"
    case ours = "pam_swiftotp"

    /// Its name in a PAM line.
    func path() throws -> String { self == .ours ? try Build.module() : rawValue + ".so" }
}

/// One value for each module.
struct Each<Value: Sendable>: Sendable {
    var google: Value
    var oath: Value
    var ours: Value

    init(google: Value, oath: Value, ours: Value) {
        self.google = google
        self.oath = oath
        self.ours = ours
    }

    /// The same for all.
    init(all value: Value) { self.init(google: value, oath: value, ours: value) }

    subscript(module: Module) -> Value {
        get {
            switch module {
            case .google: google
            case .oath: oath
            case .ours: ours
            }
        }
        set {
            switch module {
            case .google: google = newValue
            case .oath: oath = newValue
            case .ours: ours = newValue
            }
        }
    }
}

extension Each: Equatable where Value: Equatable {
    /// Whether the modules agree.
    var isOne: Bool { google == oath && oath == ours }
}
