import OTPCore
import OTPStore
import OTPSystem

/// The clock, which codes depend on: whether something keeps it right, and how far it is off.
/// Nothing here asks the network.
enum ClockCheck {
    static let name = "clock"

    /// How far it may be off, in milliseconds: half a step.
    private static let tolerance = 15_000

    static func look(lastLogin: UInt64) -> Look {
        let now: UInt64
        do throws(StoreError) {
            now = try SystemClock().now()
        } catch {
            return Look(name, "the clock", [Finding(error)])
        }
        let time = CivilTime(now).timestamp
        guard now >= MachineTime.earliest else {
            return Look(
                name, time,
                [
                    Finding(
                        .problem,
                        "the clock says \(time), before this program was built: swiftotp"
                            + " accepts no code", change: "timedatectl set-ntp true")
                ])
        }
        // A login that happens right now may be a second ahead.
        if lastLogin > now + 60 {
            return Look(
                name, time,
                [
                    Finding(
                        .problem,
                        "the clock was set back: a code was accepted at"
                            + " \(CivilTime(lastLogin).timestamp)",
                        change: "timedatectl set-ntp true")
                ])
        }
        return synchronization(time)
    }

    private static func synchronization(_ time: String) -> Look {
        if let chrony = Chrony() {
            guard chrony.isSynchronized else {
                return Look(
                    name, "\(time), chrony is not synchronized", [unkept("chronyc sources")])
            }
            let about = "\(time), kept by chrony, \(chrony.text)"
            guard chrony.milliseconds > tolerance else { return Look(name, about) }
            return Look(
                name, about,
                [Finding(.problem, "the clock is off: \(chrony.text)", change: "chronyc makestep")])
        }
        let kernel = KernelClock()
        if let kernel, kernel.isSynchronized {
            return Look(
                name, "\(time), synchronized, off by \(kernel.maximumError) ms at most")
        }
        if SystemFiles.exists("/run/systemd/timesync/synchronized") {
            return Look(
                name,
                "\(time), kept by systemd-timesyncd; how far off is unknown without asking")
        }
        guard kernel != nil else {
            return .skipped(name, "\(time); the kernel does not say whether it is synchronized")
        }
        return Look(
            name, "\(time); how far off is unknown without the network",
            [unkept("timedatectl set-ntp true")])
    }

    private static func unkept(_ command: String) -> Finding {
        Finding(
            .warning, "nothing keeps the clock right, and codes depend on the clock",
            change: command)
    }
}

/// What chrony says about the clock, if it runs.
private struct Chrony {
    /// Whether it has synchronized the clock.
    let isSynchronized: Bool
    /// How far off the clock is.
    let milliseconds: Int
    /// The same in chrony's words: `0.000012 seconds slow of NTP time`.
    let text: String

    init?() {
        guard SystemFiles.exists("/run/chrony"),
            let result = Tool.ask(["/usr/bin/chronyc", "-n", "tracking"]), result.status == 0
        else { return nil }
        var values: [String: String] = [:]
        for line in result.output.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, let key = parts.first, let value = parts.last else { continue }
            let end = key.lastIndex { $0 != " " } ?? key.startIndex
            values[String(key[...end])] = String(value.drop { $0 == " " })
        }
        guard let leap = values["Leap status"], let time = values["System time"],
            let off = time.split(separator: " ").first.flatMap({ Double(String($0)) }),
            off.isFinite, abs(off) < 1_000_000_000
        else { return nil }
        isSynchronized = leap != "Not synchronised"
        milliseconds = Int(abs(off) * 1000)
        text = time
    }
}
