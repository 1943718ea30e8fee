// swift-tools-version: 6.2
import Foundation
import PackageDescription

// MARK: What is looked up on the machine

#if arch(arm64)
    let native = "aarch64"
#else
    let native = "x86_64"
#endif

/// The target: this machine, or another one in a cross build (`make build ARCH=arm64`).
let architecture = Context.environment["SWIFTOTP_MACHINE"] ?? native

/// Swift's libraries: in a cross build the other machine's, otherwise the toolchain's, found from the
/// `swiftc` on PATH.
let toolchain: String = {
    if let runtime = Context.environment["SWIFTOTP_RUNTIME"] { return runtime }
    let path = Context.environment["PATH"] ?? ""
    let files = FileManager.default
    for folder in path.split(separator: ":") {
        let compiler = URL(fileURLWithPath: "\(folder)/swiftc").resolvingSymlinksInPath()
        guard files.isExecutableFile(atPath: compiler.path) else { continue }
        let lib = compiler.deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("lib/swift").path
        if files.fileExists(atPath: lib + "/embedded") { return lib }
    }
    return "/usr/lib/swift"
}()

/// The target of Embedded Swift's libraries.
let embeddedTriple = "\(architecture)-unknown-linux-gnu"
let embeddedLibraries = "\(toolchain)/embedded/\(embeddedTriple)"

/// Debian's compiler builds for x86_64-pc-linux-gnu by default.
let embeddedTarget: [String] = {
    let debians = "\(toolchain)/linux/Swift.swiftmodule/\(architecture)-pc-linux-gnu.swiftmodule"
    return FileManager.default.fileExists(atPath: debians) ? ["-target", embeddedTriple] : []
}()

/// A fixed version, so that the same source gives the same programs. Debian's source package includes
/// it, because it is built without a network.
let argumentParser: Package.Dependency = {
    let own = Context.packageDirectory + "/swift-argument-parser"
    if FileManager.default.fileExists(atPath: own + "/Package.swift") { return .package(path: own) }
    return .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2")
}()

// MARK: Settings

let everywhere: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// Optimized in debug builds too: one test reads a million files.
let quick: [SwiftSetting] = [.unsafeFlags(["-O"])]

let tests: [SwiftSetting] = [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]

/// Embedded Swift, for the module in sshd and sudo: no runtime, no allocator, no state.
let embedded: [SwiftSetting] =
    everywhere + [
        .enableExperimentalFeature("Embedded"),
        .unsafeFlags(embeddedTarget),
        .unsafeFlags([
            // Required by Embedded Swift.
            "-wmo", "-Osize",
            // So that --gc-sections can remove unused functions.
            "-Xfrontend", "-function-sections",
            // Detects a stack that grows past its guard page, in C's inline functions as well.
            "-Xcc", "-fstack-clash-protection",
        ]),
    ]

let moduleLinkage: [LinkerSetting] = [
    .unsafeFlags(embeddedTarget),
    .unsafeFlags([
        "-enable-experimental-feature", "Embedded",
        // The toolchain's own linker: the same result with any binutils.
        "-use-ld=lld",
        // Removes unused functions.
        "-Xlinker", "--gc-sections",
        // Only libpam and libc: the driver adds libraries that Embedded Swift does not use.
        "-Xlinker", "--as-needed",
        // Hardening: bound at load, and read-only after that.
        "-Xlinker", "-z", "-Xlinker", "now",
        "-Xlinker", "-z", "-Xlinker", "relro",
        "-Xlinker", "-z", "-Xlinker", "noexecstack",
        // Exports only the functions that libpam calls.
        "-Xlinker", "--version-script=\(Context.packageDirectory)/Sources/pam_swiftotp/exports.map",
        "-lpam",
    ]),
]

/// Bound at start: at the first call of a function the loader would save all registers on the stack,
/// once behind what is wiped there at the end.
let boundAtStart: [LinkerSetting] = [.unsafeFlags(["-Xlinker", "-z", "-Xlinker", "now"])]

/// Programs that see keys and codes wipe whatever they free or leave when it grows, and so do the
/// libraries in them (`WipingMalloc.swift`).
let wipesMemory: [LinkerSetting] =
    boundAtStart + [
        .unsafeFlags([
            "-Xlinker", "--defsym=free=swiftotp_wipe_and_free",
            "-Xlinker", "--defsym=realloc=swiftotp_move_and_wipe",
        ])
    ]

let package = Package(
    name: "swiftotp",
    products: [
        .library(name: "pam_swiftotp", type: .dynamic, targets: ["pam_swiftotp"]),
        // What the fleet's server and agent are built from (Fleet/Package.swift).
        .library(name: "OTPCore", targets: ["OTPCore"]),
        .library(name: "OTPService", targets: ["OTPService"]),
        .library(name: "OTPStore", targets: ["OTPStore"]),
        .library(name: "OTPWire", targets: ["OTPWire"]),
        .library(name: "OTPSystem", targets: ["OTPSystem"]),
        // For the fleet's tests.
        .library(name: "TestSupport", targets: ["TestSupport"]),
    ],
    dependencies: [argumentParser],
    targets: [
        .systemLibrary(name: "CPAM", providers: [.apt(["libpam0g-dev"])]),
        .systemLibrary(name: "CNettle", providers: [.apt(["nettle-dev"])]),
        .systemLibrary(name: "CExpat", providers: [.apt(["libexpat1-dev"])]),
        .systemLibrary(name: "CLinux"),

        .target(
            name: "OTPCore", dependencies: ["CNettle", "CLinux"],
            // In Swift 6.2 the only way to write through a span.
            swiftSettings: everywhere + [.enableExperimentalFeature("Lifetimes")],
            linkerSettings: [.linkedLibrary("nettle")]),
        .target(
            name: "OTPStore", dependencies: ["OTPCore", "CLinux"], swiftSettings: everywhere),

        // Frames and documents that the service and otp-enroll share.
        .target(
            name: "OTPWire", dependencies: ["OTPCore", "CLinux"], swiftSettings: everywhere),

        // The requests of otp-enroll, on any store.
        .target(
            name: "OTPService", dependencies: ["OTPCore", "OTPWire"], swiftSettings: everywhere),

        // What programs need of the system: other programs, threads, the log, systemd's socket.
        .target(
            name: "OTPSystem", dependencies: ["OTPWire", "CLinux"], swiftSettings: everywhere),

        // The module that libpam loads.
        .target(
            name: "pam_swiftotp", dependencies: ["CPAM", "CLinux"], exclude: ["exports.map"],
            swiftSettings: embedded, linkerSettings: moduleLinkage),

        // The service: who is asking, what they may do, whether a code is right and unused.
        .executableTarget(
            name: "swiftotpd",
            dependencies: [
                "OTPCore", "OTPStore", "OTPWire", "OTPService", "OTPSystem", "CLinux",
            ],
            swiftSettings: everywhere, linkerSettings: wipesMemory),

        // Sends the service's mails and text messages, by programs that root chooses.
        .executableTarget(
            name: "swiftotp-messenger",
            dependencies: ["OTPCore", "OTPStore", "OTPWire", "OTPSystem"],
            swiftSettings: everywhere, linkerSettings: wipesMemory),

        // Other programs' files and exports, read as untrusted input.
        .target(
            name: "OTPImport", dependencies: ["OTPCore", "CExpat", "CNettle"],
            swiftSettings: everywhere),
        // libpam's own rules: how it reads the files of a service.
        .target(name: "OTPPAM", swiftSettings: everywhere + quick),
        .executableTarget(
            name: "otp-enroll",
            dependencies: [
                "OTPCore", "OTPStore", "OTPWire", "OTPSystem", "OTPImport", "OTPPAM", "CLinux",
                "CPAM",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: everywhere, linkerSettings: wipesMemory),

        // A small PAM application: logs in through the real libpam and prints what happened.
        .executableTarget(
            name: "pam-dialogue", dependencies: ["CPAM", "CLinux"], path: "Tests/PAMDialogue",
            swiftSettings: everywhere + [
                .enableExperimentalFeature("Embedded"), .unsafeFlags(["-wmo", "-Osize"]),
                .unsafeFlags(embeddedTarget),
            ],
            linkerSettings: [
                .unsafeFlags(embeddedTarget),
                .unsafeFlags([
                    "-enable-experimental-feature", "Embedded", "-Xlinker", "--gc-sections",
                    "-Xlinker", "--as-needed", "-L\(embeddedLibraries)",
                    "-lswiftUnicodeDataTables", "-lpam",
                ]),
            ]),
        .target(name: "TestSupport", path: "Tests/Support", swiftSettings: tests),
        // Plays the user in `TRY_SCRIPTED=1 make try`.
        .executableTarget(
            name: "try-player", dependencies: ["TestSupport"], path: "Tests/Player",
            swiftSettings: tests),
        .testTarget(
            name: "OTPCoreTests", dependencies: ["OTPCore", "OTPWire", "TestSupport"],
            resources: [.copy("Vectors")], swiftSettings: tests),
        .testTarget(
            name: "OTPStoreTests", dependencies: ["OTPStore", "OTPCore", "TestSupport"],
            swiftSettings: tests),
        .testTarget(
            name: "OTPWireTests", dependencies: ["OTPWire", "OTPCore", "TestSupport"],
            // They look for secrets in their own memory.
            swiftSettings: tests, linkerSettings: boundAtStart),
        .testTarget(
            name: "OTPServiceTests",
            dependencies: ["OTPService", "OTPWire", "OTPCore", "TestSupport"],
            swiftSettings: tests),
        .testTarget(
            name: "OTPImportTests", dependencies: ["OTPImport", "OTPCore", "TestSupport"],
            resources: [.copy("Files")], swiftSettings: tests),
        // The same files and answers, given to libpam and to OTPPAM.
        .testTarget(
            name: "OTPPAMTests", dependencies: ["OTPPAM", "TestSupport"],
            exclude: ["Judge"], swiftSettings: tests + quick),
        .testTarget(
            name: "ModuleTests", dependencies: ["TestSupport", "OTPStore", "OTPCore"],
            swiftSettings: tests),
        // Other modules' own test cases, run with them and with ours.
        .testTarget(
            name: "ComplianceTests", dependencies: ["TestSupport", "OTPStore", "OTPCore"],
            path: "Tests/Compliance", swiftSettings: tests),
        .testTarget(
            name: "EnrollTests", dependencies: ["TestSupport", "OTPWire", "OTPStore", "OTPCore"],
            swiftSettings: tests),
        .testTarget(
            name: "ServiceTests", dependencies: ["TestSupport", "OTPWire", "OTPStore", "OTPCore"],
            swiftSettings: tests),
        .testTarget(
            name: "PackageTests", dependencies: ["TestSupport", "OTPCore"], path: "Tests/Packages",
            swiftSettings: tests),
        .testTarget(
            name: "LoginTests", dependencies: ["TestSupport"], path: "Tests/Integration",
            resources: [.copy("Screens")], swiftSettings: tests),
    ]
)
