import TestSupport

/// Files as programs see them, and as a power cut can leave them.
///
/// Since the last sync of a file, each of its sectors of 512 bytes may be on the disk as it was
/// then, or as it was after any write since: each sector by itself, in any order. The same holds
/// for its size. Each change of a name since the last sync of its folder may be there or not, each
/// by itself, and whatever became of the file that is named. Of a failed sync nothing is known:
/// what it left out stays out until it is written again, as on Linux.
struct PowerDisk {
    static let sector = 512

    private struct File {
        var data: [UInt8] = []
        /// What each sector may be on the disk, the newest last.
        var sectors: [[[UInt8]]] = []
        var sizes = [0]
        /// The sectors that the next sync writes.
        var dirty: Set<Int> = []
    }

    private enum Node: Equatable {
        case folder
        case file(Int)
    }

    /// A change of names: all of it is there, or nothing.
    private struct Change {
        let folder: String
        var removed: [String] = []
        var added: [(String, Node)] = []
    }

    private var files: [File] = []
    /// Names as programs see them, those that are on the disk, and the changes from these on.
    private var names: [String: Node]
    private var kept: [String: Node]
    private var changes: [Change] = []

    /// A disk with these files, all of them synced.
    init(_ picture: Picture) {
        (names, kept) = ([:], [:])
        for folder in picture.folders { names[folder] = .folder }
        for (path, bytes) in picture.files.sorted(by: { $0.key < $1.key }) {
            names[path] = .file(files.count)
            files.append(File())
            write(bytes, at: 0, to: files.count - 1)
            settle(files.count - 1)
        }
        kept = names
    }

    /// What somebody finds who looks. Paths begin with `/`, and below a folder that is always there.
    struct Picture: Hashable {
        var folders: Set<String> = []
        var files: [String: [UInt8]] = [:]
    }
}

// MARK: What programs do

extension PowerDisk {
    mutating func take(_ event: PowerTrace.Event) throws {
        switch event {
        case .makeFolder(let path): add(path, .folder)
        case .create(let path):
            add(path, .file(files.count))
            files.append(File())
        case .write(let path, let offset, let bytes):
            // A file without a name is gone with the process.
            if path.hasSuffix("(deleted)") { return }
            guard case .file(let number) = names[path] else { throw Trouble("no file \(path)") }
            write(bytes, at: offset, to: number)
        case .rename(let old, let new):
            guard let node = names.removeValue(forKey: old) else { throw Trouble("no \(old)") }
            names[new] = node
            changes.append(
                Change(folder: parent(of: new), removed: [old], added: [(new, node)]))
        case .remove(let path):
            names[path] = nil
            changes.append(Change(folder: parent(of: path), removed: [path]))
        case .sync(let path, let worked): try sync(path, worked)
        case .said: break
        }
    }

    private mutating func add(_ path: String, _ node: Node) {
        names[path] = node
        changes.append(Change(folder: parent(of: path), added: [(path, node)]))
    }

    private mutating func write(_ bytes: [UInt8], at offset: Int, to number: Int) {
        let end = offset + bytes.count, size = Self.sector
        if files[number].data.count < end {
            let old = files[number].data.count
            files[number].data += [UInt8](repeating: 0, count: end - old)
            // It may grow page by page.
            files[number].sizes += (old + 1...end).filter { $0 % 4096 == 0 || $0 == end }
        }
        files[number].data.replaceSubrange(offset..<end, with: bytes)
        for index in offset / size..<(end + size - 1) / size {
            while files[number].sectors.count <= index {
                files[number].sectors.append([[UInt8](repeating: 0, count: size)])
            }
            var content = Array(files[number].data.dropFirst(index * size).prefix(size))
            content += [UInt8](repeating: 0, count: size - content.count)
            files[number].dirty.insert(index)
            // A version that was there before stays one that may be there.
            files[number].sectors[index].removeAll { $0 == content }
            files[number].sectors[index].append(content)
        }
    }

    private mutating func sync(_ path: String, _ worked: Bool) throws {
        switch path.isEmpty ? .folder : names[path] {
        case nil: if !path.hasSuffix("(deleted)") { throw Trouble("no \(path) to sync") }
        case .folder:
            guard worked else { return }
            for change in changes where change.folder == path { PowerDisk.apply(change, to: &kept) }
            changes.removeAll { $0.folder == path }
        case .file(let number):
            if worked { settle(number) } else { files[number].dirty = [] }
        }
    }

    /// What is to be written is on the disk.
    private mutating func settle(_ number: Int) {
        for index in files[number].dirty {
            files[number].sectors[index].removeFirst(files[number].sectors[index].count - 1)
        }
        files[number].dirty = []
        files[number].sizes = [files[number].data.count]
    }

    private func parent(of path: String) -> String {
        String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    }

    private static func apply(_ change: Change, to names: inout [String: Node]) {
        for name in change.removed { names[name] = nil }
        for (name, node) in change.added { names[name] = node }
    }
}

// MARK: What a power cut leaves

extension PowerDisk {
    /// What programs see.
    var now: Picture { picture(names) { files[$0].data } }

    /// What can be there or not: a change of a name, one sector, one size.
    private enum Part {
        case change(Int)
        case sector(file: Int, Int)
        case size(file: Int)
    }

    /// The parts that may be one way or another, and how many ways each.
    private var open: [(part: Part, ways: Int)] {
        var open = changes.indices.map { (Part.change($0), 2) }
        for number in files.indices {
            for (index, ways) in files[number].sectors.enumerated() where ways.count > 1 {
                open.append((.sector(file: number, index), ways.count))
            }
            let sizes = files[number].sizes.count
            if sizes > 1 { open.append((.size(file: number), sizes)) }
        }
        return open
    }

    /// How many states there are, where that is not more than `limit`.
    private func count(atMost limit: Int) -> Int? {
        var count = 1
        for (_, ways) in open {
            count *= ways
            if count > limit { return nil }
        }
        return count
    }

    /// Every state that a power cut can leave now; where there are more than `limit`, so many of
    /// them by lot, the first and the last, and all that differ from those in one part.
    func pictures(atMost limit: Int, by lot: inout Seeded) -> (pictures: Set<Picture>, isAll: Bool)
    {
        let open = open
        var found: Set<Picture> = []
        if let count = count(atMost: limit) {
            for number in 0..<count {
                var rest = number
                found.insert(
                    picture(open) { (_, ways) in
                        defer { rest /= ways }
                        return rest % ways
                    })
            }
            return (found, true)
        }
        for edge in open.indices {
            found.insert(picture(open) { (index, ways) in index == edge ? ways - 1 : 0 })
            found.insert(picture(open) { (index, ways) in index == edge ? 0 : ways - 1 })
            // The first parts reached the disk, or the last ones.
            found.insert(picture(open) { (index, ways) in index <= edge ? ways - 1 : 0 })
            found.insert(picture(open) { (index, ways) in index > edge ? ways - 1 : 0 })
        }
        for _ in 0..<limit { found.insert(picture(by: &lot)) }
        return (found, false)
    }

    /// One of these states.
    func picture(by lot: inout Seeded) -> Picture {
        picture(open) { (_, ways) in lot.number(below: ways) }
    }

    private func picture(
        _ open: [(part: Part, ways: Int)], _ choose: (Int, Int) -> Int
    ) -> Picture {
        var (names, chosen, sizes) = (kept, [[Int: Int]](), [Int: Int]())
        chosen = Array(repeating: [:], count: files.count)
        for (index, (part, ways)) in open.enumerated() {
            let way = choose(index, ways)
            switch part {
            case .change(let change):
                if way == 1 { PowerDisk.apply(changes[change], to: &names) }
            case .sector(let file, let sector): chosen[file][sector] = way
            case .size(let file): sizes[file] = way
            }
        }
        return picture(names) { number in
            let file = files[number]
            let size = file.sizes[sizes[number] ?? 0]
            let bytes = file.sectors.enumerated().flatMap { $1[chosen[number][$0] ?? 0] }
            return Array(bytes.prefix(size))
        }
    }

    /// Only what can be reached from above: a folder that is lost takes all in it along.
    private func picture(_ names: [String: Node], _ bytes: (Int) -> [UInt8]) -> Picture {
        var picture = Picture()
        for (path, node) in names.sorted(by: { $0.key < $1.key }) {
            let parent = parent(of: path)
            guard parent.isEmpty || picture.folders.contains(parent) else { continue }
            switch node {
            case .folder: picture.folders.insert(path)
            case .file(let number): picture.files[path] = bytes(number)
            }
        }
        return picture
    }
}
