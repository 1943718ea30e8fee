import OTPCore
import OTPStore

/// A store as `swiftotpd --init` and `otp-enroll init` leave it: with a name file for each record.
struct MadeStore {
    let store: Store
    let made: Store.Made

    /// Makes what is missing of the store at `path`, or of the default one.
    init(
        path: [UInt8]?, startsEmpty: Bool = false, by operatorName: [UInt8]
    ) throws(StoreError) {
        (store, made) = try Store.make(path: path, startsEmpty: startsEmpty)
        try store.noteNames()
        ServiceLog.write(made, store, by: operatorName)
    }
}
