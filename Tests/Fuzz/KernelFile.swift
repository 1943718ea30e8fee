extension Kernel {
    /// A file or a folder in two states: as programs see it, and as it is on the disk.
    final class File: Equatable {
        let isFolder: Bool
        var mode: UInt32
        var owner: UInt32 = 0
        var links = 1
        var isRemoved = false
        var data: [UInt8]
        var disk: [UInt8]
        /// Pages that differ from the disk and are yet to be written.
        var dirty: Set<Int> = []
        var entries: [[UInt8]: File] = [:]
        var diskEntries: [[UInt8]: File] = [:]
        /// Files that appear as soon as somebody looks.
        var spare: [[UInt8]: [UInt8]] = [:]
        /// The descriptor that holds its lock.
        var holder: Int?
        /// Whether a login may write here.
        var isWritable = false

        /// Whether a power failure would change nothing.
        var isOnDisk: Bool {
            isFolder
                ? entries == diskEntries && entries.values.allSatisfy { $0.isOnDisk }
                : data == disk
        }

        init(_ data: [UInt8], mode: UInt32) {
            (isFolder, self.mode, self.data, disk) = (false, mode, data, data)
        }

        static func == (left: File, right: File) -> Bool { left === right }

        /// Whether another process holds a lock forever, on it or inside it.
        var isLocked: Bool { holder == -1 || entries.values.contains { $0.isLocked } }

        init(folder mode: UInt32) { (isFolder, self.mode, data, disk) = (true, mode, [], []) }
    }
}

// MARK: Disasters

extension Kernel {
    /// Where a page may be torn. The head's page is written in whole sectors, as on any disk; a
    /// slot may be torn anywhere, so in smaller parts.
    private static func edges(of page: Int) -> [Int] {
        page == 0
            ? [0, 512, 1024, 1536, 2048, 2560, 3072, 3584, 4096]
            : [0, 64, 128, 192, 256, 512, 1024, 2048, 4096]
    }

    /// Writes those of a page's eight parts to the disk whose bit is set.
    static func copy(_ page: Int, of file: File, parts: UInt8) {
        if file.disk.count < file.data.count {
            file.disk += [UInt8](repeating: 0, count: file.data.count - file.disk.count)
        }
        let edges = edges(of: page)
        for part in 0..<8 where parts >> UInt8(part) & 1 == 1 {
            let start = page * pageSize + edges[part]
            let end = min(page * pageSize + edges[part + 1], file.data.count)
            if start < end { file.disk.replaceSubrange(start..<end, with: file.data[start..<end]) }
        }
    }

    /// A power failure: for each unsynced page and name, the tape decides what is on the disk.
    func cutPower(_ tape: inout Tape, in folders: [File]) {
        forgetHandles()
        for folder in folders {
            let names = Set(folder.entries.keys).union(folder.diskEntries.keys)
            for name in names.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
                let (new, old) = (folder.entries[name], folder.diskEntries[name])
                if new !== old && tape.byte() & 1 == 1 { folder.diskEntries[name] = new }
                guard let file = folder.diskEntries[name] else { continue }
                file.isRemoved = false
                for page in file.dirty.sorted() {
                    Kernel.copy(page, of: file, parts: tape.byte())
                }
                (file.data, file.dirty, file.holder) = (file.disk, [], nil)
            }
            folder.entries = folder.diskEntries
        }
    }

    /// Memory pressure: pages that count as written are read from the disk again.
    func evict(in folders: [File]) {
        for file in folders.flatMap({ $0.entries.values }) where file.dirty.isEmpty {
            file.data = file.disk
        }
    }
}
