import Foundation
import TestSupport

/// What is shipped beside the programs.
enum Packaging {
    /// The folder of this project.
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../..").standardizedFileURL

    /// The path of a file below packaging/.
    static func path(_ name: String) -> String { root.path + "/packaging/" + name }

    static func text(_ name: String) throws -> String {
        try String(contentsOfFile: path(name), encoding: .utf8)
    }
}
