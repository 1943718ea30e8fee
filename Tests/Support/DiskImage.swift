import Foundation

/// A file with a file system in it, mounted by a loop device.
public enum DiskImage {
    /// Makes the file, has `format` make a file system in it, and mounts that. Tests/ground has no
    /// loop devices of its own.
    public static func mount(
        _ image: String, size: String, format: [String], options: String, at folder: String
    ) async throws {
        try await Command.output(["truncate", "-s", size, image])
        try await Command.output(format + [image])
        makeDevices()
        try await Command.output(["mount", "-o", options, image, folder])
    }

    /// Makes the nodes of loop devices.
    public static func makeDevices() {
        let numbers = ["loop-control": (10, 237)].merging(
            (0..<64).map { ("loop\($0)", (7, $0)) }
        ) { $1 }
        for (name, (major, minor)) in numbers where access("/dev/\(name)", F_OK) != 0 {
            // makedev(3); another test may do this first.
            _ = mknod(
                "/dev/\(name)", (major == 10 ? S_IFCHR : S_IFBLK) | 0o600, dev_t(major << 8 | minor)
            )
        }
    }
}

extension Scratch {
    /// A folder on a disk: those of other tests are in memory, where no store should be.
    public static func onDisk() async throws -> Scratch { try await Scratch(in: disk.value) }

    private static let disk = Task {
        try Build.requireGround()
        // Both disappear with the ground.
        let (image, folder) = ("/run/disk.image", "/run/disk")
        mkdir(folder, 0o755)
        // Its blocks are allocated when they are written to.
        try await DiskImage.mount(
            image, size: "1G", format: ["mkfs.ext4", "-q", "-O", "^has_journal"],
            options: "loop", at: folder)
        return folder
    }
}
