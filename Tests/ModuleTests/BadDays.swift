import Foundation
import TestSupport
import Testing

/// Disks that are full or cannot be written to, over more than one login.
@Suite("Bad days")
struct BadDays {
    @Test("a full disk: a right code logs in, once, and so does a backup code")
    func fullDisk() async throws {
        let enrolled = try Enrolled()
        let stack = try enrolled.stack()
        try await enrolled.fillDisk()
        for answer in [try await enrolled.phone.code(), enrolled.backupCodes[0]] {
            #expect(try await stack.login(enrolled.user, [answer]).name == "PAM_SUCCESS")
            #expect(try await stack.login(enrolled.user, [answer]).name == "PAM_AUTH_ERR")
        }
    }

    @Test("a full btrfs, which copies on write: what was made there is overwritten in place")
    func fullBtrfs() async throws {
        let enrolled = try Enrolled()
        try await enrolled.useSmallDisk(.btrfs)
        defer { enrolled.removeSmallDisk() }
        let added = try await enrolled.command(["add", "bin", "--no-confirm", "--json"])
        let told = try JSONSerialization.jsonObject(with: Data(added.output.utf8))
        let uri = try #require((told as? [String: Any])?["uri"] as? String, "\(added.errors)")
        try await enrolled.fillSmallDisk()
        let stack = try enrolled.stack()
        let code = try await Phone(scanning: uri).code()
        #expect(try await stack.login("bin", [code]).name == "PAM_SUCCESS")
        #expect(try await stack.login("bin", [code]).name == "PAM_AUTH_ERR")
        // A copy of a record has no such right, by which this test knows that the disk is full.
        let other = try await enrolled.phone.code()
        #expect(try await stack.login(enrolled.user, [other]).name == "PAM_AUTHINFO_UNAVAIL")
    }

    @Test("a read-only store: right and wrong end alike, and nothing is kept")
    func readOnly() async throws {
        let enrolled = try Enrolled()
        let stack = try enrolled.stack()
        let before = try enrolled.bytes
        try await enrolled.makeReadOnly()
        let right = try await enrolled.phone.code()
        let wrong = try await enrolled.wrongCode()
        for answer in [right, wrong, enrolled.backupCodes[0]] {
            let result = try await stack.login(enrolled.user, [answer])
            #expect(result.name == "PAM_AUTHINFO_UNAVAIL")
            #expect(result.prompts == 1)
            #expect(
                result.said == [
                    "The code cannot be checked right now. Please tell your administrator."
                ])
        }
        #expect(try enrolled.bytes == before)
    }
}

/// A small file system for a store.
enum SmallDisk {
    /// In memory, with room for some records.
    case memory
    /// The same, with room for three names more.
    case fewNames
    /// ext4, which has a journal and reserves blocks, in a file.
    case ext4
    /// btrfs, which copies on write, likewise.
    case btrfs

    /// How such a file is mounted: the journal is written when it has to, not after some seconds as
    /// well.
    fileprivate static let options = "loop,commit=300"
}

extension Enrolled {
    /// Puts the store on a file system that has no room left.
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

    /// Mounts a file that `format` makes a file system of, which takes a loop device: Tests/ground has
    /// none of its own.
    private func mountImage(_ size: String, _ format: [String], at folder: String) async throws {
        let image = scratch.file("image")
        try await Command.output(["truncate", "-s", size, image])
        try await Command.output(format + [image])
        let numbers = ["loop-control": (10, 237)].merging(
            (0..<64).map { ("loop\($0)", (7, $0)) }
        ) { $1 }
        for (name, (major, minor)) in numbers where access("/dev/\(name)", F_OK) != 0 {
            // makedev(3); another test may be faster.
            _ = mknod(
                "/dev/\(name)", (major == 10 ? S_IFCHR : S_IFBLK) | 0o600, dev_t(major << 8 | minor)
            )
        }
        try await Command.output(["mount", "-o", SmallDisk.options, image, folder])
        chmod(folder, 0o700)
    }

    /// Takes it away with all that is on it. One in memory goes with Tests/ground, but loop devices
    /// are the machine's.
    func removeSmallDisk() {
        for folder in [store, scratch.file("small")] { umount2(folder, Int32(MNT_DETACH)) }
    }

    /// Leaves no room on it, or so many bytes.
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

    /// Makes room on it again.
    func makeRoom() throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: store)
        where name.hasPrefix("filler") { unlink("\(store)/\(name)") }
    }

    /// Lets nobody write to it any more, whoever has it open; or everybody again.
    func lockSmallDisk(_ isLocked: Bool = true) async throws {
        let option = isLocked ? "remount,ro" : "remount,rw"
        try await Command.output(["mount", "-o", option, scratch.file("small")])
    }

    /// Cuts the power of an ext4: what is not on the disk yet is lost, and nothing works any more.
    func cutPower() throws {
        let folder = open(scratch.file("small"), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { close(folder) }
        // EXT4_IOC_SHUTDOWN, without writing the journal.
        var flags: UInt32 = 2
        guard folder >= 0, ioctl(folder, 0x8004_587d, &flags) == 0 else {
            throw Trouble("the power cannot be cut: \(errno)")
        }
    }

    /// Starts the machine again: the ext4 is mounted anew, as it is on the disk. A copy of that,
    /// because a test that has mounts of its own at this moment has this one among them, and as
    /// long as it is mounted anywhere it is without power.
    func startAgain() async throws {
        let (small, image) = (scratch.file("small"), scratch.file("image"))
        for folder in [store, small] {
            // Busy while a program that another test starts has copies of our descriptors.
            try await patiently("\(folder) to be free") {
                if umount2(folder, 0) == 0 { return () }
                guard errno == EBUSY else { throw Trouble("\(folder) stays mounted: \(errno)") }
                return nil
            }
        }
        try await Command.output(["cp", "--sparse=always", image, image + ".new"])
        try await Command.output(["mv", image + ".new", image])
        try await Command.output(["mount", "-o", SmallDisk.options, image, small])
        try await Command.output(["mount", "--bind", small, store])
    }

    /// Makes the store's file system read-only.
    func makeReadOnly() async throws {
        try await Command.output(["mount", "--bind", store, store])
        try await Command.output(["mount", "-o", "remount,bind,ro", store])
    }
}
