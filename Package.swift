// swift-tools-version: 6.3
import Foundation
import PackageDescription

// MARK: What the manifest has to find on the machine

#if arch(arm64)
    let architecture = "aarch64"
#else
    let architecture = "x86_64"
#endif

/// The folder of the toolchain's Embedded Swift libraries, found from the `swiftc` on PATH.
let embeddedLibraries: String = {
    let path = Context.environment["PATH"] ?? ""
    let files = FileManager.default
    for folder in path.split(separator: ":") {
        let compiler = URL(fileURLWithPath: "\(folder)/swiftc").resolvingSymlinksInPath()
        guard files.isExecutableFile(atPath: compiler.path) else { continue }
        let lib = compiler.deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("lib/swift/embedded/\(architecture)-unknown-linux-gnu").path
        if files.fileExists(atPath: lib) { return lib }
    }
    return "/usr/lib/swift/embedded/\(architecture)-unknown-linux-gnu"
}()

/// nettle's archive, which makes the module cheap to load; the shared library where a system
/// ships no archive.
let nettle: String = {
    let archive = "/usr/lib/\(architecture)-linux-gnu/libnettle.a"
    return FileManager.default.fileExists(atPath: archive) ? archive : "-lnettle"
}()

// MARK: Settings

let everywhere: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let tests: [SwiftSetting] = [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]

/// The same sources once more, as Embedded Swift: `import OTPCore` finds the embedded twin.
let embedded: [SwiftSetting] =
    everywhere + [
        .enableExperimentalFeature("Embedded"),
        .unsafeFlags([
            "-wmo", "-Xfrontend", "-function-sections",
            // Under Embedded Swift the check does nothing, and is called all the same; the other
            // compilation of these sources makes it.
            "-enforce-exclusivity=unchecked",
            "-module-alias", "OTPCore=OTPCoreEmbedded",
            "-module-alias", "OTPStore=OTPStoreEmbedded",
        ]),
    ]

let moduleLinkage: [LinkerSetting] = [
    .unsafeFlags([
        "-enable-experimental-feature", "Embedded",
        // Without the compiler's start files: they only import what the module never uses.
        "-Xclang-linker", "--ld-path=\(Context.packageDirectory)/Sources/pam_swiftotp/link",
        "-Xclang-linker", "-nostartfiles",
        "-Xlinker", "--gc-sections",
        "-Xlinker", "--as-needed",
        "-Xlinker", "--wrap=getenv", "-Xlinker", "--wrap=secure_getenv",
        "-Xlinker", "--wrap=posix_memalign", "-Xlinker", "--wrap=free",
        "-Xlinker", "--wrap=bcmp", "-Xlinker", "--wrap=memcmp",
        "-Xlinker", "--wrap=strlen", "-Xlinker", "--wrap=syscall",
        "-Xlinker", "--wrap=__errno_location", "-Xlinker", "--wrap=getgrnam_r",
        "-Xlinker", "--wrap=getgrouplist", "-Xlinker", "--wrap=_nettle_cpuid",
        "-Xlinker", "--wrap=memcpy",
        "-Xlinker", "--wrap=__assert_fail", "-Xlinker", "--wrap=__stack_chk_fail",
        "-Xlinker", "--defsym=stderr=__wrap_getenv", "-Xlinker", "--defsym=fwrite=__wrap_getenv",
        "-Xlinker", "--defsym=__fprintf_chk=__wrap_getenv",
        "-Xlinker", "--defsym=strchr=__wrap_getenv",
        // What a login touches lies together, and on pages of its own: fewer of them are mapped then.
        "-Xlinker", "--symbol-ordering-file=\(Context.packageDirectory)/Sources/pam_swiftotp/order",
        "-Xlinker", "--no-warn-symbol-ordering",
        "-Xlinker", "-z", "-Xlinker", "separate-loadable-segments",
        "-Xlinker", "-z", "-Xlinker", "now",
        "-Xlinker", "-z", "-Xlinker", "relro",
        "-Xlinker", "-z", "-Xlinker", "noexecstack",
        "-Xlinker", "--version-script=\(Context.packageDirectory)/Sources/pam_swiftotp/exports.map",
        "-L\(embeddedLibraries)", "-lswiftUnicodeDataTables",
        "-lpam", nettle,
    ])
]

let helperLinkage: [LinkerSetting] = [
    .unsafeFlags([
        "-enable-experimental-feature", "Embedded",
        "-Xclang-linker", "--ld-path=\(Context.packageDirectory)/Sources/pam_swiftotp/link",
        "-Xlinker", "--gc-sections",
        "-Xlinker", "--as-needed",
        "-Xlinker", "--wrap=getenv", "-Xlinker", "--wrap=secure_getenv",
        // See WipeAndFree.swift.
        "-Xlinker", "--defsym=free=swiftotp_wipe_and_free",
        "-Xlinker", "-z", "-Xlinker", "now",
        "-Xlinker", "-z", "-Xlinker", "relro",
        "-Xlinker", "-z", "-Xlinker", "noexecstack",
        "-L\(embeddedLibraries)", "-lswiftUnicodeDataTables", nettle,
    ])
]

let package = Package(
    name: "swiftotp",
    products: [
        .library(name: "pam_swiftotp", type: .dynamic, targets: ["pam_swiftotp"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
    ],
    targets: [
        .systemLibrary(name: "CPAM", providers: [.apt(["libpam0g-dev"])]),
        .systemLibrary(name: "CNettle", providers: [.apt(["nettle-dev"])]),
        .systemLibrary(name: "CQREncode", providers: [.apt(["libqrencode-dev"])]),
        .systemLibrary(name: "CExpat", providers: [.apt(["libexpat1-dev"])]),
        .systemLibrary(name: "CLinux"),

        .target(
            name: "OTPCore", dependencies: ["CNettle", "CLinux"], swiftSettings: everywhere,
            linkerSettings: [.linkedLibrary("nettle")]),
        .target(
            name: "OTPStore", dependencies: ["OTPCore", "CLinux"], swiftSettings: everywhere),

        .target(
            name: "OTPCoreEmbedded", dependencies: ["CNettle", "CLinux"],
            path: "Sources/Embedded/OTPCore", swiftSettings: embedded),
        .target(
            name: "OTPStoreEmbedded", dependencies: ["OTPCoreEmbedded", "CLinux"],
            path: "Sources/Embedded/OTPStore", swiftSettings: embedded),
        .target(
            name: "pam_swiftotp",
            dependencies: ["OTPStoreEmbedded", "OTPCoreEmbedded", "CPAM", "CLinux"],
            exclude: ["exports.map", "link", "order"], swiftSettings: embedded,
            linkerSettings: moduleLinkage),

        // The one privileged door for people who are not root: a process for each connection.
        .executableTarget(
            name: "swiftotp-helper",
            dependencies: ["OTPStoreEmbedded", "OTPCoreEmbedded", "CLinux"],
            swiftSettings: embedded, linkerSettings: helperLinkage),

        // What other programs keep or hand out, read as what a stranger may have written.
        .target(
            name: "OTPImport", dependencies: ["OTPCore", "CExpat", "CNettle"],
            swiftSettings: everywhere),
        .executableTarget(
            name: "otp-enroll",
            dependencies: [
                "OTPCore", "OTPStore", "OTPImport", "CQREncode", "CLinux", "CPAM",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: everywhere,
            // See WipeAndFree.swift and MoveAndWipe.swift.
            linkerSettings: [
                .unsafeFlags([
                    "-Xlinker", "--defsym=free=swiftotp_wipe_and_free",
                    "-Xlinker", "--defsym=realloc=swiftotp_move_and_wipe",
                ])
            ]),

        // A small PAM application: logs in through the real libpam and prints what happened.
        .executableTarget(
            name: "pam-dialogue", dependencies: ["CPAM", "CLinux"], path: "Tests/PAMDialogue",
            swiftSettings: everywhere + [
                .enableExperimentalFeature("Embedded"), .unsafeFlags(["-wmo", "-Osize"]),
            ],
            linkerSettings: [
                .unsafeFlags([
                    "-enable-experimental-feature", "Embedded", "-Xlinker", "--gc-sections",
                    "-Xlinker", "--as-needed", "-L\(embeddedLibraries)",
                    "-lswiftUnicodeDataTables", "-lpam",
                ])
            ]),
        .target(name: "TestSupport", path: "Tests/Support", swiftSettings: tests),
        // Plays the person at `TRY_SCRIPTED=1 make try`.
        .executableTarget(
            name: "try-player", dependencies: ["TestSupport"], path: "Tests/Player",
            swiftSettings: tests),
        .testTarget(
            name: "OTPCoreTests", dependencies: ["OTPCore", "TestSupport"],
            resources: [.copy("Vectors")], swiftSettings: tests),
        .testTarget(
            name: "OTPStoreTests", dependencies: ["OTPStore", "OTPCore", "TestSupport"],
            swiftSettings: tests),
        .testTarget(
            name: "OTPImportTests", dependencies: ["OTPImport", "OTPCore", "TestSupport"],
            resources: [.copy("Files")], swiftSettings: tests),
        .testTarget(
            name: "ModuleTests", dependencies: ["TestSupport", "OTPStore", "OTPCore"],
            swiftSettings: tests),
        // The peers' own cases against the peers and us.
        .testTarget(
            name: "ComplianceTests", dependencies: ["TestSupport", "OTPStore", "OTPCore"],
            path: "Tests/Compliance", swiftSettings: tests),
        .testTarget(
            name: "EnrollTests", dependencies: ["TestSupport", "OTPStore", "OTPCore"],
            swiftSettings: tests),
        .testTarget(
            name: "HelperTests", dependencies: ["TestSupport", "OTPStore", "OTPCore"],
            swiftSettings: tests),
        .testTarget(
            name: "PackageTests", dependencies: ["TestSupport", "OTPCore"], path: "Tests/Packages",
            swiftSettings: tests),
        .testTarget(
            name: "LoginTests", dependencies: ["TestSupport"], path: "Tests/Integration",
            resources: [.copy("Screens")], swiftSettings: tests),
    ]
)
