// swift-tools-version: 6.2
import PackageDescription

// The fleet: one second factor for many hosts. A package of its own, so that nothing of it, and none
// of its libraries, is in a single host's programs.

let everywhere: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let tests: [SwiftSetting] = [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]

/// One of swiftotp's own libraries.
func own(_ name: String) -> Target.Dependency { .product(name: name, package: "swiftotp") }

let package = Package(
    name: "swiftotp-fleet",
    dependencies: [
        .package(name: "swiftotp", path: ".."),
        // Fixed versions, so that the same source gives the same programs.
        .package(
            url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1",
            traits: []),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/apple/swift-certificates", exact: "1.21.1"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
    ],
    targets: [
        .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),

        // The records of the fleet, in PostgreSQL.
        .target(
            name: "FleetStore",
            dependencies: ["CPostgres", own("OTPCore"), own("OTPSystem")],
            swiftSettings: everywhere),

        // Certificates, and HTTPS with a certificate at both ends.
        .target(
            name: "FleetNetwork",
            dependencies: [
                own("OTPCore"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "X509", package: "swift-certificates"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
            ],
            swiftSettings: everywhere),

        // What a host decides while no server is reached.
        .target(
            name: "FleetOffline", dependencies: ["FleetNetwork", own("OTPCore"), own("OTPWire")],
            swiftSettings: everywhere),

        .executableTarget(
            name: "swiftotp-server",
            dependencies: [
                "FleetStore", "FleetNetwork", own("OTPCore"), own("OTPWire"), own("OTPSystem"),
                own("OTPStore"), own("OTPService"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: everywhere),
        .executableTarget(
            name: "swiftotp-agent",
            dependencies: [
                "FleetNetwork", "FleetOffline", own("OTPCore"), own("OTPWire"), own("OTPSystem"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: everywhere),

        // Measures them: Tests/Bench/run-fleet.
        .executableTarget(
            name: "fleet-bench",
            dependencies: [
                "FleetStore", "FleetNetwork", own("OTPCore"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            path: "Tests/FleetBench", swiftSettings: tests),

        // Real files, the built agent and server, and a real PostgreSQL.
        .testTarget(
            name: "FleetOfflineTests",
            dependencies: [
                "FleetOffline", "FleetNetwork", "FleetStore", "swiftotp-agent", "swiftotp-server",
                own("OTPCore"), own("OTPWire"), own("TestSupport"),
            ],
            swiftSettings: tests),
        .testTarget(
            name: "FleetStoreTests", dependencies: ["FleetStore", own("OTPCore")],
            swiftSettings: tests),
        // Real TLS on loopback, and the built agent.
        .testTarget(
            name: "FleetNetworkTests",
            dependencies: [
                "FleetNetwork", "swiftotp-agent", own("OTPCore"), own("OTPWire"),
                own("OTPSystem"),
            ],
            swiftSettings: tests),
        // The built programs of both packages, on machines made of namespaces.
        .testTarget(
            name: "FleetTests",
            dependencies: [
                "FleetNetwork", own("TestSupport"), own("OTPCore"), own("OTPWire"),
            ], swiftSettings: tests),
        // The manuals, and the guide for admins.
        .testTarget(
            name: "FleetPageTests",
            dependencies: [
                "swiftotp-server", "FleetNetwork", "FleetStore",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: tests),
    ]
)
