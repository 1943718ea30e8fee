import Foundation
import TestSupport

/// A small file system for a store.
enum SmallDisk {
    /// In memory, with room for some records.
    case memory
    /// The same, with room for three names more.
    case fewNames
    /// ext4 in a file, with a journal and reserved blocks.
    case ext4
    /// btrfs in a file, which copies on write.
    case btrfs

    /// Mount options of such a file: the journal is written only on demand, not also after some
    /// seconds.
    fileprivate static let options = "loop,commit=300"
}

extension Enrolled {
    /// Puts the store on a full file system.
    func fillDisk() async throws {
        try await useSmallDisk()
        try await fillSmallDisk()
    }

    /// Puts the store on a small file system of its own.
    func useSmallDisk(_ kind: SmallDisk = .memory) async throws {
        let small = try scratch.folder("small")
        switch kind {
        case .memory:
            try await Command.output(
                ["mount", "-t", "tmpfs", "-o", "size=96k,mode=700", "small", small])
        case .fewNames:
            // The store has two files, and is a name itself.
            try await Command.output(
                ["mount", "-t", "tmpfs", "-o", "nr_inodes=6,mode=700", "small", small])
        case .ext4:
            try await mountImage("4M", ["mkfs.ext4", "-q", "-b", "1024"], at: small)
        case .btrfs:
            try await mountImage("128M", ["mkfs.btrfs", "-q", "-m", "single"], at: small)
        }
        try await Command.output(["cp", "-a", store + "/.", small])
        try await Command.output(["sync", "-f", small])
        try await Command.output(["mount", "--bind", small, store])
    }

    private func mountImage(_ size: String, _ format: [String], at folder: String) async throws {
        try await DiskImage.mount(
            scratch.file("image"), size: size, format: format, options: SmallDisk.options,
            at: folder)
        chmod(folder, 0o700)
    }

    /// Removes it with everything on it. One in memory goes with Tests/ground, but loop devices
    /// belong to the machine.
    func removeSmallDisk() {
        for folder in [store, scratch.file("small")] { umount2(folder, Int32(MNT_DETACH)) }
    }

    /// Fills it, leaving `room` bytes.
    func fillSmallDisk(but room: off_t = 0) async throws {
        let filler = try await Command.run(["dd", "if=/dev/zero", "of=\(store)/filler", "bs=1k"])
        guard filler.errors.contains("No space left") else { throw Trouble("it is not full") }
        guard room > 0 else { return }
        var status = stat()
        stat("\(store)/filler", &status)
        truncate("\(store)/filler", status.st_size - room)
    }

    /// Leaves no room for a name on it.
    func useUpNames() throws {
        for number in 0..<20 {
            let file = open("\(store)/filler-\(number)", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
            if file < 0 && errno == ENOSPC { return }
            close(file)
        }
        throw Trouble("there is no end of names")
    }

    /// Frees space on it again.
    func makeRoom() throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: store)
        where name.hasPrefix("filler") { unlink("\(store)/\(name)") }
    }

    /// Makes it read-only for everybody, even with open files; or writable again.
    func lockSmallDisk(_ isLocked: Bool = true) async throws {
        let option = isLocked ? "remount,ro" : "remount,rw"
        try await Command.output(["mount", "-o", option, scratch.file("small")])
    }

    /// Makes the store's file system read-only.
    func makeReadOnly() async throws {
        try await Command.output(["mount", "--bind", store, store])
        try await Command.output(["mount", "-o", "remount,bind,ro", store])
    }
}

extension Phone {
    /// The codes of `count` steps from now on, one after the other, however long that takes.
    func codes(_ count: Int) async throws -> [String] {
        let now = Int(Date().timeIntervalSince1970)
        var codes: [String] = []
        for step in 0..<count { codes.append(try await code(at: now + step * period)) }
        return codes
    }
}
