import Foundation

/// The files of this project.
public enum Project {
    /// The folder that has Package.swift.
    public static let folder: URL = {
        var folder = URL(fileURLWithPath: #filePath)
        repeat {
            folder.deleteLastPathComponent()
        } while folder.pathComponents.count > 1
            && access(folder.appendingPathComponent("Package.swift").path, F_OK) != 0
        return folder
    }()

    /// The path of one of its files.
    public static func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    /// The text of one of its files.
    public static func text(_ name: String) throws -> String {
        try String(contentsOfFile: path(name), encoding: .utf8)
    }

    /// The files below one of its folders with this suffix, such as `.swift`, by their paths in the
    /// project.
    public static func files(below name: String, ending: String) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: path(name)).sorted()
            .filter { $0.hasSuffix(ending) }.map { "\(name)/\($0)" }
    }
}
