/// A kind of XML document: what is read of it, and its limits.
struct XMLForm {
    /// The root's name, and what to say about another one.
    let root: String
    let otherRoot: String
    /// The name of the parts, wherever they are; `nil` if each child of the root is one.
    var part: String?
    /// What is skipped in a part.
    var passedOver: Set<String> = []
    /// How deep elements may nest.
    var maximumDepth: Int
    /// How many elements one part may have.
    var maximumElements: Int
    /// The longest text of an element, in bytes.
    var maximumText: Int

    /// A key container, which needs nine levels.
    static let pskc = XMLForm(
        root: XMLNamespace.pskc.qualified("KeyContainer"),
        otherRoot: "it is not a KeyContainer of RFC 6030", maximumDepth: 24, maximumElements: 500,
        maximumText: 16_384)

    /// An export of KeePassXC or KeePass: entries in nested groups. Notes may be long, and an entry
    /// contains its earlier versions.
    static let keePass = XMLForm(
        root: "KeePassFile", otherRoot: "it is not an export of KeePassXC", part: "Entry",
        passedOver: ["History", "Binary", "CustomData", "Times", "AutoType"], maximumDepth: 64,
        maximumElements: 2000, maximumText: ImportLimits.fileSize)
}
